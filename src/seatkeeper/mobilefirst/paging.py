"""Which part of a list is wanted, and what a page says of its place in it (mobilefirst contract 3.3).

Nothing of this is refused: what cannot be read counts as not said, and what is too much is cut down. A bookmark is
the place at which its page begins; clients are to take it as it is.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct

_DEFAULT_SIZE: Final = 100
_LARGEST_SIZE: Final = 1000
_LONGEST_NUMBER: Final = 18
"""Digits that always fit the database's numbers."""

_BOOKMARK: Final = "o:"

AnyItem = TypeVar("AnyItem")


class Paging(NamedTuple):
    """The page of at most `size` items from the place `first` on, counted from 0."""

    first: int
    size: int


class Paged(Struct, frozen=True, rename="camel"):
    """A page of a list. Pages are counted from 1; there is no bookmark beyond either end of the list."""

    items: Sequence[object]
    next_page_bookmark: str | None
    page_number: int
    page_size: int
    prev_page_bookmark: str | None
    product_version: str
    start_index: int
    total_list_size: int


def paging_of(query: Callable[[str], str | None]) -> Paging:
    """The page that a request wants; `query` gives a parameter of it. A bookmark goes before an offset."""
    size = number_in(query("pageSize")) or _DEFAULT_SIZE
    bookmark = query("bookmark")
    first = number_in(query("offset")) if bookmark is None else _place(bookmark)
    return Paging(first or 0, min(size, _LARGEST_SIZE))


def paged(paging: Paging, items: Sequence[object], total: int, product_version: str) -> Paged:
    """A page with these items, of a list of `total`."""
    first, size = min(paging.first, total), paging.size
    return Paged(
        items=items,
        next_page_bookmark=_bookmark(first + size) if first + size < total else None,
        page_number=first // size + 1,
        page_size=size,
        prev_page_bookmark=_bookmark(max(0, first - size)) if first > 0 else None,
        product_version=product_version,
        start_index=first,
        total_list_size=total,
    )


def descending(order: str | None) -> tuple[str, bool]:
    """The name of an order, and whether it is reversed by a minus sign before it."""
    name = order or ""
    return name.removeprefix("-"), name.startswith("-")


def number_in(text: str | None) -> int | None:
    """The number that a part of a path or query is; None where it is none, or longer than any that there is."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        return None
    return int(text)


def _bookmark(place: int) -> str:
    return urlsafe_b64encode(f"{_BOOKMARK}{place}".encode()).decode().rstrip("=")


def _place(bookmark: str) -> int | None:
    try:
        text = urlsafe_b64decode(bookmark + "=" * (-len(bookmark) % 4)).decode()
    except ValueError:
        return None
    return number_in(text.removeprefix(_BOOKMARK)) if text.startswith(_BOOKMARK) else None
