"""What waits for one session: messages, where its subscribed licenses stand, and the stream that takes them.

Contract 3; decision 9; docs/decisions/messages.md. Beside its queue a mailbox knows where each subscribed license
stands, so that a fresh full message can be given at any moment: when a queue overflows, and when a stream may have
taken messages to a peer that was gone.
"""

import asyncio
from collections import deque
from typing import Final

from msgspec import Struct

from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.events import Subscribed

QUEUE_LIMIT: Final = 1_000


class LicensesChanged(Struct, frozen=True):
    """Where licenses stand, by name as the client spelled it. `full`: all that are subscribed, else what changed."""

    full: bool
    statuses: tuple[tuple[str, bool], ...]


class ConnectionDown(Struct, frozen=True):
    """The session has ended."""

    reason: EndReason


Message = LicensesChanged | ConnectionDown


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
        self.replace()
        if self._mailbox.stream is self:
            self._mailbox.stream = None
