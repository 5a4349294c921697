"""The writer's session with PostgreSQL: its connection, transactions and faults (rules L1, L5, L8)."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
import structlog
from psycopg import Cursor
from psycopg.pq import TransactionStatus

from seatkeeper.ledger.clock import DatabaseClock
from seatkeeper.ledger.engines import postgres_statements as statements
from seatkeeper.ledger.engines import selects
from seatkeeper.ledger.engines.engine import Busy, Disconnected, FateUnknown, NoSpace, SaveFailed, Unstorable
from seatkeeper.ledger.engines.postgres_connection import BoundedConnection, plain
from seatkeeper.ledger.engines.postgres_exchange import Answer, Asked, Exchange, Row
from seatkeeper.ledger.engines.postgres_watch import Watch
from seatkeeper.ledger.journal import Head

_log = structlog.get_logger("seatkeeper.ledger")

_COMMIT_SECONDS: Final = 5.0
"""After which a commit is broken off that waits for its standby."""

_NO_SPACE: Final = {"53100"}  # disk_full
_BUSY: Final = {"55P03", "57014", "40P01", "40001"}  # lock_not_available, query_canceled, deadlock, serialization
# What no command brings about: too many connections or no memory, being shut down or started, an I/O error, what became
# read-only as a standby is, a table, a right or a whole database that is not there, and what is broken.
_UNUSABLE: Final = ("532", "533", "57P", "58", "08", "25", "28", "3", "42", "F0", "XX")


def _past(seconds: float) -> Callable[[], bool]:
    """Says whether so many seconds are over."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


class PostgresSession:
    """A connection, made anew whenever it was lost, and the one transaction on it. Used by one thread at a time.

    Statements that need not wait for each other go out together: a batch takes as many round trips as it has steps, not
    statements. Where nothing has to be loaded these are three: to begin, to save and to commit.
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
        self.backend: int | None = None
        """The server's process that the connection speaks to: what is notified by it this node has written itself."""
        self._exchange: Exchange | None = None
        self._head = Head()
        self._now = 0
        self._warned = False

    def begin(self) -> None:
        """Wait for the lock that every batch of every node takes, then see what there is (rules L1, L8).

        One who waited for it in vain ends a node's connection that has it and stands still, for those after him.
        """
        try:
            self._begin("BEGIN ISOLATION LEVEL READ COMMITTED", statements.TAKE_LOCK)
        except Busy:
            with suppress(SaveFailed):
                self._end_who_stands_still()
            raise

    def begin_at_once(self) -> None:
        """Not here: to hear that nobody has the lock is to wait for the database. Raises Busy."""
        raise Busy("another node's batch may be under way")

    def begin_reading(self) -> None:
        """See one state throughout, without the lock."""
        self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def head(self) -> Head:
        """The journal's last event, as of the beginning."""
        return self._head

    def now(self) -> int:
        """The time of the database, as of the beginning."""
        return self._now

    def commit(self) -> None:
        """Commit and wait for the disk, and for a synchronous standby where there is one.

        A commit that warns may be only on this server's disk: that is not known to be durable (rule L1).
        """
        self._warned = False
        try:
            # PostgreSQL's own time-outs do not end the wait for a standby that is gone.
            with self._watch.over(self._connection, _past(_COMMIT_SECONDS)):
                [ended] = self._ask([Asked("COMMIT")])
        except psycopg.Error as error:
            if self._made is None or self._made.closed:
                raise FateUnknown(f"the database did not confirm a commit: {plain(error)}") from error
            raise self._save_error(error) from error
        if ended.said != b"COMMIT":
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
            self.backend = self._made.info.backend_pid

    def _begin(self, *begin: str) -> None:
        """One that was lost while nothing was asked of it is no reason to refuse anything: another is made, once."""
        had_one = self._made is not None
        try:
            self._open_transaction(begin)
        except Disconnected:
            self._disconnect()
            if not had_one:
                raise
            self._open_transaction(begin)

    def _open_transaction(self, begin: tuple[str, ...]) -> None:
        """In one round trip, but each statement sees what was committed before itself began: the head and the time are
        those under the lock."""
        self._reconnect()
        with self._told():
            *_, head, now = self._ask(map(Asked, (*begin, selects.HEAD, statements.NOW)))
        self._head = Head(*head.rows[0]) if head.rows else Head()
        [(database_now,)] = now.rows
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
        made, self._made, self._exchange, self.backend = self._made, None, None, None
        if made is not None:
            with suppress(psycopg.Error):
                made.close()

    def _note(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            self._warned = True
            _log.warning("database_warned", said=diagnostic.message_primary)

    def _execute(self, statement: str, given: Any = None) -> Cursor[Row]:  # noqa: ANN401 - parameters, named or not
        return self._connection.execute(statement, given)

    def _ask(self, asked: Iterable[Asked]) -> list[Answer]:
        """As `_execute`, several at once."""
        if self._exchange is None:
            self._exchange = Exchange(self._connection)
        return self._exchange.ask(asked)

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
        """What a fault means. The connection goes with any: after one, statements are taken for prepared that the
        server has skipped."""
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
