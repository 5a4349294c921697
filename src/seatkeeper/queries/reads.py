"""Where reads run: on read-only connections, in threads of their own, each within a bound of time."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from seatkeeper.ledger.database import Database
from seatkeeper.ledger.unavailable import Unavailable

T = TypeVar("T")

# How many long reads may go on at once: what the writer saves meanwhile waits in its log until they end.
_STREAMS: Final = 2

# How much later than its bound a read is answered for that is still being broken off, in seconds.
_GRACE: Final = 2.0

# Seconds until a connection to a shared database is made anew: the server may have been replaced, and still answer.
_RENEWED: Final = 60

# How PostgreSQL's codes begin that tell of a connection taken away, or of a server that can serve nobody.
_LOST: Final = ("08", "25P03", "53", "57P", "58")


class ReadTimeout(Exception):
    """A read took longer than its bound and was given up. Nothing was changed; it can be asked again."""

    retry_after = 1


class ReadsUnavailable(Unavailable):
    """The database does not answer. Nothing was changed; it can be asked again."""


class Reads:
    """Runs reads off the event loop.

    `database` need not exist before the first read. At most `threads` reads run at once; `timeout` seconds
    bound each, the wait for a free thread included. One read sees one state of the tables, whatever the writer
    does meanwhile. A read may be run once more, where its connection turns out to be lost.
    """

    def __init__(
        self,
        database: Database,
        *,
        threads: int = 2,
        timeout: float = 5.0,
        reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        """`reachable`: whether the database answers, as far as somebody knows; no read is tried while it does not."""
        self._timeout = timeout
        self._reachable = reachable
        self._database = database
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="seatkeeper-read")
        self._again = threads if database.shared else 0
        url = f"{database.drivername}://"
        self._engine = create_engine(
            url,
            creator=partial(database.connect_reading, timeout),
            poolclass=QueuePool,
            pool_size=threads,
            max_overflow=0,
            pool_recycle=_RENEWED if database.shared else -1,
        )
        self._streams = asyncio.Semaphore(_STREAMS)
        self._stream_engine = create_engine(url, creator=partial(database.connect_apart, timeout), poolclass=NullPool)
        for engine in (self._engine, self._stream_engine):
            if database.shared:
                event.listen(engine, "before_cursor_execute", self._go_on)
            else:
                event.listen(engine, "connect", _begin_explicitly)
                event.listen(engine, "begin", _begin)

    async def run(self, read: Callable[[Connection], T]) -> T:
        """What `read` makes of the tables. Raises ReadTimeout past the bound, and ReadsUnavailable.

        A cancelled wait ends the read.
        """
        self._require_reachable()
        bound = _Bound(self._timeout)
        return await self._awaited(
            asyncio.get_running_loop().run_in_executor(self._threads, self._read, read, bound), bound
        )

    async def stream(self, read: Callable[[Connection], Iterator[T]]) -> AsyncGenerator[T, None]:
        """What `read` yields, all from one state of the tables; the next is read when it is asked for.

        The bound of time is that of each step, and of the wait for an earlier stream to end: few run at once. Raises
        ReadTimeout past it, and ReadsUnavailable. Whoever stops asking closes the stream.
        """
        self._require_reachable()
        try:
            await asyncio.wait_for(self._streams.acquire(), self._timeout)
        except TimeoutError:
            raise ReadTimeout(
                f"{_STREAMS} other long reads had not ended after {self._timeout:g} seconds, and no more run at once;"
                " ask again when they have."
            ) from None
        loop = asyncio.get_running_loop()
        stream = _Stream(partial(self._connect, self._stream_engine), read)
        bound = _Bound(self._timeout)
        try:
            while step := await self._awaited(loop.run_in_executor(self._threads, self._step, stream, bound), bound):
                yield step[0]
                bound = _Bound(self._timeout)
        finally:
            bound.give_up()
            self._streams.release()
            # To its end, even where this wait is given up; in a thread of another's, since these may be closed by now.
            await asyncio.shield(asyncio.to_thread(stream.close))

    def close(self) -> None:
        """Wait for the reads that run, then close their connections."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._engine.dispose()

    def _require_reachable(self) -> None:
        if not self._reachable():
            raise _unavailable()

    async def _awaited(self, asked: Awaitable[T], bound: "_Bound") -> T:
        """What comes of a read in its thread, which may be held up for longer by a host that is gone."""
        try:
            async with asyncio.timeout(self._timeout + _GRACE):
                return await asked
        except TimeoutError:
            if not bound.past():
                raise  # of the read itself
            raise self._too_slow() if bound.connected or not self._database.shared else _unavailable() from None
        except asyncio.CancelledError:
            bound.give_up()
            raise

    def _read(self, read: Callable[[Connection], T], bound: "_Bound") -> T:
        # A connection is found to be lost when it is used: others in the pool may be too, a new one need not.
        for _ in range(self._again):
            try:
                return self._read_once(read, bound)
            except ReadsUnavailable:
                if bound.past():
                    raise
        return self._read_once(read, bound)

    def _read_once(self, read: Callable[[Connection], T], bound: "_Bound") -> T:
        if bound.past():
            raise self._too_slow()
        with self._connect(self._engine) as connection:
            return self._within(bound, connection, partial(read, connection))

    def _step(self, stream: "_Stream[T]", bound: "_Bound") -> tuple[T] | None:
        with stream.lock:
            if bound.past():
                raise self._too_slow()
            step = self._within(bound, stream.connection, stream.next)
            if bound.past():
                raise self._too_slow()
            return step

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except DBAPIError as error:
            if self._database.shared:
                raise _unavailable() from error
            raise

    def _within(self, bound: "_Bound", connection: Connection, read: Callable[[], T]) -> T:
        """What `read` comes to; its statements are broken off past the bound."""
        bound.connected = True
        connection.info[_Bound] = bound
        driver = connection.connection.driver_connection
        try:
            with self._database.breaking_off(driver, bound.past):
                return read()
        except DBAPIError as error:
            if _is_lost(error):
                connection.invalidate()
                raise _unavailable() from error
            if bound.past():
                raise self._too_slow() from None
            raise
        finally:
            if bound.past() and self._database.shared:
                connection.invalidate()  # what was to break off its statement may come too late for that

    def _go_on(self, connection: Connection, *_: object) -> None:
        """Let no statement begin past the bound: a cancellation that comes between two of them meets neither."""
        bound = connection.info.get(_Bound)  # there is none yet for what SQLAlchemy asks of a new server
        if bound is not None and bound.past():
            raise self._too_slow()

    def _too_slow(self) -> ReadTimeout:
        return ReadTimeout(f"The read was given up after {self._timeout:g} seconds; ask again, or ask for less.")


