"""What the workers of one server tell each other, so that any of them can tell the metrics of all."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client.metrics_core import Metric as Family

from seatkeeper.metrics.catalogue import CATALOGUE, WORKER_UP

_ANSWER_SECONDS: Final = 2.0
_GIVEN_ONCE: Final = frozenset(metric.name for metric in CATALOGUE if metric.shared)


class Figures(msgspec.Struct, array_like=True):
    """A family of metrics on its way to another worker."""

    name: str
    help: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]


class Siblings:
    """The workers of one server, as number `own` of them sees the others: from 1, each with a UNIX socket."""

    def __init__(self, own: int, listeners: Mapping[int, socket.socket], paths: Mapping[int, Path]) -> None:
        self.own: Final = own
        self._listener = listeners[own]
        self._paths = {number: path for number, path in paths.items() if number != own}

    @asynccontextmanager
    async def answering(self, families: Callable[[], Awaitable[list[Family]]]) -> AsyncIterator[None]:
        """Within it, the others are told these, as they are when they ask."""

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(await asyncio.to_thread(_packed, await families()))
                await writer.drain()
            except ConnectionError:
                pass  # whoever asked has given up
            finally:
                writer.close()

        # A copy: the socket itself stays open, for the worker that may come after this one.
        server = await asyncio.start_unix_server(answer, sock=self._listener.dup())
        try:
            yield
        finally:
            server.close()

    async def ask(self) -> dict[int, list[Figures] | None]:
        """What each of the others tells, by its number; None of one that does not answer in time."""
        numbers = sorted(self._paths)
        told = await asyncio.gather(*(self._ask(self._paths[number]) for number in numbers))
        return dict(zip(numbers, told, strict=True))

    async def _ask(self, path: Path) -> list[Figures] | None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                reader, writer = await asyncio.open_unix_connection(path)
                try:
                    body = await reader.read()
                finally:
                    writer.close()
            return await asyncio.to_thread(msgspec.msgpack.decode, body, type=list[Figures])
        except (OSError, TimeoutError, msgspec.MsgspecError):
            return None

    def together(self, families: Iterable[Family], others: Mapping[int, list[Figures] | None]) -> Iterator[Family]:
        """The families of all workers, each sample labelled with its worker's number.

        What is told of the inventory is the same at each, and is given once.
        """
        told = {number: {each.name: each for each in figures or ()} for number, figures in others.items()}
        for family in families:
            if family.name in _GIVEN_ONCE:
                yield family
                continue
            all_of_them = Family(family.name, family.documentation, family.type)
            for sample in family.samples:
                all_of_them.add_sample(sample.name, {**sample.labels, "worker": str(self.own)}, sample.value)
            for number, figures in told.items():
                if family.name in figures:
                    for name, labels, value in figures[family.name].samples:
                        all_of_them.add_sample(name, {**labels, "worker": str(number)}, value)
                elif family.name == WORKER_UP.name:
                    all_of_them.add_sample(family.name, {"worker": str(number)}, 0.0)
            yield all_of_them


def sockets(directory: Path, count: int) -> tuple[dict[int, socket.socket], dict[int, Path]]:
    """A listening socket in this directory for each worker, and where each is."""
    paths = {number: directory / str(number) for number in range(1, count + 1)}
    listeners = {}
    for number, path in paths.items():
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        listeners[number] = listener
    return listeners, paths


def _packed(families: Iterable[Family]) -> bytes:
    return msgspec.msgpack.encode(
        [
            Figures(
                family.name,
                family.documentation,
                family.type,
                [(sample.name, dict(sample.labels), float(sample.value)) for sample in family.samples],
            )
            for family in families
            if family.name not in _GIVEN_ONCE
        ]
    )
