"""List queries, held to a plain filter over the same data (decision 8)."""

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import AppliesTo, HolderKind, LicenseKind, Method, Pool, fold
from seatkeeper.queries import allocations as listed
from seatkeeper.queries.allocations import Allocation, allocations, counted
from seatkeeper.queries.feature_licenses import feature_licenses
from seatkeeper.queries.holders import licensed
from seatkeeper.queries.lists import (
    Condition,
    Item,
    Operator,
    Order,
    Page,
    Property,
    Query,
    Window,
    named,
    page,
)
from seatkeeper.queries.stations import STATIONS
from seatkeeper.queries.users import USERS
from tests.queries.plans import asked
from tests.queries.saving import clear, writing

# Letters that fold into others or into several, wildcards of LIKE and its escape, a blank: few, so that they meet.
names = st.text("aAßsS_%/ ", min_size=1, max_size=4).filter(str.strip)
few = st.integers(0, 12)


ALL = Window(0, 199)


class Row(NamedTuple):
    """A license with its pool, as plain values."""

    number: int
    name: str
    display_name: str
    owner: str
    kind: LicenseKind
    applies_to: AppliesTo
    unrestricted: bool
    assignable_seats: int
    concurrent_seats: int
    users: int
    stations: int
    concurrent_assigned: int
    concurrent_in_use: int

    def counts(self) -> dict[str, int | None]:
        """What the properties mean, said plainly."""
        bought = not self.unrestricted
        return {
            "assigned": self.users + self.stations,
            "assigned_to_users": self.users,
            "assigned_to_stations": self.stations,
            "assignable_seats": self.assignable_seats if bought else None,
            "concurrent_assigned": self.concurrent_assigned,
            "concurrent_in_use": self.concurrent_in_use,
            "concurrent_seats": self.concurrent_seats if bought else None,
            "all_assigned": self.users + self.stations + self.concurrent_assigned,
            "all_seats": self.assignable_seats + self.concurrent_seats if bought else None,
        }


PROPERTIES: dict[str, Property] = {
    "name": listed.NAME,
    "display_name": listed.DISPLAY_NAME,
    "assigned": listed.ASSIGNED,
    "assigned_to_users": listed.ASSIGNED_TO_USERS,
    "assigned_to_stations": listed.ASSIGNED_TO_STATIONS,
    "assignable_seats": listed.ASSIGNABLE_SEATS,
    "concurrent_assigned": listed.CONCURRENT_ASSIGNED,
    "concurrent_in_use": listed.CONCURRENT_IN_USE,
    "concurrent_seats": listed.CONCURRENT_SEATS,
    "all_assigned": listed.ALL_ASSIGNED,
    "all_seats": listed.ALL_SEATS,
}


@st.composite
def inventories(draw: st.DrawFn) -> list[Row]:
    """Licenses of two owners, of all kinds, no two of one owner with the same name."""
    keys = draw(st.lists(st.tuples(st.sampled_from(["ININ", "OTHER"]), names), max_size=12, unique_by=_key))
    return [
        Row(
            number=number,
            name=name,
            display_name=draw(st.sampled_from([name, "", "Same", "sAME"]) | names),
            owner=owner,
            kind=draw(st.sampled_from([LicenseKind.USER, LicenseKind.USER, *LicenseKind])),
            applies_to=draw(st.sampled_from(AppliesTo)),
            unrestricted=draw(st.booleans()),
            assignable_seats=50 + draw(few),
            concurrent_seats=12 + draw(few),
            users=draw(few),
            stations=draw(few),
            concurrent_assigned=draw(few),
            concurrent_in_use=draw(few),
        )
        for number, (owner, name) in enumerate(keys, 1)
    ]


def _key(key: tuple[str, str]) -> tuple[str, str]:
    return key[0], fold(key[1])


