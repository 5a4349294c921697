"""Streams read one state of the tables in steps; they are few, each step is bounded, and they leave others alone."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from seatkeeper.ledger.database import Database
from seatkeeper.queries.reads import Reads, ReadTimeout
from tests.queries.saving import save
from tests.queries.test_reads import ANOTHER_STATION, ENDLESS, count_stations, keep_a_log

pytestmark = pytest.mark.anyio


def counts(connection: Connection) -> Iterator[int]:
    """How many stations there are, again and again."""
    while True:
        yield count_stations(connection)


def three(connection: Connection) -> Iterator[int]:
    for each in range(3):
        yield each * count_stations(connection)


def nothing(_: Connection) -> Iterator[int]:
    return iter(())


async def test_a_stream_answers_all_that_is_read_and_ends(reads: Reads) -> None:
    assert [each async for each in reads.stream(three)] == [0, 1, 2]
    assert [each async for each in reads.stream(nothing)] == []


async def test_a_stream_sees_one_state_however_long_it_takes(database: Database, reads: Reads) -> None:
    keep_a_log(database)
    async with aclosing(reads.stream(counts)) as steps:
        assert await anext(steps) == 1
        save(database, ANOTHER_STATION)
        assert await reads.run(count_stations) == 2
        assert await anext(steps) == 1


async def test_a_stream_that_nobody_asks_keeps_no_read_from_its_thread(database: Database) -> None:
    reads = Reads(database, threads=1, timeout=30)
    async with aclosing(reads.stream(counts)) as one, aclosing(reads.stream(counts)) as other:
        assert [await anext(one), await anext(other), await reads.run(count_stations)] == [1, 1, 1]
    reads.close()


async def test_more_streams_than_run_at_once_wait_and_are_given_up(database: Database) -> None:
    reads = Reads(database, timeout=1)
    async with aclosing(reads.stream(counts)) as one, aclosing(reads.stream(counts)) as other:
        await anext(one)
        await anext(other)
        third = reads.stream(counts)
        with pytest.raises(ReadTimeout, match="2 other long reads had not ended after 1 seconds"):
            await anext(third)
        waiting = asyncio.create_task(anext(reads.stream(counts)))
        await asyncio.sleep(0)
        await one.aclose()
        assert await waiting == 1
    reads.close()


async def test_what_a_stream_reads_with_is_ended_before_its_connection(reads: Reads) -> None:
    closed: list[bool] = []

    def nested(connection: Connection) -> Iterator[int]:
        try:
            yield from counts(connection)
        finally:
            closed.append(connection.closed)

    async with aclosing(reads.stream(nested)) as steps:
        await anext(steps)
    assert closed == [False]


async def test_a_stream_left_without_a_word_makes_room_for_the_next(database: Database) -> None:
    reads = Reads(database, timeout=30)
    for _ in range(5):
        steps = reads.stream(counts)
        assert await anext(steps) == 1
    del steps
    assert await asyncio.wait_for(anext(reads.stream(counts)), 20) == 1
    reads.close()


async def test_a_stream_may_end_after_the_reads_are_closed(database: Database) -> None:
    reads = Reads(database, timeout=30)
    steps = reads.stream(counts)
    await anext(steps)
    reads.close()
    await steps.aclose()


async def test_a_step_past_the_bound_is_given_up_and_the_next_stream_works(database: Database) -> None:
    def slow_at_last(connection: Connection) -> Iterator[int]:
        yield count_stations(connection)
        yield connection.execute(ENDLESS).scalar_one()

    reads = Reads(database, threads=1, timeout=1.5)
    for _ in range(3):
        steps = reads.stream(slow_at_last)
        assert await anext(steps) == 1
        with pytest.raises(ReadTimeout, match=r"given up after 1\.5 seconds"):
            await anext(steps)
    reads.close()


async def test_a_cancelled_step_leaves_its_thread(database: Database) -> None:
    began = threading.Event()

    def endless(connection: Connection) -> Iterator[int]:
        began.set()
        yield connection.execute(ENDLESS).scalar_one()

    reads = Reads(database, threads=1, timeout=60)
    for _ in range(3):
        began.clear()
        waiting = asyncio.create_task(anext(reads.stream(endless)))
        await asyncio.to_thread(began.wait, 30)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    # The one thread is free again long before the bound, or this times out.
    assert await asyncio.wait_for(reads.run(count_stations), 30) == 1
    reads.close()


async def test_an_error_of_the_read_itself_is_told_and_ends_the_stream(reads: Reads) -> None:
    def wrong(connection: Connection) -> Iterator[int]:
        yield count_stations(connection)
        yield connection.execute(text("SELECT * FROM no_such_table")).scalar_one()

    for _ in range(3):
        steps = reads.stream(wrong)
        assert await anext(steps) == 1
        with pytest.raises(DBAPIError, match="no_such_table"):
            await anext(steps)
