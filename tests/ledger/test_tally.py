"""What the ledger counts of its own work, and how it can be read."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.ledger.denials import REPEATS_WITHIN
from seatkeeper.ledger.door import Bounds, QueueFull
from seatkeeper.ledger.engines.engine import NoSpace
from seatkeeper.ledger.tally import DenialCount, Distribution
from seatkeeper.licensing.commands import EndReason, EndSession, Together
from seatkeeper.licensing.entities import LicenseName
from seatkeeper.licensing.inventory_commands import DefineStation, RemoveLicenses
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.verdicts import Reason
from tests.ledger.watched import SECONDS
from tests.ledger.world import (
    OWNER,
    Clock,
    Place,
    acquire,
    all_of,
    assign,
    connect,
    inventory,
    running,
    unassign,
    until,
)

pytestmark = pytest.mark.anyio

BOUNDS = st.lists(st.integers(-50, 50), min_size=1, max_size=8, unique=True).map(sorted).map(tuple)


@given(BOUNDS, st.lists(st.integers(-60, 60)))
def test_a_distribution_counts_each_value_below_the_first_bound_that_is_not_less(
    bounds: tuple[int, ...], values: list[int]
) -> None:
    distribution = Distribution(bounds)
    for value in values:
        distribution.add(value)
    for index, bound in enumerate(bounds):
        assert sum(distribution.counts[: index + 1]) == sum(value <= bound for value in values)
    assert sum(distribution.counts) == len(values)
    assert distribution.sum == sum(values)


async def test_commands_are_counted_by_what_they_came_to(place: Place) -> None:
    async with running(place) as ledger:
        before = ledger.figures().tally
        await ledger.submit(inventory())
        with pytest.raises(Refusal):
            await ledger.submit(assign(1, "Unheard of"))
        after = ledger.figures().tally
    assert after.commands["done"] - before.commands["done"] == 1
    assert after.commands["refused"] - before.commands["refused"] == 1
    assert after.commands["failed"] == 0


async def test_batches_are_counted_with_their_size_and_commits_only_where_there_was_something_to_save(
    place: Place,
) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        before = ledger.figures().tally
        plug = await ledger.while_busy()
        waiting = [asyncio.create_task(ledger.submit(DefineStation(name=f"s{n}", display_name=""))) for n in range(7)]
        await until(lambda: ledger.figures().waiting == 7)
        ledger.go_on()
        await all_of([plug, *waiting])
        with pytest.raises(Refusal):
            await ledger.submit(EndSession(session_id=1, reason=EndReason.LOGGED_OFF))  # decided, nothing to save
        after = ledger.figures().tally
    assert sum(after.batch_commands.counts) - sum(before.batch_commands.counts) == 3
    assert after.batch_commands.sum - before.batch_commands.sum == 1 + 7 + 1
    assert sum(after.commit_seconds.counts) - sum(before.commit_seconds.counts) == 2
    assert 0 < after.commit_seconds.sum < after.batch_seconds.sum


async def test_a_batch_that_cannot_be_saved_is_counted_with_its_cause(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        ledger.engine.refuse = lambda _entries: NoSpace("the disk is full")
        await all_of([ledger.submit(assign(1, "Agent"))])
        ledger.engine.refuse = lambda _entries: RuntimeError("whatever else")
        await all_of([ledger.submit(assign(2, "Agent"))])
        ledger.engine.refuse = lambda _entries: None
        tally = ledger.figures().tally
    assert {why: count for why, count in tally.unsaved.items() if count} == {"no_space": 1, "fault": 1}
    assert tally.commands["failed"] == 2


async def test_commands_that_a_full_queue_refuses_are_counted(place: Place) -> None:
    async with running(place, bounds=Bounds(queue=1)) as ledger:
        plug = await ledger.while_busy()
        waiting = asyncio.create_task(ledger.submit(DefineStation(name="waits", display_name="")))
        await until(lambda: ledger.figures().waiting == 1)
        for _ in range(3):
            with pytest.raises(QueueFull):
                await ledger.submit(DefineStation(name="too many", display_name=""))
        figures = ledger.figures()
        ledger.go_on()
        await all_of([plug, waiting])
    assert figures.tally.turned_away == 3
    assert (figures.waiting, figures.queue) == (1, 1)


async def test_denials_are_counted_apart_from_their_repeats(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock) as ledger:
        await ledger.submit(inventory())
        session = (await ledger.submit(connect(1))).session_id
        for name in ("Agent", "AGENT", "agent", "Unheard of", "Unheard of, too"):
            await ledger.submit(acquire(session, name))
        clock.now += REPEATS_WITHIN
        await ledger.submit(acquire(session, "Agent"))
        figures = ledger.figures()
    number = next(each.id for each in figures.licenses.values() if each.name == "Agent")
    assert figures.tally.denials == {
        DenialCount(number, Reason.NOT_ASSIGNED, repeated=False): 2,
        DenialCount(number, Reason.NOT_ASSIGNED, repeated=True): 2,
        DenialCount(None, Reason.UNKNOWN_LICENSE, repeated=False): 1,
        DenialCount(None, Reason.UNKNOWN_LICENSE, repeated=True): 1,
    }


async def test_a_denial_that_was_not_saved_is_not_counted(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        session = (await ledger.submit(connect(1))).session_id
        ledger.engine.refuse = lambda _entries: NoSpace("the disk is full")
        await all_of([ledger.submit(acquire(session, "Agent"))])
        ledger.engine.refuse = lambda _entries: None
        assert ledger.figures().tally.denials == {}


async def test_the_denials_of_a_license_go_with_it(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        session = (await ledger.submit(connect(1))).session_id
        await ledger.submit(acquire(session, "Agent", "Recorder"))
        await ledger.submit(RemoveLicenses(licenses=(LicenseName(OWNER, "Agent"),)))
        figures = ledger.figures()
    recorder = next(each.id for each in figures.licenses.values() if each.name == "Recorder")
    assert figures.tally.denials == {DenialCount(recorder, Reason.NOT_ASSIGNED, repeated=False): 1}


async def test_sessions_are_counted_as_they_begin_and_end(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        first = (await ledger.submit(connect(1))).session_id
        await ledger.submit(connect(2))
        await ledger.submit(EndSession(session_id=first, reason=EndReason.ADMINISTRATOR))
        figures = ledger.figures()
    assert (figures.sessions, figures.tally.connected) == (1, 2)
    assert figures.tally.ended == {**dict.fromkeys(EndReason, 0), EndReason.ADMINISTRATOR: 1}


async def test_a_ledger_that_stands_still_is_read_all_the_same(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        head = ledger.figures().head
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        stuck = asyncio.create_task(ledger.submit(assign(1, "Agent")))
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, SECONDS)
        statements = len(ledger.engine.statements)
        figures = ledger.figures()
        assert figures.head == head, "the batch under way is not there yet"
        assert all(pool.assigned == 0 for pool in figures.pools)
        assert len(ledger.engine.statements) == statements, "the database was not asked"
        ledger.engine.may_commit.set()
        await all_of([stuck])
        assert sum(pool.assigned for pool in ledger.figures().pools) == 1


async def test_a_reader_sees_all_of_a_batch_or_nothing(place: Place) -> None:
    seen: list[tuple[int, int]] = []
    reading = True

    def read() -> None:
        while reading:
            figures = ledger.figures()
            seen.append((sum(pool.assigned for pool in figures.pools), figures.tally.commands["done"]))

    async with running(place) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(assign(1, "Agent"))
        done = ledger.figures().tally.commands["done"]
        reader = asyncio.create_task(asyncio.to_thread(read))
        try:
            for _ in range(10):
                await ledger.submit(Together(commands=(unassign(1, "Agent"), assign(1, "Recorder"))))
                await ledger.submit(Together(commands=(unassign(1, "Recorder"), assign(1, "Agent"))))
        finally:
            reading = False
            await reader
    assert {assigned for assigned, _ in seen} == {1}, "what is moved is never in both pools nor in none"
    assert [count for _, count in seen] == sorted(count for _, count in seen)
    assert {count for _, count in seen} <= set(range(done, done + 21))
    assert len({count for _, count in seen}) > 1, "the reader saw batches come in"


async def test_what_was_read_does_not_change_any_more(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        figures = ledger.figures()
        pools, head, done = list(figures.pools), figures.head, figures.tally.commands["done"]
        batches = list(figures.tally.batch_commands.counts)
        session = (await ledger.submit(connect(1))).session_id
        await ledger.submit(acquire(session, "Agent"))
        assert (figures.pools, figures.head, figures.tally.commands["done"]) == (pools, head, done)
        assert figures.tally.batch_commands.counts == batches
        assert figures.tally.denials == {}
