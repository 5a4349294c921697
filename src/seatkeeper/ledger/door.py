"""The ledger's door: commands go in, outcomes come out after their commit."""

import asyncio
import os
from asyncio import Future
from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
from msgspec import Struct

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.batch import Batches, Failed
from seatkeeper.ledger.clock import SettableClock, host_clock
from seatkeeper.ledger.clockwork import Clockwork
from seatkeeper.ledger.database import Database, DatabaseCopy, DatabaseFile, DatabaseInMemory, DataDirectoryInUse
from seatkeeper.ledger.deployed import RuntimeFigures, figures_of_runtimes
from seatkeeper.ledger.deployment_log import log_deployments
from seatkeeper.ledger.engines.engine import Busy, Engine, NoSpace
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.feed import EndedSession, Feed
from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.pauses import Pause, TooManyPauses
from seatkeeper.ledger.retention import AtWork, Forgot, Retention, Sealed, Work
from seatkeeper.ledger.schema import migrate
from seatkeeper.ledger.tally import Figures
from seatkeeper.ledger.tokens import TokenWork
from seatkeeper.ledger.transactions import TransactionWork
from seatkeeper.ledger.unavailable import QueueFull, Stopping, Unanswered, Unavailable
from seatkeeper.ledger.writer import Chore, SaveMemoranda, Waiting, Writer
from seatkeeper.licensing.commands import Command, FindSession
from seatkeeper.licensing.deployment_commands import RecoverTransactions
from seatkeeper.licensing.entities import Session, SessionKeys, User
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.state import Image

__all__ = [
    "AtWork",
    "Bounds",
    "DataDirectoryInUse",
    "DatabaseCopy",
    "DatabaseFile",
    "DatabaseInMemory",
    "Forgot",
    "Ledger",
    "LiveSession",
    "Pause",
    "QueueFull",
    "RuntimeFigures",
    "Sealed",
    "SettableClock",
    "Stopping",
    "TooManyPauses",
    "Unanswered",
    "Unavailable",
    "Work",
    "end_process",
    "host_clock",
]

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_EXIT_IO_ERROR: Final = 74  # EX_IOERR


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


def end_process(error: Exception) -> None:
    """End the process at once: what was committed is no longer known here (rule L5). The next start finds out."""
    _log.critical("ledger_lost", error=str(error))
    os._exit(_EXIT_IO_ERROR)


