"""Just enough HTTP/1.1 for the clients: one connection each, one request at a time, and event streams.

Nothing is ever sent twice: whether a request that got no answer was carried out is for the log to leave open.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

ANSWER_SECONDS: Final = 30.0
_LIMIT: Final = 1 << 20


class NoAnswer(Exception):
    """The connection was refused or ended, or nothing came in time."""


class NotSent(NoAnswer):
    """Nothing was sent: nobody took the connection."""


@dataclass
class Address:
    """Where the server listens; it changes with every start, which `starts` counts."""

    host: str = "127.0.0.1"
    port: int = 0
    starts: int = 0


@dataclass(frozen=True)
class Answer:
    """Header names are in lower case; of a repeated header the last is kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Way(Protocol):
    """How requests reach the server: a line to it, or lines to several nodes of one.

    `patience`: seconds after which a request without an answer is given up. `node`: the number of the node that was
    asked last.
    """

    patience: float
    node: int

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request and read its answer. Raises NoAnswer."""

    def listen(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The data of each event of an event stream, until it ends. Raises NoAnswer where it is no event stream."""

    def hang_up(self) -> None:
        """Close what is open."""


class Line:
    """A connection that is kept for the next request, and opened anew after `hang_up` and for a new server."""

    def __init__(self, address: Address, *, node: int = 0) -> None:
        self.patience = ANSWER_SECONDS
        self.node = node
        self._address = address
        self._start = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request and read its answer. Raises NoAnswer; the connection is closed then."""
        try:
            async with asyncio.timeout(self.patience):
                reader, writer = await self._connected()
                writer.write(_request(method, path, headers, body))
                return await _answer(reader)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
            self.hang_up()
            raise NoAnswer(repr(error)) from error

    async def listen(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The data of each event of an event stream, until it ends. Raises NoAnswer where it is no event stream."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await self._connected()
                writer.write(_request("GET", path, {**headers, "Accept": "text/event-stream"}, b""))
                status, answer_headers = await _head(reader)
            if status != 200 or answer_headers.get("transfer-encoding", "").lower() != "chunked":
                raise NoAnswer(f"{status} instead of an event stream")
            async for line in _lines(reader):
                if line.startswith(b"data: "):
                    yield line.removeprefix(b"data: ")
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            return
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._start != self._address.starts or (self._reader is not None and self._reader.at_eof()):
            self.hang_up()
        if self._reader is None or self._writer is None:
            self._start = self._address.starts
            try:
                self._reader, self._writer = await asyncio.open_connection(
                    self._address.host, self._address.port, limit=_LIMIT
                )
            except OSError as error:
                raise NotSent(repr(error)) from error
        return self._reader, self._writer


def _request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: torture", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _answer(reader: asyncio.StreamReader) -> Answer:
    status, headers = await _head(reader)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join([chunk async for chunk in _chunks(reader)])
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(status, headers, body)


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return int(first.split(" ", 2)[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunk = await reader.readexactly(size + 2)
        yield chunk[:-2]
    await reader.readuntil(b"\r\n")


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in _chunks(reader):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
