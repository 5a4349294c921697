"""Planning and applying documents: what is read, what is done, and what happens when others act in between."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from seatkeeper.identity.passwords import Passwords
from seatkeeper.inventory.document import Document
from seatkeeper.inventory.holders import names_in
from seatkeeper.inventory.passwords import NewPasswords
from seatkeeper.inventory.planning import Plan, check, lay
from seatkeeper.inventory.shapes import Kind
from seatkeeper.inventory.steps import Place
from seatkeeper.licensing.commands import Command, Rehearse, Together
from seatkeeper.licensing.entities import HolderKind
from seatkeeper.licensing.outcomes import Foreseen
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.queries.inventory import inventory_around
from seatkeeper.queries.reads import Reads

Submit = Callable[[Together], Awaitable[object]]
SubmitRehearsal = Callable[[Rehearse], Awaitable[Foreseen]]

_TRIES: Final = 5


class TooManyChanges(Exception):
    """A plan changes more than one commit shall hold."""

    def __init__(self, total: int, limit: int) -> None:
        super().__init__(f"{total} changes; at most {limit} are made at once")
        self.total = total
        self.limit = limit


class NotApplied(Exception):
    """The rules refused what stands at `place` of the file; nothing of it was done."""

    def __init__(self, refusal: Refusal, place: Place) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal
        self.place = place


class Application:
    """One document on its way into the inventory."""

    def __init__(self, document: Document, reads: Reads, passwords: Passwords) -> None:
        self._document = document
        self._reads = reads
        self._passwords = NewPasswords(passwords)

    async def plan(self) -> Plan:
        """What applying would change. Raises InvalidInventory."""
        others = self._document.prunes(Kind.USER)
        named = await asyncio.to_thread(names_in, self._document.inventory)
        present = await self._reads.run(
            partial(inventory_around, logins=named[HolderKind.USER], stations=named[HolderKind.STATION], others=others)
        )
        known = await asyncio.to_thread(check, self._document, present)
        await self._passwords.verify(self._document.inventory.users, present)
        return await asyncio.to_thread(lay, self._document, present, known, self._passwords)

    async def rehearse(self, plan: Plan, submit: SubmitRehearsal) -> Foreseen | None:
        """What this plan would bring about now; None where it is stale already, as applying it will tell.

        Raises NotApplied where the rules would refuse it. Nothing is changed by asking.
        """
        if not plan.commands:
            return Foreseen()
        try:
            return await submit(Rehearse(commands=plan.commands, seen=plan.seen))
        except Refusal as refusal:
            if refusal.code is not Code.CHANGED_SINCE:
                raise NotApplied(refusal, plan.place_of(refusal)) from refusal
            return None

    async def apply(self, submit: Submit, *, at_once: int | None = None, token: str | None = None) -> Plan:
        """Apply all or nothing by `submit`, the ledger's, and tell what was done.

        `at_once`: the most changes, if there is a bound. `token`: only if this is still the plan. Raises
        InvalidInventory, TooManyChanges, NotApplied, Refusal (changed_since) where others keep changing, or with a
        token have changed, what the plan is about, and whatever `submit` raises.
        """
        for _ in range(_TRIES):
            plan = await self.plan()
            if token is not None and token.partition("-")[2] != plan.digest:
                position = token.partition("-")[0]
                raise Refusal(
                    Code.CHANGED_SINCE,
                    "{file}: this is not the plan made at {position} of the journal any more: the file, or what it is"
                    " about in the inventory, has changed since. Plan it anew, and look at that.",
                    file=self._document.file,
                    position=position,
                )
            if at_once is not None and plan.weight > at_once:
                raise TooManyChanges(plan.weight, at_once)
            if not plan.commands:
                return plan
            try:
                await submit(Together(commands=await self._commands(plan), seen=plan.seen))
            except Refusal as refusal:
                if refusal.code is not Code.CHANGED_SINCE:
                    raise NotApplied(refusal, plan.place_of(refusal)) from refusal
            else:
                return plan
        raise Refusal(
            Code.CHANGED_SINCE,
            "{file}: what it is about kept changing while it was planned, {times} times over. Apply it again.",
            file=self._document.file,
            times=_TRIES,
        )

    async def _commands(self, plan: Plan) -> tuple[Command[Any], ...]:
        """The commands, each password that was plain in the file hashed."""
        commands = list(plan.commands)
        for index, password_hash in (await self._passwords.hashes(plan.plain)).items():
            commands[index] = replace(commands[index], password_hash=password_hash)
        return tuple(commands)
