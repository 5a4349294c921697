"""What a committed batch did, with all that those who tell it cannot look up any more."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from msgspec import Struct

from seatkeeper.ledger.journal import Head
from seatkeeper.licensing.deployment import Transaction, TransactionStatus
from seatkeeper.licensing.deployment_events import ApplicationDefined, RuntimeRemoved, TransactionMoved
from seatkeeper.licensing.entities import LicenseKey, LicenseName, SessionKeys, Station
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import (
    Assigned,
    Ended,
    LicenseRemoved,
    ProfileChanged,
    StationLeft,
    StationSet,
    Unassigned,
)
from seatkeeper.licensing.state import Image, State


class LastKnown(Struct, frozen=True):
    """What is kept of a session when it ends: its keys, the language to tell its client in, and whether that `asks`.

    One whose session has a time-out of its own does not: a ticket that is over is no ticket, and nobody asks why.
    """

    keys: SessionKeys
    language: str
    asks: bool


class Unsuccessful(NamedTuple):
    """A transaction that ended as FAILURE or CANCELED, and the name of its runtime."""

    transaction: Transaction
    runtime: str


class Settled(NamedTuple):
    """An application that has been blocked, or is blocked no more, and the name of its runtime."""

    application: ApplicationDefined
    runtime: str


class Happened(NamedTuple):
    """What committed batches did, of this node or of others: their events, and of what may be gone when they are told,
    how it was known then. The last event is the journal's `head`; before it none is left out.

    `ended`: what is kept of the sessions that ended. `names`: owners and names, folded, of the licenses that were
    assigned or taken away. `stations`: those that somebody sat down at. `hearing`: the sessions that sat down or left
    and are to be told. `unsuccessful`: the transactions that ended otherwise than in success. `settled`: the
    applications that were blocked, or no longer are; both only of this node's own batches.
    """

    head: Head
    events: list[Event]
    ended: dict[int, LastKnown]
    names: dict[int, LicenseKey]
    stations: dict[int, Station]
    hearing: set[int]
    unsuccessful: list[Unsuccessful]
    settled: list[Settled]
    restarted: bool
    """The image was loaded afresh: whatever was built on the old one is void (rule L4)."""

    @property
    def position(self) -> int:
        """The number of the journal's last event, also where nothing happened."""
        return self.head.seq

    @property
    def digest(self) -> bytes:
        """The hash of that event: a journal that was put in the place of this one has another there."""
        return self.head.hash

    def numbered(self) -> Iterator[tuple[int, Event]]:
        """Each event with its number in the journal."""
        return enumerate(self.events, self.position - len(self.events) + 1)

    def has(self, kinds: frozenset[type[Event]]) -> bool:
        """Whether an event of one of these kinds is among them."""
        return any_of(self.events, kinds)

    def joined(self, later: "Happened") -> "Happened":
        """This, and what happened next."""
        if later.restarted:
            return later
        return Happened(
            later.head,
            self.events + later.events,
            ended=self.ended | later.ended,
            names=self.names | later.names,
            stations=self.stations | later.stations,
            hearing=self.hearing | later.hearing,
            unsuccessful=self.unsuccessful + later.unsuccessful,
            settled=self.settled + later.settled,
            restarted=self.restarted,
        )


_OF_LICENSES: Final[frozenset[type[Event]]] = frozenset({Assigned, Unassigned, ProfileChanged, LicenseRemoved})
_OF_STATIONS: Final[frozenset[type[Event]]] = frozenset({StationLeft, StationSet})
_OF_ENDS: Final[frozenset[type[Event]]] = frozenset({Ended})
_OF_TRANSACTIONS: Final[frozenset[type[Event]]] = frozenset({TransactionMoved})
_OF_APPLICATIONS: Final[frozenset[type[Event]]] = frozenset({ApplicationDefined})
_TOLD_WITH_MORE: Final[frozenset[type[Event]]] = (
    _OF_LICENSES | _OF_STATIONS | _OF_ENDS | _OF_TRANSACTIONS | _OF_APPLICATIONS
)
"""The events of which something may be gone when they are told."""


def any_of(events: Iterable[Event], kinds: frozenset[type[Event]]) -> bool:
    """Whether an event of one of these kinds is among these.

    Nearly all events are of licenses acquired and released. To look at each of them for something rarer takes ten
    times as long as this, which is to be asked before.
    """
    return not kinds.isdisjoint(map(type, events))


