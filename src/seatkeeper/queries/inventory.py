"""The inventory as it is: what was bought, who is known, who may use what."""

from collections.abc import Collection, Iterator
from typing import Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, func, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import (
    AppliesTo,
    Holder,
    HolderKind,
    License,
    LicenseKind,
    Method,
    Pool,
    Profile,
    Station,
)
from seatkeeper.queries.users import ACCOUNTS, Account, account_of

T = TypeVar("T")

# How many names or numbers one statement asks for: more takes longer to prepare than to ask again.
_AT_ONCE: Final = 1000


class InventoryView(Struct, frozen=True):
    """The inventory at one moment, as far as it was asked for. Keys are names as `fold` makes them.

    `position` is the number of the journal's last event. Licenses and stations are whole; `accounts` are the users
    who were named and live, `profiles` and `assignments` those of the users and stations that were named, the
    licenses of each holder in the order of assigning. `others`: the users who were not named, where asked for.
    """

    position: int
    licenses: dict[tuple[str, str], License]
    pools: dict[int, Pool]
    stations: dict[str, Station]
    accounts: dict[str, Account]
    profiles: dict[tuple[Holder, str], Profile]
    assignments: dict[Holder, tuple[int, ...]]
    others: dict[str, Account]


def inventory_around(
    connection: Connection, logins: Collection[str], stations: Collection[str], *, others: bool = False
) -> InventoryView:
    """Read what there is of these users and stations, whose names are folded, and of all licenses.

    `others`: read all other users too. Sessions and what they hold are not part of it.
    """
    position = connection.execute(select(func.coalesce(func.max(tables.journal.c.seq), 0))).scalar_one()
    known_stations = stations_by_name(connection)
    accounts = _accounts(connection, logins)
    holders = {
        HolderKind.USER: [each.user.id for each in accounts.values()],
        HolderKind.STATION: [known_stations[each].id for each in stations if each in known_stations],
    }
    return InventoryView(
        position=position,
        licenses=_licenses(connection),
        pools={pool.license_id: pool for pool in pools(connection)},
        stations=known_stations,
        accounts=accounts,
        profiles=profiles_of(connection, holders),
        assignments=assignments_of(connection, holders),
        others=_other_accounts(connection, logins) if others else {},
    )


def licenses_with_pools(connection: Connection) -> list[tuple[License, Pool]]:
    """Every license with its seats and their use, by owner and name."""
    of_license = {pool.license_id: pool for pool in pools(connection)}
    return [(each, of_license[each.id]) for _, each in sorted(_licenses(connection).items())]


def pools(connection: Connection) -> list[Pool]:
    """The seats of every license and how many are taken."""
    return [
        Pool(**{**row, "uncovered": tuple(row["uncovered"])})
        for row in connection.execute(select(tables.pools)).mappings()
    ]


def _licenses(connection: Connection) -> dict[tuple[str, str], License]:
    rows = connection.execute(select(tables.licenses)).mappings()
    return {(row["owner_key"], row["name_key"]): _license(row) for row in rows}


def _license(row: RowMapping) -> License:
    return License(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        display_name=row["display_name"],
        description=row["description"],
        applies_to=AppliesTo(row["applies_to"]),
        kind=LicenseKind(row["kind"]),
        shared=row["shared"],
        expires=row["expires"],
        grace_until=row["grace_until"],
        prerequisite=row["prerequisite"],
    )


def stations_by_name(connection: Connection) -> dict[str, Station]:
    """Every station, by its name as `fold` makes it."""
    rows = connection.execute(select(tables.stations)).mappings()
    return {
        row["name_key"]: Station(
            id=row["id"], name=row["name"], display_name=row["display_name"], extension=row["extension"]
        )
        for row in rows
    }


def _accounts(connection: Connection, logins: Collection[str]) -> dict[str, Account]:
    accounts = {}
    for some in _in_parts(logins):
        for row in connection.execute(ACCOUNTS.where(tables.users.c.login_key.in_(some))).mappings():
            accounts[row["login_key"]] = account_of(row)
    return accounts


def _other_accounts(connection: Connection, logins: Collection[str]) -> dict[str, Account]:
    rows = connection.execute(ACCOUNTS.order_by(tables.users.c.login_key)).mappings()
    return {row["login_key"]: account_of(row) for row in rows if row["login_key"] not in logins}


Holders = dict[HolderKind, list[int]]
"""Users and stations, by number."""


def profiles_of(connection: Connection, holders: Holders) -> dict[tuple[Holder, str], Profile]:
    """The profiles of those among these holders who have one; others have the default one."""
    profiles = {}
    table = tables.profiles.c
    for kind, numbers in holders.items():
        for some in _in_parts(numbers):
            asked = select(tables.profiles).where(table.holder_kind == kind, table.holder_id.in_(some))
            for row in connection.execute(asked).mappings():
                holder = Holder(kind, row["holder_id"])
                profiles[holder, row["owner_key"]] = Profile(
                    holder=holder, owner_key=row["owner_key"], enabled=row["enabled"], method=Method(row["method"])
                )
    return profiles


def assignments_of(connection: Connection, holders: Holders) -> dict[Holder, tuple[int, ...]]:
    """The numbers of the licenses that these holders have, in the order of assigning."""
    assigned: dict[Holder, list[int]] = {}
    table = tables.assignments.c
    for kind, numbers in holders.items():
        for some in _in_parts(numbers):
            asked = (
                select(table.holder_id, table.license_id)
                .where(table.holder_kind == kind, table.holder_id.in_(some))
                .order_by(table.id)
            )
            for holder_id, license_id in connection.execute(asked):
                assigned.setdefault(Holder(kind, holder_id), []).append(license_id)
    return {holder: tuple(licenses) for holder, licenses in assigned.items()}


def _in_parts(wanted: Collection[T]) -> Iterator[list[T]]:
    parts = list(wanted)
    for first in range(0, len(parts), _AT_ONCE):
        yield parts[first : first + _AT_ONCE]