# What may stand in a condition beside what is stored: anything at all.
ODD = ("", " ", "0", "-0", "+7", "007", "-7", "1e0", "7.0", "\0", "\0%", "\ud800", "7" * 30, "7" * 5000, "_" * 30_000)
values = st.one_of(names, few.map(str), st.sampled_from(ODD), st.text(max_size=4))
conditions = st.lists(st.tuples(st.sampled_from(sorted(PROPERTIES)), st.sampled_from(Operator), values), max_size=3)
positions = st.integers(0, 15) | st.just(10**15)
windows = st.none() | st.tuples(positions, positions).map(lambda both: Window(min(both), max(both)))
ORDERS = ("name", "display_name", "assigned", "assignable_seats")
orders = st.none() | st.tuples(st.sampled_from(ORDERS), st.booleans())
restrictions = st.none() | st.frozensets(st.integers(1, 12))


def _plain(row: Row, condition: tuple[str, Operator, str]) -> bool:
    """Whether a row satisfies a condition."""
    name, operator, value = condition
    wanted = fold(value)
    if name in {"name", "display_name"}:
        text = fold(row.name if name == "name" else row.display_name)
    else:
        number = row.counts()[name]
        if number is None:
            return False
        text = str(number)
        if operator is Operator.EQUALS:
            digits = wanted[1:] if wanted[:1] in {"+", "-"} else wanted
            if not (digits.isascii() and digits.isdigit()) or len(digits) > 4000:
                return False
            return number == int(wanted)
    match operator:
        case Operator.EQUALS:
            return text == wanted
        case Operator.STARTS_WITH:
            return text.startswith(wanted)
        case Operator.CONTAINS:
            return wanted in text


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to empty tables on each engine; nothing of what is written there stays."""
    if request.param == "postgresql":
        with writing(request.getfixturevalue("postgres_tables")) as connection:
            clear(connection)
            yield connection
            connection.rollback()
        return
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


def _fill(connection: Connection, rows: Sequence[Row]) -> None:
    connection.execute(tables.licenses.delete())
    connection.execute(tables.pools.delete())
    if not rows:
        return
    licenses = [
        {
            "id": row.number,
            "owner": row.owner,
            "name": row.name,
            "owner_key": fold(row.owner),
            "name_key": fold(row.name),
            "display_name": row.display_name,
            "display_key": fold(row.display_name),
            "description": "",
            "applies_to": row.applies_to,
            "kind": row.kind,
            "shared": True,
        }
        for row in rows
    ]
    pools = [
        {
            "license_id": row.number,
            "assignable_seats": row.assignable_seats,
            "concurrent_seats": row.concurrent_seats,
            "unrestricted": row.unrestricted,
            "assigned_users": row.users,
            "assigned_stations": row.stations,
            "concurrent_assigned": row.concurrent_assigned,
            "concurrent_in_use": row.concurrent_in_use,
            "assignable_excess": 0,
            "concurrent_excess": 0,
            "uncovered": [],
        }
        for row in rows
    ]
    connection.execute(insert(tables.licenses), licenses)
    connection.execute(insert(tables.pools), pools)


@settings(max_examples=100, deadline=None)
@given(inventories(), conditions, orders, windows, restrictions, st.frozensets(st.sampled_from(AppliesTo), min_size=1))
def test_a_query_answers_what_a_plain_filter_does(  # noqa: PLR0917 - drawn by position
    connection: Connection,
    rows: list[Row],
    wished: list[tuple[str, Operator, str]],
    order: tuple[str, bool] | None,
    window: Window | None,
    among: frozenset[int] | None,
    applies_to: frozenset[AppliesTo],
) -> None:
    _fill(connection, rows)
    query = Query(
        conditions=tuple(Condition(PROPERTIES[name], operator, value) for name, operator, value in wished),
        order=None if order is None else Order(PROPERTIES[order[0]], descending=order[1]),
        window=window,
        among=among,
    )
    found = page(connection, allocations("inin", applies_to), query)

    wanted = [
        row
        for row in rows
        if row.owner == "ININ"
        and row.kind is LicenseKind.USER
        and row.applies_to in applies_to
        and (among is None or row.number in among)
        and all(_plain(row, each) for each in wished)
    ]
    name, descending = order or ("display_name", False)
    wanted.sort(key=lambda row: fold(row.name))
    wanted.sort(key=lambda row: _order_key(row, name), reverse=descending)
    shown = wanted if window is None else wanted[window.first : window.last + 1]
    assert found == Page([_allocation(row) for row in shown], len(wanted))


NAMES = ("a", "A%", "a_", "aa", "%", "_", "/", "a/", "/%", "ß", "ssa", "İ", "é", "e\u0301", "7", "a 7", "'", '"')


def test_every_operator_takes_every_value_of_every_property_as_a_plain_filter_does(connection: Connection) -> None:
    plain = Row(0, "", "", "ININ", LicenseKind.USER, AppliesTo.BOTH, False, 0, 0, 0, 0, 0, 0)
    rows = [
        plain._replace(
            number=number,
            name=name,
            display_name=name * (number % 3),
            unrestricted=number % 4 == 0,
            assignable_seats=70 + number,
            concurrent_seats=number % 8,
            users=number % 9,
        )
        for number, name in enumerate(NAMES, 1)
    ]
    _fill(connection, rows)
    for wished in itertools.product(PROPERTIES, Operator, (*NAMES, *ODD)):
        name, operator, value = wished
        query = Query(conditions=(Condition(PROPERTIES[name], operator, value),), order=Order(listed.NAME))
        found = page(connection, allocations("ININ", AppliesTo), query)
        wanted = sorted((row for row in rows if _plain(row, wished)), key=lambda row: fold(row.name))
        assert [each.name for each in found.items] == [row.name for row in wanted], wished


def _order_key(row: Row, name: str) -> Any:  # noqa: ANN401 - text or number
    if name in {"name", "display_name"}:
        return fold(row.name if name == "name" else row.display_name)
    number = row.counts()[name]
    return (number is not None, number)  # what has no number comes before all that have


def _allocation(row: Row) -> Allocation:
    return Allocation(row.number, row.name, row.display_name, **row.counts())  # type: ignore[arg-type]  # by name


@settings(deadline=None)
@given(inventories())
def test_the_allocation_of_a_pool_in_memory_is_that_of_its_row(rows: list[Row]) -> None:
    for row in rows:
        pool = Pool(
            license_id=row.number,
            assignable_seats=row.assignable_seats,
            concurrent_seats=row.concurrent_seats,
            unrestricted=row.unrestricted,
            assigned_users=row.users,
            assigned_stations=row.stations,
            concurrent_assigned=row.concurrent_assigned,
            concurrent_in_use=row.concurrent_in_use,
            assigned_applications=3,
        )
        assert counted(Item(row.number, row.name, row.display_name), pool) == _allocation(row)


def test_only_a_condition_on_a_count_makes_a_list_another_when_counts_change() -> None:
    by_name = Condition(listed.NAME, Operator.STARTS_WITH, "A")
    assert Query((by_name,), Order(listed.DISPLAY_NAME)).by_names
    assert not Query((by_name, Condition(listed.ASSIGNED, Operator.EQUALS, "1"))).by_names
    assert not Query(order=Order(listed.ASSIGNED)).by_names


@settings(max_examples=100, deadline=None)
@given(inventories(), names | values)
def test_an_item_is_found_by_its_name_in_any_case(connection: Connection, rows: list[Row], name: str) -> None:
    _fill(connection, rows)
    found = named(connection, feature_licenses("ININ"), name)
    wanted = [
        Item(row.number, row.name, row.display_name)
        for row in rows
        if row.owner == "ININ"
        and row.kind is not LicenseKind.USER
        and row.applies_to is not AppliesTo.APPLICATIONS
        and fold(row.name) == fold(name)
    ]
    assert found == (wanted[0] if wanted else None)


USER_ROWS = [
    {"id": 1, "login": "Zoe", "display_name": "Agent B", "deleted_at": None},
    {"id": 2, "login": "adam", "display_name": "agent b", "deleted_at": None},
    {"id": 3, "login": "gone", "display_name": "Agent A", "deleted_at": 5},
    {"id": 4, "login": "eve", "display_name": "Agent A", "deleted_at": None},
]


@pytest.fixture
def people(connection: Connection) -> Connection:
    """Three living users and one deleted, one station, licenses of two owners, some of them assigned."""
    for table in (tables.users, tables.stations, tables.profiles, tables.assignments):
        connection.execute(table.delete())
    for user in USER_ROWS:
        keys = {"login_key": fold(str(user["login"])), "display_key": fold(str(user["display_name"]))}
        connection.execute(insert(tables.users).values(**user, **keys, language="en-US", roles=[], rights=[]))
    connection.execute(
        insert(tables.stations).values(
            id=1, name="Desk", name_key="desk", display_name="Desk 1", display_key="desk 1", extension=""
        )
    )
    beta = Row(1, "B", "Beta", "ININ", LicenseKind.USER, AppliesTo.BOTH, False, 9, 9, 0, 0, 0, 0)
    rows = [beta, beta._replace(number=2, name="a", display_name="Alpha"), beta._replace(number=3, owner="OTHER")]
    _fill(connection, rows)
    for number, (license_id, kind, holder) in enumerate(
        [(1, 1, 1), (2, 1, 1), (3, 1, 1), (1, 2, 1), (3, 1, 2)],
        1,
    ):
        connection.execute(
            insert(tables.assignments).values(
                id=number, license_id=license_id, holder_kind=kind, holder_id=holder, at=number
            )
        )
    for kind, holder, owner_key in ((1, 1, "inin"), (1, 2, "other"), (2, 1, "other")):
        connection.execute(
            insert(tables.profiles).values(
                holder_kind=kind, holder_id=holder, owner_key=owner_key, enabled=False, method=1
            )
        )
    return connection


def test_users_come_by_display_name_then_by_login_and_the_deleted_not_at_all(people: Connection) -> None:
    found = page(people, USERS, Query())
    assert [(each.number, each.name) for each in found.items] == [(4, "eve"), (2, "adam"), (1, "Zoe")]
    backwards = page(people, USERS, Query(order=Order(USERS.display_name, descending=True)))
    assert [each.number for each in backwards.items] == [2, 1, 4], "ties still break by login, ascending"


def test_a_user_has_the_profile_and_the_licenses_of_one_owner_by_name(people: Connection) -> None:
    found = {each.name: each for each in page(people, licensed(USERS, HolderKind.USER, "ININ"), Query()).items}
    assert [each.name for each in found["Zoe"].licenses] == ["a", "B"]
    assert (found["Zoe"].profile.enabled, found["Zoe"].profile.method) == (False, Method.CONCURRENT)
    assert (found["adam"].licenses, found["adam"].profile.enabled) == ((), True)


def test_a_station_is_not_taken_for_the_user_of_its_number(people: Connection) -> None:
    station = named(people, licensed(STATIONS, HolderKind.STATION, "inin"), " DESK ")
    assert station is not None
    assert [each.display_name for each in station.licenses] == ["Beta"]
    assert station.profile.enabled


def test_a_page_of_allocations_looks_at_licenses_and_pools_alone(people: Connection) -> None:
    query = Query(
        conditions=tuple(Condition(each, Operator.CONTAINS, "") for each in PROPERTIES.values()),
        order=Order(listed.ALL_SEATS),
        window=Window(0, 199),
        among=frozenset({1, 2}),
    )
    run = asked(people, partial(page, listing=allocations("ININ", AppliesTo), query=query))
    assert len(run) == 3, "the count, the numbers of the page, and its rows"
    assert {name for each in run for name in tables.metadata.tables if name in each.statement.split()} == {
        "licenses",
        "pools",
    }


def test_a_page_of_users_takes_five_statements_however_many_they_are(people: Connection) -> None:
    run = asked(people, partial(page, listing=licensed(USERS, HolderKind.USER, "ININ"), query=Query(window=ALL)))
    assert len(run) == 5, "the count, the numbers of the page, its rows, their profiles, their licenses"
    assert "users_by_display_name" in run[1].plan, "in the order of an index"
    assert not re.search("sort|temp b-tree", run[1].plan, re.IGNORECASE), "and so without sorting them all"
    assert not any("SCAN" in each.plan or "Seq Scan" in each.plan for each in run[2:])


def test_rights_to_more_licenses_than_a_statement_takes_parameters(people: Connection) -> None:
    found = page(people, allocations("ININ", AppliesTo), Query(among=frozenset(range(2, 300_000))))
    assert [each.number for each in found.items] == [2]
