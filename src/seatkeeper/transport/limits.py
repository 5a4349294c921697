"""Bounds of one request: its body, its headers, its time.

The application of a face stands behind these, so that a request beyond a bound never reaches it; the answer is
written by the face's `render`, in its vendor's shape.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.transport.asked import by_name
from seatkeeper.transport.attendance import Attended, GivenUp, Rounds
from seatkeeper.transport.record import record_of

Render = Callable[[Scope, int, str, Mapping[str, str | int]], ASGIApp]
"""Makes a face's answer to a request beyond a limit, from its scope, the status and one sentence for the client: an
English pattern with named blanks, and what fills them.

The statuses are 413 (body), 431 (headers) and 504 (time); a face that has others
for these, as ICWS has 500 for a time-out, answers with its own.
"""

_TIME: Final = "attended"

_DISCARD_SECONDS = 2.0
_DISCARDED_BODIES = 4


class Limits(Struct, frozen=True):
    """`body` and `headers` in bytes (the request line counts as a header), `seconds` for the whole request."""

    body: int = 1024 * 1024
    headers: int = 32 * 1024
    seconds: float = 30.0


_NO_PATHS: Final[Mapping[str, Limits]] = MappingProxyType({})


class RequestLimits:
    """Middleware that answers for `app` where a request goes beyond its limits, and gives up what nobody waits for.

    `limits` hold for every path but those of `paths`, and what is below these; they are written in lower case and found
    in any. Time runs until the answer is sent, for an event stream until it begins, and is looked at ten times a
    second. When it is up, or the client has left before the answer is complete, `app` is cancelled; an answer that has
    begun and itself listens for the departure, as an event stream does, is told of it instead.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, render: Render, *, paths: Mapping[str, Limits] = _NO_PATHS
    ) -> None:
        self._app = app
        self._limits = limits
        self._below = {f"{path}/": of_path for path, of_path in paths.items()}
        self._render = render
        self._rounds = Rounds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limits = self._limits_of(scope["path"]) if self._below else self._limits
        request = scope.setdefault("state", {})[_TIME] = self._rounds.begin(receive, send, limits.seconds)
        try:
            await self._within_size(scope, limits, request)
        except asyncio.CancelledError:
            match request.gave_up():
                case None:
                    raise
                case GivenUp.LEFT:
                    record_of(scope).outcome = "client left"
                case GivenUp.LATE if not request.started:
                    await self._refuse(
                        scope,
                        receive,
                        send,
                        504,
                        "The request took longer than {seconds} seconds and was given up; what it asks for may have"
                        " been done all the same.",
                        seconds=f"{request.seconds:g}",
                    )
                case GivenUp.LATE:
                    pass  # the server ends a connection whose answer is not complete
        finally:
            self._rounds.end(request)
            # Scope and request hold each other, and all that the request had would wait for the garbage collector.
            scope["state"].pop(_TIME, None)

    def _limits_of(self, path: str) -> Limits:
        path = f"{path}/".lower()
        return next((limits for below, limits in self._below.items() if path.startswith(below)), self._limits)

    def _within_size(self, scope: Scope, limits: Limits, request: Attended) -> Awaitable[None]:
        size, length, chunked = _measured(scope)
        if size > limits.headers:
            return self._refuse(
                scope,
                request.receive,
                request.send,
                431,
                "The request's headers take {size} bytes; at most {most} are taken.",
                size=size,
                most=limits.headers,
            )
        if length > limits.body:
            return self._with_too_long_a_body(scope, limits, request, length)
        if chunked:
            return self._with_unannounced_body(scope, limits, request)
        return self._app(scope, request.receive, request.send)

    async def _with_too_long_a_body(self, scope: Scope, limits: Limits, request: Attended, length: int) -> None:
        await _discard(scope, limits, request.receive)
        await self._refuse(
            scope,
            request.receive,
            request.send,
            413,
            "The request's body takes {size} bytes; at most {most} bytes are taken.",
            size=length,
            most=limits.body,
        )

    async def _with_unannounced_body(self, scope: Scope, limits: Limits, request: Attended) -> None:
        # The length is known only at the end, so the end is awaited before the application begins.
        body = bytearray()
        more = True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limits.body:
                if more:
                    await _discard(scope, limits, request.receive)
                await self._refuse(
                    scope,
                    request.receive,
                    request.send,
                    413,
                    "The request's body takes more; at most {most} bytes are taken.",
                    most=limits.body,
                )
                return
        await self._app(scope, _replaying(bytes(body), request.receive), request.send)

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, status: int, text: str, /, **facts: str | int
    ) -> None:
        async def send_closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._render(scope, status, text, facts)(scope, receive, send_closing)


def allow(scope: Scope, seconds: float) -> None:
    """Let the request of `scope` last so many seconds from now, since it waits for what may take longer than others."""
    request: Attended | None = scope.get("state", {}).get(_TIME)
    if request is not None:
        request.allow(seconds)


async def _discard(scope: Scope, limits: Limits, receive: Receive) -> None:
    """Read what is still being sent, within reason: many clients look for the answer only afterwards.

    A client that waits for leave to send (`Expect: 100-continue`) is answered at once instead.
    """
    if any(name == b"expect" for name, _ in scope["headers"]):
        return
    most, more = _DISCARDED_BODIES * limits.body, True
    try:
        async with asyncio.timeout(min(_DISCARD_SECONDS, limits.seconds / 2)):
            while more and most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return


def _measured(scope: Scope) -> tuple[int, int, bool]:
    """Bytes of request line and headers, the body's announced length, and whether it comes unannounced."""
    headers = scope["headers"]
    size = len(scope["raw_path"]) + len(scope["query_string"]) + len(b"".join(chain.from_iterable(headers)))
    named = by_name(scope)
    length = int(named.get(b"content-length", 0))  # the HTTP parser lets only digits through
    return size + 4 * len(headers), length, b"transfer-encoding" in named


def _replaying(body: bytes, receive: Receive) -> Receive:
    taken = False

    async def receive_body_first() -> Message:
        nonlocal taken
        if taken:
            return await receive()
        taken = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body_first
