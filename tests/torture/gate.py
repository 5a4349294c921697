"""Holds all clients back while the server is down, and lets them go on together."""

import asyncio


class Gate:
    """Clients wait here before each request. Closed, it knows when every one of them has come to rest.

    `rounds` counts the openings.
    """

    def __init__(self, clients: int) -> None:
        self.rounds = 0
        self._clients = clients
        self._resting = 0
        self._opened = asyncio.Event()
        self._closed = asyncio.Event()
        self._closed.set()
        self._all_rest = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether clients may send requests."""
        return self._opened.is_set()

    def open(self) -> None:
        """Let everybody go on."""
        self.rounds += 1
        self._closed.clear()
        self._opened.set()

    def close(self) -> None:
        """Let nobody send another request."""
        self._opened.clear()
        self._closed.set()

    def finish(self) -> None:
        """Hold nobody back any more."""
        self._opened.set()
        self._closed.set()

    def leave(self) -> None:
        """A client goes for good."""
        self._clients -= 1
        self._notice()

    async def wait(self) -> None:
        """Rest while the gate is closed."""
        while not self.is_open:
            await self._rest(self._opened)

    async def opened(self) -> None:
        """Wait until the gate is open, without being one of those who have to rest."""
        await self._opened.wait()

    async def wait_for_next_round(self) -> None:
        """Rest until the gate has been closed and opened again, as it is when the server was killed and is back."""
        await self._rest(self._closed, self._opened)

    async def all_rest(self) -> None:
        """Wait until every client rests: no request is under way."""
        while self._resting < self._clients:
            self._all_rest.clear()
            await self._all_rest.wait()

    async def _rest(self, *events: asyncio.Event) -> None:
        self._resting += 1
        self._notice()
        try:
            for event in events:
                await event.wait()
        finally:
            self._resting -= 1

    def _notice(self) -> None:
        if self._resting >= self._clients:
            self._all_rest.set()
