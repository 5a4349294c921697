"""Where a ledger's tables are, and how one connects to them: a file in a data directory, or this process's memory."""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from filelock import FileLock, Timeout

from seatkeeper.ledger.files import DATABASE, LOCK

_LOCK_SECONDS: Final = 1.0  # a command that has the data directory for a moment shall not keep a server from starting
_CHECKPOINT_BYTES: Final = 4 * 2**20  # of write-ahead log, before a checkpoint is worth its writes
_LONGEST_LOG: Final = 64 * 2**20  # of write-ahead log, before a batch may be kept waiting for its end
_RETRY_SECONDS: Final = 0.001  # until a copy that found somebody at work tries again

DatabaseCopy = sqlite3.Connection
"""The tables of a moment, in memory; nobody else is connected to it."""


class DataDirectoryInUse(Exception):
    """Another process holds the data directory."""


class Database(Protocol):
    """Where tables are. Connections are made by whoever uses them, in any thread."""

    def take(self) -> None:
        """Have it to oneself, made if it does not exist. Raises DataDirectoryInUse, and OSError where it cannot be."""

    def let_go(self) -> None:
        """Leave it to others. May be called twice."""

    def connect(self) -> sqlite3.Connection:
        """A connection that may write."""

    def connect_reading(self, timeout: float) -> sqlite3.Connection:
        """A connection that cannot write; it waits for `timeout` seconds where somebody is in the way."""

    def connect_apart(self, timeout: float) -> sqlite3.Connection:
        """As `connect_reading`, for a read that may take minutes: no writer ever waits for its end."""

    def checkpoint(self) -> None:
        """Do what is to be done off the commit path, on a connection of its own (rule L14)."""


class DatabaseFile:
    """A file in a data directory, with a write-ahead log: readers and the writer are in nobody's way."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._lock = FileLock(path.with_name(LOCK), thread_local=False)

    @classmethod
    def in_directory(cls, data: Path) -> "DatabaseFile":
        """The one in this data directory."""
        return cls(data / DATABASE)

    def take(self) -> None:
        """Take the data directory."""
        data = self.path.parent
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise DataDirectoryInUse(f"Another process is using the data directory {data}.") from None
        try:
            self.path.touch(mode=0o600)  # whoever else may read the directory, the hashed passwords are not his
            with self.path.open("r+b"):
                pass  # SQLite would open a file that cannot be written, and say so at the first commit
        except BaseException:
            self._lock.release()
            raise

    def let_go(self) -> None:
        """Let the data directory go."""
        self._lock.release()

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


class DatabaseInMemory:
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
