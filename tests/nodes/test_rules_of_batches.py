"""Rules L1 to L3, L6 and L7 across nodes: one batch at a time, what others did is known, faults stay where they are."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from seatkeeper.ledger.door import Unavailable
from seatkeeper.ledger.engines import postgres_database
from seatkeeper.ledger.engines.engine import SaveFailed
from seatkeeper.licensing.inventory_commands import SetPassword
from tests.ledger.watched import SECONDS
from tests.ledger.world import (
    WatchedLedger,
    acquire,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    named,
    rows,
    running,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

pytestmark = pytest.mark.anyio


async def _held_up_at_commit(ledger: WatchedLedger, number: int) -> "asyncio.Task[Any]":
    """Connect a user at a node that then stands still before its commit."""
    ledger.engine.at_commit.clear()
    ledger.engine.may_commit.clear()
    task: asyncio.Task[Any] = asyncio.create_task(ledger.submit(connect(number)))
    assert await asyncio.to_thread(ledger.engine.at_commit.wait, SECONDS)
    return task


async def test_l1_a_batch_of_one_node_keeps_that_of_another_out_until_it_is_committed(postgres_url: str) -> None:
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory())
        first = await _held_up_at_commit(one, 1)
        second = asyncio.create_task(other.submit(connect(2)))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done
        assert rows(one.database, "SELECT count(*) FROM sessions") == [(0,)]
        one.engine.may_commit.set()
        await all_of([first, second])
        found = rows(one.database, "SELECT user_id FROM sessions ORDER BY id")
        assert found == [(1,), (2,)]
    assert_clean(one.database)


async def test_l1_nodes_that_work_at_once_give_out_no_more_than_there_is_and_leave_no_gap(postgres_url: str) -> None:
    async with running(postgres_url) as one, running(postgres_url) as two, running(postgres_url) as three:
        nodes = (one, two, three)
        await one.submit(inventory(users=12, seats=5))
        connected = await all_of(nodes[number % 3].submit(connect(number)) for number in range(1, 13))
        sessions = [each.session_id for each in connected if not isinstance(each, BaseException)]
        assert len(sessions) == len(set(sessions)) == 12
        await all_of(nodes[number % 3].submit(assign(number, "Agent")) for number in range(1, 13))
        assert rows(one.database, "SELECT count(*) FROM assignments") == [(5,)]
        acquired = await all_of(
            nodes[turn].submit(acquire(session_id, "Agent")) for session_id in sessions for turn in range(3)
        )
        assert not [each for each in acquired if isinstance(each, BaseException)]
    assert rows(one.database, "SELECT count(*) FROM holds") == [(5,)]
    assert rows(one.database, "SELECT max(seq) - count(*) FROM journal") == [(0,)]
    assert_clean(one.database)


async def test_l2_a_user_who_connects_at_another_node_is_known_here_with_his_secrets(postgres_url: str) -> None:
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory())
        first = await one.submit(connect(1))
        second = await other.submit(connect(1))
        for node, session in ((one, second), (other, first)):
            live = await node.live_session(session.session_id)
            assert live is not None
            assert (live.user.login, live.keys.cookie_digest) == ("agent01", b"cookie-1")
        await other.submit(SetPassword(login="agent01", password_hash="$hash$anew"))
        await one.submit(assign(1, "Agent"))
        assert one.image.credentials[1].password_hash == "$hash$anew"


async def test_l3_a_save_that_fails_at_one_node_costs_the_others_nothing_and_itself_one_command(
    postgres_url: str,
) -> None:
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory())
        one.engine.refuse = lambda entries: SaveFailed("planted") if entries[0].kind == "assigned" else None
        submitted: list[Awaitable[Any]] = [
            one.submit(assign(1, "Agent")),
            other.submit(assign(2, "Agent")),
            one.submit(connect(3)),
        ]
        outcomes = await all_of(submitted)
        assert [isinstance(each, SaveFailed) for each in outcomes] == [True, False, False]
        one.engine.refuse = lambda _entries: None
        assert await one.submit(assign(1, "Agent")) == named("Agent")
        await one.current()
        assert {holder.id for holder, _ in one.image.assignments} <= {1, 2}
    assert rows(one.database, "SELECT holder_id FROM assignments ORDER BY id") == [(2,), (1,)]
    assert_clean(one.database)


async def test_l6_a_client_who_leaves_while_another_node_has_the_lock_costs_nobody_anything(postgres_url: str) -> None:
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory())
        first = await _held_up_at_commit(one, 1)
        leaving, staying = (asyncio.create_task(other.submit(connect(number))) for number in (2, 3))
        await asyncio.sleep(0.05)
        leaving.cancel()
        one.engine.may_commit.set()
        outcomes = await all_of([first, leaving, staying])
        assert [type(each) is asyncio.CancelledError for each in outcomes] == [False, True, False]
        assert (3,) in rows(one.database, "SELECT user_id FROM sessions")
    assert_clean(one.database)


async def test_l7_a_lock_that_does_not_come_in_time_is_told_and_the_next_command_is_served(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres_database._OF_WRITER, "lock_timeout", 300)  # noqa: SLF001 - not to wait for so long
    async with running(postgres_url) as one, running(postgres_url) as other:
        await one.submit(inventory())
        first = await _held_up_at_commit(one, 1)
        with pytest.raises(Unavailable, match="keeps the database"):
            await other.submit(connect(2))
        one.engine.may_commit.set()
        await first
        assert (await other.submit(connect(2))).session_id
    assert rows(one.database, "SELECT user_id FROM sessions ORDER BY id") == [(1,), (2,)]
