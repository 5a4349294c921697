"""The databases that former versions left, and what each migration adds to them and changes in them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.schema import migrate

ADDED: Final = {
    "0003": {"CREATE INDEX denied_events ON journal", "CREATE TABLE seals", "CREATE TABLE snapshot_rows"},
    "0005": {"CREATE INDEX seats_changed_events ON journal", "CREATE TABLE owners"},
    "0006": {
        "CREATE TABLE runtimes",
        "CREATE TABLE applications",
        "CREATE TABLE transactions",
        "CREATE INDEX transactions_of_a_runtime ON transactions",
        "CREATE INDEX unfinished_transactions ON transactions",
        "CREATE INDEX deployment_events ON journal",
    },
    "0007": {
        "CREATE TABLE deliveries",
        "CREATE TABLE ended_sessions",
        "CREATE INDEX ix_ended_sessions_at ON ended_sessions",
        "CREATE TABLE auth_tokens",
        "CREATE INDEX ix_auth_tokens_session_id ON auth_tokens",
        "CREATE INDEX ix_auth_tokens_until ON auth_tokens",
        "CREATE TABLE oldest_code",
        "INSERT INTO oldest_code VALUES",
    },
}
"""By schema, what its migration adds, as a dump has it up to the first bracket."""

CHANGED: Final = {
    "0004": {"sessions"},
    "0005": {"licenses", "users", "sessions"},
    "0006": {"pools"},
}
"""By schema, the tables to which its migration adds columns."""


def put_former(schema: str, folder: Path) -> Path:
    """The database of a former version, not yet touched by this one."""
    database = folder / "seatkeeper.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(Path(__file__).with_name("former").joinpath(f"schema-{schema}.sql").read_text())
    return database


def changed_by_migrating(database: Path) -> tuple[set[str], set[str]]:
    """Bring a database up to date: the statements of its dump that are gone, and those that came, up to a bracket."""
    before = _dump(database)
    migrate(DatabaseFile(database))
    after = _dump(database)
    return _begins(before - after), _begins(after - before)


def changed_since(schema: str) -> tuple[set[str], set[str]]:
    """What `changed_by_migrating` finds in a database of this schema where nothing else is touched."""
    changed = {"INSERT INTO alembic_version VALUES"}
    for later, tables in CHANGED.items():
        if later > schema:
            changed |= {begin for table in tables for begin in (f"CREATE TABLE {table}", f"INSERT INTO {table} VALUES")}
    return changed, changed.union(*(added for later, added in ADDED.items() if later > schema))


def _dump(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return set(connection.iterdump())


def _begins(statements: set[str]) -> set[str]:
    """SQLite quotes the name of a table that was renamed."""
    return {statement.split("(")[0].replace('"', "").strip() for statement in statements}
