"""`seatkeeper move`: all that is in one database into an empty one on PostgreSQL, in one transaction of that.

Rows go table by table from a reader of the source straight into COPY, so that few are in memory at a time. Nothing is
committed before the copy has been checked against its own journal: whatever cuts it off leaves the target empty.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import psycopg
from sqlalchemy import Boolean, Connection, Table, delete

from seatkeeper.ledger import tables
from seatkeeper.ledger.check import Report, check_reading
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.engine import Reading
from seatkeeper.ledger.engines.postgres_connection import plain
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.engines.postgres_reading import PostgresReading
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.files import DATABASE, MOVED
from seatkeeper.ledger.schema import bring_up_to_date, connected_nodes, require_usable
from seatkeeper.ledger.tables import metadata

_WAIT_SECONDS: Final = 5.0  # for somebody who is in the way
_TOLD_EVERY: Final = 10_000  # rows
_SHOWN: Final = 3  # differences in a refusal
_MOST_ASIDE: Final = 1_000  # files that were put aside in one data directory


class MoveRefused(Exception):
    """Nothing was moved, and the target is as it was. The sentence says why."""


Told = Callable[[str, int, int], None]
"""Whoever waits is told what is being done, and of how many rows how many are; 0 of 0 where nobody can say."""


class Moved(NamedTuple):
    """What was moved: `events` up to the `last`, and all `rows` of all tables, those of the events among them. The
    `archives` of sealed stretches are files, and stayed where they are. `aside`: where the source is now, if it was put
    aside; `in_the_way`: why it could not be.
    """

    events: int
    last: int
    rows: int
    archives: list[str]
    aside: Path | None = None
    in_the_way: str = ""


def name_of(database: Database) -> str:
    """A database as it may be shown to people."""
    if isinstance(database, DatabaseServer):
        return database.name
    return str(database.path) if isinstance(database, DatabaseFile) else "the database in memory"


def move(source: Database, target: DatabaseServer, told: Told, *, put_aside: bool = False) -> Moved:
    """Copy everything, and check both.

    Nobody may use the source meanwhile, nor the target. What is in the source is left as it is; with `put_aside`, the
    file of a data directory gets another name. Raises MoveRefused, SchemaTooOld and SchemaTooNew, DataDirectoryInUse
    and DatabaseUnreachable where one of them cannot be had, and the drivers' errors.
    """
    target.take()
    with _at_one_point(target) as before:
        _require_empty(target, before)
    with _held(source):
        with _still(source) as reading:
            moved = _copied(source, reading, target, told)
        if put_aside and isinstance(source, DatabaseFile) and source.path.name == DATABASE:
            return _put_aside(source, moved)
        return moved


def _copied(source: Database, reading: Reading, target: DatabaseServer, told: Told) -> Moved:
    told(f"Checking {name_of(source)}", 0, 0)
    there = _sound(source, reading)
    with _prepared(target) as connection:
        copy = _Copy(reading, _driver_of(connection), told)
        rows = sum(copy.rows_of(table) for table in metadata.sorted_tables)
        told(f"Checking {target.name}", 0, 0)
        here = _sound(target, PostgresReading(_driver_of(connection)))
        if (here.head, here.rows) != (there.head, there.rows):
            raise MoveRefused(f"What came to {target.name} is not what is in {name_of(source)}.")
    return Moved(here.events, here.head.seq, rows, [seal.archive for seal in reading.seals()])


def _put_aside(source: DatabaseFile, moved: Moved) -> Moved:
    """Give the file another name, that of no other, so that nothing takes it for the inventory any more.

    What stands in its write-ahead log comes into it before, or it stays where it is.
    """
    path = source.path
    try:
        with closing(source.connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if path.with_name(f"{DATABASE}-wal").exists():  # only the last to close it takes that away
            return moved._replace(in_the_way="somebody reads it")
        names = (MOVED, *(f"{MOVED}.{number}" for number in range(2, _MOST_ASIDE)))
        aside = next(place for place in map(path.with_name, names) if not place.exists())
        path.rename(aside)
    except sqlite3.Error as error:
        return moved._replace(in_the_way=str(error))
    except OSError as error:
        return moved._replace(in_the_way=error.strerror or str(error))
    return moved._replace(aside=aside)


@contextmanager
def _at_one_point(database: Database) -> Iterator[Reading]:
    reading = database.reading(_WAIT_SECONDS, at_one_point=True)
    try:
        yield reading
    finally:
        reading.close()


@contextmanager
def _held(source: Database) -> Iterator[None]:
    """The source is this process's own, if only one can have it."""
    if isinstance(source, DatabaseFile) and not source.path.exists():
        raise MoveRefused(f"There is no database {source.path}.")
    if not isinstance(source, DatabaseFile) or source.path.name == DATABASE:  # no server uses a copy of another name
        source.take()
    try:
        yield
    finally:
        source.let_go()


