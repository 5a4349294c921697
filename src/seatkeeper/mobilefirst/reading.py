"""Reading what belongs to a runtime that a path names, and what is written while it is read."""

from collections.abc import AsyncIterator
from functools import partial
from typing import TypeVar

from seatkeeper.mobilefirst.errors import no_runtime
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.runtimes import ReadOfRuntime, of_runtime

T = TypeVar("T")


async def read_of_runtime(reads: Reads, name: str, read: ReadOfRuntime[T]) -> T:
    """What `read` makes of the tables for the runtime of this name, whether it runs or not, all from one state of them.

    Raises the Failure of a runtime that is not there.
    """
    found = await reads.run(partial(of_runtime, name=name, read=read))
    if found is None:
        raise no_runtime(name)
    return found[0]


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, the first of which is there: what keeps it from being read can still be told by a status."""
    return _behind(await anext(pieces, b""), pieces)


async def _behind(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each
