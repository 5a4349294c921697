"""SQLite's tables: a file in a data directory, or this process's memory. One process has them (rule L14)."""

import sqlite3
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from seatkeeper.ledger.clock import host_clock
from seatkeeper.ledger.database import DatabaseUnreachable, DataDirectoryInUse
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.engines.sqlite_reading import SqliteReading
from seatkeeper.ledger.files import DATABASE, LOCK, moved_away
from seatkeeper.ledger.presence import OnlyNode

_LOCK_SECONDS: Final = 1.0  # a command that has the data directory for a moment shall not keep a server from starting
_CHECKPOINT_BYTES: Final = 4 * 2**20  # of write-ahead log, before a checkpoint is worth its writes
_LONGEST_LOG: Final = 64 * 2**20  # of write-ahead log, before a batch may be kept waiting for its end
_RETRY_SECONDS: Final = 0.001  # until a copy that found somebody at work tries again
_INSTRUCTIONS_PER_LOOK: Final = 10_000  # of SQLite's, between two looks at the clock: under a millisecond's work

DatabaseCopy = sqlite3.Connection
"""The tables of a moment, in memory; nobody else is connected to it."""


class _Sqlite(ABC):
    """What a file and memory have in common. One process has it, and one thread of that writes."""

    shared: Final = False
    clock: Final = staticmethod(host_clock)
    drivername: Final = "sqlite"

    @abstractmethod
    def connect(self) -> sqlite3.Connection:
        """A connection that may write."""

    @abstractmethod
    def connect_reading(self, timeout: float) -> sqlite3.Connection:
        """A connection that cannot write."""

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection in a transaction that keeps every batch out."""
        # The driver itself would begin no transaction before a CREATE TABLE, and leave half a schema when it is killed.
        engine = create_engine("sqlite://", creator=self.connect, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.exec_driver_sql("COMMIT")
        finally:
            engine.dispose()

    def engine(self, clock: Callable[[], int]) -> SqliteEngine:
        """The writer's connection, which goes by the host's clock."""
        return SqliteEngine(self.connect(), clock)

    def reading(self, timeout: float, *, at_one_point: bool = False) -> SqliteReading:
        """The journal, to be read beside the writer."""
        connection = self.connect_reading(timeout)
        connection.isolation_level = None
        if at_one_point:
            connection.execute("BEGIN")
        return SqliteReading(connection)

    def deliveries(self) -> None:  # noqa: B027 - not to be overridden
        """None: this process knows it."""

    def presence(self, wake: Callable[[], None], like: str = "") -> OnlyNode:  # noqa: ARG002 - there is nobody else
        """This process, and no other."""
        return OnlyNode()

    @contextmanager
    def breaking_off(self, connection: sqlite3.Connection, past: Callable[[], bool]) -> Iterator[None]:
        """Within it, what the connection does is broken off when `past` says so."""
        connection.set_progress_handler(past, _INSTRUCTIONS_PER_LOOK)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)


class DatabaseFile(_Sqlite):
    """A file in a data directory, with a write-ahead log: readers and the writer are in nobody's way."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._lock = FileLock(path.with_name(LOCK), thread_local=False)

    @classmethod
    def in_directory(cls, data: Path) -> "DatabaseFile":
        """The one in this data directory."""
        return cls(data / DATABASE)

    def take(self) -> None:
        """Take the data directory. One whose database was moved away is not given an empty one."""
        data = self.path.parent
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise DataDirectoryInUse(f"Another process is using the data directory {data}.") from None
        try:
            self._require_not_moved()
            self.path.touch(mode=0o600)  # whoever else may read the directory, the hashed passwords are not his
            with self.path.open("r+b"):
                pass  # SQLite would open a file that cannot be written, and say so at the first commit
        except BaseException:
            self._lock.release()
            raise

    def let_go(self) -> None:
        """Let the data directory go."""
        self._lock.release()

    def _require_not_moved(self) -> None:
        elsewhere = moved_away(self.path.parent) if self.path.name == DATABASE else None
        if elsewhere is not None:
            raise DatabaseUnreachable(elsewhere)

    def connect(self) -> sqlite3.Connection:
        """A connection that may write."""
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=256)

    def connect_reading(self, timeout: float) -> sqlite3.Connection:
        """A connection that cannot write."""
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        return sqlite3.connect(uri, uri=True, timeout=timeout, check_same_thread=False)

    def connect_apart(self, timeout: float) -> sqlite3.Connection:
        """As any that reads: a write-ahead log keeps what it sees."""
        return self.connect_reading(timeout)

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the database as far as nobody is in the way."""
        log = self.path.with_name(f"{self.path.name}-wal")
        size = log.stat().st_size if log.exists() else 0
        if size > _CHECKPOINT_BYTES:
            with closing(sqlite3.connect(self.path, isolation_level=None, timeout=1)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                if size > _LONGEST_LOG:
                    # Where batch follows upon batch, a log that nobody waits for never ends. Its rest is short now.
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class DatabaseInMemory(_Sqlite):
    """A database in the memory of this process: gone with it, or when it is let go.

    SQLite has no write-ahead log there, so a batch waits for the reads that run and they for it: those are bounded in
    time, and what takes longer reads a copy.
    """

    def __init__(self) -> None:
        self._uri = f"file:/{uuid.uuid4()}?vfs=memdb"
        self._kept: sqlite3.Connection | None = None

    def take(self) -> None:
        """Make it, if need be: it is there as long as anything is connected to it."""
        if self._kept is None:
            self._kept = self.connect()

    def let_go(self) -> None:
        """Give its memory back."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def connect(self) -> sqlite3.Connection:
        """A connection that may write."""
        return sqlite3.connect(
            self._uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
        )

    def connect_reading(self, timeout: float) -> sqlite3.Connection:
        """A connection that cannot write."""
        return sqlite3.connect(f"{self._uri}&mode=ro", uri=True, timeout=timeout, check_same_thread=False)

    def connect_apart(self, timeout: float) -> sqlite3.Connection:
        """A connection to a copy of its own."""
        with closing(self.connect_reading(timeout)) as source:
            return _copied(source)

    def checkpoint(self) -> None:
        """Nothing: there is no log."""

    def copy(self) -> DatabaseCopy:
        """The tables as they are now."""
        with closing(self.connect()) as source:
            return _copied(source)

    def become(self, copy: DatabaseCopy) -> None:
        """Let the tables be as they were when this copy was made, in one moment for all who are connected."""
        with closing(self.connect()) as target:
            copy.backup(target, sleep=_RETRY_SECONDS)


def _copied(source: sqlite3.Connection) -> DatabaseCopy:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    source.backup(copy, sleep=_RETRY_SECONDS)
    return copy
