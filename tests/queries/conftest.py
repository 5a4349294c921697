"""A small inventory in the tables as they are, on each engine: two users, one of them connected twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.licensing.entities import HolderKind, Method, StationSetting
from seatkeeper.queries.reads import Reads
from tests.postgres.databases import PostgresServer
from tests.queries.saving import filled, save, writing

ROWS: dict[str, list[dict[str, object]]] = {
    "licenses": [
        {
            "id": number,
            "owner": "ININ",
            "name": name,
            "owner_key": "inin",
            "name_key": name.casefold(),
            "display_name": name.title(),
            "description": "",
            "applies_to": "both",
            "kind": "user",
            "shared": True,
            "expires": None,
            "grace_until": None,
        }
        for number, name in ((1, "Beta"), (2, "Alpha"))
    ],
    "pools": [
        {
            "license_id": number,
            "assignable_seats": 3,
            "concurrent_seats": 2,
            "unrestricted": False,
            "assigned_users": 1,
            "assigned_stations": 1,
            "concurrent_assigned": 4,
            "concurrent_in_use": 1,
            "assignable_excess": 0,
            "concurrent_excess": 0,
            "uncovered": [],
        }
        for number in (1, 2)
    ],
    "stations": [
        {"id": 5, "name": "Station01", "name_key": "station01", "display_name": "Station 1", "extension": "8001"}
    ],
    "users": [
        {
            "id": number,
            "login": login,
            "login_key": login.casefold(),
            "display_name": login.title(),
            "language": "en-US",
            "roles": ["operator"],
            "rights": [],
            "stations": stations,
            "deleted_at": deleted_at,
        }
        for number, login, stations, deleted_at in (
            (1, "Agent01", [5], 99),
            (2, "Agent01", [5], None),
            (3, "agent02", None, None),
        )
    ],
    "credentials": [{"user_id": 2, "password_hash": "hash of agent01"}],
    "profiles": [
        {"holder_kind": HolderKind.USER, "holder_id": 3, "owner_key": "inin", "enabled": False, "method": 1},
    ],
    "sessions": [
        {
            "id": number,
            "user_id": user,
            "application": "desk",
            "machine": "127.0.0.1",
            "language": "en-US",
            "connected_at": 1000 + number,
        }
        for number, user in ((10, 2), (11, 2), (12, 3))
    ],
    "session_activity": [{"session_id": 10, "last_seen": 5000}],
    "logons": [
        {
            "session_id": 10,
            "id": 1,
            "user_id": 2,
            "machine": "127.0.0.1",
            "setting": StationSetting.WORKSTATION,
            "station_id": 5,
            "remote_number": None,
        }
    ],
    "holds": [
        {
            "session_id": 10,
            "license_id": number,
            "user_id": 2,
            "ground": ground,
            "assignment_id": number,
            "method": method,
            "since": 2000,
        }
        for number, ground, method in (
            (1, HolderKind.USER, Method.CONCURRENT),
            (2, HolderKind.STATION, Method.ASSIGNABLE),
        )
    ],
}


@pytest.fixture(scope="session")
def postgres_tables(postgres: PostgresServer) -> Iterator[DatabaseServer]:
    """The tables on PostgreSQL, once for all tests of this process."""
    url = postgres.new_url()
    yield DatabaseServer(url)
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """The small inventory on each engine."""
    rows = [(tables.metadata.tables[name], entries) for name, entries in ROWS.items()]
    if request.param == "postgresql":
        server: DatabaseServer = request.getfixturevalue("postgres_tables")
        filled(server, *rows)
        return server
    file = DatabaseFile(tmp_path / "seatkeeper.db")
    with writing(file) as connection:
        tables.metadata.create_all(connection)
    save(file, *rows)
    return file


@pytest.fixture
def reads(database: Database) -> Iterator[Reads]:
    reads = Reads(database, timeout=30)
    yield reads
    reads.close()
