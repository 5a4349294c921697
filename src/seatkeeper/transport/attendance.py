"""Requests that last: one whose client has left is given up, so that the ledger can skip its command (rule L6), and one
whose time is up.

An ordinary request is answered within milliseconds and shall pay for neither. So one timer goes round all that run,
instead of two for each; and a server tells that the client left only to who asks it to receive, for which a task is
begun only where a request lasts. Two timers each, with what belonged to them, cost a tenth of a request.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from starlette.types import Message, Receive, Send

ROUND: Final = 0.1
"""Seconds from one round to the next. What was begun before the last one is watched from then on."""

_DISCONNECT: Final = {"type": "http.disconnect"}


class GivenUp(Enum):
    """Why a request was cancelled from here."""

    LEFT = "left"
    LATE = "late"


class Rounds:
    """Goes round the requests that run, as long as there are any. In one event loop."""

    def __init__(self) -> None:
        self._running: set[Attended] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, receive: Receive, send: Send, seconds: float) -> "Attended":
        """A request runs, in the current task. `seconds`: how long it may last, until its answer is sent."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        request = Attended(receive, send, seconds, loop)
        self._running.add(request)
        if self._timer is None:
            self._timer = loop.call_later(ROUND, self._go, loop)
        return request

    def end(self, request: "Attended") -> None:
        """It runs no more."""
        self._running.discard(request)
        request.close()

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._running.difference_update([each for each in self._running if not each.look(now)])
        self._timer = loop.call_later(ROUND, self._go, loop) if self._running else None


class Attended:
    """One request, from its beginning: its client, and how long it may last.

    It stands between application and server: `receive` and `send` are the application's. The server's `receive` has one
    reader at a time: the application, or the watcher. An event stream may last as long as it likes, and is told of its
    client's departure instead of being cancelled.
    """

    __slots__ = (
        "_began",
        "_complete",
        "_departed",
        "_due",
        "_ends",
        "_given_up",
        "_loop",
        "_reading",
        "_receive",
        "_send",
        "_sent",
        "_task",
        "_watched",
        "_watcher",
        "seconds",
        "started",
    )

    def __init__(self, receive: Receive, send: Send, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        """See `Rounds.begin`. Raises RuntimeError outside of a task."""
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a request is served within a task")
        self._loop = loop
        self.seconds = seconds
        self.started = False
        """Whether its answer has begun."""
        self._task = task
        self._receive = receive
        self._send = send
        self._began = loop.time()
        self._ends: float | None = self._began + seconds
        self._reading = False
        self._complete = False
        self._sent = False
        self._departed = False
        self._given_up: GivenUp | None = None
        self._due = False
        self._watched = False
        self._watcher: _Watcher | None = None

    def allow(self, seconds: float) -> None:
        """It may last so many seconds from now."""
        self._ends = self._loop.time() + seconds
        self.seconds = round(self._ends - self._began, 1)

    async def send(self, message: Message) -> None:
        """What the application sends."""
        if message["type"] == "http.response.start":
            self.started = True
            if _is_event_stream(message):
                self._ends = None
        elif not message.get("more_body", False):
            self._complete = True
        await self._send(message)  # which may wait for a client that does not read
        self._sent = self._complete

    async def receive(self) -> Message:
        """What the application receives."""
        self._reading = True
        try:
            message = await (self._receive() if self._watcher is None else self._watcher.next())
            if self._watcher is None and message["type"] == "http.disconnect":
                self._left()
        finally:
            self._reading = False
        if self._given_up is not None:
            # Lets the cancellation arrive here instead of a departure that the application would take for a fault.
            await asyncio.sleep(0)
        elif self._due:
            self._begin_watching()
        return message

    def look(self, now: float) -> bool:
        """See whether its time is up or its client is to be watched; whether to look again."""
        if self._sent:
            return False
        if self._ends is not None and now >= self._ends:
            self._give_up(GivenUp.LATE)
            return False
        if not self._watched and now - self._began >= ROUND:
            self._watched = True
            if self._reading:
                self._due = True  # the application asks just now, and will hear of it
            else:
                self._begin_watching()
        return self._ends is not None or not self._watched

    def gave_up(self) -> GivenUp | None:
        """Whether the cancellation that arrived is from here, and nobody else's as well, and why."""
        return self._given_up if self._given_up is not None and self._task.uncancel() == 0 else None

    def close(self) -> None:
        """Watch no more."""
        if self._watcher is not None:
            self._watcher.close()

    def _left(self) -> None:
        """The client is gone, or the answer was complete and there is no client to speak of any more."""
        if self._departed or self._complete:
            return
        self._departed = True
        if not (self.started and self._reading):
            self._give_up(GivenUp.LEFT)

    def _give_up(self, why: GivenUp) -> None:
        if self._given_up is None and self._task.cancel():
            self._given_up = why

    def _begin_watching(self) -> None:
        self._due = False
        if not self._departed and not self._complete:
            self._watcher = _Watcher(self._receive, self._left)


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


def _is_event_stream(start: Message) -> bool:
    media_type: bytes = dict(start.get("headers", ())).get(b"content-type", b"")
    return media_type.startswith(b"text/event-stream")
