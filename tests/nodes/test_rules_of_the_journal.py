"""Rules L8, L10 and L11 across nodes: the database's time, denials that repeat, events of a newer version."""

import asyncio
from itertools import pairwise

import pytest

from seatkeeper.ledger import clock as clocks
from seatkeeper.ledger.door import Stopping, Unanswered
from seatkeeper.ledger.journal import JournalError
from seatkeeper.licensing.policy import Policy
from tests.ledger.world import acquire, assert_clean, assign, connect, inventory, rows, running, tamper, unassign, until

pytestmark = pytest.mark.anyio

HOUR = 3_600_000
DATABASE_TIME = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


async def test_l8_the_time_is_the_databases_whatever_a_host_thinks_and_never_goes_back(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = clocks.host_clock
    async with running(postgres_url, policy=Policy(idle_timeout=60_000)) as one, running(postgres_url) as other:
        await one.submit(inventory())
        session_id = (await one.submit(connect(1))).session_id
        for wrong in (HOUR, -HOUR, 0):
            monkeypatch.setattr(clocks, "host_clock", lambda wrong=wrong: true() + wrong)
            for node in (one, other):
                await node.submit(assign(1, "Agent"))
                await node.submit(unassign(1, "Agent"))
                [(now,)] = rows(one.database, DATABASE_TIME)
                assert abs(node.now() - now) < HOUR // 10
        assert await other.live_session(session_id) is not None
        [(now,)] = rows(one.database, DATABASE_TIME)
    times = [at for (at,) in rows(one.database, "SELECT at FROM journal ORDER BY seq")]
    assert all(former <= later for former, later in pairwise(times))
    assert now - HOUR // 10 < times[0] <= times[-1] <= now


async def test_l10_a_refusal_that_repeats_at_another_node_is_counted_and_no_new_event(postgres_url: str) -> None:
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory())
        session_id = (await one.submit(connect(1))).session_id
        for node in (one, other, one, other, other):
            await node.submit(acquire(session_id, "Agent"))
        assert rows(one.database, "SELECT count(*) FROM journal WHERE kind = 'denied'") == [(1,)]
    assert rows(one.database, "SELECT sum(repeats) FROM denial_repeats") == [(4,)]
    assert_clean(one.database)


async def test_l11_an_event_of_a_newer_version_stops_every_node_that_does_not_know_it(postgres_url: str) -> None:
    fatal: list[Exception] = []
    unknown = """
        INSERT INTO journal (seq, at, batch, kind, version, data, hash)
        SELECT max(seq) + 1, max(at), 1, 'seat_lent', 1, ?, ? FROM journal
    """
    async with running(postgres_url, on_fatal=fatal.append) as one, running(postgres_url, on_fatal=fatal.append) as two:
        await one.submit(inventory())
        tamper(one.database, unknown, b"{}", bytes(32))
        for node in (one, two):
            with pytest.raises((Unanswered, Stopping)):
                await node.submit(connect(1))
        await until(lambda: not one.healthy and not two.healthy)
        await asyncio.sleep(0)
    assert [type(each) for each in fatal] == [JournalError, JournalError]
    assert rows(one.database, "SELECT count(*) FROM sessions") == [(0,)]


async def test_l14_keys_rise_with_time_whichever_node_gives_them_out(postgres_url: str) -> None:
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory(users=6))
        given = [(await (one, other)[number % 2].submit(connect(number))).session_id for number in range(1, 7)]
    assert given == sorted(set(given))
    assert [number for (number,) in rows(one.database, "SELECT id FROM sessions ORDER BY connected_at, id")] == given
