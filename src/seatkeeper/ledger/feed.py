"""Messages to sessions: fed from events after their commit, taken by polling or by one stream a session.

Design, "Messages"; decision 9; contract 3. A session has a mailbox from its first subscription or stream on. Beside the
queue a mailbox knows where each subscribed license stands, so that a fresh full message can be given at any moment:
when a queue overflows, and when a stream may have taken messages to a peer that was gone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from seatkeeper.licensing.commands import EndReason, Subscribe
from seatkeeper.licensing.entities import HolderKind, SessionKeys, Subscription, fold
from seatkeeper.licensing.events import Assigned, Ended, Event, ProfileChanged, Subscribed, Unassigned, Unsubscribed
from seatkeeper.licensing.state import Image

QUEUE_LIMIT: Final = 1_000


class LicensesChanged(Struct, frozen=True):
    """Where licenses stand, by name as the client spelled it. `full`: all that are subscribed, else what changed."""

    full: bool
    statuses: tuple[tuple[str, bool], ...]


class ConnectionDown(Struct, frozen=True):
    """The session has ended."""

    reason: EndReason


Message = LicensesChanged | ConnectionDown


class EndedSession(Struct, frozen=True):
    """A session that has ended a while ago, still known so that its client can be told."""

    session_id: int
    user_id: int
    keys: SessionKeys | None
    reason: EndReason
    at: int


class SessionGone(Exception):
    """The session has ended and its client has been told, or it never was."""

    def __init__(self, session_id: int) -> None:
        super().__init__(f"session {session_id} has ended")


class Mailbox:
    """What waits for one session."""

    def __init__(self, session_id: int, user_id: int) -> None:
        self.session_id = session_id
        self.user_id = user_id
        self.queue: deque[Message] = deque()
        self.stream: Stream | None = None
        self._owner_key = ""
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._assigned: dict[str, bool] = {}
        self._handed_to_stream = False

    def subscribe(self, event: Subscribed) -> None:
        """A new list replaces the old, with its undelivered messages."""
        self._owner_key = fold(event.owner)
        self._assigned = dict(zip(event.names, event.assigned, strict=True))
        self._spellings = {}
        for name in self._assigned:
            self._spellings[fold(name)] = (*self._spellings.get(fold(name), ()), name)
        self.start_afresh()

    def unsubscribe(self) -> None:
        """Nothing more is told, and what was not delivered is dropped."""
        self._spellings, self._assigned = {}, {}
        self._drop_license_messages()

    def change(self, licenses: list[tuple[str, str]], *, assigned: bool) -> None:
        """Licenses, by folded owner and name, are now assigned to the session's user, or not."""
        spellings = (
            name
            for owner_key, name_key in licenses
            if owner_key == self._owner_key
            for name in self._spellings.get(name_key, ())
        )
        changed = tuple((name, assigned) for name in spellings if self._assigned[name] != assigned)
        if changed:
            self._assigned.update(changed)
            self.put(LicensesChanged(full=False, statuses=changed))

    def put(self, message: Message) -> None:
        """Queue a message; a queue that is full gives way to one fresh full message."""
        self.queue.append(message)
        if len(self.queue) > QUEUE_LIMIT:
            self.start_afresh()
        if self.stream is not None:
            self.stream.wake()

    def take(self, stream: "Stream | None" = None) -> list[Message]:
        """All that waits, for a poll or for a stream."""
        taken = list(self.queue)
        self.queue.clear()
        if stream is not None and any(isinstance(each, LicensesChanged) for each in taken):
            self._handed_to_stream = True
        return taken

    def take_over(self, stream: "Stream | None") -> None:
        """The queue goes to another reader. What an earlier stream took may never have arrived: start afresh."""
        if self.stream is not None:
            self.stream.replace()
        self.stream = stream
        if self._handed_to_stream:
            self.start_afresh()

    def start_afresh(self) -> None:
        """One full message instead of all that was queued about licenses."""
        self._handed_to_stream = False
        self._drop_license_messages()
        if self._assigned:
            self.queue.appendleft(LicensesChanged(full=True, statuses=tuple(self._assigned.items())))
            if self.stream is not None:
                self.stream.wake()

    def _drop_license_messages(self) -> None:
        self.queue = deque(each for each in self.queue if not isinstance(each, LicensesChanged))


