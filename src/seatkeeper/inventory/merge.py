"""What the file says laid over what is there: the commands for one entry."""

from collections.abc import Iterator
from typing import TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.shapes import (
    Day,
    Entry,
    LicenseEntry,
    ProfileEntry,
    StationEntry,
    UserEntry,
)
from seatkeeper.inventory.steps import Phase, Place, Step
from seatkeeper.licensing.commands import (
    Assign,
    ChangeProfile,
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    HolderName,
    LicenseName,
)
from seatkeeper.licensing.entities import (
    AppliesTo,
    Holder,
    HolderKind,
    LicenseKind,
    Method,
    Pool,
    Profile,
    User,
    fold,
)
from seatkeeper.queries.inventory import InventoryView

T = TypeVar("T")


class Merge:
    """Lays entries over the inventory as it was read. `owner` is the configured license owner."""

    def __init__(self, present: InventoryView, owner: str, *, allow_overcommit: bool) -> None:
        self._present = present
        self._owner = owner
        self._allow_overcommit = allow_overcommit
        self._station_names = {each.id: each.name for each in present.stations.values()}

    def license(self, entry: Entry[LicenseEntry]) -> Iterator[Step]:
        """Describe a license and set its seats."""
        said = entry.value
        name = LicenseName(said.owner or self._owner, said.name)
        before = self._present.licenses.get((fold(name.owner), fold(name.name)))
        command = DefineLicense(
            owner=name.owner,
            name=name.name,
            display_name=_said(said.display_name, before.display_name if before else name.name),
            description=_said(said.description, before.description if before else ""),
            applies_to=_said(said.applies_to, before.applies_to if before else AppliesTo.BOTH),
            kind=_said(said.kind, before.kind if before else LicenseKind.USER),
            shared=_said(said.shared, before.shared if before else True),
            expires=_day(said.expires, before.expires if before else None),
            grace_until=_day(said.grace_until, before.grace_until if before else None),
        )
        place = Place(entry.place, "")
        if before is None and (command.expires is not None or command.grace_until is not None):
            yield Step(Phase.LICENSES, replace(command, expires=None, grace_until=None), place)
            yield Step(Phase.DATES, command, place)
        else:
            yield Step(Phase.LICENSES, command, place)
        yield from self._seats(entry, name, self._present.pools[before.id] if before else _NO_SEATS)

    def _seats(self, entry: Entry[LicenseEntry], name: LicenseName, before: Pool) -> Iterator[Step]:
        said = entry.value
        command = ChangeSeats(
            license=name,
            assignable=_said(said.assignable_seats, before.assignable_seats),
            concurrent=_said(said.concurrent_seats, before.concurrent_seats),
            unrestricted=_said(said.unrestricted, before.unrestricted),
            allow_overcommit=self._allow_overcommit,
        )
        lowered = not command.unrestricted and (
            before.unrestricted
            or command.assignable < before.assignable_seats
            or command.concurrent < before.concurrent_seats
        )
        key = "concurrent_seats" if command.concurrent < before.concurrent_in_use else "assignable_seats"
        phase = Phase.LOWERED_SEATS if lowered else Phase.RAISED_SEATS
        yield Step(phase, command, Place(entry.place, key))

    def station(self, entry: Entry[StationEntry]) -> Iterator[Step]:
        """Describe a station, set its profiles, assign its licenses."""
        said = entry.value
        before = self._present.stations.get(fold(said.name))
        command = DefineStation(
            name=said.name,
            display_name=_said(said.display_name, before.display_name if before else said.name),
            extension=_said(said.extension, before.extension if before else ""),
        )
        yield Step(Phase.STATIONS, command, Place(entry.place, ""))
        name = HolderName(HolderKind.STATION, said.name)
        yield from self._holder(entry, name, Holder(HolderKind.STATION, before.id) if before else None)

    def user(self, entry: Entry[UserEntry], password_hash: str | None) -> Iterator[Step]:
        """Describe a user, set his profiles, assign his licenses."""
        said = entry.value
        account = self._present.accounts.get(fold(said.login))
        before = account.user if account else None
        command = DefineUser(
            login=said.login,
            display_name=_said(said.display_name, before.display_name if before else said.login),
            language=_said(said.language, before.language if before else "en-US"),
            roles=_said(said.roles, before.roles if before else ()),
            rights=_said(said.rights, before.rights if before else ()),
            stations=self._stations(said, before),
            user_id=said.user_id or None,
            password_hash=password_hash,
        )
        yield Step(Phase.USERS, command, Place(entry.place, ""))
        name = HolderName(HolderKind.USER, said.login)
        yield from self._holder(entry, name, Holder(HolderKind.USER, before.id) if before else None)

    def _stations(self, said: UserEntry, before: User | None) -> tuple[str, ...] | None:
        if said.stations == "all":
            return None
        if isinstance(said.stations, tuple):
            return said.stations
        ids = None if before is None else before.stations
        return None if ids is None else tuple(self._station_names[each] for each in ids)

    def _holder(
        self, entry: Entry[StationEntry] | Entry[UserEntry], name: HolderName, known: Holder | None
    ) -> Iterator[Step]:
        for owner, profile in entry.profiles.items():
            yield self._profile(entry, name, known, owner, profile)
        if entry.value.licenses:
            licenses = tuple(license_name(each, self._owner) for each in entry.value.licenses)
            yield Step(Phase.ASSIGNMENTS, Assign(holder=name, licenses=licenses), Place(entry.place, "licenses"))

    def _profile(
        self,
        entry: Entry[StationEntry] | Entry[UserEntry],
        name: HolderName,
        known: Holder | None,
        owner: str,
        said: ProfileEntry,
    ) -> Step:
        before = None if known is None else self._present.profiles.get((known, fold(owner)))
        before = before or Profile(holder=Holder(name.kind, 0), owner_key=fold(owner))
        command = ChangeProfile(
            holder=name,
            owner=owner,
            enabled=_said(said.enabled, before.enabled),
            method=before.method if said.method is UNSET else Method[said.method.upper()],
        )
        frees = not command.enabled or command.method is Method.CONCURRENT
        key = "method" if said.enabled is UNSET else "enabled"
        if fold(owner) != fold(self._owner):
            key = f"profiles.{owner}.{key}"
        return Step(Phase.FREEING_PROFILES if frees else Phase.TAKING_PROFILES, command, Place(entry.place, key))


_NO_SEATS = Pool(license_id=0, assignable_seats=0, concurrent_seats=0, unrestricted=False)


def _said(said: T | UnsetType, before: T) -> T:
    return before if isinstance(said, UnsetType) else said


def _day(said: Day | UnsetType, before: int | None) -> int | None:
    return before if isinstance(said, UnsetType) else said.at
