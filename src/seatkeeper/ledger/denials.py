"""Denials are bounded: a refusal that repeats within a minute is counted, not told again (rule L10)."""

from typing import Final, NamedTuple

from seatkeeper.ledger.happened import any_of
from seatkeeper.ledger.tally import DenialCount, Tally
from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Denied
from seatkeeper.licensing.verdicts import Reason

REPEATS_WITHIN: Final = 60_000  # milliseconds

_DENIALS: Final[frozenset[type[Event]]] = frozenset({Denied})

_Key = tuple[int, str, Reason]


class _Told(NamedTuple):
    seq: int
    at: int


class Denials:
    """The refusals of the last minute, by session, license and reason, and how often each was repeated since.

    What `bound` finds takes hold only with `confirm`, after the commit. The counts are in memory until they have been
    `saved`: a crash loses counts of repeats, never a denial. `tally` has each counted, denials apart from repeats.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._told: dict[_Key, _Told] = {}
        self._repeats: dict[int, tuple[int, int]] = {}
        self._pending: dict[_Key, _Told] = {}
        self._pending_repeats: list[tuple[int, int]] = []
        self._pending_counts: list[DenialCount] = []

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._told)

    def bound(self, events: list[Event], next_seq: int, now: int) -> list[Event]:
        """The events without repeated denials. `next_seq` is the number that the first one kept will get."""
        if not any_of(events, _DENIALS):
            return events
        kept: list[Event] = []
        for event in events:
            if isinstance(event, Denied):
                key = (event.session_id, _name(event), event.reason)
                told = self._pending.get(key) or self._told.get(key)
                repeated = told is not None and now - told.at < REPEATS_WITHIN
                self._pending_counts.append(DenialCount(event.license_id, event.reason, repeated))
                if told is not None and repeated:
                    self._pending_repeats.append((told.seq, now))
                    continue
                self._pending[key] = _Told(next_seq + len(kept), now)
            kept.append(event)
        return kept

    def confirm(self, now: int) -> None:
        """The batch was committed: remember what it told."""
        for key, told in self._pending.items():
            self._remember(key, told)
        for seq, at in self._pending_repeats:
            self._repeats[seq] = (self._repeats.get(seq, (0, 0))[0] + 1, at)
        for what in self._pending_counts:
            self._tally.denied(what)
        self.discard()
        self._forget(now)

    def note(self, event: Denied, seq: int, at: int) -> None:
        """Another node told a denial: its repeats are counted here with it."""
        self._remember((event.session_id, _name(event), event.reason), _Told(seq, at))
        self._forget(at)

    def discard(self) -> None:
        """The batch was not committed: forget what it would have told."""
        self._pending.clear()
        self._pending_repeats.clear()
        self._pending_counts.clear()

    def _remember(self, key: _Key, told: _Told) -> None:
        """Behind all others: the oldest are in front."""
        self._told.pop(key, None)
        self._told[key] = told

    def _forget(self, now: int) -> None:
        while self._told:
            oldest = next(iter(self._told))
            if now - self._told[oldest].at < REPEATS_WITHIN:
                break
            del self._told[oldest]

    def repeats(self) -> list[tuple[int, int, int]]:
        """The counts that wait to be saved: (event, repeats, time of the last). May be called in any thread."""
        return [(seq, count, at) for seq, (count, at) in tuple(self._repeats.items())]

    def saved(self) -> None:
        """The counts have been saved."""
        self._repeats.clear()


def _name(event: Denied) -> str:
    """What makes two refusals the same. Names that nobody knows are all one, or a client could make up new ones."""
    return "" if event.reason is Reason.UNKNOWN_LICENSE else fold(event.license)
