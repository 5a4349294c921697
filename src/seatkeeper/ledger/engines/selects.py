"""Statements that are the same on every engine, made once from the tables, so that they name what these have."""

from typing import Final

from sqlalchemy import Table

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import HolderKind


def names_of(table: Table) -> list[str]:
    """The names of a table's columns, in their order."""
    return [each.name for each in table.columns]


def select(table: Table, condition: str = "") -> str:
    """Rows of a table, whole and in the order of its columns."""
    return f"SELECT {', '.join(names_of(table))} FROM {table.name} {condition}"


_NO_USER: Final = f"WHERE holder_kind IN ({HolderKind.STATION.value}, {HolderKind.APPLICATION.value})"
_UNFINISHED: Final = f"WHERE {tables.UNFINISHED_TRANSACTIONS} ORDER BY runtime_id, id"

HEAD: Final = "SELECT seq, at, hash FROM journal ORDER BY seq DESC LIMIT 1"
LIVE_SESSIONS: Final = "SELECT id, idle_timeout FROM sessions"
SEALED: Final = "SELECT max(position) FROM seals"

WHOLE: Final = {
    "licenses": select(tables.licenses),
    "owners": select(tables.owners),
    "pools": select(tables.pools),
    "stations": select(tables.stations),
    "logons": select(tables.logons, "ORDER BY id"),
    "counters": select(tables.counters),
    "profiles": select(tables.profiles, _NO_USER),
    "assignments": select(tables.assignments, f"{_NO_USER} ORDER BY id"),
    "runtimes": select(tables.runtimes),
    "applications": select(tables.applications, "ORDER BY id"),
    "transactions": select(tables.transactions, _UNFINISHED),
}
"""What is loaded at the start, by table of the state."""
