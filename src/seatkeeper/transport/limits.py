"""Bounds of one request: its body, its headers, its time.

The application of a face stands behind these, so that a request beyond a bound never reaches it; the answer is
written by the face's `render`, in its vendor's shape.
"""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Render = Callable[[Scope, int, str, Mapping[str, str | int]], ASGIApp]
"""Makes a face's answer to a request beyond a limit, from its scope, the status and one sentence for the client: an
English pattern with named blanks, and what fills them.

The statuses are 413 (body), 431 (headers) and 504 (time); a face that has others
for these, as ICWS has 500 for a time-out, answers with its own.
"""

_TIME: Final = "time_limit"

_DISCARD_SECONDS = 2.0
_DISCARDED_BODIES = 4


class Limits(Struct, frozen=True):
    """`body` and `headers` in bytes (the request line counts as a header), `seconds` for the whole request."""

    body: int = 1024 * 1024
    headers: int = 32 * 1024
    seconds: float = 30.0


_NO_PATHS: Final[Mapping[str, Limits]] = MappingProxyType({})


class RequestLimits:
    """Middleware that answers for `app` where a request goes beyond its limits.

    `limits` hold for every path but those of `paths`, and what is below these; they are written in lower case and found
    in any. Time runs until the answer is sent, for an event stream until it begins. When it is up, `app` is cancelled.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, render: Render, *, paths: Mapping[str, Limits] = _NO_PATHS
    ) -> None:
        self._everywhere = _Bounded(app, limits, render)
        self._below = {f"{path}/": _Bounded(app, of_path, render) for path, of_path in paths.items()}
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = f"{scope['path']}/".lower()
        bounded = next((each for below, each in self._below.items() if path.startswith(below)), self._everywhere)
        await bounded(scope, receive, send)


def allow(scope: Scope, seconds: float) -> None:
    """Let the request of `scope` last so many seconds from now, since it waits for what may take longer than others."""
    time: _Time | None = scope.get("state", {}).get(_TIME)
    if time is not None:
        time.allow(seconds)


class _Bounded:
    """Answers for `app` where a request goes beyond `limits`."""

    def __init__(self, app: ASGIApp, limits: Limits, render: Render) -> None:
        self._app = app
        self._limits = limits
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(send)
        answer.time = scope.setdefault("state", {})[_TIME] = _Time(self._limits.seconds)
        try:
            async with answer.time.out:
                await self._within_size(scope, receive, answer)
        except TimeoutError:
            if not answer.time.out.expired():
                raise
            if not answer.started:
                await self._refuse(
                    scope,
                    receive,
                    send,
                    504,
                    "The request took longer than {seconds} seconds and was given up; what it asks for may have been"
                    " done all the same.",
                    seconds=f"{answer.time.seconds:g}",
                )

    async def _within_size(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        size, length, chunked = _measured(scope)
        if size > self._limits.headers:
            await self._refuse(
                scope,
                receive,
                answer.send,
                431,
                "The request's headers take {size} bytes; at most {most} are taken.",
                size=size,
                most=self._limits.headers,
            )
        elif length > self._limits.body:
            await self._discard(scope, receive)
            await self._refuse(
                scope,
                receive,
                answer.send,
                413,
                "The request's body takes {size} bytes; at most {most} bytes are taken.",
                size=length,
                most=self._limits.body,
            )
        elif not chunked:
            await self._app(scope, receive, answer.send)
        else:
            await self._with_unannounced_body(scope, receive, answer)

    async def _with_unannounced_body(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        # The length is known only at the end, so the end is awaited before the application begins.
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limits.body:
                if more:
                    await self._discard(scope, receive)
                await self._refuse(
                    scope,
                    receive,
                    answer.send,
                    413,
                    "The request's body takes more; at most {most} bytes are taken.",
                    most=self._limits.body,
                )
                return
        await self._app(scope, _replaying(bytes(body), receive), answer.send)

    async def _discard(self, scope: Scope, receive: Receive) -> None:
        """Read what is still being sent, within reason: many clients look for the answer only afterwards.

        A client that waits for leave to send (`Expect: 100-continue`) is answered at once instead.
        """
        if any(name == b"expect" for name, _ in scope["headers"]):
            return
        most, more = _DISCARDED_BODIES * self._limits.body, True
        try:
            async with asyncio.timeout(min(_DISCARD_SECONDS, self._limits.seconds / 2)):
                while more and most > 0:
                    message = await receive()
                    most -= len(message.get("body", b""))
                    more = message.get("more_body", False)
        except TimeoutError:
            return

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, status: int, text: str, /, **facts: str | int
    ) -> None:
        async def send_closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._render(scope, status, text, facts)(scope, receive, send_closing)


class _Time:
    """How long a request may last: so many `seconds` from its beginning, until it is allowed more."""

    __slots__ = ("_began", "out", "seconds")

    def __init__(self, seconds: float) -> None:
        self._began = asyncio.get_running_loop().time()
        self.seconds = seconds
        self.out = asyncio.timeout_at(self._began + seconds)

    def allow(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        self.seconds = round(end - self._began, 1)
        self.out.reschedule(end)


class _Answer:
    """Passes the answer on and notes how far it is."""

    __slots__ = ("_send", "started", "time")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.time: _Time

    async def send(self, message: Message) -> None:
        if not self.started and message["type"] == "http.response.start":
            self.started = True
            if _is_event_stream(message):
                self.time.out.reschedule(None)
        await self._send(message)


def _is_event_stream(start: Message) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream") for name, value in start.get("headers", ())
    )


def _measured(scope: Scope) -> tuple[int, int, bool]:
    """Bytes of request line and headers, the body's announced length, and whether it comes unannounced."""
    size = len(scope["raw_path"]) + len(scope["query_string"])
    length, chunked = 0, False
    for name, value in scope["headers"]:
        size += len(name) + len(value) + 4
        if name == b"content-length":
            # The HTTP parser lets only digits through.
            length = int(value)
        elif name == b"transfer-encoding":
            chunked = True
    return size, length, chunked


def _replaying(body: bytes, receive: Receive) -> Receive:
    taken = False

    async def receive_body_first() -> Message:
        nonlocal taken
        if taken:
            return await receive()
        taken = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body_first
