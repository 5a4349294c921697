"""Regressions: the three ways in which writers behind a queue have lost or withheld answers elsewhere."""

import asyncio

import pytest

from seatkeeper.licensing.commands import Assign, Unassign
from seatkeeper.licensing.entities import LicenseName
from tests.ledger.world import (
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
)

pytestmark = pytest.mark.anyio

TASKS, ROUNDS = 64, 60


async def test_the_hand_over_between_the_threads_loses_no_command_and_answers_each_once(place: Place) -> None:
    """Elsewhere: a batch swapped out while another thread appended to it, so that some were never decided."""
    async with running(place) as ledger:
        await ledger.submit(inventory(users=TASKS, seats=TASKS))

        async def back_and_forth(number: int) -> list[tuple[LicenseName, ...]]:
            answers = []
            for _ in range(ROUNDS):
                answers.append(await ledger.submit(Assign(holder=agent(number), licenses=named("Agent"))))
                answers.append(await ledger.submit(Unassign(holder=agent(number), licenses=named("Agent"))))
                if number % 7 == 0:
                    await asyncio.sleep(0)
            return answers

        answers = await all_of(back_and_forth(number) for number in range(1, TASKS + 1))
    assert answers == [[named("Agent")] * ROUNDS * 2] * TASKS
    counted = dict(rows(ledger.database, "SELECT kind, count(*) FROM journal GROUP BY kind"))
    assert counted["assigned"] == counted["unassigned"] == TASKS * ROUNDS
    assert_clean(ledger.database)


async def test_many_thousands_that_come_at_once_are_each_answered(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=10))
        connected = await all_of(ledger.submit(connect(1 + number % 10)) for number in range(9_000))
    numbers = [getattr(each, "session_id", None) for each in connected]
    assert numbers == list(range(1_000_000_001, 1_000_009_001))
    assert rows(ledger.database, "SELECT count(*) FROM journal WHERE kind = 'connected'") == [(9_000,)]


async def test_a_cancelled_request_leaves_none_of_its_batch_mates_unanswered(place: Place) -> None:
    """Elsewhere: setting the result of a cancelled future raised, and all that stood behind it in the batch hung."""
    async with running(place) as ledger:
        await ledger.submit(inventory(users=20))
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        requests = [asyncio.create_task(ledger.submit(connect(number))) for number in range(1, 21)]
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, 20)
        for request in requests[::3]:
            request.cancel()
        ledger.engine.may_commit.set()
        outcomes = await all_of(requests)
        cancelled = [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes]
        assert cancelled == [number % 3 == 0 for number in range(20)]
        assert not any(isinstance(outcome, Exception) for outcome in outcomes)
        await ledger.submit(connect(1))
    assert_clean(ledger.database)


async def test_a_connection_that_closes_leaves_none_of_its_batch_mates_unanswered(place: Place) -> None:
    """Elsewhere: the task that led the batch belonged to one connection, and everybody's answer went with it."""
    async with running(place) as ledger:
        await ledger.submit(inventory(users=20))
        for leaving in range(20):
            plug = await ledger.while_busy()

            async def serve(number: int) -> object:
                async with asyncio.TaskGroup() as connection:
                    return await connection.create_task(ledger.submit(assign(number, "Supervisor")))

            requests = [asyncio.create_task(serve(number)) for number in range(1, 3)]
            leader = asyncio.create_task(serve(3 + leaving % 18))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            leader.cancel()
            ledger.go_on()
            outcomes = await all_of([plug, *requests, leader])
            assert [type(outcome) for outcome in outcomes[1:]] == [tuple, tuple, asyncio.CancelledError]
            await all_of(ledger.submit(unassign(number, "Supervisor")) for number in (1, 2))
        assert rows(ledger.database, "SELECT count(*) FROM assignments") == [(0,)]
    assert_clean(ledger.database)