class Stream:
    """One open event stream. It has the session's queue until a newer one takes it or the session ends."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._woken = asyncio.Event()
        self._woken.set()
        self._open = True

    async def next(self, timeout: float) -> list[Message] | None:  # noqa: ASYNC109 - a pause between pings, not a limit
        """The next messages; [] when there were none for `timeout` seconds; None when the stream is over."""
        if self._open:
            try:
                async with asyncio.timeout(timeout):
                    await self._woken.wait()
            except TimeoutError:
                return []
            self._woken.clear()
        return self._take()

    def _take(self) -> list[Message] | None:
        if not self._open:
            return None
        messages = self._mailbox.take(self)
        self._open = not any(isinstance(each, ConnectionDown) for each in messages)
        return messages

    def wake(self) -> None:
        """Something waits."""
        self._woken.set()

    def replace(self) -> None:
        """A newer reader has taken the queue, or the server stops."""
        self._open = False
        self._woken.set()

    def close(self) -> None:
        """The peer is gone; polling takes over."""
        self._open = False
        if self._mailbox.stream is self:
            self._mailbox.stream = None


class Feed:
    """The mailboxes of all sessions. Lives in the event loop; `publish` is called there after each commit.

    `resubscribe` has a subscription of an earlier run of the server told afresh.
    """

    def __init__(
        self,
        image: Callable[[], Image],
        resubscribe: Callable[[Subscribe], Awaitable[object]],
        clock: Callable[[], int],
        *,
        keep_ended: int,
    ) -> None:
        self._image = image
        self._resubscribe = resubscribe
        self._clock = clock
        self._keep_ended = keep_ended
        self._mailboxes: dict[int, Mailbox] = {}
        self._sessions_of: dict[int, set[int]] = {}
        self._ended: dict[int, EndedSession] = {}
        self._untold: set[int] = set()

    def recently_ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while, or None."""
        return self._ended.get(session_id)

    async def poll(self, session_id: int) -> list[Message]:
        """Take what waits; [] while a stream is open. Raises SessionGone once an ended session has been told."""
        ended = self._ended.get(session_id)
        mailbox = self._mailboxes.get(session_id)
        if ended is not None:
            if session_id not in self._untold:
                raise SessionGone(session_id)
            self._told(session_id)
            waiting = [] if mailbox is None else mailbox.take()
            return [*(each for each in waiting if isinstance(each, LicensesChanged)), ConnectionDown(ended.reason)]
        if mailbox is None:
            mailbox = await self._restored(session_id)
        if mailbox is None or mailbox.stream is not None:
            return []
        mailbox.take_over(None)
        return mailbox.take()

    async def open_stream(self, session_id: int) -> Stream:
        """Open a stream, which takes the queue from any older one. Raises SessionGone for an ended session."""
        if session_id in self._ended:
            raise SessionGone(session_id)
        mailbox = self._mailboxes.get(session_id) or await self._restored(session_id)
        if mailbox is None:
            session = self._image().sessions.get(session_id)
            if session is None:
                raise SessionGone(session_id)
            mailbox = self._mailbox(session_id, session.user_id)
        stream = Stream(mailbox)
        mailbox.take_over(stream)
        return stream

    def publish(self, events: list[Event], ended: dict[int, SessionKeys]) -> None:
        """Turn the events of a committed batch into messages."""
        for event in events:
            match event:
                case Assigned() | Unassigned() if event.holder.kind is HolderKind.USER:
                    has = isinstance(event, Assigned) and event.method is not None
                    self._tell(event.holder.id, [event.license_id], assigned=has)
                case ProfileChanged() if event.holder.kind is HolderKind.USER:
                    licenses = [move.license_id for move in event.moves]
                    self._tell(event.holder.id, licenses, assigned=event.enabled)
                case Subscribed():
                    self._mailbox(event.session_id, event.user_id).subscribe(event)
                case Unsubscribed():
                    if event.session_id in self._mailboxes:
                        self._mailboxes[event.session_id].unsubscribe()
                case Ended():
                    self._end(event, ended.get(event.session_id))

    def start_afresh(self) -> None:
        """What was known is void (rule L4): every subscription is told anew when its session next asks."""
        self.close_streams()
        for session_id in list(self._mailboxes):
            self._drop(session_id)

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

    async def _restored(self, session_id: int) -> Mailbox | None:
        """The mailbox of a session that subscribed before this server started, with a fresh full message."""
        subscription: Subscription | None = self._image().subscriptions.get(session_id)
        if subscription is None:
            return None
        await self._resubscribe(Subscribe(session_id=session_id, owner=subscription.owner, names=subscription.names))
        return self._mailboxes.get(session_id)

    def _mailbox(self, session_id: int, user_id: int) -> Mailbox:
        mailbox = self._mailboxes.get(session_id)
        if mailbox is None:
            mailbox = self._mailboxes[session_id] = Mailbox(session_id, user_id)
            self._sessions_of.setdefault(user_id, set()).add(session_id)
        return mailbox

    def _tell(self, user_id: int, license_ids: list[int], *, assigned: bool) -> None:
        sessions = self._sessions_of.get(user_id)
        if sessions:
            licenses = (self._image().licenses[number] for number in license_ids)
            keys = [(fold(each.owner), fold(each.name)) for each in licenses]
            for session_id in sessions:
                self._mailboxes[session_id].change(keys, assigned=assigned)

    def _end(self, event: Ended, keys: SessionKeys | None) -> None:
        session_id = event.session_id
        self._ended[session_id] = EndedSession(session_id, event.user_id, keys, event.reason, self._clock())
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
