"""The inventory as it is: what was bought, who is known, who may use what."""

from collections.abc import Collection

from msgspec import Struct, convert
from sqlalchemy import Connection, func, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Application, Runtime
from seatkeeper.licensing.entities import Holder, HolderKind, License, Owner, OwnerDetails, Pool, Profile, Station
from seatkeeper.queries.applications import applications_of
from seatkeeper.queries.holders import assignments_of, in_parts, profiles_of
from seatkeeper.queries.lists import can_be_stored
from seatkeeper.queries.runtimes import every_runtime
from seatkeeper.queries.users import ACCOUNTS, Account, account_of


class InventoryView(Struct, frozen=True):
    """The inventory at one moment, as far as it was asked for. Keys are names as `fold` makes them; those of runtimes
    and applications, which are whole, are exact: an application's are its runtime's name and its own.

    `position` is the number of the journal's last event. Owners (of whom something is said), licenses and stations are
    whole; `accounts` are the users who were named and live, `profiles` and `assignments` those of the users and
    stations that were named, the licenses of each holder in the order of assigning. `others`: the users who were not
    named, where asked for.
    """

    position: int
    owners: dict[str, Owner]
    licenses: dict[tuple[str, str], License]
    pools: dict[int, Pool]
    stations: dict[str, Station]
    accounts: dict[str, Account]
    profiles: dict[tuple[Holder, str], Profile]
    assignments: dict[Holder, tuple[int, ...]]
    others: dict[str, Account]
    runtimes: dict[str, Runtime]
    applications: dict[tuple[str, str], Application]


def inventory_around(
    connection: Connection, logins: Collection[str], stations: Collection[str], *, others: bool = False
) -> InventoryView:
    """Read what there is of these users and stations, whose names are folded, and of all licenses.

    `others`: read all other users too. Sessions and what they hold are not part of it.
    """
    position = connection.execute(select(func.coalesce(func.max(tables.journal.c.seq), 0))).scalar_one()
    known_stations = stations_by_name(connection)
    runtimes = every_runtime(connection)
    accounts = _accounts(connection, logins)
    holders = {
        HolderKind.USER: [each.user.id for each in accounts.values()],
        HolderKind.STATION: [known_stations[each].id for each in stations if each in known_stations],
    }
    return InventoryView(
        position=position,
        owners=owners_by_name(connection),
        licenses=_licenses(connection),
        pools=_pools(connection),
        stations=known_stations,
        accounts=accounts,
        profiles=profiles_of(connection, holders),
        assignments=assignments_of(connection, holders),
        others=_other_accounts(connection, logins) if others else {},
        runtimes={each.name: each for each in runtimes},
        applications={
            (runtime.name, each.name): each for runtime in runtimes for each in applications_of(connection, runtime.id)
        },
    )


def licenses_with_pools(connection: Connection) -> list[tuple[License, Pool]]:
    """Every license with its seats and their use, by owner and name."""
    of_license = _pools(connection)
    return [(each, of_license[each.id]) for _, each in sorted(_licenses(connection).items())]


def owners_by_name(connection: Connection) -> dict[str, Owner]:
    """Every owner of whom something is said, by its name as `fold` makes it."""
    rows = connection.execute(select(tables.owners))
    return {row.name_key: convert(row, Owner, from_attributes=True) for row in rows}


class OwnerView(Struct, frozen=True):
    """An owner, what is said of it, and how many licenses it has."""

    name: str
    details: OwnerDetails
    licenses: int


def every_owner(connection: Connection) -> list[OwnerView]:
    """Every owner of whom something is said or who has licenses, by name."""
    said = owners_by_name(connection)
    owner, number = tables.licenses.c.owner_key, func.count()
    rows = connection.execute(select(owner, func.min(tables.licenses.c.owner), number).group_by(owner))
    having = {key: (name, count) for key, name, count in rows}
    views = []
    for key in sorted(said.keys() | having.keys()):
        name, count = having.get(key, ("", 0))
        row = said.get(key) or Owner(id=0, name=name)
        views.append(OwnerView(name=row.name, details=row.details, licenses=count))
    return views


def stations_by_name(connection: Connection) -> dict[str, Station]:
    """Every station, by its name as `fold` makes it."""
    rows = connection.execute(select(tables.stations))
    return {row.name_key: convert(row, Station, from_attributes=True) for row in rows}


def _licenses(connection: Connection) -> dict[tuple[str, str], License]:
    rows = connection.execute(select(tables.licenses))
    return {(row.owner_key, row.name_key): convert(row, License, from_attributes=True) for row in rows}


def _pools(connection: Connection) -> dict[int, Pool]:
    rows = connection.execute(select(tables.pools))
    return {row.license_id: convert(row, Pool, from_attributes=True) for row in rows}


def _accounts(connection: Connection, logins: Collection[str]) -> dict[str, Account]:
    accounts = {}
    for some in in_parts(list(filter(can_be_stored, logins))):
        for row in connection.execute(ACCOUNTS.where(tables.users.c.login_key.in_(some))):
            accounts[row.login_key] = account_of(row)
    return accounts


def _other_accounts(connection: Connection, logins: Collection[str]) -> dict[str, Account]:
    rows = connection.execute(ACCOUNTS.order_by(tables.users.c.login_key))
    return {row.login_key: account_of(row) for row in rows if row.login_key not in logins}
