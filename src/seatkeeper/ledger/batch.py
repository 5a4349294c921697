"""One batch: many commands decided one after the other and made durable by one commit (rules L1, L3, L5)."""

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.denials import Denials
from seatkeeper.ledger.engines.engine import Busy, Engine, FateUnknown, Memoranda, NoSpace, SaveFailed
from seatkeeper.ledger.eviction import evict
from seatkeeper.ledger.journal import Head, JournalError, require_known, write
from seatkeeper.ledger.needs import needed_for
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.decide import decide
from seatkeeper.licensing.entities import LicenseKey, LicenseName, SessionKeys
from seatkeeper.licensing.events import (
    Assigned,
    Connected,
    Ended,
    Event,
    LicenseRemoved,
    ProfileChanged,
    Unassigned,
)
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import Image, State

_log = structlog.get_logger("seatkeeper.ledger")

_LARGEST_BATCH_ID: Final = 2**62
_LOOK_BACK: Final = 10_000
"""How many events at the end of a journal are looked at for kinds that this code does not know (rule L11)."""


class ImageLost(Exception):
    """A committed batch did not get into the image: what is in memory cannot be trusted any more."""


class Failed(NamedTuple):
    """A command came to this error instead of an outcome."""

    error: Exception


class Happened(NamedTuple):
    """What a committed batch did: its events, and of what may be gone when they are told, how it was known then.

    `ended`: the keys of the sessions that ended. `names`: owners and names, folded, of the licenses that were assigned
    or taken away.
    """

    events: list[Event]
    ended: dict[int, SessionKeys]
    names: dict[int, LicenseKey]
    restarted: bool
    """The image was loaded afresh: whatever was built on the old one is void (rule L4)."""


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
        self._denials = Denials()
        self._dropped = False
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
            return [Failed(error) for _ in commands], Happened([], {}, {}, restarted=False)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is answered to the one it belongs to
            if len(commands) == 1:
                _log.error("command_not_saved", error=str(error), command=type(commands[0]).__name__)
                return [Failed(error)], Happened([], {}, {}, restarted=False)
        return self._one_by_one(commands)

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

    def _one_by_one(self, commands: list[Command[Any]]) -> tuple[list[Any], Happened]:
        outcomes: list[Any] = []
        together = Happened([], {}, {}, restarted=False)
        for command in commands:
            outcome, happened = self.run([command])
            outcomes += outcome
            if happened.restarted:
                together = Happened([], {}, {}, restarted=True)  # what came before is void
            together.events.extend(happened.events)
            together.ended.update(happened.ended)
            together.names.update(happened.names)
        return outcomes, together

    def _attempt(self, commands: list[Command[Any]]) -> tuple[list[Any], Happened]:
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
                self._engine.commit()
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
            happened = Happened(events, self._keys_of_ended(events), _names(events, state), self._dropped)
            self._merge(state, events, head, now)
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

    def _merge(self, state: State, events: Iterable[Event], head: Head, now: int) -> None:
        state.merge()
        self._denials.confirm(now)
        self.head = head
        evict(self.image, self._cached_users)
        for event in events:
            if isinstance(event, Connected):
                self._activity.begin(event.session_id, now)
            elif isinstance(event, Ended):
                self._activity.end(event.session_id)

    def _keys_of_ended(self, events: Iterable[Event]) -> dict[int, SessionKeys]:
        """The keys of sessions that end, which the merge drops: an ended session may still ask why."""
        ended = (event.session_id for event in events if isinstance(event, Ended))
        return {number: self.image.session_keys[number] for number in ended if number in self.image.session_keys}

    def _follow_head(self) -> bool:
        """Whether the database's journal is not where the image left it, so that the image had to be loaded afresh."""
        if self._engine.head() == self.head:
            return False
        _log.warning("image_dropped", reason="the journal's head is not the one this server wrote", head=self.head.seq)
        self._load_whole()
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
        self._denials = Denials()
        self.image = image
        self.head = head


def _names(events: Iterable[Event], state: State) -> dict[int, LicenseKey]:
    """How the licenses are called that were assigned or taken away, some of which may have been removed since."""
    names: dict[int, LicenseKey] = {}
    told: set[int] = set()
    for event in events:
        match event:
            case Assigned() | Unassigned():
                told.add(event.license_id)
            case ProfileChanged():
                told.update(move.license_id for move in event.moves)
            case LicenseRemoved():
                names[event.license_id] = LicenseName(event.owner, event.name).key
    for number in told - names.keys():
        names[number] = state.licenses[number].key
    return names
