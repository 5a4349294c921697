"""The schema that the migrations make on PostgreSQL, and versions side by side (rule L13)."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.door import DatabaseServer, Ledger
from seatkeeper.ledger.schema import SchemaTooNew, StillNeeded, finish, migrate, node_name, versions
from seatkeeper.ledger.tables import metadata
from tests.ledger.world import inventory
from tests.postgres.databases import PostgresServer

pytestmark = pytest.mark.anyio

# What a schema is made of, as PostgreSQL itself tells it.
_COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name"
    " FROM information_schema.columns WHERE table_schema = 'public'"
)
_CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace"
)
_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


@pytest.fixture
def empty_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a database without tables."""
    url = postgres.new_url(migrated=False)
    yield url
    postgres.drop(url)


def _made(url: str) -> set[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        found = [row for each in (_COLUMNS, _CONSTRAINTS, _INDEXES) for row in connection.execute(each)]
    return {row for row in found if row[0] != "alembic_version"}


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def _wait_until_gone(url: str, name: str) -> None:
    """Until the server has noticed that a connection was closed."""
    deadline = time.monotonic() + 20
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s", (name,)).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_l13_the_migrations_come_to_the_tables_and_constraints_of_the_code(postgres_url: str, empty_url: str) -> None:
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    engine.dispose()
    made = _made(postgres_url)
    assert made == _made(empty_url)
    assert any(row[1] == "assigned_within_seats" for row in made)


def test_l13_nodes_that_start_together_migrate_once(empty_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            migrate(DatabaseServer(empty_url))
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = versions(DatabaseServer(empty_url))
    assert (found.current, found.oldest) == (found.newest, "0006")


async def test_l13_a_node_uses_a_newer_schema_that_allows_its_code_and_no_other(postgres_url: str) -> None:
    _execute(postgres_url, "UPDATE alembic_version SET version_num = '9999'")
    _execute(postgres_url, "ALTER TABLE users ADD COLUMN since_9999 text DEFAULT 'new'")
    ledger = Ledger(DatabaseServer(postgres_url))
    await ledger.start()
    try:
        await ledger.submit(inventory())
    finally:
        await ledger.stop()
    report = check_database(DatabaseServer(postgres_url))
    assert report.clean
    assert any("schema 9999 is newer" in note for note in report.notes)
    _execute(postgres_url, "UPDATE oldest_code SET revision = '9999'")
    refused = Ledger(DatabaseServer(postgres_url))
    with pytest.raises(SchemaTooNew, match=r"^The database has the schema 9999, .*; run a newer one\.$"):
        await refused.start()
    await refused.stop()


def test_l13_older_code_is_shut_out_only_when_no_node_of_it_runs(postgres_url: str) -> None:
    database = DatabaseServer(postgres_url)
    newest = versions(database).newest
    former = node_name().replace(newest, "0006") + " 17 5.0"
    with psycopg.connect(postgres_url, application_name=former), pytest.raises(StillNeeded, match="0006"):
        finish(database)
    assert versions(database).oldest == "0006"
    _wait_until_gone(postgres_url, former)
    with psycopg.connect(postgres_url, application_name=f"{node_name()} 18 6.0"):
        finish(database)
    assert versions(database).oldest == newest
