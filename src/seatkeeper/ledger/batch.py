"""One batch: many commands decided one after the other and made durable by one commit (rules L1, L3, L5)."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.commits import Commits
from seatkeeper.ledger.engines.engine import (
    Busy,
    Disconnected,
    Engine,
    FateUnknown,
    Memoranda,
    NoSpace,
    SaveFailed,
    Unstorable,
)
from seatkeeper.ledger.happened import Happened, ended_rows
from seatkeeper.ledger.journal import Head, JournalError, write
from seatkeeper.ledger.needs import needed_for
from seatkeeper.ledger.replica import Replica
from seatkeeper.ledger.tally import Tally
from seatkeeper.licensing.commands import (
    AcquireInStages,
    AcquireLicenses,
    Assign,
    AssignModules,
    Command,
    Connect,
    EndSession,
    FindSession,
    FindUser,
    LeaveStation,
    ReleaseLicenses,
    ReplaceLicenses,
    SetStation,
    Subscribe,
    Unassign,
    UnassignModules,
    Unsubscribe,
)
from seatkeeper.licensing.decide import decide
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.state import Image, State

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_LARGEST_BATCH_ID: Final = 2**62

_QUICK: Final[frozenset[type[Any]]] = frozenset(
    {
        AcquireInStages,
        AcquireLicenses,
        ReplaceLicenses,
        ReleaseLicenses,
        Connect,
        EndSession,
        FindSession,
        FindUser,
        SetStation,
        LeaveStation,
        Subscribe,
        Unsubscribe,
        Assign,
        Unassign,
        AssignModules,
        UnassignModules,
    }
)
"""Commands that are decided in a millisecond at most, whatever there is of everything."""


class ImageLost(Exception):
    """A committed batch did not get into the image: what is in memory cannot be trusted any more."""


class Failed(NamedTuple):
    """A command came to this error instead of an outcome."""

    error: Exception


@dataclass(slots=True)
class Decided:
    """A batch whose commands were decided at the time `now`, and saved as number `batch`, if they changed anything.

    `began`: when, by the counter of seconds. `head`: the journal's last event when it is committed.
    """

    outcomes: list[Any]
    events: list[Event]
    state: State
    now: int
    began: float
    head: Head
    batch: int | None = None
    commit_seconds: float | None = None


class Batches:
    """Decides and commits batches. Used by one thread at a time.

    `shared`: other nodes write the database, too; what they did is taken in before anything is decided (rule L4), and
    whatever goes wrong with the connection is no end: it is made anew. `time_limit`: milliseconds of deciding after
    which the rest of a batch is left for the next (rule L7). `cached_users`: how many users stay in the image between
    batches (rule L2).
    """

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        activity: Activity,
        *,
        shared: bool,
        time_limit: int,
        cached_users: int,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._activity = activity
        self._shared = shared
        self._time_limit = time_limit / 1000
        self.tally: Final = Tally()
        self.replica: Final = Replica(self.tally, activity, shared=shared, cached_users=cached_users)
        self._commits = Commits(engine, activity, self.replica, self.tally, shared=shared)

    def open(self) -> None:
        """Load what an image has whole. Raises JournalError for events that this code does not know (rule L11)."""
        self._engine.begin_reading()
        try:
            self.replica.load(self._engine)
        finally:
            self._engine.rollback()
        self.replica.tell()  # to nobody: nothing was told before

    def run(self, commands: list[Command[Any]]) -> tuple[list[Any], Happened]:
        """Decide as many of the commands as fit, commit them, and return what each came to, in order; and what has
        happened, by other nodes' doing too.

        An outcome is a value or `Failed`. If the database does not take the batch, each command runs alone, so that
        only the culprit fails (rule L3); what would keep each of them out fails all at once. Raises JournalError and,
        where the database is not shared, FateUnknown and ImageLost, after which nothing may be run any more.
        """
        return self._run(commands), self.tell()

    def follow(self) -> Happened:
        """Take in what other nodes have written; what has happened, which is nothing new where that cannot be read."""
        try:
            self.look()
        except SaveFailed as error:
            _log.debug("not_followed", error=str(error))
        return self.tell()

    def look(self) -> None:
        """Take in what other nodes have written, keeping none of them out. Raises SaveFailed."""
        self._commits.begin_reading()
        try:
            self.replica.follow(self._engine)
        finally:
            self._engine.rollback()

    @property
    def connected(self) -> bool:
        """Whether the database answered when it was last asked, and confirmed what was last committed."""
        return self._commits.connected

    def tell(self) -> Happened:
        """What has happened since this was last asked."""
        return self.replica.tell()

    @property
    def image(self) -> Image:
        """What is in memory."""
        return self.replica.image

    def _run(self, commands: list[Command[Any]]) -> list[Any]:
        try:
            return self._attempt(commands)
        except (FateUnknown, ImageLost) as error:
            if not self._shared:
                raise
            _log.error("image_lost", error=str(error), commands=len(commands))
            self.replica.doubt()
            with self.tally.lock:
                self.tally.fates["unanswered"] += 1
            self._count_unsaved("unknown", len(commands))
            return [Failed(error) for _ in commands]
        except JournalError:
            raise
        except (NoSpace, Busy, Disconnected) as error:
            _log.error("batch_not_saved", error=str(error), commands=len(commands))
            self._count_unsaved(_WHY[type(error)], len(commands))
            return [Failed(error) for _ in commands]
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is answered to the one it belongs to
            if len(commands) == 1 and isinstance(error, Unstorable):
                return [Failed(Refusal(Code.INVALID_VALUE, "A character or a number in it cannot be stored."))]
            if len(commands) == 1:
                _log.error("command_not_saved", error=str(error), command=type(commands[0]).__name__)
                self._count_unsaved("fault", 1)
                return [Failed(error)]
        return [outcome for command in commands for outcome in self._run([command])]

    def save_memoranda(self) -> None:
        """Save activity and repeats of denials, which have no events."""
        activity = self._activity.take_unsaved()
        if not activity and not self.replica.denials.repeats():
            return

        def write(engine: Engine) -> None:
            # The repeats as they are by now: those of another journal's denials are void.
            engine.save([], State(self.image), Memoranda(activity, self.replica.denials.repeats()))

        try:
            self.beside(write)
        except SaveFailed as error:
            self._activity.put_back(activity)
            _log.warning("memoranda_not_saved", error=str(error))
        else:
            self.replica.denials.saved()

    def beside(self, write: Callable[[Engine], T]) -> T:
        """Write what stands beside the journal and the image, in a transaction of its own.

        Raises SaveFailed, also where the journal is not where the image left it, and FateUnknown where the database is
        not shared.
        """
        self._commits.begin()
        try:
            self._require_own_journal()
            outcome = write(self._engine)
            self._commits.commit()
        except FateUnknown:
            raise
        except BaseException:
            self._engine.rollback()
            raise
        return outcome

    def record(self, event: Event, write: Callable[[Engine, int], None]) -> None:
        """Record an event that changes no row, and write with it what stands beside the journal, given its number.

        Raises as `beside`.
        """

        def both(engine: Engine) -> Head:
            head, _ = self._save(State(self.image), [event], max(engine.now(), self.replica.head.at))
            write(engine, head.seq)
            return head

        self.replica.go_on(self.beside(both), event)

    def rebuild(self) -> None:
        """Have the database written anew; everything waits meanwhile. Raises SaveFailed."""
        self._engine.rebuild()

    def are_at_hand(self, commands: list[Command[Any]]) -> bool:
        """Whether each of these is quickly decided, and nothing that they need has to be read from the tables."""
        return _QUICK.issuperset(map(type, commands)) and not any(needed_for(commands, self.image))

    def decide(self, commands: list[Command[Any]], *, at_once: bool = False) -> Decided:
        """Decide as many of these commands as fit, and save what they change. `commit` comes next, and then `finish`.

        `at_once`: they are at hand; wait for nobody who writes, and raise Busy where what is in memory is not the
        newest. Raises whatever goes wrong; nothing of it was saved then.
        """
        began = time.perf_counter()
        self._begin(at_once=at_once)
        try:
            if not at_once:
                self.replica.follow(self._engine)
            self.image.seated.clear()  # of an earlier batch: true for that one only
            if not at_once:
                self._load_for(commands)
            state = State(self.image)
            now = max(self._engine.now(), self.replica.head.at)
            outcomes, events = self._decide(state, commands, now)
            decided = Decided(outcomes, events, state, now, began, self.replica.head)
            if events or state.touched:
                decided.head, decided.batch = self._save(state, events, now)
            else:
                self._engine.rollback()
        except BaseException:
            self._give_up()
            raise
        return decided

    def commit(self, decided: Decided) -> None:
        """Make a batch durable. Raises SaveFailed, where nothing of it was saved, and FateUnknown."""
        if decided.batch is None:
            return
        began = time.perf_counter()
        try:
            self._commits.commit(decided.batch)
        except FateUnknown:
            raise
        except BaseException:
            self._give_up()
            raise
        decided.commit_seconds = time.perf_counter() - began

    def finish(self, decided: Decided) -> list[Any]:
        """Take a committed batch into memory; what each of its commands came to. Raises ImageLost."""
        try:
            with self.tally.lock:
                self.replica.merge(decided.state, decided.events, decided.head, decided.now)
                self._count(decided.outcomes, time.perf_counter() - decided.began, decided.commit_seconds)
        except Exception as error:
            raise ImageLost(f"a committed batch could not be taken into memory: {error!r}") from error
        return decided.outcomes

    def _attempt(self, commands: list[Command[Any]]) -> list[Any]:
        decided = self.decide(commands)
        self.commit(decided)
        return self.finish(decided)

    def _give_up(self) -> None:
        """Nothing of a batch is to stay."""
        self._engine.rollback()
        self.replica.denials.discard()

    def _load_for(self, commands: list[Command[Any]]) -> None:
        """Have in memory what these commands need."""
        needed = needed_for(commands, self.image)
        self._engine.load(self.image, needed)
        for session_id, seen in self._engine.activity(needed.expiring) if needed.expiring else ():
            self._activity.saved(session_id, seen)

    def _begin(self, *, at_once: bool) -> None:
        """Begin a batch. Whoever is far behind comes nearer before he keeps others out."""
        self._commits.begin(at_once=at_once)
        if at_once and not self.replica.is_current(self._engine):
            self._engine.rollback()
            raise Busy("what is in memory has to be read anew")
        if self._shared and self.replica.is_far_behind(self._engine.head()):
            self._engine.rollback()
            self.look()
            self._commits.begin()

    def _decide(self, state: State, commands: list[Command[Any]], now: int) -> tuple[list[Any], list[Event]]:
        outcomes: list[Any] = []
        events: list[Event] = []
        until = time.monotonic() + self._time_limit
        for command in commands:
            try:
                outcome, new = decide(state, command, now, self._policy)
            except Refusal as refusal:
                # Its traceback would hold this frame, and this frame the outcome, until the garbage collector came.
                outcome, new = Failed(refusal.with_traceback(None)), []
            except Exception as error:  # noqa: BLE001 - one command's fault must not touch its neighbours (rule L6)
                _log.exception("command_failed", command=type(command).__name__)
                outcome, new = Failed(error), []
            outcomes.append(outcome)
            if new:
                events += self.replica.denials.bound(new, self.replica.head.seq + len(events) + 1, now)
            if time.monotonic() > until:
                break
        return outcomes, events

    def _save(self, state: State, events: list[Event], now: int) -> tuple[Head, int]:
        """Write events with the rows they changed; the new head, and the number of the batch."""
        batch = secrets.randbelow(_LARGEST_BATCH_ID)
        entries, head = write(events, self.replica.head, now, batch)
        ended = ended_rows(events, self.image, now) if self._shared else []
        self._engine.save(entries, state, Memoranda([], [], ended))
        return head, batch

    def _count(self, outcomes: list[Any], seconds: float, commit_seconds: float | None) -> None:
        """Count a batch that has been merged; without `commit_seconds` there was nothing to save."""
        errors = [each.error for each in outcomes if type(each) is Failed]
        refused = sum(isinstance(error, Refusal) for error in errors)
        self.tally.commands["done"] += len(outcomes) - len(errors)
        self.tally.commands["refused"] += refused
        self.tally.commands["failed"] += len(errors) - refused
        self.tally.batch_commands.add(len(outcomes))
        self.tally.batch_seconds.add(seconds)
        if commit_seconds is not None:
            self.tally.commit_seconds.add(commit_seconds)

    def _count_unsaved(self, why: str, commands: int) -> None:
        with self.tally.lock:
            self.tally.unsaved[why] += 1
            self.tally.commands["failed"] += commands

    def _require_own_journal(self) -> None:
        """What is remembered of another journal must not be written into this one."""
        if self._shared:
            self.replica.follow(self._engine)
        elif self._engine.head() != self.replica.head:
            raise SaveFailed("the journal's head is not the one this server wrote")


_WHY: Final[dict[type[SaveFailed], str]] = {NoSpace: "no_space", Busy: "busy", Disconnected: "disconnected"}
