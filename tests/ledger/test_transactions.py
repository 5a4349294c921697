"""Transactions are carried out one step a commit, one at a time in a runtime, and whatever comes between them."""

import asyncio
from pathlib import Path

import pytest

from seatkeeper.ledger import transactions as work
from seatkeeper.ledger.door import Bounds, Ledger, Stopping
from seatkeeper.licensing.deployment import DeleteConfiguration, LicenseType, Transaction
from seatkeeper.licensing.deployment_commands import BeginTransaction, ReleaseRuntimeLock
from seatkeeper.licensing.entities import Holder, HolderKind
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from tests.ledger.deploying import (
    APP,
    COUNTING,
    RUNTIMES,
    assert_one_at_a_time,
    begin,
    configure,
    faults,
    house,
    refusing,
    register,
    statuses,
    ways,
)
from tests.ledger.keeping import MINUTE, archive_of, assert_clean_with, seal
from tests.ledger.watched import SECONDS
from tests.ledger.world import Clock, all_of, assert_clean, running, until

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_REST", 0.01)


async def _done(ledger: Ledger, command: BeginTransaction) -> Transaction:
    """Begin a transaction and wait for its end, as a face does."""
    begun = await ledger.submit(command)
    async with asyncio.timeout(SECONDS):
        await ledger.transactions.ended(begun.id)
    return begun


async def test_one_that_need_not_wait_goes_its_whole_way_in_one_commit(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(house())
        begun = await ledger.submit(begin(configure()))
        assert begun.status.over
        await ledger.transactions.ended(begun.id)
    [way] = ways(ledger.file).values()
    assert [status for status, _ in way] == ["PENDING", "PREPARING", "COMMITTING", "SUCCESS"]
    assert len({commit for _, commit in way}) == 1
    assert_clean(ledger.file)


@pytest.mark.parametrize(("tokens", "way"), [(1, "COMMITTING SUCCESS"), (0, "REJECTING FAILURE")])
async def test_a_queued_one_goes_one_step_a_commit(tmp_path: Path, tokens: int, way: str) -> None:
    async with running(tmp_path, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens))
        begun = await _done(ledger, begin(register(), queued=True))
        assert begun.status == "PENDING"
        assert statuses(ledger.file)[begun.id] == way.rsplit(maxsplit=1)[-1]
        await ledger.transactions.ended(begun.id)  # over already: there is nothing to wait for
    [steps] = ways(ledger.file).values()
    assert [status for status, _ in steps] == ["PENDING", "PREPARING", *way.split()]
    assert len({commit for _, commit in steps}) == 4
    assert_clean(ledger.file)


