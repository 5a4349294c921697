"""The ledger's door: commands go in, outcomes come out after their commit."""

import asyncio
import os
import time
from asyncio import Future
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.answering import answer
from seatkeeper.ledger.auth_tokens import AuthTokenRows
from seatkeeper.ledger.background import Background
from seatkeeper.ledger.batch import Batches, Failed
from seatkeeper.ledger.bounds import Bounds
from seatkeeper.ledger.clock import SettableClock
from seatkeeper.ledger.clockwork import sweep_pause
from seatkeeper.ledger.database import Database, DatabaseUnreachable, DataDirectoryInUse
from seatkeeper.ledger.deployed import RuntimeFigures
from seatkeeper.ledger.deployment_log import log_deployments
from seatkeeper.ledger.engines.engine import Engine, SaveFailed
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.engines.sqlite_database import DatabaseCopy, DatabaseFile, DatabaseInMemory
from seatkeeper.ledger.feed import EndedSession, Feed, Shared
from seatkeeper.ledger.figures import figures_of
from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.live import LiveSession, live_in
from seatkeeper.ledger.pauses import Pause, TooManyPauses
from seatkeeper.ledger.presence import likeness
from seatkeeper.ledger.retention import AtWork, Forgot, Retention, Sealed, Work
from seatkeeper.ledger.schema import migrate
from seatkeeper.ledger.tally import Figures
from seatkeeper.ledger.turns import Turns
from seatkeeper.ledger.unavailable import QueueFull, Stopping, Unanswered, Unavailable
from seatkeeper.ledger.writer import Chore, SaveMemoranda, Waiting, Writer
from seatkeeper.licensing.commands import Command, FindSession
from seatkeeper.licensing.deployment_commands import RecoverTransactions
from seatkeeper.licensing.entities import Session
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.state import Image

__all__ = [
    "AtWork",
    "Bounds",
    "DataDirectoryInUse",
    "DatabaseCopy",
    "DatabaseFile",
    "DatabaseInMemory",
    "DatabaseServer",
    "DatabaseUnreachable",
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
]

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_EXIT_IO_ERROR: Final = 74  # EX_IOERR
_SILENCE_SECONDS: Final = 5.0  # of a database that hears and says nothing, until it counts as gone


def end_process(error: Exception) -> None:
    """End the process at once: what was committed is no longer known here (rule L5). The next start finds out."""
    _log.critical("ledger_lost", error=str(error))
    os._exit(_EXIT_IO_ERROR)


