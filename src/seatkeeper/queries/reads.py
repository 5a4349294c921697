"""Where reads run: on read-only connections, in threads of their own, each within a bound of time."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from seatkeeper.ledger.database import Database

T = TypeVar("T")

# How many of SQLite's instructions pass between two looks at the clock: well under a millisecond's work.
_INSTRUCTIONS_PER_LOOK: Final = 10_000

# How many long reads may go on at once: what the writer saves meanwhile waits in its log until they end.
_STREAMS: Final = 2


class ReadTimeout(Exception):
    """A read took longer than its bound and was given up. Nothing was changed; it can be asked again."""

    retry_after = 1


class Reads:
    """Runs reads off the event loop.

    `database` need not exist before the first read. At most `threads` reads run at once; `timeout` seconds
    bound each, the wait for a free thread included. One read sees one state of the tables, whatever the writer
    does meanwhile.
    """

    def __init__(self, database: Database, *, threads: int = 2, timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="seatkeeper-read")
        self._engine = create_engine(
            "sqlite://",
            creator=partial(database.connect_reading, timeout),
            poolclass=QueuePool,
            pool_size=threads,
            max_overflow=0,
        )
        self._streams = asyncio.Semaphore(_STREAMS)
        self._stream_engine = create_engine(
            "sqlite://", creator=partial(database.connect_apart, timeout), poolclass=NullPool
        )
        for engine in (self._engine, self._stream_engine):
            event.listen(engine, "connect", _begin_explicitly)
            event.listen(engine, "begin", _begin)

    async def run(self, read: Callable[[Connection], T]) -> T:
        """What `read` makes of the tables. Raises ReadTimeout past the bound. A cancelled wait ends the read."""
        deadline = time.monotonic() + self._timeout
        given_up = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._read, read, deadline, given_up)
        except asyncio.CancelledError:
            given_up.set()
            raise

    async def stream(self, read: Callable[[Connection], Iterator[T]]) -> AsyncGenerator[T, None]:
        """What `read` yields, all from one state of the tables; the next is read when it is asked for.

        The bound of time is that of each step, and of the wait for an earlier stream to end: few run at once. Raises
        ReadTimeout past it. Whoever stops asking closes the stream.
        """
        try:
            await asyncio.wait_for(self._streams.acquire(), self._timeout)
        except TimeoutError:
            raise ReadTimeout(
                f"{_STREAMS} other long reads had not ended after {self._timeout:g} seconds, and no more run at once;"
                " ask again when they have."
            ) from None
        loop = asyncio.get_running_loop()
        stream = _Stream(self._stream_engine, read)
        try:
            while True:
                deadline = time.monotonic() + self._timeout
                step = await loop.run_in_executor(self._threads, self._step, stream, deadline)
                if step is None:
                    return
                yield step[0]
        finally:
            stream.given_up.set()
            self._streams.release()
            # To its end, even where this wait is given up; in a thread of another's, since these may be closed by now.
            await asyncio.shield(asyncio.to_thread(stream.close))

    def close(self) -> None:
        """Wait for the reads that run, then close their connections."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._engine.dispose()

    def _read(self, read: Callable[[Connection], T], deadline: float, given_up: threading.Event) -> T:
        if _past(deadline, given_up):
            raise self._too_slow()
        with self._engine.connect() as connection:
            return self._within(deadline, given_up, connection, partial(read, connection))

    def _step(self, stream: "_Stream[T]", deadline: float) -> tuple[T] | None:
        with stream.lock:
            if _past(deadline, stream.given_up):
                raise self._too_slow()
            return self._within(deadline, stream.given_up, stream.connection, stream.next)

    def _within(self, deadline: float, given_up: threading.Event, connection: Connection, read: Callable[[], T]) -> T:
        """What `read` comes to; its statements are broken off past the deadline and when it is given up."""
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - what `_open` made, said to the type checker
        driver.set_progress_handler(partial(_past, deadline, given_up), _INSTRUCTIONS_PER_LOOK)
        try:
            return read()
        except OperationalError:
            if _past(deadline, given_up):
                raise self._too_slow() from None
            raise
        finally:
            driver.set_progress_handler(None, 0)

    def _too_slow(self) -> ReadTimeout:
        return ReadTimeout(f"The read was given up after {self._timeout:g} seconds; ask again, or ask for less.")


class _Stream(Generic[T]):
    """A read that is taken in steps, on a connection of its own so that others find theirs."""

    def __init__(self, engine: Engine, read: Callable[[Connection], Iterator[T]]) -> None:
        self.lock = threading.Lock()
        """Held while a step runs: a stream that is given up is closed only afterwards."""
        self.given_up = threading.Event()
        self._engine = engine
        self._read = read
        self._connection: Connection | None = None
        self._steps: Iterator[T] | None = None

    @property
    def connection(self) -> Connection:
        """The connection, opened by the first step."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def next(self) -> tuple[T] | None:
        """What comes next; None at the end."""
        if self._steps is None:
            self._steps = self._read(self.connection)
        for each in self._steps:
            return (each,)
        return None

    def close(self) -> None:
        """Let the state of the tables go, after whatever reads it: that closes its cursors."""
        with self.lock:
            steps, self._steps = self._steps, None
            try:
                if isinstance(steps, Generator):
                    steps.close()
            finally:
                if self._connection is not None:
                    self._connection.close()


def _past(deadline: float, given_up: threading.Event) -> bool:
    return given_up.is_set() or time.monotonic() > deadline


def _begin_explicitly(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Leave transactions to SQLAlchemy: the driver by itself begins none for reads."""
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