def nothing_happened(head: Head, *, restarted: bool = False) -> Happened:
    """No event, to begin with."""
    return Happened(head, [], {}, {}, {}, set(), [], [], restarted)


def what_happened(head: Head, events: list[Event], image: Image, state: State, *, own: bool = True) -> Happened:
    """What `events`, of which `head` is the last, did that took `image` to `state`, as long as the one has not been
    merged into the other. `own`: this node did it.
    """
    if not any_of(events, _TOLD_WITH_MORE):
        return nothing_happened(head)._replace(events=events)
    of_licenses, of_stations = any_of(events, _OF_LICENSES), any_of(events, _OF_STATIONS)
    return Happened(
        head,
        events,
        ended=last_known(events, image) if any_of(events, _OF_ENDS) else {},
        names=_names(events, state) if of_licenses else {},
        stations=_stations(events, state) if of_stations else {},
        hearing=_hearing(events, state) if of_stations else set(),
        unsuccessful=list(_unsuccessful(events, state)) if own and any_of(events, _OF_TRANSACTIONS) else [],
        settled=list(_settled(events, image, state)) if own and any_of(events, _OF_APPLICATIONS) else [],
        restarted=False,
    )


def last_known(events: Iterable[Event], image: Image) -> dict[int, LastKnown]:
    """Of sessions that end, what the merge drops: an ended session may still ask why. Those that are in the image."""
    ended = (event.session_id for event in events if isinstance(event, Ended))
    sessions, keys = image.sessions, image.session_keys
    return {
        each: LastKnown(keys[each], sessions[each].language, asks=sessions[each].idle_timeout is None)
        for each in ended
        if each in keys
    }


def ended_rows(events: Iterable[Event], image: Image, now: int) -> list[tuple[Any, ...]]:
    """What is kept for other nodes of the sessions that end in a batch, as rows of `ended_sessions`."""
    last = last_known(events, image)
    return [
        (
            event.session_id,
            event.user_id,
            known.keys.cookie_digest,
            known.keys.csrf_digest,
            known.language,
            event.reason.value,
            now,
            False,
        )
        for event in events
        if isinstance(event, Ended) and (known := last.get(event.session_id)) is not None and known.asks
    ]


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


def _stations(events: Iterable[Event], state: State) -> dict[int, Station]:
    """The stations that somebody sat down at. One that is gone already was left by an event of its own."""
    numbers = {event.station_id for event in events if isinstance(event, StationSet) and event.station_id is not None}
    found = ((number, state.stations.get(number)) for number in numbers)
    return {number: station for number, station in found if station is not None}


def _hearing(events: Iterable[Event], state: State) -> set[int]:
    """The sessions that sat down or left and are to be told. One that has ended hears of nothing but its end."""
    numbers = {event.session_id for event in events if isinstance(event, StationSet | StationLeft)}
    found = (state.sessions.get(number) for number in numbers)
    return {session.id for session in found if session is not None and session.hears_of_stations}


def _unsuccessful(events: list[Event], state: State) -> Iterator[Unsuccessful]:
    """The merge drops what is over."""
    for event in events:
        if isinstance(event, TransactionMoved) and event.status.over and event.status is not TransactionStatus.SUCCESS:
            yield Unsuccessful(state.transactions[event.transaction_id], _runtime(event.runtime_id, events, state))


def _settled(events: list[Event], image: Image, state: State) -> Iterator[Settled]:
    """As often as it was: within a batch, too, one may be blocked and come back."""
    stood: dict[int, bool] = {}
    for event in events:
        if isinstance(event, ApplicationDefined):
            before = image.applications.get(event.application_id)
            was = stood.get(event.application_id, before is not None and before.blocked)
            stood[event.application_id] = event.blocked
            if event.blocked is not was:
                yield Settled(event, _runtime(event.runtime_id, events, state))


def _runtime(number: int, events: Iterable[Event], state: State) -> str:
    """The name of a runtime, which may have been removed since."""
    runtime = state.runtimes.get(number)
    if runtime is not None:
        return runtime.name
    return next(each.name for each in events if isinstance(each, RuntimeRemoved) and each.runtime_id == number)