class Ledger:
    """The one writer of a database. All of it is called in the event loop it was started in."""

    def __init__(
        self,
        database: Database,
        *,
        policy: Policy | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], int] = host_clock,
        on_fatal: Callable[[Exception], None] = end_process,
    ) -> None:
        self.database: Final = database
        self.policy: Final = policy or Policy()
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._on_fatal = on_fatal
        self._activity = Activity({})
        self._engine: Engine | None = None
        self._batches: Batches | None = None
        self._writer: Writer | None = None
        self._stopping = False
        self.feed: Final = Feed(lambda: self.image, self._find, self.submit, clock, keep_ended=self._bounds.keep_ended)
        self.retention: Final = Retention(database, self.attend, clock)
        deployment = self.policy.deployment
        self.transactions: Final = TransactionWork(
            self.submit, lambda: self.image, clock, lock_wait=deployment.lock_wait
        )
        self._tokens = TokenWork(self.submit, lambda: self.image, counted=deployment.count_tokens)
        self._clockwork = Clockwork(
            self.submit,
            self._save_memoranda,
            self._activity,
            self.feed,
            clock,
            idle_timeout=self.policy.idle_timeout,
            checkpoint=database.checkpoint,
        )

    async def start(self) -> None:
        """Take the database, bring it up to date, load, and begin to take commands.

        Raises DataDirectoryInUse, SchemaTooNew or JournalError for a database of a newer version, and SaveFailed where
        it cannot be saved what becomes of the transactions that were left in it.
        """
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._open)
        self.feed.start_afresh()
        self._writer = Writer(self._opened, loop, self._deliver, self._on_fatal, batch_size=self._bounds.batch)
        self._writer.start()
        self.transactions.start()
        self._tokens.start()
        self._clockwork.start()

    async def stop(self) -> None:
        """Bring begun transactions to their end, refuse new commands, commit those that wait, and let the database go.

        May be called twice.
        """
        await self.transactions.stop()
        self._stopping = True
        await self._tokens.stop()
        await self.retention.stop()
        await self._clockwork.stop()
        self.feed.close_streams()
        try:
            if self._writer is not None:
                await asyncio.to_thread(self._writer.stop)
            engine, self._engine = self._engine, None
            if engine is not None:
                await asyncio.to_thread(engine.close)
        finally:
            self.database.let_go()

    async def submit(self, command: Command[T]) -> T:
        """Have a command decided and committed; its outcome.

        Raises Refusal where the rules do not allow it, and Unavailable where it was not decided. Cancelling the
        caller skips a command that is not decided yet (rule L6).
        """
        writer = self._writer
        if writer is None or self._stopping or not writer.alive:
            raise Stopping("The server is stopping; try again.")
        if writer.waiting >= self._bounds.queue:
            self._opened.tally.turned_away += 1
            raise QueueFull("{count} requests wait already; try again.", count=self._bounds.queue)
        waiter: Future[T] = asyncio.get_running_loop().create_future()
        writer.put(Waiting(command, waiter))
        return await waiter

    async def attend(self, do: Callable[[Batches], T]) -> T:
        """Have something else done that only the writer may do. Raises Unavailable, and what `do` raises."""
        writer = self._writer
        if writer is None or self._stopping or not writer.alive:
            raise Stopping("The server is stopping; try again.")
        waiter: Future[T] = asyncio.get_running_loop().create_future()
        writer.put(Chore(do, waiter))
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

    async def catch_up(self) -> None:
        """The clock has been set forward: do what is due by now before anything else is asked.

        An open stream would have shown by its pings that its client is there.
        """
        for session_id in self.feed.streaming():
            self.touch(session_id)
        await self._clockwork.expire()
        await self.transactions.catch_up()
        await self._tokens.settle()
        self.feed.forget_ended()

    async def reload(self) -> None:
        """The database has been put back to another state: begin with it as it is now (rule L4)."""
        self._opened.put_back()
        await self.submit(FindSession(session_id=0))

    def kept(self) -> dict[str, int]:
        """How many of each thing stand in memory, by name."""
        image = {name: len(rows) for name, rows in vars(self.image).items()}
        return {**image, **self.feed.kept(), "denials": self._opened.kept_denials}

    def figures(self) -> Figures:
        """What there is and what was done since the start, as one commit left it. In any thread; touches no disk.

        A batch under way is not waited for, only the moment in which one gets into the image.
        """
        batches = self._opened
        with batches.tally.lock:
            image = batches.image
            runtimes, applications = list(image.runtimes.values()), list(image.applications.values())
            transactions = list(image.transactions.values())
            figures = Figures(
                head=batches.head.seq,
                licenses=image.licenses.copy(),
                pools=list(image.pools.values()),
                sessions=self.sessions,
                runtimes=[],
                tally=batches.tally.copy(),
                waiting=0 if self._writer is None else self._writer.waiting,
                queue=self._bounds.queue,
            )
        return figures._replace(runtimes=figures_of_runtimes(runtimes, applications, transactions))

    def unsaved_repeats(self) -> dict[int, tuple[int, int]]:
        """How often denials were repeated beyond what the tables have, and when last, by the event's number.

        Whoever adds this to what he has read before may miss what is being saved at that moment.
        """
        return {seq: (count, at) for seq, count, at in self._opened.unsaved_repeats()}

    @property
    def image(self) -> Image:
        """What is in memory, for looking up single rows. Only the writer changes it."""
        return self._opened.image

    @property
    def sessions(self) -> int:
        """How many sessions live."""
        return len(self._activity.last_seen)

    @property
    def head(self) -> int:
        """The number of the last event."""
        return self._opened.head.seq

    @property
    def last_at(self) -> int:
        """When the last event happened, in milliseconds; 0 where none has."""
        return self._opened.head.at

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
        self.database.take()
        try:
            migrate(self.database)
            self._engine = self._open_engine()
            self._batches = Batches(
                self._engine,
                self.policy,
                self._activity,
                self._clock,
                time_limit=self._bounds.batch_milliseconds,
                cached_users=self._bounds.cached_users,
            )
            self._batches.open()
            self._recover(self._batches)
        except BaseException:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
            self.database.let_go()
            raise

    @staticmethod
    def _recover(batches: Batches) -> None:
        """Before anybody can begin another: see to the transactions that a former server did not end (decision 19)."""
        if batches.image.unfinished:
            [outcome], happened = batches.run([RecoverTransactions()])
            if isinstance(outcome, Failed):
                raise outcome.error
            _log.warning("transactions_recovered", count=outcome, canceled=len(happened.unsuccessful))

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
            self.feed.publish(happened)
        except Exception:  # noqa: BLE001 - whatever the feed's fault, the batch is committed and its waiters are answered
            _log.exception("feed_failed")
            self.feed.start_afresh()
        self.transactions.notice(happened)
        self._tokens.notice(happened)
        for waiter, outcome in answers:
            if not waiter.done():
                _answer(waiter, outcome)
        log_deployments(happened)


def _answer(waiter: Future[Any], outcome: Any) -> None:  # noqa: ANN401 - of any command
    if not isinstance(outcome, Failed):
        waiter.set_result(outcome)
        return
    match outcome.error:
        case NoSpace() as error:
            waiter.set_exception(Unavailable("Nothing can be saved: {error}.", retry_after=30, error=str(error)))
        case Busy() as error:
            waiter.set_exception(Unavailable("Nothing can be saved: {error}.", error=str(error)))
        case StopIteration() as error:  # which no future takes
            waiter.set_exception(RuntimeError(repr(error)))
        case error:
            waiter.set_exception(error)
