"""The ledger's door: commands go in, outcomes come out after their commit."""

import asyncio
import os
import time
from asyncio import Future
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from filelock import FileLock, Timeout
from msgspec import Struct

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.batch import Batches, Failed, Happened
from seatkeeper.ledger.clockwork import Clockwork
from seatkeeper.ledger.engines.engine import Busy, Engine, NoSpace
from seatkeeper.ledger.engines.sqlite import SqliteEngine, checkpoint
from seatkeeper.ledger.feed import EndedSession, Feed
from seatkeeper.ledger.files import DATABASE, LOCK
from seatkeeper.ledger.schema import migrate
from seatkeeper.ledger.unavailable import QueueFull, Stopping, Unanswered, Unavailable
from seatkeeper.ledger.writer import SaveMemoranda, Waiting, Writer
from seatkeeper.licensing.commands import Command, FindSession
from seatkeeper.licensing.entities import Session, SessionKeys, User
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.state import Image

__all__ = [
    "Bounds",
    "DataDirectoryInUse",
    "Ledger",
    "LiveSession",
    "QueueFull",
    "Stopping",
    "Unanswered",
    "Unavailable",
    "end_process",
    "host_clock",
]

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_EXIT_IO_ERROR: Final = 74  # EX_IOERR
_LOCK_SECONDS: Final = 1.0  # a command that has the data directory for a moment shall not keep a server from starting


class DataDirectoryInUse(Exception):
    """Another process holds the data directory."""


class Bounds(Struct, frozen=True):
    """How much the ledger takes on (rules L2, L7).

    `queue`: commands that may wait. `batch`: commands decided under one commit. `batch_milliseconds`: time spent
    deciding one batch. `cached_users`: users kept in memory. `keep_ended`: milliseconds for which an ended session
    is remembered, so that its client can be told why.
    """

    queue: int = 10_000
    batch: int = 512
    batch_milliseconds: int = 50
    cached_users: int = 200_000
    keep_ended: int = 10 * 60 * 1000


class LiveSession(Struct, frozen=True):
    """A live session with its user and the digests of its secrets."""

    session: Session
    user: User
    keys: SessionKeys


def host_clock() -> int:
    """The host's time in milliseconds since 1970-01-01T00:00Z (rule L8)."""
    return time.time_ns() // 1_000_000


def end_process(error: Exception) -> None:
    """End the process at once: what was committed is no longer known here (rule L5). The next start finds out."""
    _log.critical("ledger_lost", error=str(error))
    os._exit(_EXIT_IO_ERROR)


