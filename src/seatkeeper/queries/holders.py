"""What users, stations and applications have: their profiles, and the licenses assigned to them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import Holder, HolderKind, Method, Profile, fold
from seatkeeper.queries.lists import Item, Listing, Rows, among

T = TypeVar("T")

_a, _l, _p = tables.assignments.c, tables.licenses.c, tables.profiles.c

# How many names or numbers one statement asks for: more takes longer to prepare than to ask again.
_AT_ONCE: Final = 1000

Holders = dict[HolderKind, list[int]]
"""Users, stations and applications, by number."""


def profiles_of(connection: Connection, holders: Holders) -> dict[tuple[Holder, str], Profile]:
    """The profiles of those among these holders who have one; others have the default one."""
    profiles = {}
    for kind, numbers in holders.items():
        for some in in_parts(numbers):
            asked = select(_p.holder_id, _p.owner_key, _p.enabled, _p.method)
            of_these = asked.where(_p.holder_kind == kind, _p.holder_id.in_(some))
            for number, owner_key, enabled, method in connection.execute(of_these):
                holder = Holder(kind, number)
                profiles[holder, owner_key] = Profile(holder, owner_key, enabled=enabled, method=Method(method))
    return profiles


def assignments_of(connection: Connection, holders: Holders) -> dict[Holder, tuple[int, ...]]:
    """The numbers of the licenses that these holders have, in the order of assigning."""
    assigned: dict[Holder, list[int]] = {}
    for kind, numbers in holders.items():
        for some in in_parts(numbers):
            asked = select(_a.holder_id, _a.license_id).where(_a.holder_kind == kind, _a.holder_id.in_(some))
            for holder_id, license_id in connection.execute(asked.order_by(_a.id)):
                assigned.setdefault(Holder(kind, holder_id), []).append(license_id)
    return {holder: tuple(licenses) for holder, licenses in assigned.items()}


def in_parts(wanted: Collection[T]) -> Iterator[list[T]]:
    """Names or numbers, so many at a time as one statement asks for."""
    parts = list(wanted)
    for first in range(0, len(parts), _AT_ONCE):
        yield parts[first : first + _AT_ONCE]


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
    profiles = profiles_of(connection, {kind: numbers})
    licenses = _licenses(connection, kind, owner_key, numbers)
    return [
        LicensedItem(
            number,
            name,
            display_name,
            profile=profiles.get((Holder(kind, number), owner_key)) or Profile(Holder(kind, number), owner_key),
            licenses=tuple(licenses[number]),
        )
        for number, name, display_name in rows
    ]


def _licenses(
    connection: Connection, kind: HolderKind, owner_key: str, numbers: list[int]
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
