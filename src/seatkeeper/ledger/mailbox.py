"""What waits for one session: messages, what it has been told, and the stream that takes them.

Contract 3; decision 9; docs/decisions/messages.md. Beside its queue a mailbox knows where the session sits and where
each subscribed license stands, so that it can be told afresh at any moment: when a queue overflows, and when a stream
may have taken messages to a peer that was gone.
"""

import asyncio
from typing import Final

from msgspec import Struct

from seatkeeper.ledger.deliveries import Cursor, Reached
from seatkeeper.ledger.messages import (
    OF_SUBSCRIPTION,
    ConnectionDown,
    Message,
    StationChanged,
    SubscriptionChanged,
    SubscriptionState,
)
from seatkeeper.ledger.watched import Watched

QUEUE_LIMIT: Final = 1_000


class Queued(Struct, frozen=True, gc=False):
    """A message that waits, and the event from which it follows, by its position in the journal."""

    position: int
    message: Message


class Mailbox:
    """What waits for one session. Not `current`: what its client was told before is not known here.

    `reached`: how far the journal has been read. Where several nodes can hand out messages, `cursor` is how far the
    session had been told when that was last seen, `lock` belongs to whoever hands them out, `losses` is how often the
    database had been lost when it was last certain what the client knows, and `doubted` that it is not.
    """

    __slots__ = (
        "_handed_to_stream",
        "_reached",
        "_station",
        "_watched",
        "current",
        "cursor",
        "doubted",
        "lock",
        "losses",
        "queue",
        "session_id",
        "stream",
        "user_id",
    )

    def __init__(self, session_id: int, user_id: int, reached: Reached, *, current: bool, losses: int = 0) -> None:
        self.session_id = session_id
        self.user_id = user_id
        self.current = current
        self.queue: list[Queued] = []
        self.stream: Stream | None = None
        self.cursor: Cursor | None = None
        self.lock: asyncio.Lock | None = None
        self.losses = losses
        self.doubted = False
        self._reached = reached
        self._watched: Watched | None = None
        self._station: StationChanged | None = None
        self._handed_to_stream = False

    @property
    def subscribed(self) -> bool:
        """Whether there is anything to tell of licenses."""
        return bool(self._watched)

    def subscribe(self, watched: Watched) -> None:
        """A new list replaces the old, with its undelivered messages."""
        self._watched = watched
        if self._told_elsewhere:
            self._drop(OF_SUBSCRIPTION)
        else:
            self._tell_licenses_afresh()

    def unsubscribe(self) -> None:
        """Nothing more is told of licenses, and what was not delivered is dropped."""
        self._watched = None
        self._drop(OF_SUBSCRIPTION)

    def resume(self) -> None:
        """The subscription is one of an earlier run: its first full message is followed by word that all is well."""
        if self._watched:
            self._drop((SubscriptionChanged,))
            self._add(SubscriptionChanged(SubscriptionState.NORMAL))

    def put(self, queued: Queued) -> None:
        """Queue what follows from an event. A queue that is full gives way to one fresh full message, between word that
        it failed and word that all is well again."""
        if self._told_elsewhere:
            return
        self.queue.append(queued)
        self._wake()
        if len(self.queue) > QUEUE_LIMIT:
            self._tell_licenses_afresh()
            self.queue.insert(0, self._queued(SubscriptionChanged(SubscriptionState.FAULTED)))
            self.queue.append(self._queued(SubscriptionChanged(SubscriptionState.NORMAL)))

    def sit(self, station: StationChanged) -> None:
        """The session sits here now, which is told if it is news."""
        if station == (self._station or StationChanged()):
            return
        if self._told_elsewhere:
            self._station = station
            self._drop((StationChanged,))
        else:
            self.tell_station(station)

    def tell_station(self, station: StationChanged) -> None:
        """Tell where the session sits. Only where it sits last is worth delivering."""
        self._station = station
        self._drop((StationChanged,))
        self._add(station)

    def end(self, down: ConnectionDown) -> None:
        """The last message."""
        self._add(down)

    def take(self, stream: "Stream | None" = None) -> list[Message]:
        """All that waits, for a poll or for a stream."""
        taken, self.queue = self.queue, []
        if stream is not None and taken:
            self._handed_to_stream = True
        return [each.message for each in taken]

    def take_until(self, position: int) -> list[Message]:
        """What waits that follows from the events up to there."""
        taken = [each.message for each in self.queue if each.position <= position]
        self.drop_until(position)
        return taken

    def drop_until(self, position: int) -> None:
        """The client has been told, by another node, what follows from the events up to there."""
        self.queue = [each for each in self.queue if each.position > position]

    def read_by(self, stream: "Stream | None") -> None:
        """Another stream has the queue, or none."""
        if self.stream is not None:
            self.stream.replace()
        self.stream = stream

    def tell_afresh(self) -> None:
        """Where everything stands, instead of what waits: it is not certain what the client knows."""
        self._tell_licenses_afresh()
        if self._station is not None:
            self.tell_station(self._station)

    def take_over(self, stream: "Stream | None") -> None:
        """The queue goes to another reader. What an earlier stream took may never have arrived: it is told afresh."""
        self.read_by(stream)
        if self._handed_to_stream:
            self._handed_to_stream = False
            self.tell_afresh()

    @property
    def _told_elsewhere(self) -> bool:
        """Whether another node has told the client what follows from the event that has just been read."""
        return self.cursor is not None and self._reached.position <= self.cursor.position

    def _add(self, message: Message) -> None:
        self.queue.append(self._queued(message))
        self._wake()

    def _queued(self, message: Message) -> Queued:
        return Queued(self._reached.position, message)

    def _tell_licenses_afresh(self) -> None:
        """One full message instead of all that was queued about licenses."""
        self._drop(OF_SUBSCRIPTION)
        if self._watched:
            self.queue.insert(0, self._queued(self._watched.all()))
            self._wake()

    def _drop(self, kinds: tuple[type[Message], ...]) -> None:
        self.queue = [each for each in self.queue if not isinstance(each.message, kinds)]

    def _wake(self) -> None:
        if self.stream is not None:
            self.stream.wake()


class Stream:
    """One open event stream. It has the session's queue until a newer one takes it or the session ends."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox: Final = mailbox
        self.open = True
        self._woken = True
        self._waiting: asyncio.Future[None] | None = None

    async def next(self) -> list[Message] | None:
        """The next messages; [] where it was woken without any; None when the stream is over."""
        if self.open and not self._woken:
            self._waiting = asyncio.get_running_loop().create_future()  # an Event takes five times the memory
            try:
                await self._waiting
            finally:
                self._waiting = None
        self._woken = False
        return await self.take() if self.open else None

    async def take(self) -> list[Message] | None:
        """What waits now."""
        messages = self.mailbox.take(self)
        self.open = not (messages and isinstance(messages[-1], ConnectionDown))
        return messages

    def wake(self) -> None:
        """Something waits, or has not for so long that the client is to hear that the stream lives."""
        self._woken = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def replace(self) -> None:
        """A newer reader has taken the queue, or the server stops."""
        self.open = False
        self.wake()

    def close(self) -> None:
        """The peer is gone; polling takes over."""
        self.replace()
        if self.mailbox.stream is self:
            self.mailbox.stream = None
