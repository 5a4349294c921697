"""Handing out messages where several nodes can: what one has handed out, no other repeats (docs/decisions/messages.md).

A session's cursor in the database says how far it has been told. Whoever wants to hand out more writes that first, on
condition that the cursor still stands where this node saw it last; otherwise he looks at what stands there, and drops
what others have told. A node that is handing something out is the cursor's reader until that has arrived; where it
may not have, the next reader tells everything afresh.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from seatkeeper.ledger.deliveries import Cursor, DeliveriesLost, EndedSession, Reached, Shared
from seatkeeper.ledger.mailbox import Mailbox, Stream
from seatkeeper.ledger.messages import ConnectionDown, Message
from seatkeeper.ledger.unavailable import Unavailable

T = TypeVar("T")

_ARRIVES_WITHIN: Final = 1.0
"""Seconds within which a node that answers a poll says that it has; what takes longer may not have arrived."""
_LOOK_AGAIN: Final = 0.02
_ON_ITS_WAY: Final = 0.05
"""Seconds after which what a poll took has been written to the client's connection: nothing is awaited in between."""
_ATTEMPTS: Final = 2
"""How often a delivery is tried where the database was lost; after the first it may have been found again."""


class Delivering:
    """Hands out what waits in mailboxes. Raises Unavailable wherever the database does not answer.

    `reached`: how far the feed has read the journal; `catch_up` has it read what there is by now.
    """

    def __init__(self, shared: Shared, reached: Reached, catch_up: Callable[[], Awaitable[object]]) -> None:
        self._deliveries = shared.deliveries
        self._presence = shared.presence
        self._connected = shared.connected
        self._reached = reached
        self._catch_up = catch_up

    @property
    def connected(self) -> bool:
        """Whether the database answers."""
        return self._connected()

    @property
    def losses(self) -> int:
        """How often the database has been lost."""
        return self._deliveries.losses

    async def poll(self, mailbox: Mailbox) -> list[Message]:
        """Take what waits; [] while a stream is open at any node. Where nothing waits, no disk is touched."""
        self.require_database()
        if not mailbox.queue and (mailbox.stream is not None or not self._uncertain(mailbox)):
            return []
        return await self._alone_with(mailbox, self._poll)

    async def open(self, mailbox: Mailbox) -> "SharedStream":
        """Open a stream, which takes the queue from any older one, wherever that is."""
        self.require_database()
        return await self._alone_with(mailbox, self._open)

    async def take(self, stream: "SharedStream") -> list[Message] | None:
        """What waits for a stream; None when it is over, as it is where the database does not answer."""
        try:
            return await self._alone_with(stream.mailbox, lambda _mailbox: self._take(stream))
        except Unavailable:
            stream.close()
            return None

    def leave(self, stream: "SharedStream") -> None:
        """A stream that had the queue is closed."""
        mailbox, cursor = stream.mailbox, stream.mailbox.cursor
        self._deliveries.leave(mailbox.session_id, stream.reader, arrived=stream.took_nothing)
        if cursor is not None and cursor.reader == stream.reader:
            mailbox.cursor = Cursor(cursor.position, None, streamed=not stream.took_nothing)

    async def last(self, session_id: int, mailbox: Mailbox | None) -> list[Message] | None:
        """What a poll of an ended session answers: what waits and the word that it went down; [] where its stream at
        another node tells it so; None where its client has been told, or nobody knows it."""
        ended = await self.ended(session_id)
        if ended is None or ended.told:
            return None
        cursor = await self._deliveries.look(session_id)
        if self._streams_elsewhere(cursor) or (mailbox is not None and mailbox.stream is not None):
            return []
        if not await self._deliveries.tell_end(session_id):
            return None
        if mailbox is None:
            return [ConnectionDown(ended.reason)]
        if cursor is not None:
            mailbox.drop_until(cursor.position)
        waiting = [each for each in mailbox.take() if not isinstance(each, ConnectionDown)]
        return [*waiting, ConnectionDown(ended.reason)]

    async def ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while, at whichever node."""
        self.require_database()
        return await self._deliveries.ended(session_id)

    async def forget_ended(self, until: int) -> None:
        """Forget for all nodes what ended until this time; one of them does."""
        if self._presence.leads:
            await self._deliveries.forget_ended(until)

    async def end_taken(self, streams: Iterable[Stream]) -> None:
        """End those streams whose queue a stream at another node has taken."""
        own = {each.mailbox.session_id: each for each in streams if isinstance(each, SharedStream)}
        if own:
            readers = {session_id: each.reader for session_id, each in own.items()}
            for session_id in await self._deliveries.taken(readers):
                own[session_id].lose()

    async def stop(self) -> None:
        """Write what was left to write."""
        await self._deliveries.stop()

    async def streams_elsewhere(self, session_id: int) -> bool:
        """Whether another living node has the session's open stream."""
        self.require_database()
        return self._streams_elsewhere(await self._deliveries.look(session_id))

    def require_database(self) -> None:
        """Raises Unavailable while the database does not answer: nobody knows then what is so."""
        if not self.connected:
            raise Unavailable("The database does not answer; try again.")

    async def _poll(self, mailbox: Mailbox) -> list[Message]:
        own, until = self._presence.node, time.monotonic() + _ARRIVES_WITHIN
        await self._end_if_taken(mailbox.stream)
        while mailbox.stream is None:
            known = mailbox.cursor
            if known is not None and self._in_hand_elsewhere(known):
                found = await self._deliveries.look(mailbox.session_id)
                if found != known:
                    self._learn(mailbox, found)
                    continue
                if known.streamed:
                    return []
                if time.monotonic() < until:
                    await asyncio.sleep(_LOOK_AGAIN)
                    continue
            if self._uncertain(mailbox):
                await self._tell_afresh(mailbox)
            if not mailbox.queue:
                return []
            wanted = Cursor(self._position(known), own, streamed=False)
            if await self._advanced(mailbox, wanted):
                self._deliveries.leave(mailbox.session_id, own, arrived=True, after=_ON_ITS_WAY)
                taken = mailbox.take_until(wanted.position)
                return [each for each in taken if not isinstance(each, ConnectionDown)]  # see `last`
        return []

    async def _end_if_taken(self, stream: Stream | None) -> None:
        """End a stream whose queue a newer one has had, elsewhere, whether or not that is open still."""
        if isinstance(stream, SharedStream):
            found = await self._deliveries.look(stream.mailbox.session_id)
            if found is None or found.reader != stream.reader:
                stream.lose()

    async def _open(self, mailbox: Mailbox) -> "SharedStream":
        own = self._presence.node
        while True:
            known = mailbox.cursor
            certain = not self._uncertain(mailbox)
            if not certain:
                await self._tell_afresh(mailbox)
            mailbox.read_by(None)  # an older one that leaves from here on must not be taken for the new one
            if await self._advanced(mailbox, Cursor(0 if known is None else known.position, own, streamed=True)):
                stream = SharedStream(mailbox, self, own, took_nothing=certain)
                mailbox.read_by(stream)
                return stream

    async def _take(self, stream: "SharedStream") -> list[Message] | None:
        mailbox = stream.mailbox
        while stream.open and mailbox.stream is stream:
            if mailbox.losses != self.losses or mailbox.doubted:
                await self._tell_afresh(mailbox)
            if not mailbox.queue:
                return []
            stream.took_nothing = False
            wanted = Cursor(self._position(mailbox.cursor), stream.reader, streamed=True)
            if await self._advanced(mailbox, wanted):
                return await self._with_its_end(stream, mailbox.take_until(wanted.position))
            found = mailbox.cursor
            newer = found is not None and found.reader not in (None, stream.reader)
            if newer or (not mailbox.doubted and (found is None or found[1:] != wanted[1:])):
                stream.lose()
        return None

    async def _with_its_end(self, stream: "SharedStream", messages: list[Message]) -> list[Message] | None:
        if any(isinstance(each, ConnectionDown) for each in messages):
            stream.close()
            if not await self._deliveries.tell_end(stream.mailbox.session_id):
                return None  # a poll has told it
        return messages

    async def _alone_with(self, mailbox: Mailbox, do: Callable[[Mailbox], Awaitable[T]]) -> T:
        if mailbox.lock is None:
            mailbox.lock = asyncio.Lock()
        async with mailbox.lock:
            for attempt in range(_ATTEMPTS):
                try:
                    return await do(mailbox)
                except DeliveriesLost:
                    if attempt == _ATTEMPTS - 1:
                        raise
                    self.require_database()
        raise AssertionError  # pragma: no cover - the loop returns or raises

    async def _advanced(self, mailbox: Mailbox, wanted: Cursor) -> bool:
        """Whether the session's cursor could be brought there. Where it is not known whether it was, what this node has
        in hand may never arrive."""
        session_id, known, losses = mailbox.session_id, mailbox.cursor, self.losses
        try:
            found = await self._deliveries.advance(session_id, known, wanted, self._reached)
        except BaseException:
            self._deliveries.leave(session_id, self._presence.node, arrived=False)
            mailbox.doubted = True
            raise
        if found != wanted:
            self._learn(mailbox, found)
            return False
        mailbox.cursor, mailbox.losses, mailbox.doubted = wanted, losses, False
        return True

    def _learn(self, mailbox: Mailbox, found: Cursor | None) -> None:
        """What others have told need not be told here. Where the database knows less than this node, it was lost."""
        known = mailbox.cursor
        mailbox.cursor = found
        if found is None or (known is not None and found.position < known.position):
            mailbox.doubted = mailbox.doubted or known is not None
            return
        mailbox.drop_until(found.position)
        if found.reader == self._presence.node and not found.streamed:
            mailbox.doubted = True  # of an answer that this node could not give

    def _uncertain(self, mailbox: Mailbox) -> bool:
        """Whether what was handed out before may not have arrived, as far as is known here."""
        known = mailbox.cursor
        if mailbox.doubted or mailbox.losses != self.losses:
            return True
        stream, own = mailbox.stream, self._presence.node
        if known is None or (isinstance(stream, SharedStream) and stream.took_nothing and known[1:] == (own, True)):
            return False
        return known.streamed or known.reader not in (None, own)

    def _in_hand_elsewhere(self, cursor: Cursor) -> bool:
        return cursor.reader not in (None, self._presence.node) and self._presence.lives(cursor.reader or 0)

    def _streams_elsewhere(self, cursor: Cursor | None) -> bool:
        return cursor is not None and cursor.streamed and self._in_hand_elsewhere(cursor)

    def _position(self, known: Cursor | None) -> int:
        return self._reached.position if known is None else max(self._reached.position, known.position)

    async def _tell_afresh(self, mailbox: Mailbox) -> None:
        """Queue where everything stands, which must be no less than the client has been told already."""
        known = mailbox.cursor
        if known is not None and known.position > self._reached.position:
            await self._catch_up()
            if known.position > self._reached.position:
                raise Unavailable("This server has not heard yet what another one has told; try again.")
        mailbox.tell_afresh()


class SharedStream(Stream):
    """A stream of this node, the `reader`, which another node may end by opening one. `took_nothing`: nor was anything
    uncertain when it was opened."""

    def __init__(self, mailbox: Mailbox, delivering: Delivering, reader: int, *, took_nothing: bool) -> None:
        super().__init__(mailbox)
        self._delivering = delivering
        self.reader: Final = reader
        self.took_nothing = took_nothing

    async def take(self) -> list[Message] | None:
        """What waits now."""
        return await self._delivering.take(self)

    def lose(self) -> None:
        """Another node's stream has the queue."""
        self.replace()
        if self.mailbox.stream is self:
            self.mailbox.stream = None

    def close(self) -> None:
        """The peer is gone; polling takes over, at whichever node."""
        if self.mailbox.stream is self:
            self._delivering.leave(self)
        super().close()
