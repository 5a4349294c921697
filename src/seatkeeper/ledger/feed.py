"""Messages to sessions: fed from events after their commit, taken by polling or by one stream a session.

docs/decisions/messages.md; decision 9; contract 3. A session has a mailbox from its first poll or stream on, or from
the first thing that there is to tell it.
"""

import contextlib
from collections.abc import Awaitable, Callable

from msgspec import Struct

from seatkeeper.ledger.happened import Happened, LastKnown
from seatkeeper.ledger.mailbox import (
    ConnectionDown,
    LicensesChanged,
    Mailbox,
    Message,
    StationChanged,
    Stream,
    SubscriptionChanged,
    SubscriptionState,
)
from seatkeeper.licensing.commands import EndReason, Subscribe
from seatkeeper.licensing.entities import HolderKind, LicenseKey, Session, SessionKeys
from seatkeeper.licensing.events import (
    Assigned,
    Ended,
    ProfileChanged,
    StationLeft,
    StationSet,
    Subscribed,
    Unassigned,
    Unsubscribed,
)
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import FIRST_SESSION, Image

__all__ = [
    "ConnectionDown",
    "EndedSession",
    "Feed",
    "LicensesChanged",
    "Message",
    "SessionGone",
    "StationChanged",
    "Stream",
    "SubscriptionChanged",
    "SubscriptionState",
]


class EndedSession(Struct, frozen=True):
    """A session that has ended a while ago, still known so that its client can be told.

    Without `keys` nobody can speak for it.
    """

    session_id: int
    user_id: int
    keys: SessionKeys | None
    reason: EndReason
    at: int
    language: str


class SessionGone(Exception):
    """The session has ended and its client has been told, or it never was."""

    def __init__(self, session_id: int) -> None:
        super().__init__(f"session {session_id} has ended")


