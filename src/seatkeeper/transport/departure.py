"""A request whose client has left is given up, so that the ledger can skip its command (rule L6).

A server tells that the client left only to who asks it to receive. Asking takes a task of its own, which an
ordinary request, answered within milliseconds, shall not pay for: asking begins after `DELAY` seconds.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.transport.record import record_of

DELAY: Final = 0.1
_DISCONNECT: Final = {"type": "http.disconnect"}


class Departure:
    """Middleware that cancels `app` when its client leaves before the answer is complete.

    An answer that has begun and itself listens for the departure, as an event stream does, is told of it instead.
    A body that `app` is slow to read is kept meanwhile, so this stands behind `RequestLimits`, which bounds it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(receive, send)
        try:
            await self._app(scope, watch.receive, watch.send)
        except asyncio.CancelledError:
            if not watch.gave_up():
                raise
            record_of(scope).outcome = "client left"
        finally:
            watch.close()


class _Watch:
    """One request's client. The server's `receive` has one reader at a time: the application, or the watcher."""

    def __init__(self, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is served within a task")
        self._task = task
        self._receive = receive
        self._send = send
        self._reading = False
        self._started = False
        self._complete = False
        self._departed = False
        self._cancelled = False
        self._due = False
        self._watcher: _Watcher | None = None
        self._timer = task.get_loop().call_later(DELAY, self._overdue)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
        elif not message.get("more_body", False):
            self._complete = True
        await self._send(message)

    async def receive(self) -> Message:
        """What the application receives."""
        self._reading = True
        try:
            message = await (self._receive() if self._watcher is None else self._watcher.next())
            if self._watcher is None and message["type"] == "http.disconnect":
                self.left()
        finally:
            self._reading = False
        if self._cancelled:
            # Lets the cancellation arrive here instead of a departure that the application would take for a fault.
            await asyncio.sleep(0)
        elif self._due:
            self._begin_watching()
        return message

    def left(self) -> None:
        """The client is gone, or the answer was complete and there is no client to speak of any more."""
        if self._departed or self._complete:
            return
        self._departed = True
        if not (self._started and self._reading):
            self._cancelled = self._task.cancel()

    def gave_up(self) -> bool:
        """Whether the cancellation that arrived is this watch's own, and nobody else's as well."""
        return self._cancelled and self._task.uncancel() == 0

    def close(self) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.close()

    def _overdue(self) -> None:
        if self._reading:
            self._due = True  # the application asks just now, and will hear of it
        else:
            self._begin_watching()

    def _begin_watching(self) -> None:
        self._due = False
        if not self._departed and not self._complete:
            self._watcher = _Watcher(self._receive, self.left)


class _Watcher:
    """Asks the server, in a task of its own, and keeps what the application has not yet asked for."""

    def __init__(self, receive: Receive, left: Callable[[], None]) -> None:
        self._receive = receive
        self._left = left
        self._ahead: deque[Message] = deque()
        self._news = asyncio.Event()
        self._gone = False
        self._task = asyncio.create_task(self._watch())

    def close(self) -> None:
        self._task.cancel()

    async def next(self) -> Message:
        while not self._ahead and not self._gone:
            self._news.clear()
            await self._news.wait()
        return self._ahead.popleft() if self._ahead else _DISCONNECT

    async def _watch(self) -> None:
        while not self._gone:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._gone = True
                self._left()
            else:
                self._ahead.append(message)
            self._news.set()
