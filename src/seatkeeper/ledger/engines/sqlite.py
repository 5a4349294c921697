"""SQLite as the ledger's database: one process, one writer (rule L14: in a thread of its own)."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import structlog

from seatkeeper.ledger.engines import selects, statements
from seatkeeper.ledger.engines.engine import Busy, FateUnknown, Forgotten, Memoranda, Needed, NoSpace, SaveFailed
from seatkeeper.ledger.engines.statements import ForRows
from seatkeeper.ledger.indexing import index_whole, put_users
from seatkeeper.ledger.journal import Entry, Head, Seal
from seatkeeper.ledger.mapping import Row
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.state import Image, State

_log = structlog.get_logger("seatkeeper.ledger")

_BUSY_TIMEOUT: Final = 5_000  # milliseconds; only a check, a backup or, in memory, a read can be in the way

_LARGEST: Final = 2**63 - 1

_MOST_ROWS: Final = 256  # in one statement; SQLite takes 32,766 values

_CUTTINGS: Final = 6  # attempts to cut the write-ahead log, each of which waits for the busy time-out


class SqliteEngine:
    """The writer's connection. Used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], int]) -> None:
        """Use a connection that may write. `synchronous=FULL` makes a commit durable before it returns (rule L5)."""
        self._connection = connection
        self._clock = clock
        self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        # Checkpoints are off the commit path: `Database.checkpoint` does them (rule L14).
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")

    def begin(self) -> None:
        """Take SQLite's write lock. Raises Busy when another process does not let go of it in time."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _save_error(error) from error

    def begin_at_once(self) -> None:
        """Take SQLite's write lock if nobody has it. Raises Busy."""
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            self.begin()
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT}")

    def begin_reading(self) -> None:
        """Begin a transaction that only reads."""
        self._connection.execute("BEGIN")

    def now(self) -> int:
        """The host's time: nobody else writes."""
        return self._clock()

    def head(self) -> Head:
        """The journal's last event."""
        row = self._connection.execute(selects.HEAD).fetchone()
        return Head() if row is None else Head(*row)

    def load_whole(self, image: Image) -> None:
        """Load what an image has whole."""
        for name, statement in selects.WHOLE.items():
            getattr(image, name).update(self._rows(name, statement, ()))
        index_whole(image)

    def load(self, image: Image, needed: Needed) -> None:
        """Load users with all that is theirs, and rosters."""
        users = needed.users.copy()
        if needed.logins:
            users.update(self._numbers(statements.USERS_OF_LOGINS, needed.logins))
        if needed.sessions:
            users.update(self._numbers(statements.USERS_OF_SESSIONS, needed.sessions))
        if needed.licenses:
            users.update(self._numbers(statements.USERS_OF_LICENSES, needed.licenses, times=2))
        absent = users.difference(image.users)
        if absent:
            self._load_users(image, absent)
        for license_id in needed.rosters:
            rows = self._connection.execute(statements.ROSTER, (license_id,))
            image.seated.update(dict.fromkeys((number for (number,) in rows), license_id))

    def activity(self, sessions: set[int]) -> list[tuple[int, int]]:  # noqa: ARG002 - see below
        """Nothing: no other node has seen any of them."""
        return []

    def live_sessions(self) -> Mapping[int, int | None]:
        """All live sessions by number, with the idle time-out of those that have one of their own."""
        return dict(self._connection.execute(selects.LIVE_SESSIONS).fetchall())

    def kinds(self, after: int) -> Iterable[tuple[str, int]]:
        """The kinds and versions of the events behind this one."""
        return self._connection.execute(statements.KINDS, (after,)).fetchall()

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        """Write a batch by a few statements, each for all rows of a kind. Raises SaveFailed or NoSpace."""
        try:
            self._write(statements.INSERT_JOURNAL, entries)
            for name, table in state.saved.items():
                if table.changed:
                    self._save_table(name, table.below, table.changed)
            ended = [(key,) for key, row in state.sessions.changed.items() if row is None]
            self._write(statements.DROP_ACTIVITY, ended)
            self._write(statements.SAVE_ACTIVITY, memoranda.activity)
            self._write(statements.SAVE_REPEATS, memoranda.repeats)
        except sqlite3.Error as error:
            raise _save_error(error) from error

    def store_snapshot(self, position: int, rows: list[SnapshotRow]) -> None:
        """Write some rows of a snapshot."""
        self._write_each(statements.INSERT_SNAPSHOT.of(1), [(position, *row) for row in rows])

    def seal(self, seal: Seal, rows: int) -> None:
        """Seal the journal, if what was archived is what stands there and the snapshot is whole."""
        there = self._connection.execute(statements.HASH, (seal.position,)).fetchone()
        [last] = self._connection.execute(statements.LAST_SNAPSHOT_ROW, (seal.position,)).fetchone()
        if there != (seal.hash,) or last != rows - 1:
            raise SaveFailed("the journal is not the one that was archived: another database was put in its place")
        self._write_each(statements.INSERT_SEAL.of(1), [seal])

    def remove_sealed(self, most: int) -> int:
        """Remove what stands in an archive, or in a snapshot that does not count."""
        [sealed] = self._connection.execute(selects.SEALED).fetchone()
        removed = 0
        for statement in statements.REMOVE_SEALED.values():
            if removed < most:
                given = {"sealed": sealed or 0, "most": most - removed}
                try:
                    removed += self._connection.execute(statement, given).rowcount
                except sqlite3.Error as error:
                    raise _save_error(error) from error
        return removed

    def forget(self, forgotten: Forgotten) -> None:
        """Let personal parts say a pseudonym."""
        self._write_each(statements.FORGET_EVENT, [(said, seq) for seq, said in forgotten.events])
        self._write_each(statements.FORGET_ROW, [(said, number) for number, said in forgotten.snapshot_rows])

    def rebuild(self) -> None:
        """Write the file anew, and cut the write-ahead log. In transactions of their own, which keep writers out."""
        try:
            self._connection.execute("VACUUM")
            for _ in range(_CUTTINGS):
                [busy, _, _] = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
        except sqlite3.Error as error:
            raise _save_error(error) from error
        raise Busy("somebody reads the database and does not come to an end")

    def entries(self, after: int, most: int) -> list[Entry]:
        """The first so many events behind this one."""
        rows = self._connection.execute(statements.ENTRIES, (after, _LARGEST, most))
        return [Entry(*row) for row in rows]

    def load_logons(self, image: Image, sessions: set[int]) -> None:
        """Load where these sessions sit; those that sit nowhere are not there."""
        given = (msgspec.json.encode(sorted(sessions)).decode(),)
        image.logons.update(self._rows("logons", statements.LOGONS_OF_SESSIONS, given))

    def was_saved(self, batch: int, after: int) -> bool:  # noqa: ARG002 - see below
        """Never known here: an I/O error leaves SQLite's files to the next start (rule L5)."""
        raise FateUnknown("what became of a commit on this disk is found out by the next start")

    def commit(self) -> None:
        """Commit and wait for the disk."""
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if _code(error) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY}:  # the transaction goes on without them
                raise _save_error(error) from error
            raise FateUnknown(f"the database did not confirm a commit: {error}") from error

    def rollback(self) -> None:
        """End the transaction without effect; SQLite may have ended it already."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the database, its write-ahead log brought into it if that can be done: else the next start does it."""
        try:
            self.rollback()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            _log.warning("checkpoint_failed", error=str(error))
        finally:
            self._connection.close()

    def _load_users(self, image: Image, numbers: set[int]) -> None:
        """Read everything before anything is put into the image: a failure must not leave half a user there."""
        given = (msgspec.json.encode(sorted(numbers)).decode(),)
        loaded = {name: self._rows(name, statement, given) for name, statement in statements.OF_USERS.items()}
        put_users(image, loaded)

    def _write_each(self, statement: str, rows: list[Any]) -> None:
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _save_error(error) from error

    def _write(self, statement: ForRows, rows: Sequence[Row]) -> int:
        """Execute a statement for many rows; how many it touched.

        For all at once, since the driver lets other threads run at each step, and to get in again costs more than a
        row: a batch of 32 took twice as long row by row while requests were served. In portions that are powers of two:
        so few statements are prepared, once.
        """
        touched, first = 0, 0
        while first < len(rows):
            portion = rows[first : first + min(_MOST_ROWS, 1 << (len(rows) - first).bit_length() - 1)]
            values = list(chain.from_iterable(portion))
            touched += self._connection.execute(statement.of(len(portion)), values).rowcount
            first += len(portion)
        return touched

    def _rows(self, name: str, statement: str, parameters: tuple[str, ...]) -> dict[Any, Any]:
        """The rows of a table that a statement finds, in its order."""
        read = MAPPINGS[name].read
        return dict(read(row) for row in self._connection.execute(statement, parameters))

    def _save_table(self, name: str, below: dict[Any, Any], changed: dict[Any, Any]) -> None:
        mapping, writes = MAPPINGS[name], statements.WRITES[name]
        inserted: list[Row] = []
        updated: list[Row] = []
        deleted: list[Row] = []
        for key, entity in changed.items():
            if entity is not None:
                (updated if key in below else inserted).append(mapping.values(key, entity))
            elif key in below:
                deleted.append(mapping.key_values(key))
        for statement, rows in ((writes.delete, deleted), (writes.update, updated), (writes.insert, inserted)):
            touched = self._write(statement, rows)
            if touched != len(rows):  # rule L12
                raise SaveFailed(f"{len(rows)} rows of {name} should have changed, but {touched} did")

    def _numbers(self, statement: str, given: set[Any], *, times: int = 1) -> list[int]:
        parameters = (msgspec.json.encode(sorted(given)).decode(),) * times
        return [number for (number,) in self._connection.execute(statement, parameters)]


def _save_error(error: sqlite3.Error) -> SaveFailed:
    match _code(error):
        case sqlite3.SQLITE_FULL:
            return NoSpace("the disk of the data directory is full")
        case sqlite3.SQLITE_BUSY:
            return Busy("another process keeps the database to itself")
        case _:
            return SaveFailed(f"the database refused a batch: {error}")


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's primary error code; None where the error is the driver's own."""
    extended: int | None = getattr(error, "sqlite_errorcode", None)
    return None if extended is None else extended & 0xFF
