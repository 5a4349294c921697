"""The journal on PostgreSQL, read beside the writers of all nodes."""

from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Table

from seatkeeper.ledger import tables
from seatkeeper.ledger.engines.engine import Forgotten
from seatkeeper.ledger.engines.searching import last_before
from seatkeeper.ledger.engines.selects import HEAD, select
from seatkeeper.ledger.journal import Entry, Head, Seal, user_of
from seatkeeper.ledger.snapshot import SnapshotRow

_JOURNAL_LOCK: Final = 0x5EA7_70B5
"""The number of the advisory lock of the node that seals or forgets."""

_PAGE: Final = 1_000
_LARGEST: Final = 2**63 - 1


_FIRST: Final = "SELECT min(seq) FROM journal"
_PLACE: Final = "SELECT seq, at, hash FROM journal WHERE seq = %s"
_ENTRIES: Final = select(tables.journal, "WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s")
_REPEATS: Final = "SELECT seq, repeats, last_at FROM denial_repeats WHERE seq BETWEEN %s AND %s"
_SEALS: Final = select(tables.seals, "ORDER BY position")
_SNAPSHOT: Final = (
    "SELECT number, data, user_id, personal, personal_salt, personal_digest FROM snapshot_rows"
    " WHERE position = %s AND number > %s ORDER BY number LIMIT %s"
)
# PostgreSQL's JSON would refuse a text with U+0000 in it. So what may be meant is found here, and looked at below.
_EVENTS_NAMING: Final = (
    "SELECT seq, personal, data FROM journal"
    " WHERE personal_salt IS NOT NULL AND position(convert_to(%s, 'UTF8') IN data) > 0"
)
_ROWS_NAMING: Final = (
    "SELECT number, personal FROM snapshot_rows"
    " WHERE position = (SELECT max(position) FROM seals) AND personal_salt IS NOT NULL AND user_id = %s"
)


class PostgresReading:
    """A connection that reads. Without a transaction around it each page sees what is there by then."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        connection.adapters.register_loader("json", TextLoader)  # as it was written, which is compared

    def take_journal(self) -> bool:
        """Whether no other node seals or forgets; then none does before this connection is closed."""
        return bool(self._one("SELECT pg_try_advisory_lock(%s)", _JOURNAL_LOCK))

    def revision(self) -> str | None:
        """The schema's revision; None where no migration has run."""
        if self._one("SELECT to_regclass('alembic_version')") is None:
            return None
        return self._text("SELECT version_num FROM alembic_version")

    def oldest_code(self) -> str | None:
        """The oldest revision whose code may use the database; None before a migration tells."""
        if self._one("SELECT to_regclass('oldest_code')") is None:
            return None
        return self._text("SELECT revision FROM oldest_code")

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """All rows of a table; only at one point."""
        with self._connection.cursor("rows") as cursor:
            cursor.itersize = _PAGE
            yield from cursor.execute(select(table))

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        return int(self._one(f"SELECT count(*) FROM {table.name}"))

    def events_until(self, position: int) -> int:
        """How many events stand up to and with this one."""
        return int(self._one("SELECT count(*) FROM journal WHERE seq <= %s", position))

    def head(self) -> Head:
        """The journal's last event."""
        row = self._connection.execute(HEAD).fetchone()
        return Head() if row is None else Head(*row)

    def last_before(self, at: int) -> Head | None:
        """The last event that is earlier than this time."""
        return last_before(at, self._one(_FIRST) or 1, self.head().seq, self._place)

    def entries(self, after: int, until: int | None = None) -> Iterator[Entry]:
        """The events behind `after`."""
        last = _LARGEST if until is None else until
        while page := self._connection.execute(_ENTRIES, (after, last, _PAGE)).fetchall():
            yield from map(Entry._make, page)
            after = page[-1][0]

    def repeats(self, first: int, last: int) -> dict[int, tuple[int, int]]:
        """How often these denials were repeated, and when last."""
        return {seq: (count, at) for seq, count, at in self._connection.execute(_REPEATS, (first, last))}

    def seals(self) -> list[Seal]:
        """Every seal, in order."""
        return [Seal(*row) for row in self._connection.execute(_SEALS)]

    def snapshot(self, position: int) -> Iterator[SnapshotRow]:
        """The rows of a snapshot in order."""
        after = -1
        while page := self._connection.execute(_SNAPSHOT, (position, after, _PAGE)).fetchall():
            yield from (SnapshotRow(*row) for row in page)
            after = page[-1][0]

    def naming(self, user_id: int) -> Forgotten:
        """The personal parts that say who this user is."""
        found = self._connection.execute(_EVENTS_NAMING, (f'"user_id":{user_id}',))
        return Forgotten(
            events=[(seq, personal) for seq, personal, data in found if user_of(data) == user_id],
            snapshot_rows=self._connection.execute(_ROWS_NAMING, (user_id,)).fetchall(),
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _place(self, number: int) -> Head | None:
        row = self._connection.execute(_PLACE, (number,)).fetchone()
        return None if row is None else Head(*row)

    def _one(self, statement: str, *given: object) -> Any:  # noqa: ANN401 - a value of any type
        row = self._connection.execute(statement, given).fetchone()
        return None if row is None else row[0]

    def _text(self, statement: str) -> str | None:
        found = self._one(statement)
        return None if found is None else str(found)
