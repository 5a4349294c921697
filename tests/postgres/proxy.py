"""A way between a node and PostgreSQL that a test can cut, clog or slow down, and cut exactly at a COMMIT."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar

from tests.postgres.messages import Messages

T = TypeVar("T")

HOST: Final = "127.0.0.1"
_CHUNK: Final = 1 << 16
_BACKLOG: Final = 128
_RESET: Final = struct.pack("ii", 1, 0)
_WAIT_SECONDS: Final = 30.0
_LATE_SECONDS: Final = 1.0


class Fate(Enum):
    """What becomes of a COMMIT at which the way is cut. The node sees the same each time: its connection is reset."""

    ARRIVES = "the server commits, and its answer is lost"
    LATE = "the server commits only after the node has noticed"
    LOST = "the server never gets it, and rolls back"


class Order(NamedTuple):
    """What is to happen at the next COMMIT."""

    fate: Fate
    happened: "Future[None]"
    hushed: bool


class Proxy:
    """Listens on a port of its own and passes on what comes, until told otherwise. Its methods may be called in any
    thread, and return when what they say is so.
    """

    def __init__(self, port: int) -> None:
        """`port`: where on this machine the server listens; see `lead_to`."""
        self.host: Final = HOST
        self._listening: Final = socket.create_server((HOST, 0), backlog=_BACKLOG)
        self._listening.setblocking(False)
        self.port: Final = int(self._listening.getsockname()[1])
        self._to = port
        self._ways: set[_Way] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusing = False
        self._open = asyncio.Event()
        self._open.set()
        self._delay = 0.0
        self._armed: Order | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(lambda: self._loop.add_reader(self._listening, self._accept))

    def cut(self, *, once: bool = False) -> None:
        """Reset every connection; unless `once`, new ones too, until `heal`."""
        self._call(lambda: self._cut(refusing=not once))

    def clog(self) -> None:
        """Let nothing through and keep everything open, until `heal`: then all that waits is passed on."""
        self._call(self._open.clear)

    def delay(self, seconds: float) -> None:
        """Let whatever comes wait so long, each way."""
        self._call(lambda: setattr(self, "_delay", seconds))

    def lead_to(self, port: int) -> None:
        """Lead new connections to another server; those that there are end."""
        self._call(lambda: self._lead_to(port))

    def heal(self) -> None:
        """Pass everything on again, at once."""
        self._call(self._heal)

    def cut_at_commit(self, fate: Fate, *, hushed: bool = False) -> "Future[None]":
        """Reset the next connection that commits a batch, at its COMMIT. The future is done when its fate is decided.

        `hushed`: the client's side is not reset; it waits for an answer that never comes.
        """
        order = Order(fate, Future(), hushed)
        self._call(lambda: setattr(self, "_armed", order))
        return order.happened

    def close(self) -> None:
        """Reset every connection and listen no more."""
        if self._thread.is_alive():
            self._run(self._stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def take_order(self) -> "Order | None":
        """What is to happen at a COMMIT that has come, once."""
        order, self._armed = self._armed, None
        return order

    async def passing(self) -> None:
        """Wait while nothing is to get through."""
        if self._delay:
            await asyncio.sleep(self._delay)
        await self._open.wait()

    def _accept(self) -> None:
        """Take one connection. Not by asyncio's server: closed at the wrong moment, that leaves accepted ones open."""
        with suppress(BlockingIOError, ConnectionAbortedError):
            way = _Way(self, self._listening.accept()[0])
            if self._refusing:
                way.cut()
                return
            self._ways.add(way)  # before its task begins: it may be cancelled before it does
            task = self._loop.create_task(self._lead(way))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _lead(self, way: "_Way") -> None:
        try:
            await self._open.wait()
            await way.run(self._to)
        finally:
            way.cut()
            self._ways.discard(way)

    def _cut(self, *, refusing: bool) -> None:
        self._refusing = refusing
        for way in list(self._ways):
            way.cut()

    def _lead_to(self, port: int) -> None:
        self._to = port
        self._cut(refusing=self._refusing)

    def _heal(self) -> None:
        self._refusing = False
        self._delay = 0.0
        self._open.set()

    async def _stop(self) -> None:
        self._loop.remove_reader(self._listening)
        self._listening.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._cut(refusing=True)
        await asyncio.sleep(0)  # what is aborted is closed in the loop's next turn

    def _call(self, function: Any) -> None:  # noqa: ANN401 - any function without arguments
        async def called() -> None:
            function()

        self._run(called())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Way:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, sock: socket.socket) -> None:
        self._proxy = proxy
        self._accepted = sock
        self._to_client: asyncio.StreamWriter | None = None
        self._to_server: asyncio.StreamWriter | None = None
        self._begun = False
        self._is_cut = False
        self._messages = Messages()
        self._answered: asyncio.Event | None = None
        """Of the COMMIT at which this was cut."""

    async def run(self, port: int) -> None:
        """Pass on until one side ends."""
        if self._accepted.fileno() < 0:  # cut before it has begun
            return
        self._begun = True
        from_client, self._to_client = await asyncio.open_connection(sock=self._accepted)
        try:
            from_server, self._to_server = await asyncio.open_connection(HOST, port)
        except OSError:
            return
        if self._is_cut:
            return
        both = [
            self._outwards(from_client, self._to_client, self._to_server),
            self._back(from_server, self._to_client),
        ]
        tasks = [asyncio.ensure_future(each) for each in both]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset both sides."""
        self._is_cut = True
        if not self._begun:
            _reset_on_close(self._accepted)
            self._accepted.close()
        for writer in (self._to_client, self._to_server):
            if writer is not None:
                _reset(writer)

    async def _outwards(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter
    ) -> None:
        while data := await from_client.read(_CHUNK):
            await self._proxy.passing()
            pieces = list(self._messages.split(data))
            if to_server.is_closing():
                return
            for number, (piece, commits) in enumerate(pieces):
                order = self._proxy.take_order() if commits else None
                if order is not None:
                    # A COMMIT that is prepared is several messages, which are sent together.
                    if not order.hushed:
                        _reset(to_client)
                    await self._end(order, b"".join(each for each, _ in pieces[number:]), to_server)
                    while order.hushed and await from_client.read(_CHUNK):
                        pass  # until it gives up
                    return
                to_server.write(piece)
            if to_server.is_closing():
                return
            await to_server.drain()

    async def _back(self, from_server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while data := await from_server.read(_CHUNK):
            if self._answered is not None:
                self._answered.set()
                continue
            await self._proxy.passing()
            if to_client.is_closing():
                return
            to_client.write(data)
            await to_client.drain()

    async def _end(self, order: Order, commit: bytes, to_server: asyncio.StreamWriter) -> None:
        """The connection's last COMMIT."""
        self._answered = asyncio.Event()
        try:
            if order.fate is Fate.LATE:
                await asyncio.sleep(_LATE_SECONDS)
            if order.fate is not Fate.LOST:
                to_server.write(commit)
                await asyncio.wait_for(self._answered.wait(), _WAIT_SECONDS)
        finally:
            order.happened.set_result(None)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close without goodbye: the other side's next read or write fails."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        _reset_on_close(sock)
    writer.transport.abort()


def _reset_on_close(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
