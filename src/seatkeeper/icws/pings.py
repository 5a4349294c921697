"""The heartbeat of event streams (contract 3.3): those to which nothing has been sent for a while are woken.

One clock goes round them all. A timer for each took half a kilobyte of a stream, and a tenth of the time in which a
thousand streams are told something.
"""

import asyncio
import random
from typing import Final, Protocol

_TURNS: Final = 100  # of the clock in one interval
_SOONEST, _SPREAD = 75, 25


class Idle(Protocol):
    """A stream that may be idle. `due`: the turn of the clock in which it is to be woken."""

    due: int

    @property
    def open(self) -> bool:
        """Whether it is open."""

    def wake(self) -> None:
        """Send something; it gets another turn."""


class Pings:
    """Wakes streams before nothing has been sent to them for `interval` seconds. In one event loop."""

    def __init__(self, interval: float) -> None:
        self._pause = interval / _TURNS
        self._ring: Final[list[list[Idle]]] = [[] for _ in range(_TURNS)]
        self._turn = 0
        self._next = 0.0  # when, by the loop's clock: a turn that comes late makes none behind it late
        self._timer: asyncio.TimerHandle | None = None

    def due(self) -> int:
        """In which turn to wake a stream to which something is sent now.

        Streams that have just been told the same differ: if they were pinged together, others would wait for that.
        """
        return self._turn + _SOONEST + int(random.random() * _SPREAD)  # noqa: S311 - no secret

    def look_after(self, stream: Idle) -> None:
        """Wake a stream from now on when it is due, until it is closed."""
        self._ring[stream.due % _TURNS].append(stream)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._next = loop.time() + self._pause
            self._timer = loop.call_at(self._next, self._go, loop)

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._next = max(self._next, now - self._pause * _TURNS)  # the machine may have slept
        while self._next <= now:
            self._next += self._pause
            self._wake_due()
        self._timer = loop.call_at(self._next, self._go, loop) if any(self._ring) else None

    def _wake_due(self) -> None:
        self._turn += 1
        here = self._turn % _TURNS
        streams, self._ring[here] = self._ring[here], []
        for stream in streams:
            if not stream.open:
                continue
            if stream.due <= self._turn:
                stream.due = self.due()
                stream.wake()
            self._ring[stream.due % _TURNS].append(stream)
