"""What a document says of each user and station, in its entry and in lines of their own."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import UNSET, Struct
from msgspec.structs import replace

from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.shapes import AssignmentEntry, Entry, Inventory, ProfileEntry, StationEntry, UserEntry
from seatkeeper.inventory.steps import Place
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseKey, LicenseName, fold


class SaidProfile(Struct, frozen=True):
    """A profile that is said, its owner as the file spells it, and where."""

    owner: str
    value: ProfileEntry
    place: Place


class SaidHolder(Struct, frozen=True):
    """A user or a station. `user` or `station` is the entry that describes it, if there is one.

    `profiles` are by folded owner, `licenses` those that it is to have, by folded owner and name, with their places.
    """

    name: HolderName
    place: Place
    profiles: dict[str, SaidProfile]
    licenses: dict[LicenseKey, tuple[LicenseName, Place]]
    user: Entry[UserEntry] | None = None
    station: Entry[StationEntry] | None = None


def holders_of(inventory: Inventory, owner: str) -> list[SaidHolder]:
    """Every holder once, in the order of the first word on it. `owner` is that of bare license names."""
    holders: dict[tuple[HolderKind, str], SaidHolder] = {}
    for station in inventory.stations:
        name = HolderName(HolderKind.STATION, station.value.name)
        holders[name.kind, fold(name.name)] = replace(_described(name, station, owner), station=station)
    for user in inventory.users:
        name = HolderName(HolderKind.USER, user.value.login)
        holders[name.kind, fold(name.name)] = replace(_described(name, user, owner), user=user)
    for line, name in lines_of(inventory):
        place = Place(line.place, "", line.line)
        blank = SaidHolder(name=name, place=place, profiles={}, licenses={})
        _add(holders.setdefault((name.kind, fold(name.name)), blank), line, owner)
    return list(holders.values())


def lines_of(inventory: Inventory) -> Iterator[tuple[Entry[AssignmentEntry], HolderName]]:
    """The lines that assign a license, each with its holder; a line that does not name just one is a problem told."""
    for line in inventory.assignments:
        user, station = line.value.user, line.value.station
        if user is not UNSET and station is UNSET:
            yield line, HolderName(HolderKind.USER, user)
        elif station is not UNSET and user is UNSET:
            yield line, HolderName(HolderKind.STATION, station)


def names_in(inventory: Inventory) -> dict[HolderKind, set[str]]:
    """The names of all holders that are described or assigned something, folded. Of many it takes a second."""
    named = {
        HolderKind.USER: {fold(each.value.login) for each in inventory.users},
        HolderKind.STATION: {fold(each.value.name) for each in inventory.stations},
    }
    for _, holder in lines_of(inventory):
        named[holder.kind].add(fold(holder.name))
    return named


def _described(name: HolderName, entry: Entry[UserEntry] | Entry[StationEntry], owner: str) -> SaidHolder:
    place = Place(entry.place, "licenses", entry.line)
    licenses = [license_name(each, owner) for each in entry.value.licenses]
    return SaidHolder(
        name=name,
        place=replace(place, key=""),
        profiles=_profiles(entry, entry.profiles, owner),
        licenses={license_.key: (license_, place) for license_ in licenses},
    )


def _profiles(
    entry: Entry[UserEntry] | Entry[StationEntry], said: Mapping[str, ProfileEntry], owner: str
) -> dict[str, SaidProfile]:
    def profiles() -> Iterable[SaidProfile]:
        for of_owner, value in said.items():
            key = "method" if value.enabled is UNSET else "enabled"
            if fold(of_owner) != fold(owner):
                key = f"profiles.{of_owner}.{key}"
            yield SaidProfile(of_owner, value, Place(entry.place, key, entry.line))

    return {fold(each.owner): each for each in profiles()}


def _add(holder: SaidHolder, line: Entry[AssignmentEntry], owner: str) -> None:
    license_ = license_name(line.value.license, owner)
    holder.licenses.setdefault(license_.key, (license_, Place(line.place, "license", line.line)))
    if line.value.method is not UNSET:
        said = ProfileEntry(method=line.value.method)
        profile = SaidProfile(license_.owner, said, Place(line.place, "method", line.line))
        holder.profiles.setdefault(fold(license_.owner), profile)
