"""`/lock`: whether a transaction has the lock of a runtime, and taking it away (mobilefirst contract 4)."""

from typing import Final

from msgspec import Struct

from seatkeeper.identity.rights import Right
from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.deployment_commands import ReleaseRuntimeLock
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.reading import read_of_runtime
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.transactions import is_locked

_ROOT: Final = "lock"


class Lock(Struct, frozen=True):
    """The lock of a runtime. `busy`: a transaction has it."""

    busy: bool


class Locks:
    """The locks of runtimes, running or not."""

    def __init__(self, ledger: Ledger, reads: Reads) -> None:
        self._ledger = ledger
        self._reads = reads

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where they are."""
        place = "runtimes/{runtime}/lock"
        return (
            Resource("GET", place, Right.APPLICATIONS_READ, self._get),
            Resource("DELETE", place, Right.APPLICATIONS_UNLOCK, self._release),
        )

    async def _get(self, asked: Asked) -> Document:
        busy = await read_of_runtime(
            self._reads, asked.path["runtime"], lambda connection, runtime: is_locked(connection, runtime.id)
        )
        return Document(_ROOT, Lock(busy=busy))

    async def _release(self, asked: Asked) -> Document:
        """The transaction that has the lock fails. The next in the line may have it before this is answered."""
        await self._ledger.submit(ReleaseRuntimeLock(runtime=asked.path["runtime"], user_id=asked.user.id))
        return Document(_ROOT, Lock(busy=False))
