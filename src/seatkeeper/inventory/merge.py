"""What a document says laid over what is there: owners, licenses, and what describes stations and users."""

from typing import TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from seatkeeper.inventory.changes import Action, Change, FieldChange
from seatkeeper.inventory.details import license_details, owner_details, user_type
from seatkeeper.inventory.draft import Draft
from seatkeeper.inventory.fields import differences
from seatkeeper.inventory.known import Known, license_of
from seatkeeper.inventory.names import license_name, spelled
from seatkeeper.inventory.passwords import Plain
from seatkeeper.inventory.shapes import Entry, Kind, LicenseEntry, OwnerEntry, StationEntry, UserEntry
from seatkeeper.inventory.steps import Phase, Place
from seatkeeper.inventory.values import Day
from seatkeeper.licensing.entities import License, LicenseKind, LicenseName, OwnerDetails, Pool, Station, User, fold
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineOwner,
    DefineStation,
    DefineUser,
    SetPassword,
)
from seatkeeper.licensing.seen import SeenKind, seats_of
from seatkeeper.queries.inventory import InventoryView

T = TypeVar("T")


class Merge:
    """Lays entries over the inventory as it was read, into a draft."""

    def __init__(self, draft: Draft, present: InventoryView, known: Known, *, allow_overcommit: bool) -> None:
        self._draft = draft
        self._present = present
        self._known = known
        self._allow_overcommit = allow_overcommit
        self._licenses_present = {each.id: LicenseName(each.owner, each.name) for each in present.licenses.values()}
        # What goes with this very plan, or went before, is on no list any more.
        self._license_names = {
            each.id: known.licenses[key] for key, each in present.licenses.items() if key in known.licenses
        }
        self._station_names = {each.id: each.name for key, each in present.stations.items() if key in known.stations}

    def owner(self, entry: Entry[OwnerEntry]) -> None:
        """Say something of an owner. What ends the licenses of one who is new is said once they are assigned."""
        key, place = fold(entry.value.name), Place(entry.place, "", entry.line)
        row = self._present.owners.get(key)
        name = entry.value.name if row is None else row.name
        before = OwnerDetails() if row is None else row.details
        after = owner_details(entry.value, before)
        if before == after:
            return  # of whom nothing is said is not there
        self._draft.rests_on(SeenKind.OWNER, key, row, f"owner {name}")
        first = replace(after, expires=None, grace_until=None) if row is None else after
        if first != before:
            self._draft.step(Phase.OWNERS, DefineOwner(name=name, details=first), place)
        if first != after:
            self._draft.step(Phase.AS_IT_WAS, DefineOwner(name=name, details=after), place)
        self._tell(Kind.OWNER, name, place, tuple(differences(before, after, name, new=row is None)), new=row is None)

    def license(self, entry: Entry[LicenseEntry]) -> None:
        """Describe a license and set its seats."""
        said, owner = entry.value, self._known.owner
        key = license_of(said, owner).key
        name, row = self._known.licenses[key], self._present.licenses.get(key)
        pool = _NO_SEATS if row is None else self._present.pools[row.id]
        before = self._license_as_it_is(name, row)
        after = replace(
            before,
            display_name=_said(said.display_name, before.display_name),
            description=_said(said.description, before.description),
            applies_to=_said(said.applies_to, before.applies_to),
            kind=_said(said.kind, before.kind),
            shared=_said(said.shared, before.shared),
            expires=_day(said.expires, before.expires),
            grace_until=_day(said.grace_until, before.grace_until),
            prerequisite=before.prerequisite if said.prerequisite is UNSET else self._license(said.prerequisite),
            details=license_details(said, before.details),
        )
        had = ChangeSeats(name, pool.assignable_seats, pool.concurrent_seats, pool.unrestricted)
        seats = ChangeSeats(
            license=name,
            assignable=_said(said.assignable_seats, pool.assignable_seats),
            concurrent=_said(said.concurrent_seats, pool.concurrent_seats),
            unrestricted=_said(said.unrestricted, pool.unrestricted),
        )
        new, place = row is None, Place(entry.place, "", entry.line)
        fields = (
            *differences(before, after, owner, new=new),
            *differences(before.details, after.details, owner, new=new),
            *differences(had, seats, owner, new=new),
        )
        if new or before != after:
            self._draft.rests_on(SeenKind.LICENSE, key, row, f"license {name.name}")
            self._describe(before, after, place, new=new)
        if had != seats or (new and self._allow_overcommit):
            if row is not None:
                self._draft.rests_on(SeenKind.SEATS, key, seats_of(pool), f"the seats of {name.name}")
            self._seats(pool, seats, place, new=new)
        self._tell(Kind.LICENSE, spelled(name, owner), place, fields, new=new)

    def _license_as_it_is(self, name: LicenseName, row: License | None) -> DefineLicense:
        if row is None:
            return DefineLicense(owner=name.owner, name=name.name, display_name=name.name)
        return DefineLicense(
            owner=row.owner,
            name=row.name,
            display_name=row.display_name,
            description=row.description,
            applies_to=row.applies_to,
            kind=row.kind,
            shared=row.shared,
            expires=row.expires,
            grace_until=row.grace_until,
            prerequisite=None if row.prerequisite is None else self._licenses_present[row.prerequisite],
            details=row.details,
        )

    def _describe(self, before: DefineLicense, after: DefineLicense, place: Place, *, new: bool) -> None:
        """A license that is new gets what could keep it from being assigned once it is assigned as the file says."""
        if not new and before.kind is LicenseKind.USER and after.kind is not LicenseKind.USER:
            self._draft.step(Phase.COVERING_KINDS, after, replace(place, key="kind"))
            after = replace(after, kind=before.kind)
        stays = before.prerequisite == after.prerequisite
        first = after if stays else replace(after, prerequisite=None)
        if new:
            first = replace(first, expires=None, grace_until=None, details=replace(after.details, user_type=None))
        if new or first != before:
            self._draft.step(Phase.LICENSES, first, place)
        if first != after:
            phase = Phase.AS_IT_WAS if new else Phase.PREREQUISITES
            self._draft.step(phase, after, replace(place, key="" if stays else "prerequisite"))

    def _seats(self, before: Pool, seats: ChangeSeats, place: Place, *, new: bool) -> None:
        assert seats.assignable is not None and seats.concurrent is not None  # noqa: S101, PT018 - `license` gave both
        if new and self._allow_overcommit and not seats.unrestricted:
            # More may be assigned than there is.
            self._draft.step(Phase.RAISED_SEATS, ChangeSeats(license=seats.license, unrestricted=True), place)
            phase = Phase.AS_IT_WAS
        else:
            lowered = not seats.unrestricted and (
                before.unrestricted
                or seats.assignable < before.assignable_seats
                or seats.concurrent < before.concurrent_seats
            )
            phase = Phase.LOWERED_SEATS if lowered else Phase.RAISED_SEATS
        key = "concurrent_seats" if seats.concurrent < before.concurrent_in_use else "assignable_seats"
        allowed = replace(seats, allow_overcommit=self._allow_overcommit)
        self._draft.step(phase, allowed, replace(place, key=key))

    def station(self, entry: Entry[StationEntry], row: Station | None, profiles: list[FieldChange]) -> None:
        """Describe a station. `profiles`: what changes of its profiles, told with it."""
        said, place = entry.value, Place(entry.place, "", entry.line)
        name = said.name if row is None else row.name
        before = DefineStation(
            name=name, display_name=row.display_name if row else name, extension=row.extension if row else ""
        )
        after = replace(
            before,
            display_name=_said(said.display_name, before.display_name),
            extension=_said(said.extension, before.extension),
        )
        if row is None or before != after:
            self._draft.rests_on(SeenKind.STATION, fold(name), row, f"station {name}")
            self._draft.step(Phase.STATIONS, after, place)
        fields = (*differences(before, after, self._known.owner, new=row is None), *profiles)
        self._tell(Kind.STATION, name, place, fields, new=row is None)

    def user(
        self, entry: Entry[UserEntry], row: User | None, password: FieldChange | None, profiles: list[FieldChange]
    ) -> None:
        """Describe a user. `password` and `profiles`: what changes of these, told with him."""
        said, place = entry.value, Place(entry.place, "", entry.line)
        before = self._user_as_it_is(said.login, row)
        after = replace(
            before,
            display_name=_said(said.display_name, before.display_name),
            language=_said(said.language, before.language),
            roles=_said(said.roles, before.roles),
            rights=_said(said.rights, before.rights),
            stations=self._stations(said.stations, before.stations),
            view_allocations=self._licenses(said.view_allocations, before.view_allocations),
            admin_allocations=self._licenses(said.admin_allocations, before.admin_allocations),
            user_type=before.user_type if said.user_type is UNSET else user_type(said.user_type),
            group_id=_said(said.group_id, before.group_id),
            secondary_groups=_said(said.secondary_groups, before.secondary_groups),
            user_id=said.user_id or None if row is None else before.user_id,
        )
        if row is None or before != after:
            self._draft.rests_on(SeenKind.USER, fold(after.login), row, f"user {after.login}")
            self._draft.step(Phase.USERS, after, place)
        fields = (*differences(before, after, self._known.owner, new=row is None), *_some(password), *profiles)
        self._tell(Kind.USER, after.login, place, fields, new=row is None)

    def _user_as_it_is(self, login: str, row: User | None) -> DefineUser:
        if row is None:
            return DefineUser(login=login, display_name=login)
        return DefineUser(
            login=row.login,
            display_name=row.display_name,
            language=row.language,
            roles=row.roles,
            rights=row.rights,
            stations=_named(row.stations, self._station_names),
            view_allocations=_named(row.view_allocations, self._license_names),
            admin_allocations=_named(row.admin_allocations, self._license_names),
            user_type=row.user_type,
            group_id=row.group_id,
            secondary_groups=row.secondary_groups,
        )

    def password(self, entry: Entry[UserEntry], stored: str | None, *, new_plain: bool) -> FieldChange | None:
        """Set a user's password, where it is another. `new_plain`: the plain one does not fit what is stored."""
        said = entry.value
        given = said.password_hash or None
        if not (new_plain or (given is not None and given != stored)):
            return None
        self._draft.rests_on(SeenKind.PASSWORD, fold(said.login), stored, f"the password of {said.login}")
        if new_plain:
            self._draft.plain[len(self._draft.steps)] = Plain(fold(said.login), said.password or "")
        key = "password" if new_plain else "password_hash"
        command = SetPassword(login=said.login, password_hash=given or "")
        self._draft.step(Phase.PASSWORDS, command, Place(entry.place, key, entry.line))
        return FieldChange("password", None if stored is None else "(set)", "(set)" if stored is None else "(changed)")

    def _tell(self, kind: Kind, name: str, place: Place, fields: tuple[FieldChange, ...], *, new: bool) -> None:
        if new or fields:
            action = Action.ADDED if new else Action.CHANGED
            self._draft.changes.append(Change(action, kind, name, place.entry, fields))

    def _license(self, text: str) -> LicenseName | None:
        return self._known.licenses[license_name(text, self._known.owner).key] if text else None

    def _licenses(
        self, said: "tuple[str, ...] | str | UnsetType", before: tuple[LicenseName, ...] | None
    ) -> tuple[LicenseName, ...] | None:
        if isinstance(said, UnsetType):
            return before
        return None if isinstance(said, str) else tuple(filter(None, map(self._license, said)))

    def _stations(
        self, said: "tuple[str, ...] | str | UnsetType", before: tuple[str, ...] | None
    ) -> tuple[str, ...] | None:
        if isinstance(said, UnsetType):
            return before
        return None if isinstance(said, str) else tuple(self._known.stations[fold(each)] for each in said)


_NO_SEATS = Pool(license_id=0, assignable_seats=0, concurrent_seats=0, unrestricted=False)


def _said(said: T | UnsetType, before: T) -> T:
    return before if isinstance(said, UnsetType) else said


def _day(said: Day | UnsetType, before: int | None) -> int | None:
    return before if isinstance(said, UnsetType) else said.at


def _some(change: FieldChange | None) -> tuple[FieldChange, ...]:
    return () if change is None else (change,)


def _named(numbers: tuple[int, ...] | None, names: dict[int, T]) -> tuple[T, ...] | None:
    """By name what stands by number; None stands for all."""
    return None if numbers is None else tuple(names[each] for each in numbers if each in names)
