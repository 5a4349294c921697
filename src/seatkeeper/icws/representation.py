"""How an answer is written: media type, numbers for enumerations, compact times (contract 1.1, 1.2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.json import Encoder
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

ICWS: Final = "application/vnd.inin.icws+JSON; charset=utf-8"
PLAIN_JSON: Final = "application/json"

encode: Final = Encoder().encode
"""JSON bytes of a value; an IntEnum becomes its number (contract 1.2)."""


def represent(scope: Scope, content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a body, in the media type that the client of `scope` can read."""
    return Response(encode(content), status, headers, media_type=media_type(scope))


def empty(status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body. It carries no Content-Type, which trips some parsers (contract 3.5)."""
    return Response(None, status, headers)


def media_type(scope: Scope) -> str:
    """The API's own media type, except for a client that accepts nothing but plain JSON (contract 1.1).

    The vendor's SDK ignores a body of any other type, so `*/*`, a mixture and no Accept at all get the API's own.
    """
    accepted = ",".join(Headers(scope=scope).getlist("accept")).lower()
    if PLAIN_JSON not in accepted:
        return ICWS
    only_plain = all(_bare(item) == PLAIN_JSON for item in accepted.split(",") if item.strip())
    return PLAIN_JSON if only_plain else ICWS


def _bare(item: str) -> str:
    """A media type without its parameters."""
    return item.partition(";")[0].strip()


def compact_time(moment: datetime) -> str:
    """A time in UTC as ICWS writes it, e.g. `20140501T064618Z` (contract 1.2)."""
    return moment.strftime("%Y%m%dT%H%M%SZ")
