"""In which media type an answer is written (contract 6.1)."""

from functools import lru_cache
from typing import Final, NamedTuple

from starlette.datastructures import Headers

JSON: Final = "application/json"
XML: Final = frozenset({"application/xml", "text/xml"})
OFFERED: Final = (
    JSON,
    "text/json",
    "application/xml",
    "text/xml",
    "application/json-patch+json",
    "application/merge-patch+json",
)
"""What answers are written in; the patch types carry ordinary JSON."""

_WILDCARDS: Final = {"*/*": JSON, "application/*": JSON, "text/*": "text/json"}


class _Range(NamedTuple):
    """One item of Accept, in the order of preference: by quality, a type before a wildcard, as they are listed."""

    dislike: float
    wildcard: bool
    place: int
    media_type: str


def accepted(headers: Headers) -> str:
    """The best liked media type that is offered; of several liked alike the first.

    JSON for a client that names none of them: published clients misspell theirs, so there is no 406.
    """
    return _best_liked(",".join(headers.getlist("accept")))


@lru_cache(maxsize=256)
def _best_liked(accept: str) -> str:
    ranges = []
    for place, item in enumerate(accept.split(",")):
        name, *parameters = [part.strip().lower() for part in item.split(";")]
        media_type = _WILDCARDS.get(name, name)
        quality = _quality(parameters)
        if media_type in OFFERED and quality > 0:
            ranges.append(_Range(-quality, name in _WILDCARDS, place, media_type))
    return min(ranges).media_type if ranges else JSON


def _quality(parameters: list[str]) -> float:
    """The quality among the parameters of an item; 1 where there is none that can be read."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0
