"""A ledger whose tables are in memory: the same rules, and what its lack of a write-ahead log asks for."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from seatkeeper.ledger import transactions
from seatkeeper.ledger.door import DatabaseInMemory, Ledger
from seatkeeper.ledger.unavailable import Unavailable
from seatkeeper.licensing.inventory_commands import DefineStation
from tests.ledger.deploying import APP, begin, configure, house, refusing
from tests.ledger.watched import SECONDS
from tests.ledger.world import WatchedLedger, all_of, connect, inventory, until

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[WatchedLedger, DatabaseInMemory]]:
    """A started ledger, whose engine waits a fifth of a second for readers."""
    database = DatabaseInMemory()
    ledger = WatchedLedger(database)
    await ledger.start()
    try:
        yield ledger, database
    finally:
        await ledger.stop()


async def test_two_are_two_and_each_is_gone_when_it_is_let_go() -> None:
    async with in_memory() as (one, first), in_memory() as (_, second):
        await one.submit(inventory())
        with closing(first.connect_reading(1)) as reading, closing(second.connect_reading(1)) as other:
            assert reading.execute("SELECT count(*) > 0 FROM users").fetchone() == (1,)
            assert other.execute("SELECT count(*) FROM users").fetchone() == (0,)
    with closing(first.connect()) as anew:
        assert anew.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_a_reader_that_stays_has_a_batch_refused_and_not_the_ledger_lost() -> None:
    async with in_memory() as (ledger, database):
        await ledger.submit(inventory())
        with closing(database.connect_reading(1)) as reading:
            rows = reading.execute("SELECT * FROM users")
            assert rows.fetchone() is not None
            with pytest.raises(Unavailable):
                await ledger.submit(DefineStation(name="late", display_name="late"))
            rows.close()
        assert ledger.healthy
        await ledger.submit(DefineStation(name="late", display_name="late"))


async def test_a_long_read_has_a_copy_and_is_in_nobodys_way() -> None:
    async with in_memory() as (ledger, database):
        await ledger.submit(inventory())
        with closing(database.connect_apart(1)) as reading:
            rows = reading.execute("SELECT count(*) FROM stations UNION ALL SELECT 0")
            before = rows.fetchone()
            await ledger.submit(DefineStation(name="late", display_name="late"))
            assert reading.execute("SELECT count(*) FROM stations").fetchone() == before


async def test_nobody_writes_where_he_only_reads() -> None:
    async with in_memory() as (ledger, database):
        await ledger.submit(inventory())
        with closing(database.connect_reading(1)) as reading, pytest.raises(sqlite3.OperationalError, match="readonly"):
            reading.execute("DELETE FROM users")


async def test_tables_that_are_put_back_take_the_image_with_them() -> None:
    async with in_memory() as (ledger, database):
        await ledger.submit(inventory())
        head, copy = ledger.head, await asyncio.to_thread(database.copy)
        connected = await ledger.submit(connect(1))
        assert await ledger.live_session(connected.session_id) is not None
        for _ in range(2):
            await asyncio.to_thread(database.become, copy)
            await ledger.reload()
            assert ledger.head == head
            assert await ledger.live_session(connected.session_id) is None
            assert ledger.kept()["last_seen"] == 0
            again = await ledger.submit(connect(1))
            assert again.session_id == connected.session_id


async def test_transactions_that_are_put_back_are_carried_out_and_nobody_waits_for_one_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "_REST", 0.2)
    async with in_memory() as (ledger, database):
        await ledger.submit(house())
        without = await asyncio.to_thread(database.copy)
        ledger.engine.refuse = refusing("COMMITTING")
        begun = await ledger.submit(begin(configure(), queued=True))
        await until(lambda: ledger.image.transactions[begun.id].status == "PREPARING")
        plug = await ledger.while_busy()
        prepared = await asyncio.to_thread(database.copy)
        ledger.engine.may_begin.set()
        await plug
        waiting = asyncio.create_task(ledger.transactions.ended(begun.id))
        plug = await ledger.while_busy()
        await asyncio.to_thread(database.become, without)
        ledger.engine.may_begin.set()
        assert await all_of([waiting, plug]) == [None, True]
        assert (ledger.image.unfinished, ledger.image.applications) == ({}, {})
        ledger.engine.refuse = lambda _entries: None
        assert (await ledger.submit(begin(configure(), queued=True))).id == begun.id
        async with asyncio.timeout(SECONDS):
            await ledger.transactions.ended(begun.id)
        await asyncio.to_thread(database.become, prepared)
        await ledger.reload()
        await until(lambda: not ledger.image.unfinished)
        assert [each.name for each in ledger.image.applications.values()] == [APP]


async def test_what_was_put_aside_does_not_follow_the_original() -> None:
    async with in_memory() as (ledger, database):
        empty = await asyncio.to_thread(database.copy)
        await ledger.submit(inventory())
        aside = DatabaseInMemory()
        aside.take()
        await asyncio.to_thread(aside.become, empty)
        other = Ledger(aside)
        await other.start()
        assert other.head == 0
        await other.stop()
        assert ledger.head > 0
