"""In which media type an answer is written (contract 5.2)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.types import Scope

from seatkeeper.transport.asked import headers

JSON: Final = "application/json"
XML: Final = "application/xml"
TEXT_XML: Final = "text/xml"
ZIP: Final = "application/zip"
CSV: Final = "text/csv"
TEXT: Final = "text/plain"

STRUCTURED: Final = (JSON, XML, TEXT_XML)
"""What nearly every operation produces, the first where a client has no preference."""


class _Range(NamedTuple):
    """One item of Accept. `precision`: how much it says of a type, nothing, its first half, or both."""

    precision: int
    quality: float


def accepted(scope: Scope, produces: Sequence[str]) -> str | None:
    """The media type that the client of `scope` likes best; of several liked alike the first of them.

    The first for a client that sends no Accept, None for one that accepts none of them. What it says precisely of a
    type counts before what a wildcard says (RFC 9110, 12.5.1).
    """
    return _best_liked(",".join(headers(scope, b"accept")), tuple(produces))


@lru_cache(maxsize=256)
def _best_liked(header: str, produces: tuple[str, ...]) -> str | None:
    if not header.strip():
        return produces[0]
    items = [[part.strip().lower() for part in item.split(";")] for item in header.split(",")]
    liked = {media_type: _quality(media_type, items) for media_type in produces}
    best = max(produces, key=lambda media_type: liked[media_type])
    return best if liked[best] > 0 else None


def _quality(media_type: str, items: list[list[str]]) -> float:
    """How much a type is liked: as the most precise item says that is about it; not at all where none is."""
    about = {media_type: 2, f"{media_type.partition('/')[0]}/*": 1, "*/*": 0}
    ranges = [_Range(about[name], _weight(parameters)) for name, *parameters in items if name in about]
    return max(ranges).quality if ranges else 0.0


def _weight(parameters: list[str]) -> float:
    """The quality among the parameters of an item; 1 where there is none that can be read."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 1.0
            return min(max(quality, 0.0), 1.0) if quality == quality else 1.0  # noqa: PLR0124 - "nan" is a number too
    return 1.0