async def test_nobody_waits_for_one_that_never_was(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        async with asyncio.timeout(SECONDS):
            await ledger.transactions.ended(77)


@pytest.mark.parametrize("batch", [1, 7, 512])
async def test_of_many_at_once_one_runs_at_a_time_in_each_runtime_and_all_succeed(tmp_path: Path, batch: int) -> None:
    async with running(tmp_path, bounds=Bounds(batch=batch)) as ledger:
        await ledger.submit(house())
        commands = [
            begin(configure(f"{APP}.{number % 5}"), runtime, queued=number % 3 == 0)
            for number in range(30)
            for runtime in RUNTIMES
        ]
        done = await all_of(_done(ledger, each) for each in commands)
        assert not [each for each in done if isinstance(each, BaseException)]
        assert set(statuses(ledger.file).values()) == {"SUCCESS"}
        assert len(statuses(ledger.file)) == len(commands)
        assert (ledger.image.transactions, ledger.image.unfinished) == ({}, {})
    assert_one_at_a_time(ledger.file)
    assert_clean(ledger.file)


async def test_a_runtime_that_stands_still_holds_up_no_other_and_goes_on_when_it_can(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        first = asyncio.create_task(_done(ledger, begin(configure(), queued=True)))
        await until(lambda: statuses(ledger.file).get(1) == "PREPARING")
        second = asyncio.create_task(_done(ledger, begin(configure())))
        await all_of(_done(ledger, begin(configure(), "branch", queued=number > 5)) for number in range(10))
        assert sorted(statuses(ledger.file).values()) == ["PENDING", "PREPARING", *["SUCCESS"] * 10]
        ledger.engine.refuse = lambda _entries: None
        assert not [each for each in await all_of([first, second]) if isinstance(each, BaseException)]
    assert set(statuses(ledger.file).values()) == {"SUCCESS"}
    assert_one_at_a_time(ledger.file)
    assert_clean(ledger.file)


async def test_one_that_has_waited_too_long_fails_and_the_one_before_it_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    policy = Policy(deployment=DeploymentPolicy(lock_wait=60_000))
    async with running(tmp_path, clock=clock, policy=policy) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        await ledger.submit(begin(configure(), queued=True))
        await until(lambda: statuses(ledger.file).get(1) == "PREPARING")
        waiting = [asyncio.create_task(_done(ledger, begin(configure()))) for _ in range(3)]
        await until(lambda: len(statuses(ledger.file)) == 4)
        clock.now += 60_000
        late = asyncio.create_task(_done(ledger, begin(configure())))
        await until(lambda: len(statuses(ledger.file)) == 5)
        assert statuses(ledger.file)[2] == "PENDING"
        clock.now += 1
        await all_of(waiting)
        assert statuses(ledger.file) == {1: "PREPARING", 2: "FAILURE", 3: "FAILURE", 4: "FAILURE", 5: "PENDING"}
        assert faults(ledger.file, 2) == ["lock_wait"]
        ledger.engine.refuse = lambda _entries: None
        await all_of([late])
        assert [statuses(ledger.file)[number] for number in (1, 5)] == ["SUCCESS", "SUCCESS"]
    assert_one_at_a_time(ledger.file)
    assert_clean(ledger.file)


async def test_one_that_keeps_its_lock_too_long_loses_it_and_its_token_to_the_next(tmp_path: Path) -> None:
    clock = Clock()
    policy = Policy(
        deployment=DeploymentPolicy(
            longest_lock=60_000, count_tokens=True, feature_owner="ININ", application_feature="Token"
        )
    )
    async with running(tmp_path, clock=clock, policy=policy) as ledger:
        await ledger.submit(house(tokens=1))
        ledger.engine.refuse = refusing("COMMITTING", 1)
        first = asyncio.create_task(_done(ledger, begin(register("one"), queued=True)))
        await until(lambda: statuses(ledger.file).get(1) == "PREPARING")
        second = asyncio.create_task(_done(ledger, begin(register("two"))))
        await until(lambda: len(statuses(ledger.file)) == 2)
        clock.now += 60_001
        await all_of([first, second])
        assert statuses(ledger.file) == {1: "FAILURE", 2: "SUCCESS"}
        assert faults(ledger.file, 1) == ["stalled"]
        assert [each.name for each in ledger.image.applications.values()] == ["two"]
    assert_clean(ledger.file)


async def test_a_lock_that_is_released_by_force_goes_to_the_next(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        first = asyncio.create_task(_done(ledger, begin(configure("one"), queued=True)))
        await until(lambda: statuses(ledger.file).get(1) == "PREPARING")
        second = asyncio.create_task(_done(ledger, begin(configure("two"))))
        await until(lambda: len(statuses(ledger.file)) == 2)
        assert await ledger.submit(ReleaseRuntimeLock(runtime="mfp", user_id=1)) is True
        await all_of([first, second])
        assert statuses(ledger.file) == {1: "FAILURE", 2: "SUCCESS"}
        assert faults(ledger.file, 1) == ["lock_released"]
        assert await ledger.submit(ReleaseRuntimeLock(runtime="mfp", user_id=1)) is False
    assert_clean(ledger.file)


async def test_whoever_stops_waiting_stops_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        tasks = [asyncio.create_task(_done(ledger, begin(configure(), queued=True))) for _ in range(2)]
        await until(lambda: sorted(statuses(ledger.file).values()) == ["PENDING", "PREPARING"])
        patient = asyncio.create_task(ledger.transactions.ended(1))
        for task in tasks:
            task.cancel()
        assert all(isinstance(each, asyncio.CancelledError) for each in await all_of(tasks))
        ledger.engine.refuse = lambda _entries: None
        assert await all_of([patient]) == [None]
        await until(lambda: statuses(ledger.file) == {1: "SUCCESS", 2: "SUCCESS"})


async def test_an_orderly_stop_finishes_what_was_begun_and_sends_the_others_away(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        tasks = [asyncio.create_task(_done(ledger, begin(configure(), queued=True))) for _ in range(3)]
        await until(lambda: sorted(statuses(ledger.file).values()) == ["PENDING", "PENDING", "PREPARING"])
        ledger.engine.refuse = lambda _entries: None
        ledger.engine.may_begin.clear()
        stopping = asyncio.create_task(ledger.stop())
        await asyncio.sleep(0)
        ledger.engine.may_begin.set()
        await all_of([stopping])
        first, *others = await all_of(tasks)
        assert isinstance(first, Transaction)
        assert all(isinstance(each, Stopping) for each in others)
        assert "ask for transaction 3" in str(others[1])
        with pytest.raises(Stopping):
            await ledger.transactions.ended(2)
    assert statuses(ledger.file) == {1: "SUCCESS", 2: "PENDING", 3: "PENDING"}
    async with running(tmp_path):
        pass
    assert statuses(ledger.file) == {1: "SUCCESS", 2: "CANCELED", 3: "CANCELED"}
    assert_clean(ledger.file)


LEFT = [
    ("PREPARING", "PENDING", "CANCELED", ["canceled"]),
    ("COMMITTING", "PREPARING", "FAILURE", ["interrupted"]),
    ("SUCCESS", "COMMITTING", "SUCCESS", []),
    ("FAILURE", "REJECTING", "FAILURE", ["tokens_short"]),
]


@pytest.mark.parametrize(("refused", "left", "end", "wrong"), LEFT, ids=[left for _, left, _, _ in LEFT])
async def test_what_an_ended_server_left_is_ended_by_the_next(
    tmp_path: Path, refused: str, left: str, end: str, wrong: list[str]
) -> None:
    """Decision 19; tokens included."""
    async with running(tmp_path, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens=0 if left == "REJECTING" else 1))
        ledger.engine.refuse = refusing(refused)
        await ledger.submit(begin(register(), queued=True))
        await ledger.submit(begin(configure("other"), queued=True))
        await until(lambda: statuses(ledger.file)[1] == left)
    assert statuses(ledger.file) == {1: left, 2: "PENDING"}
    assert_clean(ledger.file)
    async with running(tmp_path, policy=COUNTING) as again:
        async with asyncio.timeout(SECONDS):
            await again.transactions.ended(1)
        assert statuses(again.file) == {1: end, 2: "CANCELED"}
        assert faults(again.file, 1) == wrong
        holders = [holder for holder, _ in again.image.assignments]
        assert holders == ([Holder(HolderKind.APPLICATION, 1)] if end == "SUCCESS" else [])
        assert [each.name for each in again.image.applications.values()] == ([APP] if end == "SUCCESS" else [])
        assert (await again.submit(begin(configure()))).status == "SUCCESS"
    assert_clean(again.file)


async def test_a_database_that_was_put_back_is_worked_on_as_it_is(tmp_path: Path) -> None:
    """Whoever waited for one that is gone is not left waiting; what waits in it is carried out."""
    async with running(tmp_path) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        waiting = asyncio.create_task(_done(ledger, begin(configure(), queued=True)))
        await until(lambda: statuses(ledger.file).get(1) == "PREPARING")
        await ledger.submit(begin(configure(), "branch", queued=True))
        async with asyncio.timeout(SECONDS):
            await ledger.transactions.ended(2)
        deleted = await ledger.submit(begin(DeleteConfiguration(APP), "branch", queued=True))
        assert deleted.id == 3
        await ledger.reload()
        ledger.engine.refuse = lambda _entries: None
        await all_of([waiting])
        await until(lambda: set(statuses(ledger.file).values()) == {"SUCCESS"})
    assert_clean(ledger.file)


async def test_a_seal_keeps_those_that_are_over_and_those_that_are_not(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, policy=COUNTING, clock=clock) as ledger:
        await ledger.submit(house(tokens=2))
        for number in range(3):
            await _done(ledger, begin(register(f"{APP}.{number}"), queued=number == 0))
        ledger.engine.refuse = refusing("COMMITTING", 4)
        await ledger.submit(begin(configure(f"{APP}.0", type_=LicenseType.ADDITIONAL_BRAND_DEPLOYMENT), queued=True))
        await until(lambda: statuses(ledger.file).get(4) == "PREPARING")
        await ledger.submit(begin(configure(), queued=True))
        clock.now += MINUTE + 1
        sealed = await seal(ledger)
        assert sealed is not None
        assert statuses(ledger.file) == {1: "SUCCESS", 2: "SUCCESS", 3: "FAILURE", 4: "PREPARING", 5: "PENDING"}
        assert_clean(ledger.file)
        before = ledger.image.unfinished, ledger.image.transactions
        await ledger.reload()
        assert (ledger.image.unfinished, ledger.image.transactions) == before
        ledger.engine.refuse = lambda _entries: None
        await until(lambda: not ledger.image.unfinished)
    assert statuses(ledger.file) == {1: "SUCCESS", 2: "SUCCESS", 3: "FAILURE", 4: "SUCCESS", 5: "SUCCESS"}
    assert_clean_with(ledger.file, archive_of(ledger))