@contextmanager
def _still(source: Database) -> Iterator[Reading]:
    """The source, which nobody can write as long as this lasts."""
    try:
        if isinstance(source, DatabaseServer):
            with source.migrating() as connection:
                _keep_open(connection)
                _require_unused(source, connection)
                yield PostgresReading(_driver_of(connection))
        else:
            with _at_one_point(source) as reading:
                yield reading
    except sqlite3.Error as error:
        raise MoveRefused(f"{name_of(source)} cannot be read: {error}.") from error


@contextmanager
def _prepared(target: DatabaseServer) -> Iterator[Connection]:
    """The target in a transaction, with empty tables; committed in the end."""
    with target.migrating() as connection:
        _keep_open(connection)
        bring_up_to_date(connection)
        reading = PostgresReading(_driver_of(connection))
        _require_newest(target, reading)
        _require_empty(target, reading)
        _require_unused(target, connection)
        connection.execute(delete(tables.oldest_code))  # the source says which
        yield connection
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _keep_open(connection: Connection) -> None:
    """Let the server wait while this process folds a journal."""
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def _sound(database: Database, reading: Reading) -> Report:
    _require_newest(database, reading)
    report = check_reading(reading)
    if report.differences:
        shown = "; ".join(report.differences[:_SHOWN])
        raise MoveRefused(
            f"{name_of(database)} is not what its journal says; differences: {len(report.differences)}, of which the"
            f" first: {shown}."
        )
    return report


def _require_newest(database: Database, reading: Reading) -> None:
    newer = require_usable(reading)
    if newer is not None:
        raise MoveRefused(
            f"{name_of(database)} has the schema {newer}, of which this version knows only a part; move it with the"
            " newest version that uses it."
        )


def _require_empty(target: DatabaseServer, reading: Reading) -> None:
    if reading.revision() is None:
        return
    last = reading.head().seq
    if last or reading.seals():
        raise MoveRefused(
            f"{target.name} has an inventory already, of {last} events; name a database that is empty, or drop it and"
            " create it anew."
        )


def _require_unused(database: Database, connection: Connection) -> None:
    nodes = len(connected_nodes(connection))
    if nodes:
        raise MoveRefused(f"Servers use {name_of(database)} now; stop all of them first.")


def _driver_of(connection: Connection) -> psycopg.Connection:
    return cast("psycopg.Connection", connection.connection.driver_connection)


class _Copy:
    """Rows on their way from a reader of the source to a connection of the target."""

    def __init__(self, reading: Reading, target: psycopg.Connection, told: Told) -> None:
        self._reading = reading
        self._target = target
        self._told = told

    def rows_of(self, table: Table) -> int:
        """Copy a table; how many rows it has."""
        total, done = self._reading.count(table), 0
        names = ", ".join(column.name for column in table.columns)
        try:
            with self._target.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for done, row in enumerate(self._converted(table), 1):
                    copy.write_row(row)
                    if done % _TOLD_EVERY == 0:
                        self._told(table.name, done, total)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise MoveRefused(
                f"Row {done + 1} of {table.name}, or one near it, cannot be in PostgreSQL: {plain(error)}. Nothing was"
                " moved."
            ) from error
        self._told(table.name, done, total)
        return done

    def _converted(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """The rows, their truth values as such: SQLite has numbers."""
        booleans = [number for number, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
        for row in self._reading.rows(table):
            if not booleans:
                yield row
                continue
            values = list(row)
            for number in booleans:
                values[number] = bool(values[number])
            yield tuple(values)
