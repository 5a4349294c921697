"""What there is, as the tables of an inventory file: with every key, those at their defaults too.

So an export, applied to whatever has become of the inventory meanwhile, makes its entries as they were.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import asdict

from seatkeeper.inventory.dates import written_date
from seatkeeper.inventory.deployment import NOT_CONFIGURED
from seatkeeper.inventory.details import type_word
from seatkeeper.inventory.fields import DATES
from seatkeeper.inventory.names import spelled
from seatkeeper.licensing.deployment import Application, Runtime
from seatkeeper.licensing.entities import Holder, HolderKind, License, LicenseName, Owner, Pool, Profile, Station, fold
from seatkeeper.queries.export import Holding
from seatkeeper.queries.users import Account

Table = dict[str, Any]


def owner_table(owner: Owner) -> Table:
    """One `[[owners]]`."""
    said = asdict(owner.details)
    return {"name": owner.name} | {key: written_date(said[key]) if key in DATES else said[key] for key in said}


def runtime_table(runtime: Runtime) -> Table:
    """One `[[runtimes]]`."""
    return {"name": runtime.name, "running": runtime.running}


def application_table(runtime: Runtime, application: Application) -> Table:
    """One `[[applications]]`."""
    configured = application.configuration
    return {
        "runtime": runtime.name,
        "name": application.name,
        "category": NOT_CONFIGURED if configured is None else configured.category.value,
        "license_type": NOT_CONFIGURED if configured is None else configured.license_type.value,
        "versions": [
            {"platform": each.platform, "version": each.version, "display_name": each.display_name}
            for each in application.versions
        ],
    }


class Tables:
    """Makes the tables. `licenses` are in the order of names; those of `owner`, the configured one, go by bare names.

    Numbers of licenses and stations that were removed mean nothing any more and are left out.
    """

    def __init__(self, licenses: Sequence[License], stations: Iterable[Station], owner: str) -> None:
        self._own = fold(owner)
        self._stations = {each.id: each.name for each in stations}
        self._licenses = {each.id: spelled(LicenseName(each.owner, each.name), owner) for each in licenses}
        self._owner_of = {each.id: fold(each.owner) for each in licenses}
        self._owners = {fold(each.owner): each.owner for each in licenses}
        self._place = {number: place for place, number in enumerate(self._licenses)}

    def license(self, license_: License, pool: Pool) -> Table:
        """One `[[licenses]]`."""
        return {
            "name": license_.name,
            "owner": license_.owner,
            "display_name": license_.display_name,
            "description": license_.description,
            "applies_to": license_.applies_to.value,
            "kind": license_.kind.value,
            "shared": license_.shared,
            "assignable_seats": pool.assignable_seats,
            "concurrent_seats": pool.concurrent_seats,
            "unrestricted": pool.unrestricted,
            "expires": written_date(license_.expires),
            "grace_until": written_date(license_.grace_until),
            "prerequisite": "" if license_.prerequisite is None else self._licenses[license_.prerequisite],
            **asdict(license_.details),
            "user_type": type_word(license_.details.user_type),
        }

    def station(self, holding: Holding[Station]) -> Table:
        """One `[[stations]]`."""
        station = holding.holder
        return {
            "name": station.name,
            "display_name": station.display_name,
            "extension": station.extension,
            "licenses": self._assigned(holding),
            **self._profiles(holding, Holder(HolderKind.STATION, station.id)),
        }

    def user(self, holding: Holding[Account]) -> Table:
        """One `[[users]]`, with the hash of his password."""
        user, password_hash = holding.holder.user, holding.holder.password_hash
        return {
            "login": user.login,
            "display_name": user.display_name,
            **({} if password_hash is None else {"password_hash": password_hash}),
            "language": user.language,
            "roles": list(user.roles),
            "rights": list(user.rights),
            "stations": _some(self._stations, user.stations),
            "view_allocations": _some(self._licenses, user.view_allocations),
            "admin_allocations": _some(self._licenses, user.admin_allocations),
            "user_type": type_word(user.user_type),
            "group_id": user.group_id,
            "secondary_groups": list(user.secondary_groups),
            "user_id": user.id,
            "licenses": self._assigned(holding),
            **self._profiles(holding, Holder(HolderKind.USER, user.id)),
        }

    def _assigned(self, holding: Holding[Any]) -> list[str]:
        return [self._licenses[each] for each in sorted(holding.licenses, key=self._place.__getitem__)]

    def _profiles(self, holding: Holding[Any], holder: Holder) -> Table:
        """The configured owner's profile, and below `profiles` those of others of whom the holder has anything."""
        others = {self._owner_of[each] for each in holding.licenses} | (holding.profiles.keys() & self._owners.keys())
        profiles = {
            self._owners[key]: _profile(holding.profiles.get(key) or Profile(holder, key))
            for key in sorted(others - {self._own})
        }
        own = _profile(holding.profiles.get(self._own) or Profile(holder, self._own))
        return {**own, "profiles": profiles} if profiles else own


def _profile(profile: Profile) -> Table:
    if profile.holder.kind is HolderKind.STATION:
        return {"enabled": profile.enabled}  # its method is assignable, always
    return {"enabled": profile.enabled, "method": profile.method.name.lower()}


def _some(names: dict[int, str], numbers: tuple[int, ...] | None) -> list[str] | str:
    return "all" if numbers is None else [names[each] for each in numbers if each in names]
