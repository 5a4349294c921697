"""`Range` and `Content-Range` of lists, in the unit `items` (contract 5.2, decision 8)."""

import re
from typing import Final

from seatkeeper.icws.errors import malformed
from seatkeeper.queries.lists import Window

MOST_ITEMS: Final = 200
"""Items of a list whose properties are selected, whatever Range says."""

_POSITIONS: Final = re.compile(r"\s*([0-9]+)\s*-\s*([0-9]+)\s*", re.ASCII)
_FARTHEST: Final = 10**15  # farther than any list, and within what a database counts


def window_of(header: str | None) -> Window:
    """The items that a Range asks for. Another unit than `items` is ignored.

    Raises `Failure` 400 where it is not of the form `items=10-20`.
    """
    unit, _, positions = (header or "").partition("=")
    if unit.strip().lower() != "items":
        return Window(0, MOST_ITEMS - 1)
    found = _POSITIONS.fullmatch(positions)
    first, last = map(_position, found.groups()) if found else (1, 0)
    if first > last:
        raise malformed("Range is {range}; it takes a first and a last item, as in items=10-20.", range=repr(header))
    return Window(first, min(last, first + MOST_ITEMS - 1))


def content_range(window: Window | None, count: int, total: int) -> str:
    """What of a list is answered: `count` items of `total`, from the first of the window.

    An empty list is `items 0-0/0` whatever the window. Raises `Failure` 400 where the window begins beyond the end.
    """
    first = 0 if window is None else window.first
    if not total:
        return "items 0-0/0"
    if first >= total:
        raise malformed(
            "Range begins at item {first}, but the last of the list is item {last}.", first=first, last=total - 1
        )
    return f"items {first}-{first + count - 1}/{total}"


def _position(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < len(str(_FARTHEST)) else _FARTHEST
