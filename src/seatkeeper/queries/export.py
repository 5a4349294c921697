"""The whole inventory for an export: a part at a time, whatever its size."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Application, Runtime
from seatkeeper.licensing.entities import Holder, HolderKind, License, Owner, Pool, Profile, Station
from seatkeeper.queries.applications import applications_of
from seatkeeper.queries.holders import assignments_of, profiles_of
from seatkeeper.queries.inventory import licenses_with_pools, owners_by_name, stations_by_name
from seatkeeper.queries.runtimes import every_runtime
from seatkeeper.queries.users import ACCOUNTS, Account, account_of

S = TypeVar("S", Account, Station)
T = TypeVar("T")

Deployed = tuple[Runtime, Application]
"""An application and where it runs."""

# How many holders are read at once: some hundredths of a second's work, with what is made of it.
_PAGE: Final = 200


class Holding(Struct, Generic[S], frozen=True):
    """A user or a station with what he has: profiles by owner as `fold` makes it, and the numbers of his licenses."""

    holder: S
    profiles: dict[str, Profile]
    licenses: tuple[int, ...]


class WholeInventory(Struct, frozen=True):
    """All owners, licenses, runtimes and stations; a page after the other as they are asked for, all applications with
    their runtimes, and all holders with what they have.

    All in the order of names; users who are deleted are left out.
    """

    owners: list[Owner]
    licenses: list[tuple[License, Pool]]
    stations: list[Station]
    runtimes: list[Runtime]
    application_pages: Iterator[list[Deployed]]
    station_pages: Iterator[list[Holding[Station]]]
    account_pages: Iterator[list[Holding[Account]]]


def whole(make: Callable[[WholeInventory], Iterator[T]]) -> Callable[[Connection], Iterator[T]]:
    """The read that yields what `make` makes of the inventory."""

    def read(connection: Connection) -> Iterator[T]:
        runtimes = every_runtime(connection)
        stations = [station for _, station in sorted(stations_by_name(connection).items())]
        return make(
            WholeInventory(
                owners=[owner for _, owner in sorted(owners_by_name(connection).items())],
                licenses=licenses_with_pools(connection),
                stations=stations,
                runtimes=runtimes,
                application_pages=_application_pages(connection, runtimes),
                station_pages=_station_pages(connection, stations),
                account_pages=_account_pages(connection),
            )
        )

    return read


def _application_pages(connection: Connection, runtimes: list[Runtime]) -> Iterator[list[Deployed]]:
    for runtime in runtimes:
        applications = applications_of(connection, runtime.id)
        for first in range(0, len(applications), _PAGE):
            yield [(runtime, each) for each in applications[first : first + _PAGE]]


def _station_pages(connection: Connection, stations: list[Station]) -> Iterator[list[Holding[Station]]]:
    for first in range(0, len(stations), _PAGE):
        yield _with_licenses(connection, HolderKind.STATION, stations[first : first + _PAGE])


def _account_pages(connection: Connection) -> Iterator[list[Holding[Account]]]:
    login = tables.users.c.login_key
    page = ACCOUNTS.order_by(login).limit(_PAGE)
    rows = connection.execute(page).all()
    while rows:
        yield _with_licenses(connection, HolderKind.USER, [account_of(row) for row in rows])
        rows = connection.execute(page.where(login > rows[-1].login_key)).all()


def _with_licenses(connection: Connection, kind: HolderKind, page: Sequence[S]) -> list[Holding[S]]:
    numbers = [_number(each) for each in page]
    profiles: dict[Holder, dict[str, Profile]] = {}
    for (holder, owner_key), profile in profiles_of(connection, {kind: numbers}).items():
        profiles.setdefault(holder, {})[owner_key] = profile
    assigned = assignments_of(connection, {kind: numbers})
    return [
        Holding(
            holder=each,
            profiles=profiles.get(Holder(kind, number), {}),
            licenses=assigned.get(Holder(kind, number), ()),
        )
        for each, number in zip(page, numbers, strict=True)
    ]


def _number(holder: Account | Station) -> int:
    return holder.user.id if isinstance(holder, Account) else holder.id
