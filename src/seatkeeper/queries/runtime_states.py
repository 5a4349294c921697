"""How the runtimes are doing, in numbers (mobilefirst contract 7)."""

from msgspec import Struct
from sqlalchemy import Connection, func, select, text

from seatkeeper.ledger import tables
from seatkeeper.queries.applications import REGISTERED
from seatkeeper.queries.runtimes import every_runtime

_a, _t = tables.applications.c, tables.transactions.c


class RuntimeState(Struct, frozen=True):
    """A runtime; how many applications have a version there, how many of them are blocked, and how many transactions
    are not over."""

    name: str
    running: bool
    applications: int
    blocked: int
    unfinished: int


def runtime_states(connection: Connection) -> list[RuntimeState]:
    """Those of every runtime, by name."""
    registered = (
        select(_a.runtime_id, func.count(), func.count().filter(_a.blocked)).where(REGISTERED).group_by(_a.runtime_id)
    )
    applications = {runtime: (count, blocked) for runtime, count, blocked in connection.execute(registered)}
    counted = select(_t.runtime_id, func.count()).where(text(tables.UNFINISHED_TRANSACTIONS)).group_by(_t.runtime_id)
    unfinished = {runtime: count for runtime, count in connection.execute(counted)}  # noqa: C416 - rows, no pairs
    return [
        RuntimeState(each.name, each.running, *applications.get(each.id, (0, 0)), unfinished.get(each.id, 0))
        for each in every_runtime(connection)
    ]
