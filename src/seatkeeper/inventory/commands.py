"""From an inventory file to one command, and from its refusal back to the place in the file."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from seatkeeper.identity.passwords import Passwords
from seatkeeper.inventory.file import read_inventory
from seatkeeper.inventory.merge import Merge
from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.inventory.references import unknown_names
from seatkeeper.inventory.shapes import Entry, Inventory, UserEntry
from seatkeeper.inventory.steps import Place, Step
from seatkeeper.licensing.commands import (
    ChangeProfile,
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    Together,
)
from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.queries.inventory import InventoryView
from seatkeeper.queries.inventory import inventory as read_present
from seatkeeper.queries.reads import Reads

_COUNTED: Final = {
    DefineLicense: "licenses",
    ChangeSeats: "seats",
    DefineStation: "stations",
    DefineUser: "users",
    ChangeProfile: "profiles",
}
_KEY_OF: Final = {
    Code.USER_ID_TAKEN: "user_id",
    Code.UNKNOWN_STATION: "stations",
    Code.UNKNOWN_LICENSE: "licenses",
}


class Plan(Struct, frozen=True):
    """What applying a file asks of the ledger: `command`, and for each part of it the place in the file."""

    command: Together
    places: tuple[Place, ...]

    def place_of(self, refusal: Refusal) -> Place:
        """Where in the file that stands which was refused."""
        if refusal.index is None:
            return Place("", "")
        place = self.places[refusal.index]
        return Place(place.entry, _KEY_OF.get(refusal.code, place.key))

    def count(self, outcomes: tuple[Any, ...]) -> dict[str, int]:
        """How much was new: licenses, seats, stations, users, profiles, assignments. All zero: nothing happened."""
        changed = {
            (_COUNTED[type(command)], place)
            for command, place, new in zip(self.command.commands, self.places, outcomes, strict=True)
            if new is True
        }
        counts = Counter(what for what, _ in changed)
        assigned = sum(len(new) for new in outcomes if isinstance(new, tuple))
        return {what: counts[what] for what in _COUNTED.values()} | {"assignments": assigned}


async def plan(
    text: str,
    file: str,
    *,
    reads: Reads,
    passwords: Passwords,
    owner: str = "ININ",
    allow_overcommit: bool = False,
) -> Plan:
    """What it takes to make the inventory as the file says. Raises InvalidInventory with all that is wrong with it.

    What the file does not mention stays as it is: entries that are not in it, and keys that an entry leaves out.
    Licenses that an entry lists are assigned; others that the holder has are not taken away. `owner` is the
    configured license owner, `file` the name by which messages call the file.

    The dates of a license that is new are set after its assignments, so that an inventory with an expired license
    can be brought over as it was; to one that is known and has expired nothing more can be assigned (decision 24).
    """
    inventory, problems = await asyncio.to_thread(read_inventory, text, owner)
    present = await reads.run(read_present)
    problems += unknown_names(inventory, present, owner)
    if problems:
        raise InvalidInventory(file, problems)
    hashes = await _password_hashes(inventory, present, passwords)
    merge = Merge(present, owner, allow_overcommit=allow_overcommit)
    steps = sorted(_steps(inventory, merge, hashes), key=lambda step: step.phase)
    return Plan(
        command=Together(commands=tuple(step.command for step in steps)),
        places=tuple(step.place for step in steps),
    )


def _steps(inventory: Inventory, merge: Merge, hashes: dict[str, str]) -> Iterator[Step]:
    for license_ in inventory.licenses:
        yield from merge.license(license_)
    for station in inventory.stations:
        yield from merge.station(station)
    for user in inventory.users:
        yield from merge.user(user, hashes.get(user.place))


async def _password_hashes(inventory: Inventory, present: InventoryView, passwords: Passwords) -> dict[str, str]:
    """By place, the hash to store for each user whose password is new; an unchanged one keeps its hash.

    One after the other: those who log on meanwhile wait for one hash, not for those of the whole file.
    """

    async def changed(entry: Entry[UserEntry]) -> str | None:
        user = entry.value
        if user.password_hash or not user.password:
            return user.password_hash or None
        account = present.accounts.get(fold(user.login))
        stored = account.password_hash if account else None
        if stored is not None and not passwords.outdated(stored) and await passwords.verify(stored, user.password):
            return None
        return await passwords.hash(user.password)

    return {user.place: new for user in inventory.users if (new := await changed(user)) is not None}
