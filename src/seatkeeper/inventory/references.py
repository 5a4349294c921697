"""Names in an inventory file that mean something elsewhere: in the same file, or in the inventory as it is."""

from collections.abc import Iterable

from msgspec import UNSET

from seatkeeper.identity.rights import ROLES, Right, unknown_rights, unknown_roles
from seatkeeper.inventory.names import license_name, spelled
from seatkeeper.inventory.problems import Problem, nearest, quoted
from seatkeeper.inventory.shapes import Entry, Inventory, StationEntry, UserEntry
from seatkeeper.licensing.commands import LicenseName
from seatkeeper.licensing.entities import fold
from seatkeeper.queries.inventory import InventoryView


def unknown_names(inventory: Inventory, present: InventoryView, owner: str) -> list[Problem]:
    """A problem for every license, owner, station, role, right and associate id that fits nothing known."""
    known = _Known(inventory, present, owner)
    problems: list[Problem] = []
    for station in inventory.stations:
        problems += known.holder_problems(station)
    for user in inventory.users:
        problems += known.holder_problems(user)
        problems += known.user_problems(user)
        problems += _id_problems(user, present)
    return problems


class _Known:
    """The names that a file may use, folded, each with its spelling."""

    def __init__(self, inventory: Inventory, present: InventoryView, owner: str) -> None:
        names = [LicenseName(each.owner, each.name) for each in present.licenses.values()]
        names += [LicenseName(each.value.owner or owner, each.value.name) for each in inventory.licenses]
        self._owner = owner
        self._licenses = {(fold(each.owner), fold(each.name)): spelled(each, owner) for each in names}
        self._owners = {fold(each.owner): each.owner for each in names} | {fold(owner): owner}
        self._stations = {key: each.name for key, each in present.stations.items()}
        self._stations |= {fold(each.value.name): each.value.name for each in inventory.stations}

    def holder_problems(self, entry: Entry[StationEntry] | Entry[UserEntry]) -> Iterable[Problem]:
        for name in entry.value.licenses:
            license_ = license_name(name, self._owner)
            if (fold(license_.owner), fold(license_.name)) not in self._licenses:
                yield _unknown(entry.place, "licenses", "license", name, self._licenses.values())
        for owner in entry.profiles:
            if fold(owner) not in self._owners:
                yield _unknown(entry.place, "profiles", "license owner", owner, self._owners.values())

    def user_problems(self, entry: Entry[UserEntry]) -> Iterable[Problem]:
        user = entry.value
        for station in user.stations if isinstance(user.stations, tuple) else ():
            if fold(station) not in self._stations:
                yield _unknown(entry.place, "stations", "station", station, self._stations.values())
        for role in unknown_roles(user.roles or ()):
            yield _no_such(entry.place, "role", role, ROLES)
        for right in unknown_rights(user.rights or ()):
            yield _no_such(entry.place, "right", right, Right)


def _id_problems(entry: Entry[UserEntry], present: InventoryView) -> Iterable[Problem]:
    account = present.accounts.get(fold(entry.value.login))
    if account is not None and entry.value.user_id not in (UNSET, account.user.id):
        text = f"cannot be changed: {account.user.login} has {account.user.id}; remove the key or write that"
        yield Problem(entry.place, "user_id", text)


def _unknown(place: str, key: str, what: str, name: str, known: Iterable[str]) -> Problem:
    return Problem(place, key, f"there is no {what} {quoted(name)}{nearest(name, known)}")


def _no_such(place: str, what: str, name: str, known: Iterable[str]) -> Problem:
    """A role or a right: of these there are so few that all can be told."""
    offer = nearest(name, known) or f"; the {what}s are {', '.join(known)}"
    return Problem(place, f"{what}s", f"there is no {what} {quoted(name)}{offer}")
