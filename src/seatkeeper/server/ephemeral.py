"""A server that keeps everything in memory: what it begins with, and how it is taken back there."""

import asyncio
import hashlib
from collections import OrderedDict
from contextlib import AsyncExitStack
from typing import Final

from msgspec import Struct

from seatkeeper.identity.passwords import Passwords
from seatkeeper.inventory.applying import Application
from seatkeeper.inventory.document import Document, document_of
from seatkeeper.ledger.door import DatabaseCopy, DatabaseInMemory, Ledger
from seatkeeper.queries.reads import Reads

_COPIES: Final = 8


class Ephemeral(Struct, frozen=True):
    """What such a server is given: the admin token of its only run, and inventories, applied in their order."""

    token: str
    inventories: tuple[Document, ...] = ()


class Beginnings:
    """The states that a server in memory can be taken back to: its start, and inventories that tests bring.

    A state is a copy of the database, so that going back costs no planning and no hashing of passwords.
    """

    def __init__(self, database: DatabaseInMemory, passwords: Passwords, owner: str) -> None:
        self._database = database
        self._passwords = passwords
        self._owner = owner
        self._empty = database.copy()
        self._start = self._empty
        self._made: OrderedDict[bytes, DatabaseCopy] = OrderedDict()

    async def begin(self, ledger: Ledger, reads: Reads, inventories: tuple[Document, ...]) -> None:
        """Apply these; that is the start. Raises InvalidInventory and NotApplied."""
        for document in inventories:
            await Application(document, reads, self._passwords).apply(ledger.submit)
        self._start = await asyncio.to_thread(self._database.copy)

    async def of(self, body: bytes, content_type: str) -> DatabaseCopy:
        """The state in which there is this inventory and nothing else; without a body, the start.

        Raises InvalidInventory and NotApplied.
        """
        if not body:
            return self._start
        key = hashlib.sha256(content_type.encode() + b"\0" + body).digest()
        if key not in self._made:
            document = await asyncio.to_thread(document_of, body, content_type, file="inventory", owner=self._owner)
            self._made[key] = await self._made_of(document)
        self._made.move_to_end(key)
        if len(self._made) > _COPIES:
            self._made.popitem(last=False)
        return self._made[key]

    async def go_back_to(self, beginning: DatabaseCopy) -> None:
        """Have the tables hold this state; the ledger does not know yet."""
        await asyncio.to_thread(self._database.become, beginning)

    async def _made_of(self, document: Document) -> DatabaseCopy:
        """A copy of a database that an inventory has been applied to, beside the one that is served."""
        aside = DatabaseInMemory()
        async with AsyncExitStack() as stack:
            aside.take()
            stack.callback(aside.let_go)
            await asyncio.to_thread(aside.become, self._empty)
            ledger = Ledger(aside)
            await ledger.start()
            stack.push_async_callback(ledger.stop)
            reads = Reads(aside)
            stack.callback(reads.close)
            await Application(document, reads, self._passwords).apply(ledger.submit)
            return await asyncio.to_thread(aside.copy)
