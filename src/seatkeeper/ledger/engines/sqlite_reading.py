"""The journal on SQLite, read beside the writer."""

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Table

from seatkeeper.ledger.engines import selects, statements
from seatkeeper.ledger.engines.engine import Forgotten
from seatkeeper.ledger.engines.searching import last_before
from seatkeeper.ledger.journal import Entry, Head, JournalError, Seal
from seatkeeper.ledger.snapshot import SnapshotRow

_PAGE: Final = 1_000
_LARGEST: Final = 2**63 - 1


class SqliteReading:
    """A connection that reads. Without a transaction around it each page sees what is there by then."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def take_journal(self) -> bool:
        """Nobody else can: one process has the database."""
        return True

    def revision(self) -> str | None:
        """The schema's revision; None where no migration has run."""
        return self._text_in("alembic_version", "version_num")

    def oldest_code(self) -> str | None:
        """The oldest revision whose code may use the database; None before a migration tells."""
        return self._text_in("oldest_code", "revision")

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """All rows of a table."""
        names = ", ".join(column.name for column in table.columns)
        yield from self._connection.execute(f"SELECT {names} FROM {table.name}")

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        [count] = self._connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        return int(count)

    def events_until(self, position: int) -> int:
        """How many events stand up to and with this one."""
        [count] = self._connection.execute("SELECT count(*) FROM journal WHERE seq <= ?", (position,)).fetchone()
        return int(count)

    def head(self) -> Head:
        """The journal's last event."""
        row = self._connection.execute(selects.HEAD).fetchone()
        return Head() if row is None else Head(*row)

    def last_before(self, at: int) -> Head | None:
        """The last event that is earlier than this time."""
        [first] = self._connection.execute(statements.FIRST).fetchone()
        return last_before(at, first or 1, self.head().seq, self._place)

    def entries(self, after: int, until: int | None = None) -> Iterator[Entry]:
        """The events behind `after`."""
        last = _LARGEST if until is None else until
        while page := self._connection.execute(statements.ENTRIES, (after, last, _PAGE)).fetchall():
            yield from map(Entry._make, page)
            after = page[-1][0]

    def repeats(self, first: int, last: int) -> dict[int, tuple[int, int]]:
        """How often these denials were repeated, and when last."""
        return {seq: (count, at) for seq, count, at in self._connection.execute(statements.REPEATS, (first, last))}

    def seals(self) -> list[Seal]:
        """Every seal, in order. Raises JournalError where one cannot be read."""
        return [_seal(row) for row in self._connection.execute(statements.SEALS)]

    def snapshot(self, position: int) -> Iterator[SnapshotRow]:
        """The rows of a snapshot in order."""
        after = -1
        while page := self._connection.execute(statements.SNAPSHOT, (position, after, _PAGE)).fetchall():
            yield from (SnapshotRow(*row) for row in page)
            after = page[-1][0]

    def naming(self, user_id: int) -> Forgotten:
        """The personal parts that say who this user is."""
        return Forgotten(
            events=self._connection.execute(statements.EVENTS_NAMING, (user_id,)).fetchall(),
            snapshot_rows=self._connection.execute(statements.ROWS_NAMING, (user_id,)).fetchall(),
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _place(self, number: int) -> Head | None:
        row = self._connection.execute(statements.PLACE, (number,)).fetchone()
        return None if row is None else Head(*row)

    def _text_in(self, table: str, column: str) -> str | None:
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is None:
            return None
        found = self._connection.execute(f"SELECT {column} FROM {table}").fetchone()
        return None if found is None else str(found[0])


def _seal(row: tuple[Any, ...]) -> Seal:
    # SQLite keeps in a column what is put there, whatever the column is declared to hold.
    seal = Seal(*row)
    for name, kind in Seal.__annotations__.items():
        value = getattr(seal, name)
        if not isinstance(value, kind):
            raise JournalError(f"the seal of event {seal.position} cannot be read: {name} is {value!r}")
    return seal