class Ledger:
    """The one writer of a data directory. All of it is called in the event loop it was started in."""

    def __init__(
        self,
        data: Path,
        *,
        policy: Policy | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], int] = host_clock,
        on_fatal: Callable[[Exception], None] = end_process,
    ) -> None:
        self.database: Final = data / DATABASE
        self._data = data
        self._policy = policy or Policy()
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._on_fatal = on_fatal
        self._lock = FileLock(data / LOCK, thread_local=False)
        self._activity = Activity({})
        self._engine: Engine | None = None
        self._batches: Batches | None = None
        self._writer: Writer | None = None
        self._stopping = False
        self.feed: Final = Feed(lambda: self.image, self._find, self.submit, clock, keep_ended=self._bounds.keep_ended)
        self._clockwork = Clockwork(
            self.submit,
            self._save_memoranda,
            self._activity,
            self.feed,
            clock,
            idle_timeout=self._policy.idle_timeout,
            checkpoint=partial(checkpoint, self.database),
        )

    async def start(self) -> None:
        """Take the data directory, bring its database up to date, load, and begin to take commands.

        Raises DataDirectoryInUse, and SchemaTooNew or JournalError for a database of a newer version.
        """
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._open)
        self._writer = Writer(self._opened, loop, self._deliver, self._on_fatal, batch_size=self._bounds.batch)
        self._writer.start()
        self._clockwork.start()

    async def stop(self) -> None:
        """Refuse new commands, commit those that wait, and let the data directory go. May be called twice."""
        self._stopping = True
        await self._clockwork.stop()
        self.feed.close_streams()
        try:
            if self._writer is not None:
                await asyncio.to_thread(self._writer.stop)
            engine, self._engine = self._engine, None
            if engine is not None:
                await asyncio.to_thread(engine.close)
        finally:
            self._lock.release()

    async def submit(self, command: Command[T]) -> T:
        """Have a command decided and committed; its outcome.

        Raises Refusal where the rules do not allow it, and Unavailable where it was not decided. Cancelling the
        caller skips a command that is not decided yet (rule L6).
        """
        writer = self._writer
        if writer is None or self._stopping or not writer.alive:
            raise Stopping("The server is stopping; try again.")
        if writer.waiting >= self._bounds.queue:
            raise QueueFull(f"{self._bounds.queue} requests wait already; try again.")
        waiter: Future[T] = asyncio.get_running_loop().create_future()
        writer.put(Waiting(command, waiter))
        return await waiter

    async def live_session(self, session_id: int) -> LiveSession | None:
        """A live session, from memory or else from the tables (rule L9); None for one that ended or never was."""
        found = self._in_memory(session_id)
        while found is None and session_id in self._activity.last_seen:
            if await self.submit(FindSession(session_id=session_id)) is None:
                return None
            found = self._in_memory(session_id)  # None where it was evicted again meanwhile
        return found

    def recently_ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while, or None."""
        return self.feed.recently_ended(session_id)

    def touch(self, session_id: int) -> None:
        """A session was active."""
        self._activity.touch(session_id, self._clock())

    def now(self) -> int:
        """The time that this ledger goes by, in milliseconds since 1970-01-01T00:00Z (rule L8)."""
        return self._clock()

    @property
    def image(self) -> Image:
        """What is in memory, for looking up single rows. Only the writer changes it."""
        return self._opened.image

    @property
    def head(self) -> int:
        """The number of the last event."""
        return self._opened.head.seq

    @property
    def healthy(self) -> bool:
        """Whether commands are taken and committed."""
        return not self._stopping and self._writer is not None and self._writer.alive

    @property
    def _opened(self) -> Batches:
        if self._batches is None:
            raise Stopping("The ledger has not been started.")
        return self._batches

    def _open(self) -> None:
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise DataDirectoryInUse(f"Another process is using the data directory {self._data}.") from None
        try:
            self.database.touch(mode=0o600)  # whoever else may read the directory, the hashed passwords are not his
            with self.database.open("r+b"):
                pass  # SQLite would open a file that cannot be written, and say so at the first commit
            migrate(self.database)
            self._engine = self._open_engine()
            self._batches = Batches(
                self._engine,
                self._policy,
                self._activity,
                self._clock,
                time_limit=self._bounds.batch_milliseconds,
                cached_users=self._bounds.cached_users,
            )
            self._batches.open()
        except BaseException:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
            self._lock.release()
            raise

    def _open_engine(self) -> Engine:
        """The database's connection of the writer."""
        return SqliteEngine(self.database)

    async def _find(self, session_id: int) -> Session | None:
        live = await self.live_session(session_id)
        return None if live is None else live.session

    def _in_memory(self, session_id: int) -> LiveSession | None:
        image = self.image
        session = image.sessions.get(session_id)
        keys = image.session_keys.get(session_id)
        user = None if session is None else image.users.get(session.user_id)
        if session is None or keys is None or user is None:
            return None
        return LiveSession(session=session, user=user, keys=keys)

    def _save_memoranda(self) -> None:
        if self._writer is not None:
            self._writer.put(SaveMemoranda())

    def _deliver(self, answers: list[tuple[Future[Any], Any]], happened: Happened) -> None:
        """In the event loop, after the commit: tell the feed, then answer whoever still waits (rule L6)."""
        if happened.restarted:
            self.feed.start_afresh()
        try:
            self.feed.publish(happened.events, happened.ended, happened.names)
        except Exception:  # noqa: BLE001 - whatever the feed's fault, the batch is committed and its waiters are answered
            _log.exception("feed_failed")
            self.feed.start_afresh()
        for waiter, outcome in answers:
            if not waiter.done():
                _answer(waiter, outcome)


def _answer(waiter: Future[Any], outcome: Any) -> None:  # noqa: ANN401 - of any command
    if not isinstance(outcome, Failed):
        waiter.set_result(outcome)
        return
    match outcome.error:
        case NoSpace() as error:
            waiter.set_exception(Unavailable(f"Nothing can be saved: {error}.", retry_after=30))
        case Busy() as error:
            waiter.set_exception(Unavailable(f"Nothing can be saved: {error}."))
        case StopIteration() as error:  # which no future takes
            waiter.set_exception(RuntimeError(repr(error)))
        case error:
            waiter.set_exception(error)
