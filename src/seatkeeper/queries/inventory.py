"""The inventory as it is: what was bought, who is known, who may use what."""

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, select

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


class InventoryView(Struct, frozen=True):
    """The whole inventory at one moment, users that are deleted left out. Keys are names as `fold` makes them."""

    licenses: dict[tuple[str, str], License]
    pools: dict[int, Pool]
    stations: dict[str, Station]
    accounts: dict[str, Account]
    profiles: dict[tuple[Holder, str], Profile]


def inventory(connection: Connection) -> InventoryView:
    """Read the inventory. Sessions and what they hold are not part of it."""
    return InventoryView(
        licenses=_licenses(connection),
        pools={pool.license_id: pool for pool in pools(connection)},
        stations=_stations(connection),
        accounts=_accounts(connection),
        profiles=_profiles(connection),
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
    )


def _stations(connection: Connection) -> dict[str, Station]:
    rows = connection.execute(select(tables.stations)).mappings()
    return {
        row["name_key"]: Station(
            id=row["id"], name=row["name"], display_name=row["display_name"], extension=row["extension"]
        )
        for row in rows
    }


def _accounts(connection: Connection) -> dict[str, Account]:
    rows = connection.execute(ACCOUNTS).mappings()
    return {row["login_key"]: account_of(row) for row in rows}


def _profiles(connection: Connection) -> dict[tuple[Holder, str], Profile]:
    profiles = {}
    for row in connection.execute(select(tables.profiles)).mappings():
        holder = Holder(HolderKind(row["holder_kind"]), row["holder_id"])
        profiles[holder, row["owner_key"]] = Profile(
            holder=holder, owner_key=row["owner_key"], enabled=row["enabled"], method=Method(row["method"])
        )
    return profiles