class _Bound:
    """Until when a read, or a step of a stream, is to be over. `connected`: it has begun."""

    def __init__(self, seconds: float) -> None:
        self.connected = False
        self._deadline = time.monotonic() + seconds
        self._given_up = False

    def give_up(self) -> None:
        """Nobody waits for it any more."""
        self._given_up = True

    def past(self) -> bool:
        """Whether it is to be broken off."""
        return self._given_up or time.monotonic() > self._deadline


class _Stream(Generic[T]):
    """A read that is taken in steps, on a connection of its own so that others find theirs."""

    def __init__(self, connect: Callable[[], Connection], read: Callable[[Connection], Iterator[T]]) -> None:
        self.lock = threading.Lock()
        """Held while a step runs: a stream that is given up is closed only afterwards."""
        self._connect = connect
        self._read = read
        self._connection: Connection | None = None
        self._steps: Iterator[T] | None = None

    @property
    def connection(self) -> Connection:
        """The connection, opened by the first step."""
        if self._connection is None:
            self._connection = self._connect()
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


def _unavailable() -> ReadsUnavailable:
    return ReadsUnavailable("The database does not answer; try again.")


def _is_lost(error: DBAPIError) -> bool:
    """Whether it was no fault of the statement that it came to nothing."""
    code = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (code is not None and code.startswith(_LOST))


def _begin_explicitly(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Leave transactions to SQLAlchemy: the driver by itself begins none for reads."""
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
