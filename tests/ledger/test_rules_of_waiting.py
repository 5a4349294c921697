"""Rules L6 to L8 of the ledger: neighbours in a batch, bounds, time."""

import asyncio
import time
from typing import Any, cast

import pytest

from seatkeeper.ledger.door import Bounds, QueueFull, Stopping
from seatkeeper.ledger.feed import LicensesChanged, StationChanged, SubscriptionChanged, SubscriptionState
from seatkeeper.licensing.commands import Assign, Command, Subscribe
from seatkeeper.licensing.entities import LicenseName
from tests.ledger.world import (
    OWNER,
    Clock,
    Place,
    agent,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    named,
    rows,
    running,
    unassign,
    until,
)

pytestmark = pytest.mark.anyio


class Poisoned:
    """A license name on which the rules break with this error."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    @property
    def owner(self) -> str:
        raise self._error("a bug")


def poisoned(error: type[Exception]) -> Assign:
    """A command in which a rule breaks after it has changed something."""
    licenses = (LicenseName(OWNER, "Agent"), cast("LicenseName", Poisoned(error)))
    return Assign(holder=agent(1), licenses=licenses)


async def test_l6_a_command_whose_client_left_before_it_was_decided_is_skipped(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        plug = await ledger.while_busy()
        leaving, staying = (asyncio.create_task(ledger.submit(connect(number))) for number in (1, 2))
        await asyncio.sleep(0)
        leaving.cancel()
        ledger.go_on()
        await all_of([plug, leaving, staying])
        assert [session.user_id for session in ledger.image.sessions.values()] == [2]
    assert_clean(ledger.database)


async def test_l6_a_command_whose_client_leaves_after_it_was_decided_stands(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        leaving = asyncio.create_task(ledger.submit(connect(1)))
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, 20)
        leaving.cancel()
        ledger.engine.may_commit.set()
        await ledger.submit(connect(2))
        assert [session.user_id for session in ledger.image.sessions.values()] == [1, 2]


@pytest.mark.parametrize("error", [RuntimeError, KeyError, StopIteration])
async def test_l6_a_command_that_meets_a_bug_fails_alone_and_leaves_no_trace(
    place: Place, error: type[Exception]
) -> None:
    async with running(place, bounds=Bounds(batch_milliseconds=60_000)) as ledger:  # logging it takes a while
        await ledger.submit(inventory())
        before = ledger.engine.commits
        plug = await ledger.while_busy()
        commands: list[Command[Any]] = [connect(1), poisoned(error), connect(2)]
        waiting = [asyncio.create_task(ledger.submit(command)) for command in commands]
        await asyncio.sleep(0)
        ledger.go_on()
        outcomes = await all_of([plug, *waiting])
        assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, False, True, False]
        assert ledger.engine.commits == before + 2
        assert ledger.image.assignments == {}
    assert_clean(ledger.database)


class Unheard(Command[None], frozen=True):
    """A command that no rule knows."""


async def test_l6_a_command_that_cannot_even_be_prepared_fails_alone(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        plug = await ledger.while_busy()
        waiting = [
            asyncio.create_task(ledger.submit(cast("Command[Any]", each)))
            for each in (connect(1), Unheard(), connect(2))
        ]
        await asyncio.sleep(0)
        ledger.go_on()
        outcomes = await all_of([plug, *waiting])
        assert [isinstance(outcome, KeyError) for outcome in outcomes] == [False, False, True, False]
    assert_clean(ledger.database)


async def test_l6_a_fault_of_the_feed_keeps_nobody_from_his_answer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1, hears_of_stations=True))).session_id
        await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Agent",)))
        assert len(await ledger.feed.poll(session_id)) == 1
        with monkeypatch.context() as faulty:
            faulty.setattr("seatkeeper.ledger.mailboxes.Mailboxes._tell", None)
            outcomes = await all_of(ledger.submit(assign(number, "Agent")) for number in (1, 2))
        assert outcomes == [named("Agent"), named("Agent")]
        afresh = LicensesChanged(full=True, statuses=(("Agent", True),))
        normal = SubscriptionChanged(SubscriptionState.NORMAL)
        told = await ledger.feed.poll(session_id)
        if ledger.database.shared:
            # What a poll took a moment ago counts as uncertain after that, so he is told once more, without the word.
            assert [each for each in told if each != normal] == [afresh, StationChanged()]
        else:
            assert told == [afresh, normal, StationChanged()]


async def test_l7_a_full_queue_refuses_at_once_and_changes_nothing(place: Place) -> None:
    async with running(place, bounds=Bounds(queue=3)) as ledger:
        await ledger.submit(inventory(users=9))
        plug = await ledger.while_busy()
        waiting = [asyncio.create_task(ledger.submit(connect(number))) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        started = time.monotonic()
        with pytest.raises(QueueFull, match="3 requests wait already") as refused:
            await ledger.submit(connect(4))
        assert time.monotonic() - started < 1
        assert refused.value.retry_after >= 1
        ledger.go_on()
        await all_of([plug, *waiting])
        assert [session.user_id for session in ledger.image.sessions.values()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("bounds", "batches"), [(Bounds(batch=2), 3), (Bounds(batch_milliseconds=0), 6), (Bounds(), 1)]
)
async def test_l7_a_batch_is_bounded_in_commands_and_in_time_and_the_rest_follows_in_order(
    place: Place, bounds: Bounds, batches: int
) -> None:
    async with running(place, bounds=bounds) as ledger:
        await ledger.submit(inventory(users=6))
        plug = await ledger.while_busy()
        waiting = [asyncio.create_task(ledger.submit(connect(number))) for number in range(1, 7)]
        await asyncio.sleep(0)
        ledger.go_on()
        await all_of([plug, *waiting])
        assert [session.user_id for session in ledger.image.sessions.values()] == [1, 2, 3, 4, 5, 6]
    assert len(rows(ledger.database, "SELECT DISTINCT batch FROM journal WHERE kind = 'connected'")) == batches


async def test_l7_a_stop_commits_what_waits_and_refuses_what_comes_after(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=6))
        plug = await ledger.while_busy()
        waiting = [asyncio.create_task(ledger.submit(connect(number))) for number in range(1, 7)]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(ledger.stop())
        await until(lambda: not ledger.healthy)
        with pytest.raises(Stopping):
            await ledger.submit(connect(1))
        ledger.go_on()
        await stopping
        assert not any(isinstance(outcome, BaseException) for outcome in await all_of([plug, *waiting]))
        await ledger.stop()
    assert rows(ledger.database, "SELECT count(*) FROM sessions") == [(6,)]
    assert_clean(ledger.database)


async def test_l8_time_never_goes_back(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock) as ledger:
        await ledger.submit(inventory())
        for step in (1_000, -5_000, 3_000, -60_000):
            clock.now += step
            await ledger.submit(assign(1, "Agent"))
            await ledger.submit(unassign(1, "Agent"))
    clock.now -= 3_600_000
    async with running(place, clock=clock) as ledger:
        await ledger.submit(assign(1, "Agent"))
    times = [at for (at,) in rows(ledger.database, "SELECT at FROM journal ORDER BY seq")]
    assert times == sorted(times)
    assert times[-1] > times[0]


async def test_l8_a_batch_has_one_time(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=6))
        await all_of(ledger.submit(connect(number)) for number in range(1, 7))
    assert rows(ledger.database, "SELECT batch FROM journal GROUP BY batch HAVING min(at) < max(at)") == []
