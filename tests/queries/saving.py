"""Rows put into the tables as they are, and events as the journal has them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, insert
from sqlalchemy.pool import NullPool

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.journal import Head, write
from seatkeeper.licensing.event import Event


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """A connection in a transaction that is committed in the end."""
    assert isinstance(database, DatabaseFile | DatabaseServer)
    with _engine(database).begin() as connection:
        yield connection


@lru_cache(2)
def _engine(database: DatabaseFile | DatabaseServer) -> Engine:
    def connect() -> Any:  # noqa: ANN401 - of either driver
        if isinstance(database, DatabaseFile):
            return sqlite3.connect(database.path)
        connection = database.connect({})
        connection.autocommit = False
        return connection

    return create_engine(f"{database.drivername}://", creator=connect, poolclass=NullPool)


def save(database: Database, *rows: tuple[Any, Sequence[dict[str, Any]]]) -> None:
    """Put rows into tables."""
    with writing(database) as connection:
        for table, entries in rows:
            connection.execute(insert(table), entries)


def filled(database: DatabaseServer, *rows: tuple[Any, Sequence[dict[str, Any]]]) -> None:
    """Let the tables have these rows and no others."""
    with writing(database) as connection:
        clear(connection)
        for table, entries in rows:
            connection.execute(insert(table), entries)


def clear(connection: Connection) -> None:
    """Take all rows out of PostgreSQL's tables."""
    connection.exec_driver_sql("; ".join(str(table.delete()) for table in tables.metadata.tables.values()))


def journal(*happened: tuple[int, Event]) -> tuple[Any, list[dict[str, Any]]]:
    """The journal's rows of events and their times."""
    head, rows = Head(), []
    for at, one in happened:
        [entry], head = write([one], head, at, 1)
        rows.append(entry._asdict())
    return tables.journal, rows
