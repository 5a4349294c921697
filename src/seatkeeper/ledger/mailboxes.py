"""The mailboxes of sessions, and what events put into them (docs/decisions/messages.md)."""

from collections.abc import Callable
from typing import Final

from seatkeeper.ledger.deliveries import Reached
from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.mailbox import Mailbox, Queued, Stream
from seatkeeper.ledger.messages import StationChanged
from seatkeeper.ledger.watched import WatchedLists
from seatkeeper.licensing.entities import HolderKind, LicenseKey
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import (
    Assigned,
    Connected,
    Ended,
    ProfileChanged,
    StationLeft,
    StationSet,
    Subscribed,
    Unassigned,
    Unsubscribed,
)
from seatkeeper.licensing.state import FIRST_SESSION

_TOLD_OF: Final[frozenset[type[Event]]] = frozenset(
    {
        Assigned,
        Connected,
        Ended,
        ProfileChanged,
        StationLeft,
        StationSet,
        Subscribed,
        Unassigned,
        Unsubscribed,
    }
)
"""Events of which something follows here. Most batches have none: they acquire and release."""


class Mailboxes:
    """One for each session that asked for messages, or of which there was something to tell.

    `reached`: how far the journal has been read. `losses`: how often a shared database has been lost by now.
    """

    def __init__(self, losses: Callable[[], int]) -> None:
        self.reached: Final = Reached()
        self.hearing: Final[set[int]] = set()
        """Sessions of which is known, though they need not be in memory, that they hear of where they sit."""
        self.first_known = FIRST_SESSION
        """All is known of sessions from this number on."""
        self._losses = losses
        self._mailboxes: dict[int, Mailbox] = {}
        self._watched = WatchedLists()

    def start_afresh(self, position: int, digest: bytes, first_known: int) -> None:
        """Begin without any. The journal has been read up to this event."""
        self._mailboxes.clear()
        self._watched.clear()
        self.hearing.clear()
        self.first_known = first_known
        self.reached.position, self.reached.digest = position, digest

    def publish(self, happened: Happened) -> None:
        """Queue what follows from events. A later batch may have been committed already, so that the image may not have
        any more what they are about."""
        if happened.has(_TOLD_OF):
            self._publish(happened)
        self.reached.position, self.reached.digest = happened.position, happened.digest

    def _publish(self, happened: Happened) -> None:
        over = {event.session_id for event in happened.events if isinstance(event, Ended)}
        for position, event in happened.numbered():
            self.reached.position = position
            match event:
                case Assigned() | Unassigned() if event.holder.kind is HolderKind.USER:
                    has = isinstance(event, Assigned) and event.method is not None
                    self._tell(event.holder.id, [happened.names[event.license_id]], assigned=has)
                case ProfileChanged() if event.holder.kind is HolderKind.USER:
                    licenses = [happened.names[move.license_id] for move in event.moves]
                    self._tell(event.holder.id, licenses, assigned=event.enabled)
                case StationSet() | StationLeft() if event.session_id not in over:  # that it went down says all
                    self._sit(event, happened)
                case _:
                    self._note(event)

    def get(self, session_id: int) -> Mailbox | None:
        """That of a session, if it has one."""
        return self._mailboxes.get(session_id)

    def of(self, session_id: int, user_id: int) -> Mailbox:
        """That of a session, which gets one."""
        mailbox = self._mailboxes.get(session_id)
        if mailbox is None:
            current = session_id >= self.first_known
            mailbox = Mailbox(session_id, user_id, self.reached, current=current, losses=self._losses())
            self._mailboxes[session_id] = mailbox
        return mailbox

    def drop(self, session_id: int) -> None:
        """Drop that of a session."""
        mailbox = self._mailboxes.pop(session_id, None)
        if mailbox is not None:
            self._watched.leave(session_id, mailbox.user_id)

    def streams(self) -> list[Stream]:
        """The open streams."""
        return [mailbox.stream for mailbox in self._mailboxes.values() if mailbox.stream is not None]

    def kept(self) -> dict[str, int]:
        """How many of each thing are kept, by name."""
        return {
            "mailboxes": len(self._mailboxes),
            "streams": len(self.streams()),
            "users_subscribed": len(self._watched),
        }

    def _note(self, event: Event) -> None:
        match event:
            case Connected() if event.hears_of_stations:
                self.hearing.add(event.session_id)
            case Subscribed():
                self._watched.leave(event.session_id, event.user_id)
                mailbox = self.of(event.session_id, event.user_id)
                mailbox.subscribe(self._watched.join(event, mailbox))
            case Unsubscribed():
                self._watched.leave(event.session_id, event.user_id)
                subscribed = self._mailboxes.get(event.session_id)
                if subscribed is not None:
                    subscribed.unsubscribe()
            case Ended():
                self.hearing.discard(event.session_id)
            case _:
                pass

    def _tell(self, user_id: int, licenses: list[LicenseKey], *, assigned: bool) -> None:
        for watched in self._watched.of_user(user_id):
            news = watched.change(licenses, assigned=assigned)
            if news is not None:
                queued = Queued(self.reached.position, news)
                for mailbox in watched.readers.values():
                    mailbox.put(queued)

    def _sit(self, event: StationSet | StationLeft, happened: Happened) -> None:
        if event.session_id not in happened.hearing and event.session_id not in self.hearing:
            return
        mailbox = self.of(event.session_id, event.user_id)
        if not mailbox.current:
            return  # it is told where it sits when it next asks
        if isinstance(event, StationLeft):
            mailbox.sit(StationChanged())
        else:
            station = None if event.station_id is None else happened.stations.get(event.station_id)
            mailbox.sit(StationChanged(station, event.remote_number))
