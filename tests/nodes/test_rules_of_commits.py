"""Rules L4 and L5 across nodes: a database that is not the one it was, commits of which nobody knows."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from seatkeeper.ledger import commits
from seatkeeper.ledger.door import Unanswered, Unavailable
from seatkeeper.ledger.feed import LicensesChanged
from seatkeeper.licensing.commands import Subscribe
from tests.ledger.world import (
    OWNER,
    WatchedLedger,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    rows,
    running,
    until,
)
from tests.postgres.cluster import Cluster, url_of
from tests.postgres.databases import PostgresServer
from tests.postgres.fixtures import own_cluster
from tests.postgres.proxy import Fate, Proxy

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def cluster(postgres: PostgresServer) -> Iterator[Cluster]:
    """This process's PostgreSQL, or one of its own where the tests were given one that is elsewhere."""
    if isinstance(postgres, Cluster):
        yield postgres
    else:
        with own_cluster() as own:
            yield own


@pytest.fixture
def direct(cluster: Cluster) -> str:
    """An empty database."""
    return cluster.empty_url()


@pytest.fixture
def way(cluster: Cluster) -> Iterator[Proxy]:
    """A way to it that can be cut."""
    with Proxy(cluster.port) as way:
        yield way


@pytest.fixture
def through(way: Proxy, direct: str) -> str:
    """The same database, by this way."""
    return url_of(way, database=direct.rsplit("/", 1)[1])


@pytest.mark.parametrize("fate", [Fate.ARRIVES, Fate.LATE])
async def test_l5_a_commit_whose_answer_was_lost_is_found_and_its_waiters_get_the_truth(
    direct: str, through: str, way: Proxy, fate: Fate
) -> None:
    async with running(through) as ledger, running(direct) as other:
        await ledger.submit(inventory())
        cut = way.cut_at_commit(fate)
        connected = await ledger.submit(connect(1))
        assert cut.done()
        assert await other.live_session(connected.session_id) is not None
        assert (await ledger.submit(connect(2))).session_id == connected.session_id + 1
        assert ledger.figures().tally.fates["saved"] == 1
    assert rows(other.database, "SELECT user_id FROM sessions ORDER BY id") == [(1,), (2,)]
    assert_clean(other.database)


async def test_l5_a_commit_that_never_arrived_is_an_error_and_changes_nothing(
    direct: str, through: str, way: Proxy
) -> None:
    async with running(through) as ledger, running(direct) as other:
        await ledger.submit(inventory())
        cut = way.cut_at_commit(Fate.LOST)
        with pytest.raises(Unavailable):
            await ledger.submit(connect(1))
        assert cut.done()
        assert rows(other.database, "SELECT count(*) FROM sessions") == [(0,)]
        first = await other.submit(connect(2))
        await until(lambda: ledger.healthy)
        assert (await ledger.submit(connect(1))).session_id == first.session_id + 1
    assert_clean(other.database)


async def test_l5_a_commit_of_which_nothing_is_known_in_time_is_an_error_and_the_image_is_loaded_anew(
    direct: str, through: str, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "_FATE_SECONDS", 0.3)
    async with running(through) as ledger, running(direct) as other:
        await ledger.submit(inventory())
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        waiting = asyncio.create_task(ledger.submit(connect(1)))
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, 20)
        cut = way.cut_at_commit(Fate.ARRIVES)
        ledger.engine.may_commit.set()
        await asyncio.to_thread(cut.result, 20)
        way.cut()
        [outcome] = await all_of([waiting])
        assert isinstance(outcome, Unanswered)
        await until(lambda: not ledger.healthy)
        with pytest.raises(Unavailable):
            await ledger.submit(connect(2))
        way.heal()
        await until(lambda: ledger.healthy)
        await ledger.submit(connect(2))
        [(session_id,)] = rows(other.database, "SELECT id FROM sessions WHERE user_id = 1")
        assert await ledger.live_session(session_id) is not None
        assert ledger.sessions == 2
    assert rows(other.database, "SELECT user_id FROM sessions ORDER BY id") == [(1,), (2,)]
    assert_clean(other.database)


async def _worked(one: WatchedLedger) -> int:
    """A session that hears of a license."""
    await one.submit(inventory())
    session_id = (await one.submit(connect(1))).session_id
    await one.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Agent",)))
    return session_id


async def _notices(node: WatchedLedger, kept: int, lost: int) -> None:
    """Whether a node knows that the database is not where it was: what was lost is gone, and all is told afresh."""
    await until(lambda: node.healthy)
    await node.current()
    assert await node.live_session(lost) is None
    assert await node.live_session(kept) is not None
    assert not node.image.assignments


async def test_l4_every_node_notices_an_older_backup_in_the_place_of_its_database() -> None:
    with own_cluster() as cluster:
        url = cluster.new_url()
        async with running(url) as one, running(url) as other:
            kept = await _worked(one)
            backup = await asyncio.to_thread(cluster.backup)
            await other.submit(assign(1, "Agent"))
            lost = (await one.submit(connect(2))).session_id
            assert len(await other.feed.poll(kept)) >= 1
            await asyncio.to_thread(cluster.restore, backup)
            for node in (one, other):
                await _notices(node, kept, lost)
            again = await other.submit(connect(3))
            assert again.session_id == lost  # the number is free again
            told = [each for each in await one.feed.poll(kept) if isinstance(each, LicensesChanged)]
            assert told == [LicensesChanged(full=True, statuses=(("Agent", False),))]
        assert_clean(one.database)


async def test_l4_every_node_notices_a_standby_that_was_promoted_without_the_last_commits() -> None:
    with own_cluster() as primary, primary.standby(synchronous=False) as standby:
        name = primary.new_database()
        url = url_of(primary, standby, database=name)
        async with running(url) as one, running(url) as other:
            kept = await _worked(one)
            await until(lambda: _sees(standby, name, kept))
            await asyncio.to_thread(standby.stop_receiving)
            await other.submit(assign(1, "Agent"))
            lost = (await one.submit(connect(2))).session_id
            await asyncio.to_thread(primary.kill)
            await asyncio.to_thread(standby.promote)
            for node in (one, other):
                await _notices(node, kept, lost)
            await one.submit(connect(3))
            assert await other.submit(assign(3, "Agent"))
        assert_clean(one.database)


def _sees(standby: Cluster, name: str, session_id: int) -> bool:
    """Whether a standby has got as far as the subscription of this session; at first it does not have the database."""
    asked = "SELECT 1 FROM subscriptions WHERE session_id = %s"
    with suppress(psycopg.OperationalError):
        return bool(standby.execute(asked, session_id, database=name))
    return False
