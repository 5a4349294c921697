"""Queries of lists: conditions, order, window and restriction, the same for every list of every face (decision 8).

A list says what its rows are (`Listing`); a query says which of them are wanted (`Query`). Text is compared without
case, in the folded columns of the tables; a number is compared as its decimal text, where `eq` takes any spelling of
it. What is NULL satisfies no condition.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, String, bindparam, cast, false, func

from seatkeeper.licensing.entities import fold

_LONGEST: Final = 10_000
"""Characters of a text that is looked for. Nothing that is stored has as many, and SQLite refuses longer patterns."""

_INTEGER: Final = re.compile(r"([+-]?)0*([0-9]+)", re.ASCII)


class Operator(StrEnum):
    """How a condition compares."""

    EQUALS = "eq"
    STARTS_WITH = "sw"
    CONTAINS = "ct"


class Property(Struct, frozen=True):
    """Something that conditions and orders look at. `column` is an integer, or a text folded as `fold` does."""

    column: ColumnElement[Any]
    is_number: bool = False


class Condition(NamedTuple):
    """What an item has to satisfy. `value` is as it was spelled; any text can be asked for."""

    property: Property
    operator: Operator
    value: str


class Order(NamedTuple):
    """By which property items are ordered. Ties break by their names, ascending."""

    property: Property
    descending: bool = False


class Window(NamedTuple):
    """The items from `first` to `last`, both counted from 0 and included."""

    first: int
    last: int


class Query(Struct, frozen=True):
    """Which items of a list are wanted: those that satisfy all conditions and are among the given numbers.

    `among` None restricts nothing, `window` None takes all, `order` None is the listing's own. At most some hundred
    conditions: databases bound the depth of an expression.
    """

    conditions: tuple[Condition, ...] = ()
    order: Order | None = None
    window: Window | None = None
    among: frozenset[int] | None = None

    @property
    def by_names(self) -> bool:
        """Whether names alone decide which items these are, and in which order: no number that changes does."""
        looked_at = [each.property for each in self.conditions]
        if self.order is not None:
            looked_at.append(self.order.property)
        return not any(each.is_number for each in looked_at)


class Item(Struct, frozen=True):
    """What every item of every list has: the number by which rights know it, and its names."""

    number: int
    name: str
    display_name: str


AnyItem = TypeVar("AnyItem", bound=Item)


Rows = Sequence[Sequence[Any]]
"""What a statement found."""


def plain(_connection: Connection, rows: Rows) -> list[Item]:
    """Items of rows that are number, name and display name."""
    return [Item(*row) for row in rows]


Make = Callable[[Connection, Rows], list[AnyItem]]
"""Makes the items of rows, in their order; it may read what they do not say, for all of them at once."""


class Listing(Struct, Generic[AnyItem], frozen=True):
    """A list. `rows` selects one row an item, and `make` makes the items of rows.

    `number`, `name` and `display_name` are columns of these rows, the latter two folded. Items are ordered by display
    name unless asked otherwise.
    """

    rows: Select[Any]
    make: Make[AnyItem]
    number: ColumnElement[int]
    name: Property
    display_name: Property


class Page(Struct, Generic[AnyItem], frozen=True):
    """Items of a list in their order. `total` counts all that satisfy the query, those outside its window too."""

    items: list[AnyItem]
    total: int


def page(connection: Connection, listing: Listing[AnyItem], query: Query) -> Page[AnyItem]:
    """The items that a query wants of a list. Whatever a condition asks for, asking is no error."""
    wanted = listing.rows.where(*(_satisfied(each) for each in query.conditions))
    if query.among is not None:
        wanted = wanted.where(among(listing.number, query.among))
    order = query.order or Order(listing.display_name)
    by = (_ordered(order), listing.name.column.asc())
    if query.window is None:
        items = listing.make(connection, connection.execute(wanted.order_by(*by)).all())
        return Page(items, len(items))
    numbers = wanted.with_only_columns(listing.number, maintain_column_froms=True)
    total = connection.execute(numbers.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    first, last = query.window
    if first >= total:
        return Page([], total)
    # Numbers first: to pass over many of these takes an index alone, to pass over rows reads them all.
    some = numbers.order_by(*by).offset(first).limit(min(last, total - 1) - first + 1)
    rows = listing.rows.where(among(listing.number, connection.execute(some).scalars()))
    return Page(listing.make(connection, connection.execute(rows.order_by(*by)).all()), total)


def named(connection: Connection, listing: Listing[AnyItem], name: str) -> AnyItem | None:
    """The item of this name, in any case; None where there is none."""
    condition = Condition(listing.name, Operator.EQUALS, name)
    rows = connection.execute(listing.rows.where(_satisfied(condition))).all()
    return listing.make(connection, rows)[0] if rows else None


def among(column: ColumnElement[int], numbers: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column is one of these numbers. They are written out: databases bound the parameters of a statement."""
    return column.in_(bindparam(None, sorted(numbers), expanding=True, literal_execute=True))


def _ordered(order: Order) -> ColumnElement[Any]:
    """NULL comes before every number. Text is never NULL, and is said to be nothing else: indexes have it so."""
    column = order.property.column
    if order.property.is_number:
        return column.desc().nulls_last() if order.descending else column.asc().nulls_first()
    return column.desc() if order.descending else column.asc()


def _satisfied(condition: Condition) -> ColumnElement[bool]:
    operator, value = condition.operator, fold(condition.value)
    if not can_be_stored(value):
        return false()
    column = condition.property.column
    if condition.property.is_number:
        column = cast(column, String)
        if operator is Operator.EQUALS:
            return column == _decimal(value)
    match operator:
        case Operator.EQUALS:
            return column == value
        case Operator.STARTS_WITH:
            return column.startswith(value, autoescape=True)
        case Operator.CONTAINS:
            return column.contains(value, autoescape=True)


def is_integer(text: str) -> bool:
    """Whether a text is a whole number, of whatever size."""
    return _INTEGER.fullmatch(text) is not None


def _decimal(text: str) -> str:
    """A whole number without what its spelling adds: `007` and `+7` are `7`. Other text stays, and equals no number."""
    number = _INTEGER.fullmatch(text)
    if number is None:
        return text
    sign, digits = number.groups()
    return f"-{digits}" if sign == "-" and digits != "0" else digits


def can_be_stored(text: str) -> bool:
    """Whether it is worth asking for this text: half a surrogate pair, NUL and what is too long stand in no row."""
    if "\0" in text or len(text) > _LONGEST:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
