"""Allocations: what was bought of each license, and what of it is assigned, enabled and in use.

The counts stand in `pools`, where the writer keeps them: to list them looks at no assignment and no hold.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, null, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import AppliesTo, LicenseKind, Pool, fold
from seatkeeper.queries.lists import Item, Listing, Page, Property, Query, Rows, page

_l, _p = tables.licenses.c, tables.pools.c


def _bought(*seats: ColumnElement[int]) -> ColumnElement[int | None]:
    """How many were bought; NULL where any number may be used."""
    return case((_p.unrestricted, null()), else_=sum(seats[1:], seats[0]))


ASSIGNED: Final = Property(_p.assigned_users + _p.assigned_stations, is_number=True)
ASSIGNED_TO_USERS: Final = Property(_p.assigned_users, is_number=True)
ASSIGNED_TO_STATIONS: Final = Property(_p.assigned_stations, is_number=True)
ASSIGNABLE_SEATS: Final = Property(_bought(_p.assignable_seats), is_number=True)
CONCURRENT_ASSIGNED: Final = Property(_p.concurrent_assigned, is_number=True)
CONCURRENT_IN_USE: Final = Property(_p.concurrent_in_use, is_number=True)
CONCURRENT_SEATS: Final = Property(_bought(_p.concurrent_seats), is_number=True)
ALL_ASSIGNED: Final = Property(_p.assigned_users + _p.assigned_stations + _p.concurrent_assigned, is_number=True)
ALL_SEATS: Final = Property(_bought(_p.assignable_seats, _p.concurrent_seats), is_number=True)

NAME: Final = Property(_l.name_key)
DISPLAY_NAME: Final = Property(_l.display_key)


class Allocation(Item, frozen=True):
    """The counts of one license, each as the property of its name says. Seats are None where it is unrestricted."""

    assigned: int
    assigned_to_users: int
    assigned_to_stations: int
    assignable_seats: int | None
    concurrent_assigned: int
    concurrent_in_use: int
    concurrent_seats: int | None
    all_assigned: int
    all_seats: int | None


_ROWS: Final = select(
    _l.id,
    _l.name,
    _l.display_name,
    ASSIGNED.column,
    ASSIGNED_TO_USERS.column,
    ASSIGNED_TO_STATIONS.column,
    ASSIGNABLE_SEATS.column,
    CONCURRENT_ASSIGNED.column,
    CONCURRENT_IN_USE.column,
    CONCURRENT_SEATS.column,
    ALL_ASSIGNED.column,
    ALL_SEATS.column,
).select_from(tables.licenses.join(tables.pools, _p.license_id == _l.id))


def allocations(owner: str, applies_to: Iterable[AppliesTo]) -> Listing[Allocation]:
    """Of an owner's user licenses, those that apply to what is named."""
    return Listing(
        rows=_ROWS.where(_l.owner_key == fold(owner), _l.kind == LicenseKind.USER, _l.applies_to.in_(applies_to)),
        make=_made,
        number=_l.id,
        name=NAME,
        display_name=DISPLAY_NAME,
    )


class Found(NamedTuple):
    """Allocations as they stood after the last event of the journal at the time, which `head` is the number of."""

    page: Page[Allocation]
    head: int


def found_at(connection: Connection, listing: Listing[Allocation], query: Query) -> Found:
    """The allocations that a query wants of a list, and when that was so."""
    head = connection.execute(select(func.coalesce(func.max(tables.journal.c.seq), 0))).scalar_one()
    return Found(page(connection, listing, query), head)


def counted(item: Item, pool: Pool) -> Allocation:
    """The allocation of a license whose pool is in memory: what `allocations` makes of a pool's row."""
    assigned = pool.assigned_users + pool.assigned_stations
    bought = not pool.unrestricted
    return Allocation(
        number=item.number,
        name=item.name,
        display_name=item.display_name,
        assigned=assigned,
        assigned_to_users=pool.assigned_users,
        assigned_to_stations=pool.assigned_stations,
        assignable_seats=pool.assignable_seats if bought else None,
        concurrent_assigned=pool.concurrent_assigned,
        concurrent_in_use=pool.concurrent_in_use,
        concurrent_seats=pool.concurrent_seats if bought else None,
        all_assigned=assigned + pool.concurrent_assigned,
        all_seats=pool.assignable_seats + pool.concurrent_seats if bought else None,
    )


def _made(_connection: Connection, rows: Rows) -> list[Allocation]:
    return [Allocation(*row) for row in rows]
