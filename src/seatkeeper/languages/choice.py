"""Which language a client asks for: `Accept-Language` (RFC 9110, 12.5.4), looked up among those that are offered.

docs/decisions/languages.md.
"""

import re
from functools import lru_cache
from typing import Final

from seatkeeper.languages.catalogues import ENGLISH, offered

ANY: Final = "*"

_MOST_RANGES: Final = 100  # more than anybody speaks
_RANGE: Final = re.compile(
    r"\s*(?P<tag>[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,7}|\*)\s*(?:;\s*[qQ]\s*=\s*(?P<quality>[0-9](?:\.[0-9]{0,9})?)\s*)?",
    re.ASCII,
)


@lru_cache(maxsize=256)  # the programs that an organisation runs send a handful
def wanted(accept_language: str) -> tuple[str, ...]:
    """The language ranges of the header, as the client spelled them, the best liked first; `*` for any.

    What it refuses (`q=0`), what is no language range, and what comes after as many as are looked at, is left out.
    """
    ranked: list[tuple[float, str]] = []
    for part in accept_language.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        found = _RANGE.fullmatch(part)
        quality = 1.0 if found is None or found["quality"] is None else min(float(found["quality"]), 1.0)
        if found is not None and quality > 0:
            ranked.append((quality, found["tag"]))
    return tuple(tag for _, tag in sorted(ranked, key=lambda each: -each[0]))


def of_session(accept_language: str, own: str) -> str | None:
    """The tag that a new session keeps of its client's header; None where that names no language.

    The best liked tag that is offered; for `*`, where no offered one is liked better, `own`, the user's. Where nothing
    of it is offered, the best liked of all: its text is English.
    """
    tags = wanted(accept_language)
    for tag in tags:
        if tag == ANY:
            return own
        if offered(tag) is not None:
            return tag
    return tags[0] if tags else None


def of_request(accept_language: str) -> str:
    """The language in which a request without a session is answered: the best liked that is offered, else English."""
    return of_session(accept_language, ENGLISH) or ENGLISH
