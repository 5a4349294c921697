"""uvicorn's HTTP protocol with bounds on what a client may send before any application sees it.

uvicorn itself waits for the end of a request's head as long, and keeps of it as much, as a client likes.

Two things that ordinary clients do are mended here as well: the body of a request that offers another protocol is lost
in uvicorn, and a connection stays open when a request is answered whose client still waits for leave to send its body.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

_PIPELINED = 64
_UPGRADE: Final = b"upgrade"
_ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b"
)


class _BeyondBounds(Exception):
    """Stops the parser, which turns it into an error of its own."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """Ends a connection whose request head is too long or too slow, or that sends too many requests ahead.

    `head_bytes`: a head (request line and headers; trailers too) longer than twice this is answered 431 in plain
    text. Up to there the request reaches `RequestLimits`, which answers in the face's own shape.
    `head_seconds`: a head that is not complete by then ends the connection, unanswered; so does a connection that
    never sends one.
    """

    # Beside uvicorn's own attributes these would be too many for a dictionary whose keys connections share: 1 kB each.
    __slots__ = ("_awaits_head", "_head_left", "_head_received", "_head_timer", "_running")

    head_bytes = 32 * 1024
    head_seconds = 30.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._awaits_head = True
        self._head_received = 0
        self._head_left = 2 * self.head_bytes
        self._head_timer: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.head_seconds, self._head_overdue)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        if self._running is not None and not self._running.response_complete:
            # uvicorn tells only the latest request, which may be one sent ahead that has not begun.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._awaits_head:
            self._head_received += len(data)
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if self._head_received and not self.transport.is_closing():
            if self._head_received > 2 * self.head_bytes:
                self._refuse_head()
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(self.head_seconds, self._head_overdue)

    def _parse(self, data: bytes) -> None:
        """An offer of another protocol is passed over, as any server may (RFC 9110, 7.8): the parser stops behind the
        head of such a request, and reads it again without the offer. Java's own client offers HTTP/2 by default."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as offer:
            (end_of_head,) = offer.args
            if self._offers_another_protocol():
                self._parse(b"".join(self._head_without_offer()) + data[end_of_head:])

    def _offers_another_protocol(self) -> bool:
        # The parser stops behind CONNECT too, which offers nothing and has no body.
        return self.parser.should_upgrade() and any(name == _UPGRADE for name, _ in self.headers)

    def _head_without_offer(self) -> Iterator[bytes]:
        yield b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        for name, value in self.headers:
            if name != _UPGRADE:
                yield b"%b: %b\r\n" % (name, value)
        yield b"\r\n"

    def on_message_begin(self) -> None:
        self._head_left = 2 * self.head_bytes
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._spend(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._spend(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._offers_another_protocol():
            return  # it is read again
        self._awaits_head = False
        self._head_received = 0
        if self._head_timer is not None:
            self._stop_head_timer()
        if len(self.pipeline) >= _PIPELINED:
            raise _BeyondBounds
        super().on_headers_complete()
        if len(self.pipeline) == 1:
            # uvicorn reads no further behind a request sent ahead, and so would not see that the client leaves. Behind
            # a second one it stops all the same: what a connection can have kept stays small.
            self.flow.resume_reading()

    def on_message_complete(self) -> None:
        if self._offers_another_protocol():
            return
        self._awaits_head = True
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(
            cycle, _closing_where_no_body_comes(cycle, app) if cycle.waiting_for_100_continue else app
        )

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to what cannot be parsed, or, here, to what went beyond a bound."""
        if self._head_left < 0:
            self._refuse_head()
        elif self._owes_answer():
            # An answer is owed to an earlier request; an error written now would be taken for it.
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _owes_answer(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None until the first request; uvicorn's type denies it
        return cycle is not None and not cycle.response_complete

    def _spend(self, count: int) -> None:
        self._head_left -= count
        if self._head_left < 0:
            raise _BeyondBounds

    def _refuse_head(self) -> None:
        if not self._owes_answer():
            sentence = b"The request's headers are longer than this server takes."
            self.transport.write(_ANSWER % (len(sentence), sentence))
        self.transport.close()

    def _head_overdue(self) -> None:
        self._head_timer = None
        if not self._owes_answer() and not self.transport.is_closing():
            self.transport.close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _closing_where_no_body_comes(cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
    """An application whose client waits for leave to send a body (`Expect: 100-continue`).

    Where it answers without having asked for the body, the connection is closed: the client may send it or not, and
    what came next could not be told from it (RFC 9110, 10.1.1).
    """

    async def closing(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        async def send_and_close(message: ASGISendEvent) -> None:
            if cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, send_and_close)

    return closing


def bounded_protocol(head_bytes: int, head_seconds: float) -> type[BoundedHttpProtocol]:
    """The protocol with these bounds, for `uvicorn.Config(http=...)`."""
    bounds = {"head_bytes": head_bytes, "head_seconds": head_seconds}
    return type("BoundedHttpProtocol", (BoundedHttpProtocol,), {"__slots__": (), **bounds})
