"""A client of event streams, thousands of them at once, which wrk cannot be.

Its bytes are parsed by httptools and moved by uvloop, as uvicorn's are. The HTTP clients of the package index spend
more on a connection than the server that is measured.
"""

import asyncio
import resource
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from httptools import HttpResponseParser

_AT_ONCE: Final = 50  # connections that are being opened
_SECONDS: Final = 60.0  # for all that is asked of a server
_SPARE_FILES: Final = 200


class NoStream(Exception):
    """A stream could not be opened, or a message did not come. The message says what was seen."""


class Known(NamedTuple):
    """What a client knows of its session."""

    id: int
    cookie: str
    csrf: str


def sessions(path: Path) -> list[Known]:
    """The sessions of a prepared world, from its file."""
    lines = (line.split() for line in path.read_text("ascii").splitlines())
    return [Known(int(number), cookie, csrf) for number, cookie, csrf in lines]


def allow_files(count: int) -> None:
    """Let this process, and those that it starts, have so many files open. Raises NoStream where it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise NoStream(f"{count} streams take {wanted} open files, and this machine allows {hard} (ulimit -Hn).")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


class Streams:
    """The open event streams of some sessions at one server; `licenses` is what they subscribe to."""

    def __init__(self, host: str, port: int, licenses: Sequence[str]) -> None:
        self._host = host
        self._port = port
        self._subscription = msgspec.json.encode({"licenseList": licenses})
        self.open: dict[int, _Stream] = {}

    async def add(self, known: Iterable[Known]) -> None:
        """Open the streams of these sessions; return when each has had its first message."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def add_one(session: Known) -> None:
            async with turns:
                self.open[session.id] = await self._opened(session)

        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as opening:
            for session in known:
                opening.create_task(add_one(session))

    async def told(self, numbers: Iterable[int], since: float) -> list[float]:
        """Milliseconds from `since` (of time.perf_counter) until each of these sessions had its next message."""
        async with asyncio.timeout(_SECONDS):
            return [(await self.open[number].told - since) * 1000 for number in numbers]

    def listen(self, numbers: Iterable[int]) -> None:
        """Begin to wait for the next message of each of these sessions."""
        for number in numbers:
            self.open[number].listen()

    def close(self) -> None:
        """Leave."""
        for stream in self.open.values():
            stream.transport.close()

    async def _opened(self, session: Known) -> "_Stream":
        def protocol() -> _Stream:
            return _Stream(session, self._subscription)

        _, stream = await asyncio.get_running_loop().create_connection(protocol, self._host, self._port)
        await stream.told
        return stream


class _Stream(asyncio.Protocol):
    """One connection: it subscribes its session, and then asks for the stream."""

    transport: asyncio.Transport

    def __init__(self, session: Known, subscription: bytes) -> None:
        self._session = session
        self._subscription = subscription
        self._parser = HttpResponseParser(self)
        self._subscribed = False
        self.listen()

    def listen(self) -> None:
        """Begin to wait for the next message."""
        self.told: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._ask("PUT", "subscriptions/licenses", f"content-length: {len(self._subscription)}", self._subscription)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.told.done():
            self.told.set_exception(NoStream(f"The stream of session {self._session.id} ended: {exc}."))

    def on_message_complete(self) -> None:
        """The parser has read an answer; that of the stream has no end."""
        if self._parser.get_status_code() != 200:
            self.told.set_exception(NoStream(f"It was answered {self._parser.get_status_code()}."))
        elif not self._subscribed:
            self._subscribed = True
            self._ask("GET", "messages", "accept: text/event-stream")

    def on_body(self, body: bytes) -> None:
        """The parser has read a part of an answer: lines of `data`, or a ping."""
        if self._subscribed and body.startswith(b"data:") and not self.told.done():
            self.told.set_result(time.perf_counter())

    def _ask(self, method: str, path: str, header: str, body: bytes = b"") -> None:
        session_id, cookie, csrf = self._session
        head = (
            f"{method} /icws/{session_id}/messaging/{path} HTTP/1.1\r\nhost: bench\r\n{header}\r\n"
            f"accept-language: en-US\r\ncookie: icws_{session_id}={cookie}\r\nININ-ICWS-CSRF-Token: {csrf}\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
