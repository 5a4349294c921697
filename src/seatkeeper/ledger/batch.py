"""One batch: many commands decided one after the other and made durable by one commit (rules L1, L3, L5)."""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.denials import Denials
from seatkeeper.ledger.engines.engine import Busy, Engine, FateUnknown, Memoranda, NoSpace, SaveFailed
from seatkeeper.ledger.eviction import drop_finished, evict
from seatkeeper.ledger.happened import Happened, nothing_happened, what_happened
from seatkeeper.ledger.journal import Head, JournalError, require_known, write
from seatkeeper.ledger.needs import needed_for
from seatkeeper.ledger.tally import Tally
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.decide import decide
from seatkeeper.licensing.deployment_events import TransactionMoved
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Connected, Ended, LicenseRemoved
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import Image, State

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_LARGEST_BATCH_ID: Final = 2**62
_LOOK_BACK: Final = 10_000
"""How many events at the end of a journal are looked at for kinds that this code does not know (rule L11)."""


class ImageLost(Exception):
    """A committed batch did not get into the image: what is in memory cannot be trusted any more."""


class Failed(NamedTuple):
    """A command came to this error instead of an outcome."""

    error: Exception


class Batches:
    """Decides and commits batches. Used by one thread at a time.

    `time_limit`: milliseconds of deciding after which the rest of a batch is left for the next (rule L7).
    `cached_users`: how many users stay in the image between batches (rule L2).
    """

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        activity: Activity,
        clock: Callable[[], int],
        *,
        time_limit: int,
        cached_users: int,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._activity = activity
        self._clock = clock
        self._time_limit = time_limit / 1000
        self._cached_users = cached_users
        self.tally: Final = Tally()
        self._denials = Denials(self.tally)
        self._dropped = False
        self._put_back = False
        self.image = Image()
        self.head = Head()

    def open(self) -> None:
        """Load what an image has whole. Raises JournalError for events that this code does not know (rule L11)."""
        self._engine.begin()
        try:
            self._load_whole()
        finally:
            self._engine.rollback()

    def run(self, commands: list[Command[Any]]) -> tuple[list[Any], Happened]:
        """Decide as many of the commands as fit, commit them, and return what each came to, in order.

        An outcome is a value or `Failed`. If the database does not take the batch, each command runs alone, so that
        only the culprit fails (rule L3); what would keep each of them out fails all at once. Raises FateUnknown,
        ImageLost and JournalError, after which nothing may be run any more.
        """
        try:
            return self._attempt(commands)
        except (FateUnknown, ImageLost, JournalError):
            raise
        except (NoSpace, Busy) as error:
            _log.error("batch_not_saved", error=str(error), commands=len(commands))
            self._count_unsaved("no_space" if isinstance(error, NoSpace) else "busy", len(commands))
            return [Failed(error) for _ in commands], nothing_happened()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is answered to the one it belongs to
            if len(commands) == 1:
                _log.error("command_not_saved", error=str(error), command=type(commands[0]).__name__)
                self._count_unsaved("fault", 1)
                return [Failed(error)], nothing_happened()
        return self._one_by_one(commands)

    @property
    def kept_denials(self) -> int:
        """How many denials are remembered, so that their repeats are counted."""
        return len(self._denials)

    def put_back(self) -> None:
        """The tables have been put back to another state on purpose: the next batch loads them. In any thread."""
        self._put_back = True

    def unsaved_repeats(self) -> list[tuple[int, int, int]]:
        """Repeats of denials that wait to be saved: (event, repeats, time of the last). May be called in any thread."""
        return self._denials.repeats()

    def save_memoranda(self) -> None:
        """Save activity and repeats of denials, which have no events."""
        activity, repeats = self._activity.take_unsaved(), self._denials.repeats()
        if not activity and not repeats:
            return
        try:
            self._engine.begin()
            self._require_own_head()
            self._engine.save([], State(self.image), Memoranda(activity, repeats))
            self._engine.commit()
        except SaveFailed as error:
            self._engine.rollback()
            self._activity.put_back(activity)
            _log.warning("memoranda_not_saved", error=str(error))
        else:
            self._denials.saved()

    def beside(self, write: Callable[[Engine], T]) -> T:
        """Write what stands beside the journal and the image, in a transaction of its own.

        Raises SaveFailed, also where the journal is not where the image left it, and FateUnknown.
        """
        self._engine.begin()
        try:
            self._require_own_head()
            outcome = write(self._engine)
            self._engine.commit()
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
            head = self._save(State(self.image), [event], max(self._clock(), self.head.at))
            write(engine, head.seq)
            return head

        head = self.beside(both)
        with self.tally.lock:
            self.head = head

    def rebuild(self) -> None:
        """Have the database written anew; everything waits meanwhile. Raises SaveFailed."""
        self._engine.rebuild()

    def _one_by_one(self, commands: list[Command[Any]]) -> tuple[list[Any], Happened]:
        outcomes: list[Any] = []
        together = nothing_happened()
        for command in commands:
            outcome, happened = self.run([command])
            outcomes += outcome
            if happened.restarted:
                together = nothing_happened(restarted=True)  # what came before is void
            together.events.extend(happened.events)
            together.ended.update(happened.ended)
            together.names.update(happened.names)
            together.stations.update(happened.stations)
            together.hearing.update(happened.hearing)
        return outcomes, together

    def _attempt(self, commands: list[Command[Any]]) -> tuple[list[Any], Happened]:
        began, commit_seconds = time.perf_counter(), None
        self._engine.begin()
        try:
            self._dropped = self._follow_head() or self._dropped
            self.image.seated.clear()  # of an earlier batch: true for that one only
            self._engine.load(self.image, needed_for(commands, self.image))
            state = State(self.image)
            now = max(self._clock(), self.head.at)
            outcomes, events = self._decide(state, commands, now)
            if events or state.touched:
                head = self._save(state, events, now)
                saved = time.perf_counter()
                self._engine.commit()
                commit_seconds = time.perf_counter() - saved
            else:
                head = self.head
                self._engine.rollback()
        except FateUnknown:
            raise
        except BaseException:
            self._engine.rollback()
            self._denials.discard()
            raise
        try:
            happened = what_happened(events, self.image, state, restarted=self._dropped)
            with self.tally.lock:
                self._merge(state, events, head, now)
                self._count(outcomes, time.perf_counter() - began, commit_seconds)
        except Exception as error:
            raise ImageLost(f"a committed batch could not be taken into memory: {error!r}") from error
        self._dropped = False
        return outcomes, happened

    def _decide(self, state: State, commands: list[Command[Any]], now: int) -> tuple[list[Any], list[Event]]:
        outcomes: list[Any] = []
        events: list[Event] = []
        until = time.monotonic() + self._time_limit
        for command in commands:
            try:
                outcome, new = decide(state, command, now, self._policy)
            except Refusal as refusal:
                outcome, new = Failed(refusal), []
            except Exception as error:  # noqa: BLE001 - one command's fault must not touch its neighbours (rule L6)
                _log.exception("command_failed", command=type(command).__name__)
                outcome, new = Failed(error), []
            outcomes.append(outcome)
            if new:
                events += self._denials.bound(new, self.head.seq + len(events) + 1, now)
            if time.monotonic() > until:
                break
        return outcomes, events

    def _save(self, state: State, events: list[Event], now: int) -> Head:
        entries, head = write(events, self.head, now, secrets.randbelow(_LARGEST_BATCH_ID))
        self._engine.save(entries, state, Memoranda([], []))
        return head

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

    def _merge(self, state: State, events: list[Event], head: Head, now: int) -> None:
        state.merge()
        self._denials.confirm(now)
        self.head = head
        evict(self.image, self._cached_users)
        drop_finished(self.image, events)
        removed: set[int] = set()
        for event in events:
            match event:
                case Connected():
                    self._activity.begin(event.session_id, now, event.idle_timeout)
                    self.tally.connected += 1
                case Ended():
                    self._activity.end(event.session_id)
                    self.tally.ended[event.reason] += 1
                case TransactionMoved() if event.status.over:
                    self.tally.transactions[event.status] += 1
                case LicenseRemoved():
                    removed.add(event.license_id)
        if removed:
            self.tally.forget_licenses(removed)

    def _follow_head(self) -> bool:
        """Whether the database's journal is not where the image left it, so that the image had to be loaded afresh."""
        if self._engine.head() == self.head and not self._put_back:
            return False
        if not self._put_back:
            reason = "the journal's head is not the one this server wrote"
            _log.warning("image_dropped", reason=reason, head=self.head.seq)
        self._load_whole()
        self._put_back = False
        return True

    def _require_own_head(self) -> None:
        """What is remembered of another journal must not be written into this one."""
        if self._engine.head() != self.head:
            raise SaveFailed("the journal's head is not the one this server wrote")

    def _load_whole(self) -> None:
        """Begin with the database as it is: a new image, no memory of denials, a full time-out for all (rule L9)."""
        head = self._engine.head()
        for kind, version in self._engine.kinds(after=head.seq - _LOOK_BACK):
            require_known(kind, version)
        image = Image()
        image.last_seen = self._activity.last_seen
        self._engine.load_whole(image)
        self._activity.begin_anew(self._engine.live_sessions(), max(self._clock(), head.at))
        self._denials = Denials(self.tally)
        with self.tally.lock:
            self.tally.denials.clear()  # a number may be that of another license now
            self.image = image
            self.head = head
