"""Messages to sessions: fed from events after their commit, taken by polling or by one stream a session.

docs/decisions/messages.md; decision 9; contract 3. A session has a mailbox from its first poll or stream on, or from
the first thing that there is to tell it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from seatkeeper.ledger.deliveries import EndedSession, Shared
from seatkeeper.ledger.delivering import Delivering
from seatkeeper.ledger.happened import Happened, LastKnown
from seatkeeper.ledger.mailbox import Mailbox, Stream
from seatkeeper.ledger.mailboxes import Mailboxes
from seatkeeper.ledger.messages import (
    ConnectionDown,
    LicensesChanged,
    Message,
    StationChanged,
    SubscriptionChanged,
    SubscriptionState,
)
from seatkeeper.ledger.unavailable import Unavailable
from seatkeeper.licensing.commands import Command, FindSession, Subscribe
from seatkeeper.licensing.entities import Session
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Ended
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import FIRST_SESSION, Image

__all__ = [
    "ConnectionDown",
    "EndedSession",
    "Feed",
    "LicensesChanged",
    "Message",
    "SessionGone",
    "Shared",
    "StationChanged",
    "Stream",
    "SubscriptionChanged",
    "SubscriptionState",
]

_log = structlog.get_logger("seatkeeper.ledger")

_ENDED: Final[frozenset[type[Event]]] = frozenset({Ended})

_LOOK_SECONDS: Final = 2.0
"""How often it is looked whether other nodes have opened streams of sessions that have one here."""


class SessionGone(Exception):
    """The session has ended and its client has been told, or it never was."""

    def __init__(self, session_id: int) -> None:
        super().__init__(f"session {session_id} has ended")


class Feed:
    """The mailboxes of all sessions. Lives in the event loop; `publish` is called there after each commit.

    `find` looks for a live session, in memory and then in the tables; `submit` takes commands: a subscription of an
    earlier run of the server is told afresh. `shared`: other nodes hand out messages, too. Then each hears of all that
    any of them commits, and whatever tells a session something raises Unavailable where the database does not answer.
    """

    def __init__(
        self,
        image: Callable[[], Image],
        find: Callable[[int], Awaitable[Session | None]],
        submit: Callable[[Command[Any]], Awaitable[object]],
        clock: Callable[[], int],
        *,
        keep_ended: int,
        shared: Shared | None = None,
    ) -> None:
        self._image = image
        self._find = find
        self._submit = submit
        self._clock = clock
        self._keep_ended = keep_ended
        self._mailboxes = Mailboxes(lambda: 0 if self._delivering is None else self._delivering.losses)
        self._ended: dict[int, EndedSession] = {}
        self._untold: set[int] = set()
        self._delivering = None if shared is None else Delivering(shared, self._mailboxes.reached, self._catch_up)
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, where the database is shared, which streams other nodes have taken over."""
        if self._delivering is not None:
            self._looking = asyncio.get_running_loop().create_task(self._look(self._delivering), name="seatkeeper-feed")

    async def stop(self) -> None:
        """End every stream, and leave to other nodes who has been told what."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        self.close_streams()
        if self._delivering is not None:
            await self._delivering.stop()

    async def recently_ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while, or None."""
        if self._delivering is not None:
            return await self._delivering.ended(session_id)
        return self._ended.get(session_id)

    async def poll(self, session_id: int) -> list[Message]:
        """Take what waits; [] while a stream is open. Raises SessionGone once an ended session has been told."""
        if self._delivering is not None:
            return await self._poll_shared(session_id, self._delivering)
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
        if self._delivering is not None:
            return await self._open_shared(session_id, self._delivering)
        mailbox = await self._open_mailbox(session_id)
        stream = Stream(mailbox)
        mailbox.take_over(stream)
        return stream

    def publish(self, happened: Happened) -> None:
        """Turn the events of committed batches into messages."""
        self._mailboxes.publish(happened)
        if not happened.has(_ENDED):
            return
        for event in happened.events:
            if isinstance(event, Ended):
                self._end(event, happened.ended.get(event.session_id))

    def start_afresh(self, position: int, digest: bytes) -> None:
        """What was known is void, if anything was (rule L4): every session that there is now is told anew when it next
        asks. The journal has been read up to this event.

        That sessions have ended is void as well: they may live again, or their numbers be those of new ones.
        """
        self.close_streams()
        self._ended.clear()
        self._untold.clear()
        self._mailboxes.start_afresh(position, digest, self._image().counters.get("session", FIRST_SESSION))

    def streaming(self) -> list[int]:
        """The sessions with an open stream."""
        return [stream.mailbox.session_id for stream in self._mailboxes.streams()]

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self.streaming())

    def kept(self) -> dict[str, int]:
        """How many of each thing are kept, by name."""
        return {**self._mailboxes.kept(), "ended": len(self._ended), "untold": len(self._untold)}

    def close_streams(self) -> None:
        """The server stops, or has lost its database: every stream ends, and its client comes back to poll or to open
        another."""
        for stream in self._mailboxes.streams():
            stream.close()

    async def forget_ended(self) -> None:
        """Forget sessions that ended too long ago; where the database is shared, one node does for all."""
        until = self._clock() - self._keep_ended
        for session_id, ended in list(self._ended.items()):
            if ended.at > until:
                break
            del self._ended[session_id]
            self._told(session_id)
        if self._delivering is not None:
            await self._delivering.forget_ended(until)

    async def _poll_shared(self, session_id: int, delivering: Delivering) -> list[Message]:
        """As `poll`. A session that began before all that is known here is left to the node that streams to it."""
        delivering.require_database()
        mailbox = self._mailboxes.get(session_id)
        unknown = session_id < self._mailboxes.first_known and (mailbox is None or not mailbox.current)
        if unknown and session_id not in self._ended and await delivering.streams_elsewhere(session_id):
            return []
        await self._restore(session_id)
        while (mailbox := self._mailboxes.get(session_id)) is not None and session_id not in self._ended:
            messages = await delivering.poll(mailbox)
            if self._mailboxes.get(session_id) is mailbox or session_id in self._ended:
                return messages
            await self._restore(session_id)  # what it waited for is void meanwhile, and told afresh
        last = await delivering.last(session_id, mailbox)
        if last is not None:
            if last:
                self._told(session_id)
            return last
        if session_id in self._ended or await delivering.ended(session_id) is not None:
            raise SessionGone(session_id)
        return []

    async def _open_shared(self, session_id: int, delivering: Delivering) -> Stream:
        """As `open_stream`. What ends streams does not see one that is being opened: so it is looked at when it is."""
        while True:
            delivering.require_database()
            mailbox = await self._open_mailbox(session_id)
            stream = await delivering.open(mailbox)
            void = self._mailboxes.get(session_id) is not mailbox
            if delivering.connected and not void and session_id not in self._ended:
                return stream
            stream.close()

    async def _open_mailbox(self, session_id: int) -> Mailbox:
        """That of a live session. Raises SessionGone for one that is not."""
        await self._restore(session_id)
        mailbox = self._mailboxes.get(session_id)
        if session_id in self._ended or mailbox is None:
            raise SessionGone(session_id)
        return mailbox

    async def _restore(self, session_id: int) -> None:
        """Give a live session its mailbox. One that began before all that is known here is told afresh, once: where the
        licenses of its subscription stand, and where it sits if it hears of that."""
        mailbox = self._mailboxes.get(session_id)
        if session_id in self._ended or (mailbox is not None and mailbox.current):
            return
        session = await self._find(session_id)
        if session is None or session_id in self._ended:
            return
        mailbox = self._mailboxes.of(session_id, session.user_id)
        if session.hears_of_stations:
            self._mailboxes.hearing.add(session_id)
        subscription = self._image().subscriptions.get(session_id)
        if not mailbox.current and subscription is not None and not mailbox.subscribed:
            with contextlib.suppress(Refusal):  # it has ended meanwhile
                again = Subscribe(session_id=session_id, owner=subscription.owner, names=subscription.names)
                await self._submit(again)
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

    def _end(self, event: Ended, last: LastKnown | None) -> None:
        session_id = event.session_id
        if last is not None and not last.asks:
            return  # however many come and go
        mailbox = self._mailboxes.get(session_id)
        if self._delivering is not None and mailbox is None:
            return  # the tables tell of it
        self._ended[session_id] = EndedSession(
            session_id=session_id,
            user_id=event.user_id,
            keys=None if last is None else last.keys,
            reason=event.reason,
            at=self._clock(),
            language="" if last is None else last.language,
        )
        self._untold.add(session_id)
        if mailbox is not None and mailbox.stream is not None:
            mailbox.end(ConnectionDown(event.reason))
            if self._delivering is None:
                self._told(session_id)

    def _told(self, session_id: int) -> None:
        self._untold.discard(session_id)
        self._mailboxes.drop(session_id)

    async def _catch_up(self) -> None:
        """Have all read that has been committed by now, whichever command it is with."""
        await self._submit(FindSession(session_id=0))

    async def _look(self, delivering: Delivering) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await delivering.end_taken(self._mailboxes.streams())
            except Unavailable as why:
                _log.info("streams_not_looked_after", reason=str(why))
            except Exception:  # noqa: BLE001 - it must go on looking, and says what went wrong
                _log.exception("streams_not_looked_after")