class Feed:
    """The mailboxes of all sessions. Lives in the event loop; `publish` is called there after each commit.

    `find` looks for a live session, in memory and then in the tables; `resubscribe` has a subscription of an earlier
    run of the server told afresh.
    """

    def __init__(
        self,
        image: Callable[[], Image],
        find: Callable[[int], Awaitable[Session | None]],
        resubscribe: Callable[[Subscribe], Awaitable[object]],
        clock: Callable[[], int],
        *,
        keep_ended: int,
    ) -> None:
        self._image = image
        self._find = find
        self._resubscribe = resubscribe
        self._clock = clock
        self._keep_ended = keep_ended
        self._mailboxes: dict[int, Mailbox] = {}
        self._sessions_of: dict[int, set[int]] = {}
        self._ended: dict[int, EndedSession] = {}
        self._untold: set[int] = set()
        self._first_known = FIRST_SESSION

    def recently_ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while, or None."""
        return self._ended.get(session_id)

    async def poll(self, session_id: int) -> list[Message]:
        """Take what waits; [] while a stream is open. Raises SessionGone once an ended session has been told."""
        await self._restore(session_id)
        ended = self._ended.get(session_id)
        mailbox = self._mailboxes.get(session_id)
        if ended is not None:
            if session_id not in self._untold:
                raise SessionGone(session_id)
            self._told(session_id)
            return [*([] if mailbox is None else mailbox.take()), ConnectionDown(ended.reason)]
        if mailbox is None or mailbox.stream is not None:
            return []
        mailbox.take_over(None)
        return mailbox.take()

    async def open_stream(self, session_id: int) -> Stream:
        """Open a stream, which takes the queue from any older one. Raises SessionGone for an ended session."""
        await self._restore(session_id)
        mailbox = self._mailboxes.get(session_id)
        if session_id in self._ended or mailbox is None:
            raise SessionGone(session_id)
        stream = Stream(mailbox)
        mailbox.take_over(stream)
        return stream

    def publish(self, happened: Happened) -> None:
        """Turn the events of a committed batch into messages.

        A later batch may have been committed already, so that the image may not have any more what they are about.
        """
        names, stations, ended = happened.names, happened.stations, happened.ended
        hearing = happened.hearing - ended.keys()  # of one that ended, that it went down says all
        for event in happened.events:
            match event:
                case Assigned() | Unassigned() if event.holder.kind is HolderKind.USER:
                    has = isinstance(event, Assigned) and event.method is not None
                    self._tell(event.holder.id, [names[event.license_id]], assigned=has)
                case ProfileChanged() if event.holder.kind is HolderKind.USER:
                    licenses = [names[move.license_id] for move in event.moves]
                    self._tell(event.holder.id, licenses, assigned=event.enabled)
                case StationSet() if event.session_id in hearing:
                    station = None if event.station_id is None else stations.get(event.station_id)
                    self._sit(event, StationChanged(station, event.remote_number))
                case StationLeft() if event.session_id in hearing:
                    self._sit(event, StationChanged())
                case Subscribed():
                    self._mailbox(event.session_id, event.user_id).subscribe(event)
                case Unsubscribed():
                    if event.session_id in self._mailboxes:
                        self._mailboxes[event.session_id].unsubscribe()
                case Ended():
                    self._end(event, ended.get(event.session_id))

    def start_afresh(self) -> None:
        """What was known is void, if anything was (rule L4): every session that there is now is told anew when it next
        asks.

        That sessions have ended is void as well: they may live again, or their numbers be those of new ones.
        """
        self.close_streams()
        for session_id in list(self._mailboxes):
            self._drop(session_id)
        self._ended.clear()
        self._untold.clear()
        self._first_known = self._image().counters.get("session", FIRST_SESSION)

    def streaming(self) -> list[int]:
        """The sessions with an open stream."""
        return [session_id for session_id, mailbox in self._mailboxes.items() if mailbox.stream is not None]

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self.streaming())

    def kept(self) -> dict[str, int]:
        """How many of each thing are kept, by name."""
        return {
            "mailboxes": len(self._mailboxes),
            "streams": self.open_streams,
            "users_with_mailboxes": len(self._sessions_of),
            "ended": len(self._ended),
            "untold": len(self._untold),
        }

    def close_streams(self) -> None:
        """The server stops: every stream ends, and its client comes back to poll or to open another."""
        for mailbox in self._mailboxes.values():
            mailbox.take_over(None)

    def forget_ended(self) -> None:
        """Forget sessions that ended too long ago."""
        until = self._clock() - self._keep_ended
        for session_id, ended in list(self._ended.items()):
            if ended.at > until:
                break
            del self._ended[session_id]
            self._told(session_id)

    async def _restore(self, session_id: int) -> None:
        """Give a live session its mailbox. One that began before all that is known here is told afresh, once: where the
        licenses of its subscription stand, and where it sits if it hears of that."""
        mailbox = self._mailboxes.get(session_id)
        if session_id in self._ended or (mailbox is not None and mailbox.current):
            return
        session = await self._find(session_id)
        if session is None or session_id in self._ended:
            return
        mailbox = self._mailbox(session_id, session.user_id)
        subscription = self._image().subscriptions.get(session_id)
        if not mailbox.current and subscription is not None and not mailbox.subscribed:
            with contextlib.suppress(Refusal):  # it has ended meanwhile
                again = Subscribe(session_id=session_id, owner=subscription.owner, names=subscription.names)
                await self._resubscribe(again)
                mailbox.resume()
        if not mailbox.current:
            mailbox.current = True
            if session.hears_of_stations:
                mailbox.tell_station(self._place_of(session_id))

    def _place_of(self, session_id: int) -> StationChanged:
        image = self._image()
        logon = image.logons.get(session_id)
        if logon is None:
            return StationChanged()
        station = None if logon.station_id is None else image.stations.get(logon.station_id)
        return StationChanged(station, logon.remote_number)

    def _mailbox(self, session_id: int, user_id: int) -> Mailbox:
        mailbox = self._mailboxes.get(session_id)
        if mailbox is None:
            mailbox = Mailbox(session_id, user_id, current=session_id >= self._first_known)
            self._mailboxes[session_id] = mailbox
            self._sessions_of.setdefault(user_id, set()).add(session_id)
        return mailbox

    def _sit(self, event: StationSet | StationLeft, station: StationChanged) -> None:
        mailbox = self._mailbox(event.session_id, event.user_id)
        if mailbox.current:  # else it is told where it sits when it next asks
            mailbox.sit(station)

    def _tell(self, user_id: int, licenses: list[LicenseKey], *, assigned: bool) -> None:
        for session_id in self._sessions_of.get(user_id, ()):
            self._mailboxes[session_id].change(licenses, assigned=assigned)

    def _end(self, event: Ended, last: LastKnown | None) -> None:
        session_id = event.session_id
        if last is not None and not last.asks:
            return  # however many come and go
        self._ended[session_id] = EndedSession(
            session_id=session_id,
            user_id=event.user_id,
            keys=None if last is None else last.keys,
            reason=event.reason,
            at=self._clock(),
            language="" if last is None else last.language,
        )
        self._untold.add(session_id)
        mailbox = self._mailboxes.get(session_id)
        if mailbox is not None and mailbox.stream is not None:
            mailbox.put(ConnectionDown(event.reason))
            self._told(session_id)

    def _told(self, session_id: int) -> None:
        self._untold.discard(session_id)
        self._drop(session_id)

    def _drop(self, session_id: int) -> None:
        mailbox = self._mailboxes.pop(session_id, None)
        if mailbox is not None:
            sessions = self._sessions_of[mailbox.user_id]
            sessions.discard(session_id)
            if not sessions:
                del self._sessions_of[mailbox.user_id]