class Ledger:
    """The one writer of a database in this process. All of it is called in the event loop it was started in.

    It goes by the database's time, or by a `clock` that tests set.
    """

    def __init__(
        self,
        database: Database,
        *,
        policy: Policy | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], int] | None = None,
        on_fatal: Callable[[Exception], None] = end_process,
    ) -> None:
        self.database: Final = database
        self.policy: Final = policy or Policy()
        self._bounds = bounds or Bounds()
        self._clock = clock = clock or database.clock
        self._on_fatal = on_fatal
        timeout = self.policy.idle_timeout
        sweep = round(2_000 * sweep_pause(timeout))  # one may be late by another
        self._activity = Activity({}, lambda: self._background.leading.others, timeout=timeout, sweep=sweep)
        self._engine: Engine | None = None
        self._batches: Batches | None = None
        self._writer: Writer | Turns | None = None
        self._stopping = False
        self.retention: Final = Retention(database, self.attend, clock)
        self.presence: Final = database.presence(self._wake, likeness(self.policy))
        self._connected = True
        self._caught_up: Future[None] | None = None
        deliveries = database.deliveries()
        self.feed: Final = Feed(
            lambda: self.image,
            self._find,
            self.submit,
            clock,
            keep_ended=self._bounds.keep_ended,
            shared=None if deliveries is None else Shared(deliveries, self.presence, lambda: self.connected),
        )
        self.auth_tokens: Final = AuthTokenRows(database) if isinstance(database, DatabaseServer) else None
        """Where a session's tokens are kept for every node; None where the database is this process's own."""
        self._background = Background(
            database=database,
            presence=self.presence,
            policy=self.policy,
            submit=self.submit,
            image=lambda: self.image,
            clock=clock,
            activity=self._activity,
            feed=self.feed,
            able=lambda: self._connected,
            save_memoranda=self._save_memoranda,
        )
        self.transactions: Final = self._background.transactions

    async def start(self) -> None:
        """Take the database, bring it up to date, load, and begin to take commands.

        Raises DataDirectoryInUse or DatabaseUnreachable where it cannot be had, SchemaTooNew or JournalError for a
        database of a newer version, and SaveFailed where it cannot be saved what becomes of the transactions that were
        left in it.
        """
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._open)
        self.feed.start_afresh(self._opened.replica.head.seq, self._opened.replica.head.hash)
        self.feed.start()
        self._writer = self._open_writer(loop)
        self._writer.start()
        if self.database.shared:
            self._writer.follow()  # what others wrote since it was loaded, and did not wake anybody here for
        self._background.start()

    def _open_writer(self, loop: asyncio.AbstractEventLoop) -> Writer | Turns:
        if not self.database.shared:
            return Turns(self._opened, loop, self._deliver, self._on_fatal, batch_size=self._bounds.batch)
        return Writer(
            self._opened,
            loop,
            self._deliver,
            self._on_fatal,
            batch_size=self._bounds.batch,
            on_connection=self._on_connection,
        )

    async def stop(self) -> None:
        """Bring begun transactions to their end, refuse new commands, commit those that wait, and let the database go.

        May be called twice.
        """
        await self._background.end_what_began()
        self._stopping = True
        await self.retention.stop()
        await self._background.stop()
        await self.feed.stop()
        if self.auth_tokens is not None:
            await self.auth_tokens.stop()
        try:
            if self._writer is not None:
                await asyncio.to_thread(self._writer.stop)
            engine, self._engine = self._engine, None
            if engine is not None:
                await asyncio.to_thread(engine.close)
            await asyncio.to_thread(self.presence.stop, lost=self._activity.unsaved)
        finally:
            self.database.let_go()

    async def submit(self, command: Command[T]) -> T:
        """Have a command decided and committed; its outcome.

        Raises Refusal where the rules do not allow it, and Unavailable where it was not decided. Cancelling the
        caller skips a command that is not decided yet (rule L6).
        """
        writer = self._ready()
        if writer.waiting >= self._bounds.queue:
            self._opened.tally.turned_away += 1
            raise QueueFull("{count} requests wait already; try again.", count=self._bounds.queue)
        waiter: Future[T] = asyncio.get_running_loop().create_future()
        writer.put(Waiting(command, waiter))
        try:
            return await waiter
        finally:
            del waiter  # which holds a refusal, whose traceback holds this frame

    async def attend(self, do: Callable[[Batches], T]) -> T:
        """Have something else done that only the writer may do. Raises Unavailable, and what `do` raises."""
        writer = self._ready()
        waiter: Future[T] = asyncio.get_running_loop().create_future()
        writer.put(Chore(do, waiter))
        return await waiter

    async def current(self) -> None:
        """Know all that any node had committed when this was called. Raises Unavailable.

        Returns at once where the database is not shared. Whoever asks before a look at the journal has begun shares it.
        """
        if not self.database.shared:
            return
        looking = self._caught_up
        if looking is None or looking.done():
            looking = self._caught_up = asyncio.ensure_future(self.attend(self._catch_up))
        try:
            await asyncio.shield(looking)
        except SaveFailed as error:
            raise Unavailable("The database does not answer; try again.") from error

    def _catch_up(self, batches: Batches) -> None:
        """In the writer's thread. Who asks from now on shares the next look."""
        self._caught_up = None
        try:
            batches.look()
        except SaveFailed as error:
            _log.warning("not_caught_up", error=str(error))
            raise

    def session_at_hand(self, session_id: int) -> LiveSession | None:
        """A live session that is in memory; `live_session` finds others too."""
        return live_in(self.image, session_id)

    async def live_session(self, session_id: int) -> LiveSession | None:
        """A live session, from memory or else from the tables (rule L9); None for one that ended or never was."""
        found = live_in(self.image, session_id)
        while found is None and (self.database.shared or session_id in self._activity.last_seen):
            if await self.submit(FindSession(session_id=session_id)) is None:
                return None
            found = live_in(self.image, session_id)  # None where it was evicted again meanwhile
        return found

    async def recently_ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while, at whichever node, or None. Raises Unavailable."""
        return await self.feed.recently_ended(session_id)

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
        await self._background.catch_up()
        await self.feed.forget_ended()

    async def reload(self) -> None:
        """The database has been put back to another state: begin with it as it is now (rule L4)."""
        self._opened.replica.put_back()
        await self.submit(FindSession(session_id=0))

    def kept(self) -> dict[str, int]:
        """How many of each thing stand in memory, by name."""
        image = {name: len(rows) for name, rows in vars(self.image).items() if isinstance(rows, dict)}
        return {**image, **self.feed.kept(), "denials": len(self._opened.replica.denials)}

    def figures(self) -> Figures:
        """What there is and what was done since the start, as one commit left it. In any thread; touches no disk.

        A batch under way is not waited for, only the moment in which one gets into the image.
        """
        waiting = 0 if self._writer is None else self._writer.waiting
        return figures_of(self._opened, sessions=self.sessions, waiting=waiting, queue=self._bounds.queue)

    def unsaved_repeats(self) -> dict[int, tuple[int, int]]:
        """How often denials were repeated beyond what the tables have, and when last, by the event's number.

        Whoever adds this to what he has read before may miss what is being saved at that moment.
        """
        return {seq: (count, at) for seq, count, at in self._opened.replica.denials.repeats()}

    @property
    def still(self) -> Lock:
        """While it is held no batch gets into the image: what is read is as one commit left it. For microseconds."""
        return self._opened.tally.lock

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
        return self._opened.replica.head.seq

    @property
    def last_at(self) -> int:
        """When the last event happened, in milliseconds; 0 where none has."""
        return self._opened.replica.head.at

    @property
    def healthy(self) -> bool:
        """Whether commands are taken and committed."""
        return not self._stopping and self.connected and self._writer is not None and self._writer.alive

    @property
    def behind(self) -> float:
        """Seconds since this node last knew the whole journal; 0 where nobody else writes it."""
        return time.monotonic() - self._opened.replica.caught_up_at if self.database.shared else 0.0

    @property
    def connected(self) -> bool:
        """Whether the database answers: it did when the writer last asked, and has not been silent since."""
        return self._connected and (self.presence.hears or self.behind < _SILENCE_SECONDS)

    def _ready(self) -> Writer | Turns:
        """The writer, where it takes commands. Raises Stopping and, while the database does not answer, Unavailable."""
        writer = self._writer
        if writer is None or self._stopping or not writer.alive:
            raise Stopping("The server is stopping; try again.")
        if not self.connected:
            raise Unavailable("The database does not answer; try again.")
        return writer

    def _wake(self) -> None:
        """In any thread: another node may have written, or a lost database be back."""
        writer = self._writer
        if writer is not None:
            writer.follow()

    def _on_connection(self, connected: bool) -> None:
        """The database answers no more, or again: without it nothing may be told, since nobody knows what is so."""
        self._connected = connected
        if connected:
            _log.info("database_found")
        else:
            self.feed.close_streams()
            _log.warning("database_lost")

    @property
    def _opened(self) -> Batches:
        if self._batches is None:
            raise Stopping("The ledger has not been started.")
        return self._batches

    def _open(self) -> None:
        self.database.take()
        try:
            migrate(self.database)
            self.presence.start()
            self._engine = self._open_engine()
            self._batches = Batches(
                self._engine,
                self.policy,
                self._activity,
                shared=self.database.shared,
                time_limit=self._bounds.batch_milliseconds,
                cached_users=self._bounds.cached_users,
            )
            self._batches.open()
            left = max((number for line in self.image.unfinished.values() for number in line), default=0)
            if self.presence.alone_now():  # who comes from now on begins others
                self._recover(self._batches, left)
                self._background.leading.take_all()
        except BaseException:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
            self.presence.stop()
            self.database.let_go()
            raise

    @staticmethod
    def _recover(batches: Batches, until: int) -> None:
        """See to the transactions up to this one, which a former server did not end (decision 19)."""
        if until:
            [outcome], happened = batches.run([RecoverTransactions(until=until)])
            if isinstance(outcome, Failed):
                raise outcome.error
            _log.warning("transactions_recovered", count=outcome, canceled=len(happened.unsuccessful))

    def _open_engine(self) -> Engine:
        """The database's connection of the writer."""
        return self.database.engine(self._clock)

    async def _find(self, session_id: int) -> Session | None:
        live = await self.live_session(session_id)
        return None if live is None else live.session

    def _save_memoranda(self) -> None:
        if self._writer is not None:
            self._writer.put(SaveMemoranda())

    def _deliver(self, answers: list[tuple[Future[Any], Any]], happened: Happened) -> None:
        """In the event loop, after the commit: tell the feed, then answer whoever still waits (rule L6)."""
        if happened.restarted:
            self.feed.start_afresh(happened.position, happened.digest)
        try:
            self.feed.publish(happened)
        except Exception:  # noqa: BLE001 - whatever the feed's fault, the batch is committed and its waiters are answered
            _log.exception("feed_failed")
            self.feed.start_afresh(happened.position, happened.digest)
        self._background.notice(happened)
        for waiter, outcome in answers:
            if not waiter.done():
                answer(waiter, outcome)
        log_deployments(happened)
