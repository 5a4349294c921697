"""`/messaging`: the one channel of a session, polled or streamed, and what it subscribes to (contract 3)."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seatkeeper.icws.auth import Gate
from seatkeeper.icws.errors import session_ended
from seatkeeper.icws.messages import told
from seatkeeper.icws.pings import Pings
from seatkeeper.icws.representation import empty, encode, represent
from seatkeeper.icws.shapes import read_names
from seatkeeper.icws.speech import language_of
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.ledger.feed import Message, SessionGone, Stream
from seatkeeper.licensing.commands import Subscribe, Unsubscribe
from seatkeeper.settings import IcwsSettings
from seatkeeper.transport.asked import header

EVENT_STREAM: Final = "text/event-stream"
_STREAM_HEADERS: Final = ((b"content-type", EVENT_STREAM.encode()), (b"cache-control", b"no-cache"))

PING: Final = b":ping\n"
"""A comment line that keeps the stream alive. No blank line after it: one client takes that for an empty message."""

_WRITTEN: Final = 64  # events that are kept as they were last written


class Messaging:
    """Hearing of things, and saying that one is still there."""

    def __init__(self, ledger: Ledger, settings: IcwsSettings, gate: Gate) -> None:
        self._ledger = ledger
        self._owner = settings.owner
        self._gate = gate
        # A stream is activity by its pings, so they must come well within the time-out (contract 2.5).
        self._pings = Pings(min(settings.ping_interval, settings.idle_timeout / 3))

    async def messages(self, request: Request) -> Response:
        """GET messages: what is queued, or the event stream where that is accepted. Needs only the cookie, since a
        browser's EventSource cannot send the token (contract 1.3, 3.2, 3.3)."""
        session = await self._gate.identify(request, csrf=False)
        session_id = session.session.id if isinstance(session, LiveSession) else session.session_id
        language = language_of(request.scope)
        try:
            if EVENT_STREAM in (header(request.scope, b"accept") or "").lower():
                stream = await self._ledger.feed.open_stream(session_id)
                return EventStream(stream, self._pings, lambda: self._ledger.touch(session_id), language)
            queued = await self._ledger.feed.poll(session_id)
        except SessionGone:
            raise session_ended() from None
        return represent(request.scope, [told(message, language) for message in queued])

    async def heartbeat(self, _request: Request, _session: LiveSession) -> Response:
        """POST heartbeat: the request itself is the activity; no body either way (contract 2.5)."""
        return empty()

    async def subscribe(self, request: Request, session: LiveSession) -> Response:
        """PUT subscriptions/licenses: replaces this session's earlier list (decision 8); 200 without a body."""
        names = read_names(await request.body())
        await self._ledger.submit(Subscribe(session_id=session.session.id, owner=self._owner, names=names))
        return empty()

    async def unsubscribe(self, _request: Request, session: LiveSession) -> Response:
        """DELETE subscriptions/licenses: 204, also where there was none."""
        await self._ledger.submit(Unsubscribe(session_id=session.session.id))
        return empty(204)


class EventStream(Response):
    """A stream on the wire (contract 3.3): one message an event, unnamed and without an id.

    It ends with the session, or when a newer one has taken over. Whatever goes out shows that the client is there:
    `active` is called. However the answer ends, even before it began, the queue is given back. `language` is that of
    the text in it.
    """

    def __init__(self, stream: Stream, pings: Pings, active: Callable[[], None], language: str) -> None:
        self.status_code = 200
        self.background = None
        self.raw_headers = [*_STREAM_HEADERS]
        self.due = pings.due()
        self._stream = stream
        self._pings = pings
        self._active = active
        self._language = language

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send it until it is over or the client has left."""
        departure = asyncio.create_task(_departed(receive))
        departure.add_done_callback(self._close)
        self._pings.look_after(self)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while (messages := await self._stream.next()) is not None:
                self.due = self._pings.due()
                self._active()
                await send({"type": "http.response.body", "body": self._written(messages), "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            departure.cancel()
            self._stream.close()

    @property
    def open(self) -> bool:
        """Whether there is more to send."""
        return self._stream.open

    def wake(self) -> None:
        """Send a ping, if there is nothing else."""
        self._stream.wake()

    def _close(self, _departure: object) -> None:
        self._stream.close()

    def _written(self, messages: list[Message]) -> bytes:
        return b"".join([_event(message, self._language) for message in messages]) or PING


async def _departed(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


@lru_cache(maxsize=_WRITTEN)
def _event(message: Message, language: str) -> bytes:
    """A message as an event of the stream. Sessions that hear the same hear it at the same time."""
    return b"data: %b\n\n" % encode(told(message, language))
