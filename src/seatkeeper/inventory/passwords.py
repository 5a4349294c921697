"""Which plain passwords of a document are new, and their hashes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from msgspec import UNSET

from seatkeeper.identity.passwords import Passwords
from seatkeeper.inventory.shapes import Entry, UserEntry
from seatkeeper.licensing.entities import fold
from seatkeeper.queries.inventory import InventoryView
from seatkeeper.queries.users import Account

K = TypeVar("K")
R = TypeVar("R")


class Plain(NamedTuple):
    """A password as it stands in a file, and whose it is."""

    login: str
    text: str


class NewPasswords:
    """Remembers for one document what it once verified and hashed, so that planning it anew costs neither again.

    No more passwords are worked on at once than there are threads for it: who logs on meanwhile waits for one, not
    for those of the whole document.
    """

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._fits: dict[tuple[str, str], bool] = {}
        self._hashes: dict[Plain, str] = {}

    async def verify(self, users: Iterable[Entry[UserEntry]], present: InventoryView) -> None:
        """Find out which of these users' plain passwords are those that are stored."""
        pairs = {
            (account.password_hash, user.value.password)
            for user in users
            if user.value.password and (account := present.accounts.get(fold(user.value.login))) is not None
            if account.password_hash is not None and (account.password_hash, user.value.password) not in self._fits
        }

        async def fits(pair: tuple[str, str]) -> bool:
            return await self._passwords.verify(*pair)

        self._fits |= await self._each(fits, pairs)

    def is_new(self, entry: Entry[UserEntry], account: Account | None) -> bool:
        """Whether an entry gives a plain password that is not the stored one; `verify` has found out."""
        password = entry.value.password
        if password is UNSET:
            return False
        stored = None if account is None else account.password_hash
        return stored is None or not self._fits[stored, password]

    async def hashes(self, plain: Mapping[int, Plain]) -> dict[int, str]:
        """The hash of each of these passwords."""

        async def made(password: Plain) -> str:
            return await self._passwords.hash(password.text)

        self._hashes |= await self._each(made, [each for each in plain.values() if each not in self._hashes])
        return {index: self._hashes[each] for index, each in plain.items()}

    async def _each(self, work: Callable[[K], Awaitable[R]], wanted: Iterable[K]) -> dict[K, R]:
        """Each piece of work done, so many at once as there are threads."""
        done: dict[K, R] = {}
        left = iter(wanted)

        async def worker() -> None:
            for each in left:
                done[each] = await work(each)

        async with asyncio.TaskGroup() as workers:
            for _ in range(self._passwords.threads):
                workers.create_task(worker())
        return done
