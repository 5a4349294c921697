"""What a mapping between a table of the state and one of the database is, and what mappings are made of."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Table

Row = tuple[Any, ...]


class Mapping(NamedTuple):
    """One table of the state. `values` are in the order of the columns; `key_values` in the order of `key`.

    For the counters, whose entity is a bare number, key and entity both go into the row.
    """

    table: Table
    key: tuple[str, ...]
    values: Callable[[Any, Any], Row]
    key_values: Callable[[Any], Row]
    read: Callable[[Row], tuple[Any, Any]]


def as_json(names: tuple[Any, ...]) -> str:
    """Several things in one column."""
    return msgspec.json.encode(names).decode()


def tuple_of(text: str) -> tuple[Any, ...]:
    """What one column has of several things."""
    return tuple(msgspec.json.decode(text))


def some_of(text: str | None) -> tuple[Any, ...] | None:
    """A list, or None for all."""
    return None if text is None else tuple_of(text)


def some_json(names: tuple[Any, ...] | None) -> str | None:
    """Several things in one column, or None for all."""
    return None if names is None else as_json(names)


def only(key: Any) -> Row:  # noqa: ANN401 - a key of any table
    """The key of a table that is found by one column."""
    return (key,)
