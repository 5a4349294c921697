"""The body of a request, as JSON."""

from codecs import BOM_UTF8
from typing import Final

from msgspec import DecodeError
from msgspec.json import Decoder
from starlette.requests import Request

from seatkeeper.licensing.sentences import pattern
from seatkeeper.mobilefirst.errors import invalid_payload, unsupported_coding, unsupported_type
from seatkeeper.mobilefirst.negotiation import JSON
from seatkeeper.transport.asked import header

_decode: Final = Decoder().decode

NO_DATA: Final = pattern("The request has no deployable data: its body is empty.")


async def json_object(request: Request) -> dict[str, object]:
    """The members of the object that the body is. A body without a type is JSON.

    Raises Failure: 400 for one that is empty, cannot be read or is no object, 415 for another type or coding. An empty
    one is 400 whatever it is said to be (seed).
    """
    body = await request.body()
    if not body.strip():
        raise invalid_payload(NO_DATA)
    media_type = (header(request.scope, b"content-type") or JSON).partition(";")[0].strip().lower()
    if media_type != JSON:
        raise unsupported_type(media_type, JSON)
    coding = (header(request.scope, b"content-encoding") or "").strip().lower()
    if coding not in {"", "identity"}:
        raise unsupported_coding(coding)
    return object_in(body)


def object_in(body: bytes) -> dict[str, object]:
    """The members of the JSON object that some bytes are. Raises Failure 400 for what is none."""
    try:
        value = _decode(body.removeprefix(BOM_UTF8).decode())
    except UnicodeDecodeError:
        raise invalid_payload("The JSON cannot be read: it is not UTF-8.") from None
    except DecodeError as error:
        raise invalid_payload("The JSON cannot be read: {error}.", error=str(error)) from None
    except RecursionError:
        raise invalid_payload("The JSON is nested too deeply.") from None
    if not isinstance(value, dict):
        raise invalid_payload("The body must be a JSON object.")
    return value
