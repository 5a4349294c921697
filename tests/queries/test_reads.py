"""Reads run off the loop, on one state of the tables, without writing, within their bound."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.queries.reads import Reads, ReadTimeout
from tests.queries.saving import save, writing

pytestmark = pytest.mark.anyio

ENDLESS = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")
STATIONS = select(func.count()).select_from(tables.stations)

ANOTHER_STATION = (tables.stations, [{"id": 6, "name": "b", "name_key": "b", "display_name": "b", "extension": ""}])


def keep_a_log(database: Database) -> None:
    """Have SQLite let readers and a writer work at once, as the server does."""
    if isinstance(database, DatabaseFile):
        with writing(database) as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")


def count_stations(connection: Connection) -> int:
    return connection.execute(STATIONS).scalar_one()


async def test_a_read_answers_what_it_made_of_the_tables(reads: Reads) -> None:
    assert await reads.run(count_stations) == 1


async def test_a_read_cannot_write(reads: Reads) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await reads.run(lambda connection: connection.execute(insert(tables.counters).values(name="a", next=1)))


async def test_a_read_past_its_bound_is_given_up_and_the_next_one_works(database: Database) -> None:
    reads = Reads(database, threads=1, timeout=1.5)
    with pytest.raises(ReadTimeout, match=r"given up after 1\.5 seconds"):
        await reads.run(lambda connection: connection.execute(ENDLESS).scalar_one())
    assert await reads.run(count_stations) == 1
    reads.close()


async def test_the_wait_for_a_thread_counts(database: Database) -> None:
    reads = Reads(database, threads=1, timeout=0.2)
    asked = [reads.run(lambda connection: connection.execute(ENDLESS).scalar_one()) for _ in range(5)]
    began = time.monotonic()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in outcomes] == [ReadTimeout] * 5
    assert time.monotonic() - began < 5 * 0.2 + 30
    reads.close()


async def test_a_cancelled_read_leaves_its_thread(database: Database) -> None:
    reads = Reads(database, threads=1, timeout=60)
    began = threading.Event()

    def endless(connection: Connection) -> object:
        began.set()
        return connection.execute(ENDLESS).scalar_one()

    waiting = asyncio.create_task(reads.run(endless))
    await asyncio.to_thread(began.wait, 30)
    waiting.cancel()
    # The one thread is free again long before the bound, or this times out.
    assert await asyncio.wait_for(reads.run(count_stations), 30) == 1
    reads.close()


async def test_one_read_sees_one_state_while_others_write(database: Database, reads: Reads) -> None:
    keep_a_log(database)

    def look_twice(connection: Connection) -> tuple[int, int]:
        before = count_stations(connection)
        save(database, ANOTHER_STATION)
        return before, count_stations(connection)

    assert await reads.run(look_twice) == (1, 1)
    assert await reads.run(count_stations) == 2


async def test_an_error_of_the_read_itself_is_not_a_timeout(reads: Reads) -> None:
    with pytest.raises(DBAPIError, match="no_such_table"):
        await reads.run(lambda connection: connection.execute(text("SELECT * FROM no_such_table")))


async def test_the_database_may_come_after_the_reads(tmp_path: Path) -> None:
    reads = Reads(DatabaseFile(tmp_path / "later.db"))
    with pytest.raises(OperationalError, match="unable to open"):
        await reads.run(count_stations)
    reads.close()
