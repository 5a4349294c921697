"""What a node has in memory of the database, and how that is kept true: the image and the journal's head (L2, L4)."""

import time
from typing import Final

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.denials import Denials
from seatkeeper.ledger.engines.engine import Engine, SaveFailed
from seatkeeper.ledger.eviction import drop_finished, evict
from seatkeeper.ledger.following import Diverged, Followed, follow
from seatkeeper.ledger.happened import Happened, any_of, nothing_happened, what_happened
from seatkeeper.ledger.journal import Head, JournalError, require_known
from seatkeeper.ledger.tally import Tally
from seatkeeper.licensing.deployment_events import TransactionMoved
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Connected, Denied, Ended, LicenseRemoved
from seatkeeper.licensing.state import Image, State

_log = structlog.get_logger("seatkeeper.ledger")

_LOOK_BACK: Final = 10_000
"""How many events at the end of a journal are looked at for kinds that this code does not know (rule L11)."""

_PAGE: Final = 2_000
"""Events of other nodes that are read and taken in at once."""
_LONGEST_LAG: Final = 50_000
"""Events behind which a node loads the tables instead: that is quicker then."""

_SESSIONS_AND_LICENSES: Final[frozenset[type[Event]]] = frozenset({Connected, Ended, LicenseRemoved})
_KEPT_UP_WITH: Final[frozenset[type[Event]]] = _SESSIONS_AND_LICENSES | {TransactionMoved}
"""The events that change what stands beside the image."""


class Replica:
    """The image and the journal's last event that it stands on. Changed by one thread, under the tally's lock.

    `shared`: others write the journal, too. `cached_users`: how many users stay between batches. What happened is
    collected until it is told.
    """

    def __init__(self, tally: Tally, activity: Activity, *, shared: bool, cached_users: int) -> None:
        self._tally = tally
        self._activity = activity
        self._shared = shared
        self._cached_users = cached_users
        self.denials = Denials(tally)
        self._untold = nothing_happened(Head())
        self._doubted = False
        self._put_back = False
        self.image = Image()
        self.head = Head()
        self.caught_up_at = time.monotonic()
        """When the whole journal was last known here, in seconds of the monotonic clock."""

    def tell(self) -> Happened:
        """What has happened since this was last asked."""
        untold, self._untold = self._untold, nothing_happened(self.head)
        return untold

    def put_back(self) -> None:
        """The tables have been put back to another state on purpose: what follows loads them. In any thread."""
        self._put_back = True

    def doubt(self) -> None:
        """What is in memory cannot be trusted any more: what follows loads the tables."""
        self._doubted = True

    def is_current(self, engine: Engine) -> bool:
        """Whether the image is where the database's journal is. In a transaction of the engine's."""
        return not self._put_back and not self._doubted and engine.head() == self.head

    def follow(self, engine: Engine) -> None:
        """Bring the image to where the database's journal is (rule L4): by the events that others have added; and where
        it does not go on from what is known here, or too far, by loading all afresh. In a transaction of the engine's.

        Raises SaveFailed where the database does not answer, and JournalError for events that are not known (rule L11).
        """
        head = engine.head()
        if self._put_back:
            self.load(engine)
            self._put_back = False
        elif self._doubted:
            self.load(engine)
        elif head != self.head and not (self._shared and self._take_in(engine, head)):
            reason = "the journal's head is not the one this server wrote"
            _log.warning("image_dropped", reason=reason, head=self.head.seq)
            self.load(engine)
        self.caught_up_at = time.monotonic()

    def is_far_behind(self, head: Head) -> bool:
        """Whether others have added more to the journal than is taken in at once."""
        return self._shared and head.seq - self.head.seq > _PAGE

    def load(self, engine: Engine) -> None:
        """Begin with the database as it is: a new image, no memory of denials, a full time-out for all (rule L9)."""
        head = engine.head()
        for kind, version in engine.kinds(after=head.seq - _LOOK_BACK):
            require_known(kind, version)
        image = Image()
        image.last_seen = self._activity.last_seen
        engine.load_whole(image)
        self._activity.begin_anew(engine.live_sessions(), max(engine.now(), head.at))
        self.denials = Denials(self._tally)
        with self._tally.lock:
            self._tally.denials.clear()  # a number may be that of another license now
            self.image = image
            self.head = head
        self._doubted = False
        self._untold = nothing_happened(head, restarted=True)

    def merge(self, state: State, events: list[Event], head: Head, now: int) -> None:
        """This node's own batch has been committed. Whoever calls has the tally's lock."""
        happened = what_happened(head, events, self.image, state)
        state.merge()
        self.denials.confirm(now)
        self.head = head
        evict(self.image, self._cached_users)
        self._keep_up(events, [now] * len(events))
        if any_of(events, _KEPT_UP_WITH):
            self._count(events)
        self._untold = self._untold.joined(happened)

    def go_on(self, head: Head, event: Event) -> None:
        """This node has recorded an event that changes no row."""
        with self._tally.lock:
            self.head = head
        self._untold = self._untold.joined(nothing_happened(head)._replace(events=[event]))

    def _take_in(self, engine: Engine, head: Head) -> bool:
        """Take in the events up to `head`; whether they followed upon what is in memory."""
        if not 0 < head.seq - self.head.seq <= _LONGEST_LAG:
            return False
        try:
            while self.head.seq < head.seq:
                entries = engine.entries(self.head.seq, _PAGE)
                self._merge_foreign(engine, follow(self.image, entries, self.head))
        except Diverged as error:
            _log.warning("not_followed", error=str(error), head=self.head.seq)
            return False
        except (SaveFailed, JournalError):
            raise
        except Exception:  # noqa: BLE001 - every node reads the same events: none of them may end by one
            _log.exception("not_followed", head=self.head.seq)
            return False
        return self.head == head

    def _merge_foreign(self, engine: Engine, followed: Followed) -> None:
        happened = followed.happened
        if not happened.events:
            raise Diverged("events are missing from the journal")
        self._doubted = True  # until all of it is there, whatever comes between
        with self._tally.lock:
            followed.state.merge()
            self.head = followed.head
            self._keep_up(happened.events, followed.ats)
            self._tally.followed += len(happened.events)
        for (seq, event), at in zip(happened.numbered(), followed.ats, strict=True):
            if isinstance(event, Denied):
                self.denials.note(event, seq, at)
            elif hasattr(event, "session_id"):
                self._activity.seen(event.session_id, at)
        if followed.unplaced:
            engine.load_logons(self.image, followed.unplaced)
        self._doubted = False
        self._untold = self._untold.joined(happened)

    def _count(self, events: list[Event]) -> None:
        """Count what this node's own batch began and ended."""
        for event in events:
            match event:
                case Connected():
                    self._tally.connected += 1
                case Ended():
                    self._tally.ended[event.reason] += 1
                case TransactionMoved() if event.status.over:
                    self._tally.transactions[event.status] += 1
                case _:
                    pass

    def _keep_up(self, events: list[Event], ats: list[int]) -> None:
        """What stands beside the image follows it: who is active, and what is counted of licenses."""
        if not any_of(events, _KEPT_UP_WITH):
            return
        drop_finished(self.image, events)
        if not any_of(events, _SESSIONS_AND_LICENSES):
            return
        removed: set[int] = set()
        for event, at in zip(events, ats, strict=True):
            match event:
                case Connected():
                    self._activity.begin(event.session_id, at, event.idle_timeout)
                case Ended():
                    self._activity.end(event.session_id)
                case LicenseRemoved():
                    removed.add(event.license_id)
        if removed:
            self._tally.forget_licenses(removed)
