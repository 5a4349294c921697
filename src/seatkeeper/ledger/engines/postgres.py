"""PostgreSQL as the ledger's database: several nodes write it, one batch after the other (rule L1)."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

import psycopg
import structlog
from psycopg import Cursor
from psycopg.pq import TransactionStatus

from seatkeeper.ledger.clock import DatabaseClock
from seatkeeper.ledger.engines import postgres_statements as statements
from seatkeeper.ledger.engines.engine import (
    Busy,
    Disconnected,
    FateUnknown,
    Forgotten,
    Memoranda,
    Needed,
    NoSpace,
    SaveFailed,
    Unstorable,
)
from seatkeeper.ledger.engines.postgres_connection import BoundedConnection, plain
from seatkeeper.ledger.engines.postgres_watch import Watch
from seatkeeper.ledger.indexing import append, index_whole, put_users
from seatkeeper.ledger.journal import Entry, Head, Seal
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.state import Image, State, Table

_log = structlog.get_logger("seatkeeper.ledger")

Row = tuple[Any, ...]


_COMMIT_SECONDS: Final = 5.0
"""After which a commit is broken off that waits for its standby."""


class PostgresEngine:
    """The writer's connection, made anew whenever it was lost. Used by one thread at a time.

    Statements that need not wait for each other go out together (psycopg's pipeline): a batch takes as many round
    trips as it has steps, not statements.
    """

    def __init__(
        self,
        connect: Callable[[], BoundedConnection],
        watch: Watch,
        clock: DatabaseClock,
        shown: Callable[[], int] | None = None,
    ) -> None:
        """`clock` is set by the database's at each beginning; `shown` is a clock over it, where tests have set one."""
        self._connect = connect
        self._watch = watch
        self._clock = clock
        self._shown = shown or clock
        self._made: BoundedConnection | None = None
        self._head = Head()
        self._now = 0
        self._warned = False

    def begin(self) -> None:
        """Wait for the lock that every batch of every node takes, then see what there is (rules L1, L8).

        One who waited for it in vain ends a node's connection that has it and stands still, for those after him.
        """
        try:
            self._begin(f"BEGIN ISOLATION LEVEL READ COMMITTED; {statements.TAKE_LOCK}")
        except Busy:
            with suppress(SaveFailed):
                self._end_who_stands_still()
            raise

    def begin_reading(self) -> None:
        """See one state throughout, without the lock."""
        self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def head(self) -> Head:
        """The journal's last event, as of the beginning."""
        return self._head

    def now(self) -> int:
        """The time of the database, as of the beginning."""
        return self._now

    def load_whole(self, image: Image) -> None:
        """Load what an image has whole."""
        with self._told(), self._pipeline():
            cursors = {name: self._execute(statement) for name, statement in statements.WHOLE.items()}
        for name, cursor in cursors.items():
            getattr(image, name).update(_read(name, cursor))
        index_whole(image)
        for holder, license_id in image.assignments:
            append(image.assigned_to, holder, license_id)
        for holder, owner_key in image.profiles:
            append(image.profiled, holder, owner_key)

    def load(self, image: Image, needed: Needed) -> None:
        """Load users with all that is theirs, and rosters."""
        users = needed.users.copy()
        with self._told():
            if needed.logins or needed.sessions or needed.licenses:
                given = {
                    "logins": sorted(login for login in needed.logins if "\0" not in login),  # which is nobody's
                    "sessions": sorted(needed.sessions),
                    "licenses": sorted(needed.licenses),
                }
                users.update(number for (number,) in self._execute(statements.USERS_NEEDED, given))
            absent = users - image.users.keys()
            if absent:
                self._load_users(image, absent)
            if needed.rosters:
                image.seated.update(dict(self._execute(statements.ROSTERS, (sorted(needed.rosters),)).fetchall()))

    def entries(self, after: int, most: int) -> list[Entry]:
        """The first so many events behind this one."""
        with self._told():
            return [Entry(*row) for row in self._execute(statements.ENTRIES, (after, most))]

    def load_logons(self, image: Image, sessions: set[int]) -> None:
        """Load where these sessions sit."""
        with self._told():
            image.logons.update(_read("logons", self._execute(statements.LOGONS_OF_SESSIONS, (sorted(sessions),))))

    def activity(self, sessions: set[int]) -> list[tuple[int, int]]:
        """When these sessions were last active, as all nodes have saved it."""
        with self._told():
            return cast("list[tuple[int, int]]", self._execute(statements.ACTIVITY, (sorted(sessions),)).fetchall())

    def live_sessions(self) -> Mapping[int, int | None]:
        """All live sessions by number, with the idle time-out of those that have one of their own."""
        with self._told():
            return dict(self._execute(statements.LIVE_SESSIONS).fetchall())

    def kinds(self, after: int) -> Iterable[tuple[str, int]]:
        """The kinds and versions of the events behind this one."""
        with self._told():
            return cast("list[tuple[str, int]]", self._execute(statements.KINDS, (after,)).fetchall())

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        """Write a batch, a statement for all rows of a kind; the other nodes are woken by its commit."""
        ended = [key for key, row in state.sessions.changed.items() if row is None]
        with self._told():
            checked: list[tuple[str, int, Cursor[Row]]] = []
            with self._pipeline():
                self._write(statements.INSERT_JOURNAL, entries)
                for name, table in state.saved.items():
                    if table.changed:
                        checked += self._save_table(name, table)
                if ended:
                    self._execute(statements.DROP_ACTIVITY, (ended,))
                self._write(statements.INSERT_ENDED, memoranda.ended)
                self._write(statements.SAVE_ACTIVITY, memoranda.activity)
                self._write(statements.SAVE_REPEATS, memoranda.repeats)
                if entries:
                    self._execute(statements.NOTIFY)
            for name, expected, cursor in checked:
                if cursor.rowcount != expected:
                    raise SaveFailed(
                        f"{expected} rows of {name} should have changed, but {cursor.rowcount} did"  # rule L12
                    )

    def store_snapshot(self, position: int, rows: list[SnapshotRow]) -> None:
        """Write some rows of a snapshot."""
        with self._told():
            self._write(statements.INSERT_SNAPSHOT, [(position, *row) for row in rows])

    def seal(self, seal: Seal, rows: int) -> None:
        """Seal the journal, if what was archived is what stands there and the snapshot is whole."""
        with self._told():
            there = self._execute(statements.HASH, (seal.position,)).fetchone()
            last = self._execute(statements.LAST_SNAPSHOT_ROW, (seal.position,)).fetchone()
            if there != (seal.hash,) or last != (rows - 1,):
                raise SaveFailed("the journal is not the one that was archived: another database was put in its place")
            self._write(statements.INSERT_SEAL, [seal])

    def remove_sealed(self, most: int) -> int:
        """Remove what stands in an archive, or in a snapshot that does not count."""
        with self._told():
            found = self._execute(statements.SEALED).fetchone()
            sealed = 0 if found is None or found[0] is None else found[0]
            removed = 0
            for statement in statements.REMOVE_SEALED:
                if removed < most:
                    removed += self._execute(statement, {"sealed": sealed, "most": most - removed}).rowcount
            return removed

    def forget(self, forgotten: Forgotten) -> None:
        """Let personal parts say a pseudonym."""
        with self._told():
            self._write(statements.FORGET_EVENTS, forgotten.events)
            self._write(statements.FORGET_ROWS, forgotten.snapshot_rows)

    def rebuild(self) -> None:
        """Write every table anew; each is kept from everybody meanwhile."""
        self._reconnect()
        with self._told(), self._unbounded():
            for statement in statements.REBUILD:
                self._execute(statement)

    def commit(self) -> None:
        """Commit and wait for the disk, and for a synchronous standby where there is one.

        A commit that warns may be only on this server's disk: that is not known to be durable (rule L1).
        """
        self._warned = False
        try:
            # PostgreSQL's own time-outs do not end the wait for a standby that is gone.
            with self._watch.over(self._connection, _past(_COMMIT_SECONDS)):
                ended = self._connection.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            if self._made is None or self._made.closed:
                raise FateUnknown(f"the database did not confirm a commit: {plain(error)}") from error
            raise self._save_error(error) from error
        if ended != "COMMIT":
            raise SaveFailed("the database rolled a batch back")
        if self._warned:
            raise FateUnknown("the database warned at a commit: it may not be on the standby")

    def was_saved(self, batch: int, after: int) -> bool:
        """Look for a batch under the lock, which its own transaction has let go then, on a connection of its own."""
        self._disconnect()
        self.begin()
        try:
            with self._told():
                found = self._execute(statements.OF_BATCH, (after, batch)).fetchone() is not None
                self._execute(statements.LEAVE_A_MARK)
            self.commit()
        except SaveFailed:
            self.rollback()
            raise
        return found

    def rollback(self) -> None:
        """End the transaction without effect; a connection that is lost has done so already."""
        if self._made is None:
            return
        with suppress(psycopg.Error):
            if self._made.info.transaction_status is not TransactionStatus.IDLE:
                self._made.execute("ROLLBACK")
        if self._made.closed:
            self._disconnect()

    def close(self) -> None:
        """Close the connection."""
        self._disconnect()

    @property
    def _connection(self) -> BoundedConnection:
        """Raises Disconnected where it was lost: another one has no part in what was begun on it."""
        if self._made is None:
            raise Disconnected("the connection to the database was lost")
        return self._made

    def _reconnect(self) -> None:
        """Have a connection, made anew if need be. Raises Disconnected."""
        if self._made is None:
            try:
                self._made = self._connect()
            except psycopg.Error as error:
                raise Disconnected(f"the database does not answer: {plain(error)}") from error
            self._made.add_notice_handler(self._note)

    def _begin(self, begin: str) -> None:
        """One that was lost while nothing was asked of it is no reason to refuse anything: another is made, once."""
        had_one = self._made is not None
        try:
            self._open_transaction(begin)
        except Disconnected:
            self._disconnect()
            if not had_one:
                raise
            self._open_transaction(begin)

    def _open_transaction(self, begin: str) -> None:
        self._reconnect()
        with self._told():
            self._connection.execute(begin, prepare=False)
            with self._pipeline():
                head, now = self._execute(statements.HEAD), self._execute(statements.NOW)
            found, [database_now] = head.fetchone(), now.fetchone() or (0,)
        self._head = Head() if found is None else Head(*found)
        self._clock.set(database_now)
        self._now = self._shown()

    def _end_who_stands_still(self) -> None:
        """PostgreSQL's own time-outs end a transaction in which nothing happens, not one that waits for more of what a
        node was sending when it stopped."""
        self._reconnect()
        with self._told():
            ended = self._execute(statements.END_WHO_STANDS_STILL).fetchall()
        if ended:
            _log.warning("stood_still_with_the_lock", backends=[pid for (pid, _) in ended])

    def _disconnect(self) -> None:
        made, self._made = self._made, None
        if made is not None:
            with suppress(psycopg.Error):
                made.close()

    def _note(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            self._warned = True
            _log.warning("database_warned", said=diagnostic.message_primary)

    def _load_users(self, image: Image, numbers: set[int]) -> None:
        """Read everything before anything is put into the image: a failure must not leave half a user there."""
        given = {"users": sorted(numbers)}
        with self._pipeline():
            cursors = {name: self._execute(statement, given) for name, statement in statements.OF_USERS.items()}
        put_users(image, {name: _read(name, cursor) for name, cursor in cursors.items()})

    def _save_table(self, name: str, table: Table[Any, Any]) -> list[tuple[str, int, Cursor[Row]]]:
        """Delete, update and insert; what each is to hit is found out afterwards (rule L12)."""
        mapping, writes = MAPPINGS[name], statements.WRITES[name]
        deleted = [mapping.key_values(key) for key, row in table.changed.items() if row is None and key in table.below]
        updated: list[Row] = []
        inserted: list[Row] = []
        for key, row in table.changed.items():
            if row is not None:
                (updated if key in table.below else inserted).append(mapping.values(key, row))
        kinds = ((writes.delete, deleted), (writes.update, updated), (writes.insert, inserted))
        return [(name, len(rows), self._write(statement, rows)) for statement, rows in kinds if rows]

    def _write(self, statement: str, rows: list[Any]) -> Any:  # noqa: ANN401 - a cursor, or None without rows
        """Give the rows column by column."""
        return self._execute(statement, [list(column) for column in zip(*rows, strict=True)]) if rows else None

    def _execute(self, statement: str, given: Any = None) -> Cursor[Row]:  # noqa: ANN401 - parameters, named or not
        return self._connection.execute(statement, given)

    @contextmanager
    def _pipeline(self) -> Iterator[None]:
        """Within it, statements go out together; what they found is there behind it.

        Nothing is fetched within: the server would wait in the middle of them, where it knows no time-out. An empty one
        follows: what psycopg sends at the end of a pipeline stops PostgreSQL's clock that ends a transaction in which
        nothing happens, and a node that stands still would keep the lock.
        """
        with self._connection.pipeline():
            yield
        self._connection.execute("", prepare=False)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Within it, what the driver raises is said in the ledger's words."""
        try:
            yield
        except psycopg.Error as error:
            raise self._save_error(error) from error

    @contextmanager
    def _unbounded(self) -> Iterator[None]:
        """Within it, a statement may take its time; afterwards there is another connection."""
        self._connection.patience = None
        try:
            self._execute("SET statement_timeout = 0")
            yield
        finally:
            self._disconnect()

    def _save_error(self, error: psycopg.Error) -> SaveFailed:
        """What a fault means. The connection goes with any: after one within a pipeline the driver takes statements for
        prepared that the server has skipped."""
        lost = self._made is None or self._made.closed
        self._disconnect()
        state = error.sqlstate or ""
        if isinstance(error, psycopg.DataError):  # a NUL in a text is refused by the driver
            return Unstorable(f"the database cannot hold a value: {plain(error)}")
        if lost or state.startswith(_UNUSABLE):
            return Disconnected(f"the database does not answer: {plain(error)}")
        if state in _NO_SPACE:
            return NoSpace("the database's disk is full")
        if state in _BUSY:
            return Busy("another node keeps the database to itself, or it is slow")
        return SaveFailed(f"the database refused a batch: {plain(error)}")


_NO_SPACE: Final = {"53100"}  # disk_full
_BUSY: Final = {"55P03", "57014", "40P01", "40001"}  # lock_not_available, query_canceled, deadlock, serialization
# What no command brings about: too many connections or no memory, being shut down or started, an I/O error, what became
# read-only as a standby is, a table, a right or a whole database that is not there, and what is broken.
_UNUSABLE: Final = ("532", "533", "57P", "58", "08", "25", "28", "3", "42", "F0", "XX")


def _past(seconds: float) -> Callable[[], bool]:
    """Says whether so many seconds are over."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def _read(name: str, cursor: Cursor[Row]) -> dict[Any, Any]:
    """The rows of a table of the state, in the order in which they were found."""
    return dict(map(MAPPINGS[name].read, cursor))
