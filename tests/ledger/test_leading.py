"""What only one of several nodes does, and what becomes of it when the lead passes (rule L9; decisions 19, 20, 23)."""

import asyncio
import time
from pathlib import Path

import pytest

from seatkeeper.ledger import leading
from seatkeeper.ledger import transactions as work
from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.door import Ledger
from seatkeeper.ledger.engines import postgres_presence
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.inventory_commands import ChangeSeats
from seatkeeper.licensing.policy import Policy
from tests.ledger.deploying import COUNTING, begin, configure, house, register
from tests.ledger.nodes import OWN_TIMEOUT, end_session_of, found, node, node_process
from tests.ledger.watched import SECONDS
from tests.ledger.world import Clock, connect, inventory, named, until

pytestmark = pytest.mark.anyio

TIMEOUT = 1_000
LAG = 250 + 100
"""What may lie between an activity at one node and its row in the tables: a quarter of the time-out, and two sweeps."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_presence, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(leading, "_PAUSE", 0.02)
    monkeypatch.setattr(work, "_REST", 0.01)


def _seen(ledger: Ledger, session_id: int) -> int | None:
    """When a node thinks that a session was last active."""
    return ledger.image.last_seen.get(session_id)


def _statuses(url: str) -> dict[int, str]:
    return dict(found(url, "SELECT id, status FROM transactions ORDER BY id"))


def _ended(url: str) -> list[int]:
    return [number for (number,) in found(url, "SELECT seq FROM journal WHERE kind = 'ended'")]


async def _told(ledger: Ledger, transaction_id: int) -> None:
    async with asyncio.timeout(SECONDS):
        await ledger.transactions.ended(transaction_id)


async def test_l9_the_node_that_leads_ends_no_session_that_is_active_at_another(postgres_url: str) -> None:
    clock, policy = Clock(), Policy(idle_timeout=TIMEOUT)
    began = clock.now
    async with (
        node(postgres_url, policy=policy, clock=clock) as leader,
        node(postgres_url, policy=policy, clock=clock) as other,
    ):
        await leader.submit(inventory())
        session_id = (await leader.submit(connect(1))).session_id
        await until(lambda: _seen(other, session_id) == began)
        await until(lambda: not leader.presence.alone and leader._leading.others)  # noqa: SLF001 - see above
        clock.now = began + TIMEOUT - 1
        other.touch(session_id)
        saved = "SELECT last_seen FROM session_activity"
        await until(lambda: found(postgres_url, saved) == [(clock.now,)])
        clock.now = began + 2 * TIMEOUT - 2
        await until(lambda: _seen(leader, session_id) == began + TIMEOUT - 1 + LAG)
        assert await leader.live_session(session_id) is not None
        clock.now = began + 2 * TIMEOUT - 1 + LAG
        await until(lambda: session_id not in leader.image.last_seen and session_id not in other.image.last_seen)
        assert set(other.figures().tally.commands.values()) == {0}  # it has asked for nothing
    assert len(_ended(postgres_url)) == 1


async def test_l9_who_takes_the_lead_over_gives_every_session_a_full_time_out(postgres_url: str) -> None:
    clock, policy = Clock(), Policy(idle_timeout=TIMEOUT)
    began = clock.now
    async with node(postgres_url, policy=policy, clock=clock) as heir:
        await heir.submit(inventory())
        async with node(postgres_url, policy=policy, clock=clock) as other:
            session_id = (await other.submit(connect(1))).session_id
            await until(lambda: not other.presence.alone)
            heir.presence.resign()
            await until(lambda: other._leading.leads)  # noqa: SLF001 - nothing outside shows who leads
            clock.now = began + TIMEOUT - 1
            await until(lambda: _seen(heir, session_id) == began)
        await until(lambda: heir.presence.alone and not heir._leading.others)  # noqa: SLF001 - as above
        assert _seen(heir, session_id) == clock.now
        assert _ended(postgres_url) == []


async def test_l9_a_node_that_stood_still_while_it_led_ends_nobody_who_was_active_elsewhere(
    postgres_url: str, tmp_path: Path
) -> None:
    policy = Policy(idle_timeout=OWN_TIMEOUT)
    with node_process("expire", postgres_url, tmp_path) as paused:
        led = await paused.says()
        async with node(postgres_url, policy=policy) as here:
            assert here.presence.lives(led)
            await here.submit(inventory())
            active, idle = [(await here.submit(connect(number))).session_id for number in (1, 2)]
            paused.stand_still()
            stopped = time.monotonic()
            while (time.monotonic() - stopped) * 1000 < 2 * OWN_TIMEOUT:
                here.touch(active)
                await asyncio.sleep(0.02)
            assert here.presence.leads
            paused.go_on()
            going = time.monotonic()
            while (time.monotonic() - going) * 1000 < OWN_TIMEOUT or await here.live_session(idle) is not None:
                here.touch(active)
                await asyncio.sleep(0.02)
            assert await here.live_session(active) is not None
    assert len(_ended(postgres_url)) == 1


async def test_transactions_are_carried_out_once_by_who_leads_and_told_where_they_began(postgres_url: str) -> None:
    async with node(postgres_url) as leader, node(postgres_url) as other:
        await leader.submit(house())
        begun = [await other.submit(begin(configure(f"app{number}"), queued=True)) for number in range(5)]
        for each in begun:
            await _told(other, each.id)
        assert set(_statuses(postgres_url).values()) == {"SUCCESS"}
        assert not other.transactions._lines  # noqa: SLF001 - that it has begun nothing shows nowhere else
        at_once = await other.submit(begin(configure("one that need not wait")))
        assert at_once.status.over
        differences = check_database(leader.database).differences
    moved = "SELECT count(*), count(DISTINCT data::text) FROM journal WHERE kind = 'transaction_moved'"
    assert found(postgres_url, moved) == [(6 * 3, 6 * 3)]
    assert not differences


async def test_decision_19_what_a_killed_node_left_is_taken_on_by_one_that_lives(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "_RETURN_SECONDS", 0.2)
    with node_process("prepare", postgres_url, tmp_path) as killed:
        await killed.says()
        async with node(postgres_url) as one, node(postgres_url) as two:
            await one.submit(house())
            for number in range(4):
                await one.submit(begin(configure(f"app{number}"), queued=True))
            await until(lambda: _statuses(postgres_url)[1] == "PREPARING")
            waiting = [asyncio.create_task(_told(each, number)) for each in (one, two) for number in range(1, 5)]
            killed.kill()
            await asyncio.gather(*waiting)
            assert _statuses(postgres_url) == {1: "FAILURE", 2: "SUCCESS", 3: "SUCCESS", 4: "SUCCESS"}
            assert one.presence.leads is not two.presence.leads
            assert not check_database(one.database).differences
    [(errors,)] = found(postgres_url, "SELECT errors::text FROM transactions WHERE id = 1")
    assert "interrupted" in errors


async def test_decision_19_only_where_no_other_node_lives_a_start_cancels_what_waits(postgres_url: str) -> None:
    async with node(postgres_url) as one:
        await one.submit(house())
        one.transactions.pauses.order(TransactionStatus.PENDING, runtime=None, application=None)
        await one.submit(begin(configure(), queued=True))
        await one.submit(begin(configure(), "branch", queued=True))
        async with node(postgres_url):
            assert set(_statuses(postgres_url).values()) == {"PENDING"}
        one.transactions.pauses.end()
        await _told(one, 1)
        await _told(one, 2)
        one.transactions.pauses.order(TransactionStatus.PENDING, runtime=None, application=None)
        await one.submit(begin(configure("late"), queued=True))
    assert _statuses(postgres_url) == {1: "SUCCESS", 2: "SUCCESS", 3: "PENDING"}
    async with node(postgres_url):
        assert _statuses(postgres_url)[3] == "CANCELED"


async def test_a_node_that_stops_ends_what_it_has_begun_and_leaves_what_waits_to_another(postgres_url: str) -> None:
    async with node(postgres_url) as stopping, node(postgres_url) as other:
        await stopping.submit(house())
        pauses = stopping.transactions.pauses
        pauses.order(TransactionStatus.PREPARING, runtime="mfp", application=None)
        pauses.order(TransactionStatus.PENDING, runtime="branch", application=None)
        for runtime in ("mfp", "branch"):
            await other.submit(begin(configure(), runtime, queued=True))
        await until(lambda: _statuses(postgres_url) == {1: "PREPARING", 2: "PENDING"})
        waiting = [asyncio.create_task(_told(other, number)) for number in (1, 2)]
        pauses.end(1)
        stopping.transactions.begin_no_more()
        await asyncio.gather(*waiting)
        assert _statuses(postgres_url) == {1: "SUCCESS", 2: "SUCCESS"}
        assert not stopping.presence.leads
        assert stopping.healthy


async def test_a_lead_that_is_lost_for_a_moment_ends_nothing_that_was_begun(postgres_url: str) -> None:
    async with node(postgres_url) as one, node(postgres_url) as two:
        await one.submit(house())
        one.transactions.pauses.order(TransactionStatus.PREPARING, runtime=None, application=None)
        await two.submit(begin(configure(), queued=True))
        await until(lambda: _statuses(postgres_url) == {1: "PREPARING"})
        await until(lambda: not one.presence.alone)
        end_session_of(postgres_url, one.presence.node)
        await until(lambda: not one.presence.leads)
        await until(lambda: one.presence.leads or two.presence.leads)
        one.transactions.pauses.end()
        await asyncio.gather(_told(one, 1), _told(two, 1))
        assert _statuses(postgres_url) == {1: "SUCCESS"}


async def test_decision_23_tokens_are_settled_by_who_leads_whoever_takes_them(postgres_url: str) -> None:
    async with node(postgres_url, policy=COUNTING) as leader, node(postgres_url, policy=COUNTING) as other:
        commands = other.figures().tally.commands
        await other.submit(house(tokens=1))
        await other.submit(begin(register()))
        await other.submit(ChangeSeats(license=named("Token")[0], assignable=0, allow_overcommit=True))
        await until(lambda: [each.blocked for each in other.image.applications.values()] == [True])
        assert other.figures().tally.commands["done"] - commands["done"] == 3  # it has settled nothing
        leader.presence.resign()
        await until(lambda: other.presence.leads)
        await other.submit(ChangeSeats(license=named("Token")[0], assignable=1))
        await until(lambda: [each.blocked for each in other.image.applications.values()] == [False])
        assert not check_database(other.database).differences
