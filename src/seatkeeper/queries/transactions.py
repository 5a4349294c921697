"""The transactions of a runtime as they are recorded, those that are over too (mobilefirst contract 3)."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, convert
from sqlalchemy import ColumnElement, Connection, Row, Text, cast, exists, func, select, text

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Change, TransactionError, TransactionStatus, TransactionType
from seatkeeper.queries.lists import among

_t, _r, _u = tables.transactions.c, tables.runtimes.c, tables.users.c

_LOCKING: Final = tuple(status.value for status in TransactionStatus if status.locks)

_VIEWS: Final = (
    select(
        _t.id,
        _t.type,
        _t.change,
        _t.server,
        _t.status,
        _t.created_at,
        _t.updated_at,
        _t.errors,
        _r.name.label("runtime"),
        _u.login.label("user"),
    )
    .join_from(tables.transactions, tables.runtimes, _r.id == _t.runtime_id)
    .join(tables.users, _u.id == _t.user_id)
)

_STEP: Final = 500
"""Transactions that are read at a time where all are."""


class TransactionView(Struct, frozen=True):
    """A transaction with the names of its runtime and of whoever started it; a forgotten user has his pseudonym.

    Times are milliseconds since 1970-01-01T00:00Z.
    """

    id: int
    runtime: str
    user: str
    server: str
    type: TransactionType
    change: Change
    status: TransactionStatus
    errors: tuple[TransactionError, ...]
    created_at: int
    updated_at: int


class TransactionOrder(StrEnum):
    """By what transactions can be ordered (contract 3.3). Those that are equal keep the order of their numbers."""

    CREATED = "created"
    UPDATED = "updated"
    TYPE = "type"
    STATUS = "status"
    USER = "user"
    SERVER = "server"


_COLUMNS: Final[Mapping[TransactionOrder, ColumnElement[Any]]] = {
    TransactionOrder.CREATED: _t.id,  # numbers rise with time
    TransactionOrder.UPDATED: _t.updated_at,
    TransactionOrder.TYPE: _t.type,
    TransactionOrder.STATUS: _t.status,
    TransactionOrder.USER: _u.login_key,
    TransactionOrder.SERVER: _t.server,
}


class TransactionPage(Struct, frozen=True):
    """Transactions in their order. `total` counts those before and after them too."""

    items: list[TransactionView]
    total: int


def transaction_view(connection: Connection, runtime_id: int, transaction_id: int) -> TransactionView | None:
    """The transaction of this number in this runtime; None where it is another's or nobody's."""
    found = _VIEWS.where(_t.runtime_id == runtime_id, _t.id == transaction_id)
    row = connection.execute(found).one_or_none()
    return None if row is None else _view(row)


def transaction_page(
    connection: Connection,
    runtime_id: int,
    *,
    order: TransactionOrder = TransactionOrder.CREATED,
    descending: bool = False,
    only_errors: bool = False,
    first: int,
    limit: int,
) -> TransactionPage:
    """At most `limit` transactions of a runtime from the one at place `first` on, counted from 0.

    `only_errors`: of those alone that have errors. Descending is ascending read from its end.
    """
    wanted = [_t.runtime_id == runtime_id]
    if only_errors:
        wanted.append(cast(_t.errors, Text) != "[]")
    total = connection.execute(select(func.count()).select_from(tables.transactions).where(*wanted)).scalar_one()
    if first >= total:
        return TransactionPage([], total)
    numbers = select(_t.id).where(*wanted)
    if order is TransactionOrder.USER:
        numbers = numbers.join(tables.users, _u.id == _t.user_id)
    # Numbers first: to pass over many of these takes an index, to pass over rows reads them all.
    ordered = numbers.order_by(*_by(order, descending=descending)).offset(first).limit(limit)
    chosen: Sequence[int] = connection.execute(ordered).scalars().all()
    views = {row.id: _view(row) for row in connection.execute(_VIEWS.where(among(_t.id, chosen)))}
    return TransactionPage([views[number] for number in chosen], total)


def every_transaction(
    connection: Connection,
    runtime_id: int,
    *,
    order: TransactionOrder = TransactionOrder.CREATED,
    descending: bool = False,
) -> Iterator[list[TransactionView]]:
    """All transactions of a runtime in this order, some hundred at a time."""
    wanted = _VIEWS.where(_t.runtime_id == runtime_id).order_by(*_by(order, descending=descending))
    with connection.execute(wanted.execution_options(yield_per=_STEP)) as rows:
        for some in rows.partitions():
            yield [_view(row) for row in some]


def is_locked(connection: Connection, runtime_id: int) -> bool:
    """Whether a transaction has the runtime's lock (contract 4)."""
    holder = select(_t.id).where(
        text(tables.UNFINISHED_TRANSACTIONS), _t.runtime_id == runtime_id, _t.status.in_(_LOCKING)
    )
    return connection.execute(select(exists(holder))).scalar_one()


def _by(order: TransactionOrder, *, descending: bool) -> tuple[ColumnElement[Any], ...]:
    columns = (_COLUMNS[order], _t.id)
    return tuple(each.desc() if descending else each.asc() for each in columns)


def _view(row: Row[*tuple[Any, ...]]) -> TransactionView:
    return convert(row, TransactionView, from_attributes=True)
