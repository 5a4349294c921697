"""An answer, written as its client accepts it (contract 6)."""

from typing import Any, Final

from msgspec.json import Encoder
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.superoffice.wire import xml_writing
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.superoffice.wire.negotiation import XML, accepted
from seatkeeper.superoffice.wire.select import selected, selection_of

_encode: Final = Encoder().encode

ERROR_ROOT: Final = "Error"
TIME_ZONE: Final = "SO-TimeZone"


def render(request: Request, value: object, status: int = 200, *, shape: Any = None) -> Response:  # noqa: ANN401
    """An answer in the media type that the request accepts, with what its `$select` asks for.

    `shape`: what the method answers by its declaration, for the root of XML that is empty. An error is told whole, and
    its root in XML is `Error` (contract 7.1). A client that asked for a time zone is told which one it was given.
    """
    media_type = accepted(request.headers)
    root = ERROR_ROOT
    if status < 400:
        root = ""
        if request.scope["query_string"]:  # which few have
            value = selected(value, selection_of(request.query_params))
    body = xml_writing.write(value, shape, root) if media_type in XML else _encode(value)
    response = Response(body, status, {"Content-Type": f"{media_type}; charset=utf-8"})
    if TIME_ZONE in request.headers:
        zone = Spoken.of(request.headers).zone
        response.headers[TIME_ZONE] = "UTC" if zone is None else zone.key
    return response
