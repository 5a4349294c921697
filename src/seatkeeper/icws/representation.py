"""How an answer is written: media type, numbers for enumerations, compact times (contract 1.1, 1.2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.json import Encoder
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.transport.asked import headers as headers_of

ICWS: Final = "application/vnd.inin.icws+JSON; charset=utf-8"
PLAIN_JSON: Final = "application/json"
_ICWS: Final = ICWS.encode()
_PLAIN_JSON: Final = PLAIN_JSON.encode()

encode: Final = Encoder().encode
"""JSON bytes of a value; an IntEnum becomes its number (contract 1.2)."""


class Represented(Response):
    """As Starlette's, of what is bytes already."""

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str] | None, media_type: bytes) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [
            *[(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()],
            (b"content-length", b"%d" % len(body)),
            (b"content-type", media_type),
        ]


def represent(scope: Scope, content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a body, in the media type that the client of `scope` can read."""
    return Represented(encode(content), status, headers, media_type(scope))


def empty(status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body. It carries no Content-Type, which trips some parsers (contract 3.5)."""
    return Response(None, status, headers)


def media_type(scope: Scope) -> bytes:
    """The API's own media type, except for a client that accepts nothing but plain JSON (contract 1.1).

    The vendor's SDK ignores a body of any other type, so `*/*`, a mixture and no Accept at all get the API's own.
    """
    accepted = ",".join(headers_of(scope, b"accept")).lower()
    if PLAIN_JSON not in accepted:
        return _ICWS
    only_plain = all(_bare(item) == PLAIN_JSON for item in accepted.split(",") if item.strip())
    return _PLAIN_JSON if only_plain else _ICWS


def _bare(item: str) -> str:
    """A media type without its parameters."""
    return item.partition(";")[0].strip()


def compact_time(moment: datetime) -> str:
    """A time in UTC as ICWS writes it, e.g. `20140501T064618Z` (contract 1.2)."""
    return moment.strftime("%Y%m%dT%H%M%SZ")
