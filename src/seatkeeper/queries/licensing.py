"""What users and stations have of one owner: their profiles, and the licenses assigned to them."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import Holder, HolderKind, Method, Profile, fold
from seatkeeper.queries.lists import Item, Listing, Rows, among

_a, _l, _p = tables.assignments.c, tables.licenses.c, tables.profiles.c


class AssignedLicense(NamedTuple):
    """A license that a holder has, whether or not his profile lets it count."""

    name: str
    display_name: str


class LicensedItem(Item, frozen=True):
    """A user or a station with his profile and what is assigned to him, by name."""

    profile: Profile
    licenses: tuple[AssignedLicense, ...]


def licensed(listing: Listing[Item], kind: HolderKind, owner: str) -> Listing[LicensedItem]:
    """A list of users or of stations, with what each has of `owner`."""
    return Listing(
        rows=listing.rows,
        make=partial(_made, kind=kind, owner_key=fold(owner)),
        number=listing.number,
        name=listing.name,
        display_name=listing.display_name,
    )


def _made(connection: Connection, rows: Rows, kind: HolderKind, owner_key: str) -> list[LicensedItem]:
    numbers = [row[0] for row in rows]
    profiles = _profiles(connection, kind, owner_key, numbers)
    licenses = _licenses(connection, kind, owner_key, numbers)
    return [
        LicensedItem(
            number,
            name,
            display_name,
            profile=profiles.get(number) or Profile(Holder(kind, number), owner_key),
            licenses=tuple(licenses[number]),
        )
        for number, name, display_name in rows
    ]


def _profiles(connection: Connection, kind: HolderKind, owner_key: str, numbers: Sequence[int]) -> dict[int, Profile]:
    """The profiles of those who have one; others have the default one."""
    query = select(_p.holder_id, _p.enabled, _p.method).where(
        _p.holder_kind == kind, _p.owner_key == owner_key, among(_p.holder_id, numbers)
    )
    return {
        number: Profile(Holder(kind, number), owner_key, enabled=enabled, method=Method(method))
        for number, enabled, method in connection.execute(query)
    }


def _licenses(
    connection: Connection, kind: HolderKind, owner_key: str, numbers: Sequence[int]
) -> defaultdict[int, list[AssignedLicense]]:
    query = (
        select(_a.holder_id, _l.name, _l.display_name)
        .join(tables.licenses, _l.id == _a.license_id)
        .where(_a.holder_kind == kind, among(_a.holder_id, numbers), _l.owner_key == owner_key)
        .order_by(_l.name_key)
    )
    found: defaultdict[int, list[AssignedLicense]] = defaultdict(list)
    for number, name, display_name in connection.execute(query):
        found[number].append(AssignedLicense(name, display_name))
    return found
