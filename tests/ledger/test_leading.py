"""What only one of several nodes does, and what becomes of it when the lead passes (rule L9; decisions 19, 20, 23)."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from seatkeeper.ledger import leading, tokens
from seatkeeper.ledger import transactions as work
from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.door import DatabaseServer, Ledger
from seatkeeper.ledger.engines import postgres_presence
from seatkeeper.ledger.engines.engine import Engine
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.inventory_commands import ChangeSeats
from seatkeeper.licensing.policy import Policy
from tests.ledger.deploying import COUNTING, begin, configure, house, register
from tests.ledger.nodes import (
    OWN_TIMEOUT,
    Bystander,
    FullServer,
    bystander,
    end_session_of,
    found,
    node,
    node_process,
)
from tests.ledger.watched import SECONDS
from tests.ledger.world import Clock, WatchedLedger, connect, inventory, named, until

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


def _knows(ledger: Ledger, other: Bystander) -> bool:
    """Whether a node has seen that another is there."""
    return other.presence.node in vars(ledger.presence)["_seen"].names  # of which `lives` says more than was seen


def _writer_of(ledger: Ledger) -> int:
    """The server's process that a node writes by."""
    pid: int = vars(ledger)["_engine"]._connection.info.backend_pid  # noqa: SLF001 - nothing outside shows it
    return pid


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
        await until(lambda: not leader.presence.alone and leader._background.leading.others)  # noqa: SLF001 - see above
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
            await until(lambda: other._background.leading.leads)  # noqa: SLF001 - nothing outside shows who leads
            clock.now = began + TIMEOUT - 1
            await until(lambda: _seen(heir, session_id) == began)
        await until(lambda: heir.presence.alone and not heir._background.leading.others)  # noqa: SLF001 - as above
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


async def test_l9_who_is_gone_without_a_word_leaves_a_full_time_out_to_every_session(postgres_url: str) -> None:
    """What it had heard and not saved is lost. Who stops in order has saved it."""
    clock, policy = Clock(), Policy(idle_timeout=TIMEOUT)
    began = clock.now
    async with (
        node(postgres_url, policy=policy, clock=clock) as leader,
        node(postgres_url, policy=policy, clock=clock) as other,
    ):
        await leader.submit(inventory())
        session_id = (await leader.submit(connect(1))).session_id
        await until(lambda: _seen(other, session_id) == began)
        with bystander(postgres_url) as stops, bystander(postgres_url) as gone:
            await until(lambda: all(_knows(each, which) for each in (leader, other) for which in (stops, gone)))
            clock.now = began + TIMEOUT - 1
            await asyncio.to_thread(stops.presence.stop)
            await until(lambda: not _knows(leader, stops) and not _knows(other, stops))
            await asyncio.sleep(0.1)  # several looks at who leads
            assert (_seen(leader, session_id), _seen(other, session_id)) == (began, began)
            gone.lose()
            await until(lambda: _seen(leader, session_id) == _seen(other, session_id) == clock.now)
    assert not _ended(postgres_url)


async def test_a_leader_that_cannot_write_leaves_the_lead_to_one_that_can(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "_UNABLE_SECONDS", 0.1)
    full = FullServer(postgres_url)
    async with node(postgres_url, database=full) as leader, node(postgres_url) as other:
        await leader.submit(house())
        full.full = True
        await asyncio.to_thread(found, postgres_url, "SELECT pg_terminate_backend(%s)", _writer_of(leader))
        await until(lambda: not leader.connected)
        assert leader.presence.hears
        begun = await other.submit(begin(configure(), queued=True))
        await _told(other, begun.id)
        assert _statuses(postgres_url) == {1: "SUCCESS"}
        assert not leader._background.leading.leads  # noqa: SLF001 - nothing outside shows who leads
        full.full = False
        await until(lambda: leader.connected)
        other.presence.resign()
        await until(lambda: leader._background.leading.leads)  # noqa: SLF001 - as above
        begun = await other.submit(begin(configure("another"), queued=True))
        await _told(other, begun.id)


async def test_what_comes_while_the_lead_is_lost_for_a_moment_is_done_when_it_is_back(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is looked so seldom who leads that the moment is not seen."""
    monkeypatch.setattr(postgres_presence, "_PAUSES", (0.3,))
    monkeypatch.setattr(tokens, "_PAUSE", 3600)
    async with node(postgres_url, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens=1))
        await ledger.submit(begin(register()))
        await until(lambda: ledger._background.leading.leads)  # noqa: SLF001 - nothing outside shows who leads
        commands: list[Any] = [
            ChangeSeats(license=named("Token")[0], assignable=0, allow_overcommit=True),
            begin(configure("another"), "branch", queued=True),
        ]
        monkeypatch.setattr(leading, "_PAUSE", 1.0)
        await asyncio.sleep(0.05)  # the looks that come often are over
        for command in commands:
            end_session_of(postgres_url, ledger.presence.node)
            while ledger.presence.leads:  # noqa: ASYNC110 - for less than `until` would wait
                await asyncio.sleep(0.001)
            await ledger.submit(command)
            await until(lambda: [each.blocked for each in ledger.image.applications.values()][:1] == [True])
            await until(lambda: not ledger.image.unfinished)
    assert set(_statuses(postgres_url).values()) == {"SUCCESS"}


class _Held(WatchedLedger):
    """A ledger that waits in its start: before it loads, or before it sees to what was left."""

    def __init__(self, url: str, before: str) -> None:
        super().__init__(DatabaseServer(url))
        self._before = before
        self.waits, self.may_load = threading.Event(), threading.Event()

    def _open_engine(self) -> Engine:
        engine = super()._open_engine()
        if self._before == "loading":
            self.waits.set()
            assert self.may_load.wait(SECONDS)
        else:
            self.waits = self.engine.at_begin
            self.engine.may_begin.clear()
        return engine


@pytest.mark.parametrize("before", ["loading", "recovering"])
async def test_decision_19_of_nodes_that_start_together_none_cancels_what_another_begins(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    async with node(postgres_url) as former:
        await former.submit(house())
        former.transactions.pauses.order(TransactionStatus.PENDING, runtime=None, application=None)
        await former.submit(begin(configure(), queued=True))
    monkeypatch.setattr(postgres_presence, "_LOOK_SECONDS", 4.0)  # what was seen is old by then
    held = _Held(postgres_url, before)
    starting = asyncio.create_task(held.start())
    try:
        await until(lambda: held._engine is not None or held.waits.is_set())  # noqa: SLF001 - it is being started
        assert await asyncio.to_thread(held.waits.wait, SECONDS)
        async with node(postgres_url) as other:
            begun = await other.submit(begin(configure(), "branch", queued=True))
            held.may_load.set()
            held.engine.open_all()
            await starting
            await _told(other, begun.id)
            assert _statuses(postgres_url)[begun.id] == "SUCCESS"
            if before == "recovering":
                assert _statuses(postgres_url)[1] == "CANCELED"
    finally:
        held.may_load.set()
        held.engine.open_all()
        await starting
        await held.stop()


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
