"""When PostgreSQL, or the way to it, is gone, reads are told so in time, and recover by themselves."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.queries.application_history import application_history
from seatkeeper.queries.reads import Reads, ReadsUnavailable, ReadTimeout
from tests.postgres.cluster import Cluster, url_of
from tests.postgres.fixtures import own_cluster
from tests.postgres.proxy import Proxy
from tests.queries.deployed import B2C, defined, runtimes
from tests.queries.saving import filled, journal
from tests.queries.test_reads import ENDLESS

pytestmark = pytest.mark.anyio

DEADLINE = 30.0
SLOW = 1.0
"""The bound of reads that are to come to it, in seconds."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
def way(cluster: Cluster) -> Iterator[Proxy]:
    with Proxy(cluster.port) as way:
        yield way


@pytest.fixture
def reads(way: Proxy) -> Iterator[Reads]:
    reads = Reads(DatabaseServer(url_of(way, database="postgres")), timeout=DEADLINE)
    yield reads
    way.heal()
    reads.close()


@pytest.fixture
def hasty(way: Proxy) -> Iterator[Reads]:
    """Reads that soon come to their bound."""
    reads = Reads(DatabaseServer(url_of(way, database="postgres")), timeout=SLOW)
    yield reads
    way.heal()
    reads.close()


def one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


def endless(connection: Connection) -> object:
    return connection.execute(ENDLESS).scalar_one()


def steps(connection: Connection) -> Iterator[int]:
    while True:
        yield one(connection)


async def both(reads: Reads) -> None:
    """Have each of the two threads make its connection."""
    meeting = threading.Barrier(2)

    def meet(connection: Connection) -> None:
        one(connection)
        meeting.wait(DEADLINE)

    await asyncio.gather(reads.run(meet), reads.run(meet))


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def recovered(reads: Reads) -> int:
    """What a read answers as soon as it answers."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            return await reads.run(one)
        except (ReadsUnavailable, ReadTimeout):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


def works(cluster: Cluster, what: str) -> int:
    """How many connections do this."""
    [[count]] = cluster.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s", f"{what}%"
    )
    return int(count)


async def test_where_all_connections_were_ended_a_read_makes_a_new_one(reads: Reads, cluster: Cluster) -> None:
    await both(reads)
    ended = cluster.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'seatkeeper'"
    )
    assert len(ended) == 2
    assert await reads.run(one) == 1


async def test_where_all_connections_were_reset_a_read_makes_a_new_one(reads: Reads, way: Proxy) -> None:
    await both(reads)
    way.cut(once=True)
    assert await reads.run(one) == 1


async def test_while_there_is_no_database_reads_say_so_and_they_recover(reads: Reads, way: Proxy) -> None:
    await reads.run(one)
    way.cut()
    with pytest.raises(ReadsUnavailable, match="The database does not answer"):
        await reads.run(one)
    with pytest.raises(ReadsUnavailable):
        await anext(reads.stream(steps))
    way.heal()
    assert await recovered(reads) == 1


@pytest.mark.parametrize("connected", [True, False])
async def test_where_nothing_comes_any_more_reads_are_answered_in_time_and_recover(
    hasty: Reads, way: Proxy, connected: bool
) -> None:
    if connected:
        await recovered(hasty)
    way.clog()
    began = time.monotonic()
    outcomes = await asyncio.gather(*(hasty.run(one) for _ in range(4)), return_exceptions=True)
    # Far sooner than TCP gives up, for those too that had no thread.
    assert time.monotonic() - began < 8 * SLOW
    assert {type(each) for each in outcomes} <= {ReadsUnavailable, ReadTimeout}
    assert ReadsUnavailable in map(type, outcomes)
    way.heal()
    assert await recovered(hasty) == 1


async def test_a_stream_that_loses_its_connection_says_so_and_the_next_one_works(reads: Reads, way: Proxy) -> None:
    async with aclosing(reads.stream(steps)) as some:
        assert await anext(some) == 1
        way.cut(once=True)
        with pytest.raises(ReadsUnavailable):
            await anext(some)
    async with aclosing(reads.stream(steps)) as others:
        assert await anext(others) == 1


async def test_a_read_that_nobody_waits_for_ends_in_the_server_at_once(cluster: Cluster) -> None:
    reads = Reads(DatabaseServer(url_of(cluster, database="postgres")), threads=1, timeout=600)
    for _ in range(2):
        waiting = asyncio.create_task(reads.run(endless))
        await until(lambda: works(cluster, "WITH RECURSIVE n") == 1)
        waiting.cancel()
        await until(lambda: works(cluster, "WITH RECURSIVE n") == 0)
    assert await reads.run(one) == 1
    reads.close()


async def test_of_many_short_statements_none_begins_long_after_the_bound(hasty: Reads) -> None:
    asked: list[float] = []

    def one_after_the_other(connection: Connection) -> None:
        while True:
            one(connection)
            asked.append(time.monotonic())

    began = time.monotonic()
    with pytest.raises(ReadTimeout):
        await hasty.run(one_after_the_other)
    assert asked[-1] - began < 8 * SLOW
    assert await recovered(hasty) == 1


async def test_a_server_that_stops_in_the_middle_of_a_read_is_unavailable(cluster: Cluster) -> None:
    reads = Reads(DatabaseServer(url_of(cluster, database="postgres")), timeout=DEADLINE)
    waiting = asyncio.create_task(reads.run(endless))
    await until(lambda: works(cluster, "WITH RECURSIVE n") == 1)
    await asyncio.to_thread(cluster.stop)
    with pytest.raises(ReadsUnavailable):
        await waiting
    await asyncio.to_thread(cluster.start)
    assert await recovered(reads) == 1
    reads.close()


async def test_the_host_that_answers_is_found_among_several(cluster: Cluster, way: Proxy) -> None:
    way.cut()
    reads = Reads(DatabaseServer(url_of(way, cluster, database="postgres")), timeout=DEADLINE)
    assert await reads.run(one) == 1
    reads.close()


async def test_a_history_is_fetched_some_rows_at_a_time(
    postgres_tables: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatkeeper.queries.application_history._STEP", 2)
    events = journal(*((number, defined(number, B2C)) for number in range(1, 8)))
    filled(postgres_tables, runtimes("mfp"), events)
    fetched: list[int] = []

    def pages(connection: Connection) -> Iterator[int]:
        def note(_connection: object, cursor: object, statement: str, *_rest: object) -> None:
            if "ORDER BY journal.seq" in statement:
                assert isinstance(cursor, psycopg.ServerCursor)
                fetched.append(1)

        event.listen(connection, "before_cursor_execute", note)
        for some in application_history(connection).changes:
            yield len(some)

    reads = Reads(postgres_tables)
    assert [each async for each in reads.stream(pages)] == [2, 2, 2, 1]
    assert fetched == [1]
    reads.close()
