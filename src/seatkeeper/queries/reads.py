"""Where reads run: on read-only connections, in threads of their own, each within a bound of time."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

T = TypeVar("T")

# How many of SQLite's instructions pass between two looks at the clock: well under a millisecond's work.
_INSTRUCTIONS_PER_LOOK = 10_000


class ReadTimeout(Exception):
    """A read took longer than its bound and was given up. Nothing was changed; it can be asked again."""

    retry_after = 1


class Reads:
    """Runs reads off the event loop.

    `database` need not exist before the first read. At most `threads` reads run at once; `timeout` seconds
    bound each, the wait for a free thread included. One read sees one state of the tables, whatever the writer
    does meanwhile.
    """

    def __init__(self, database: Path, *, threads: int = 2, timeout: float = 5.0) -> None:
        self._database = database
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="seatkeeper-read")
        self._engine = create_engine(
            "sqlite://", creator=self._open, poolclass=QueuePool, pool_size=threads, max_overflow=0
        )
        event.listen(self._engine, "connect", _begin_explicitly)
        event.listen(self._engine, "begin", _begin)

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

    def close(self) -> None:
        """Wait for the reads that run, then close their connections."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._engine.dispose()

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._database.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=self._timeout,
            check_same_thread=False,
        )

    def _read(self, read: Callable[[Connection], T], deadline: float, given_up: threading.Event) -> T:
        def past_bound() -> bool:
            return given_up.is_set() or time.monotonic() > deadline

        if past_bound():
            raise self._too_slow()
        with self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - what `_open` made, said to the type checker
            driver.set_progress_handler(past_bound, _INSTRUCTIONS_PER_LOOK)
            try:
                return read(connection)
            except OperationalError:
                if past_bound():
                    raise self._too_slow() from None
                raise
            finally:
                driver.set_progress_handler(None, 0)

    def _too_slow(self) -> ReadTimeout:
        return ReadTimeout(f"The read was given up after {self._timeout:g} seconds; ask again, or ask for less.")


def _begin_explicitly(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Leave transactions to SQLAlchemy: the driver by itself begins none for reads."""
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
