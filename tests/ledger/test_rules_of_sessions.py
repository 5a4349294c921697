"""Rules L9 and L10 of the ledger: activity, expiry, sessions that have to be looked up, denials that repeat."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.clockwork import EXPIRE_AT_ONCE
from seatkeeper.ledger.door import Bounds
from seatkeeper.licensing.commands import EndReason, EndSession, ExpireSession
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.verdicts import Reason
from tests.ledger.world import (
    Clock,
    acquire,
    all_of,
    assert_clean,
    connect,
    inventory,
    rows,
    running,
    until,
)

pytestmark = pytest.mark.anyio

MINUTE = 60_000
POLICY = Policy(idle_timeout=15 * MINUTE)


async def test_l9_activity_is_saved_coalesced_and_outside_the_journal(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=Policy(idle_timeout=400)) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        head, commits = ledger.head, ledger.engine.commits
        for _ in range(500):
            ledger.touch(session_id)
        await until(lambda: ledger.engine.commits > commits)
        assert (ledger.head, ledger.engine.commits) == (head, commits + 1)
        assert rows(ledger.file, "SELECT session_id, last_seen FROM session_activity") == [(session_id, clock.now)]
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.LOGGED_OFF))
    assert rows(ledger.file, "SELECT * FROM session_activity") == []


async def test_l9_an_expiry_looks_again_when_it_is_decided(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=POLICY) as ledger:
        await ledger.submit(inventory())
        active, idle = [(await ledger.submit(connect(number))).session_id for number in (1, 2)]
        plug = await ledger.while_busy()
        clock.now += 15 * MINUTE
        expiring = [asyncio.create_task(ledger.submit(ExpireSession(session_id=each))) for each in (active, idle)]
        await asyncio.sleep(0)
        ledger.touch(active)
        ledger.go_on()
        assert (await all_of([plug, *expiring]))[1:] == [False, True]
        assert list(ledger.image.sessions) == [active]


async def test_l9_an_ended_session_is_refused_when_it_is_decided(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        plug = await ledger.while_busy()
        assert await ledger.live_session(session_id) is not None
        ending = asyncio.create_task(ledger.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR)))
        acquiring = asyncio.create_task(ledger.submit(acquire(session_id, "Agent")))
        await asyncio.sleep(0)
        ledger.go_on()
        refused = (await all_of([plug, ending, acquiring]))[-1]
        assert isinstance(refused, Refusal)
        assert refused.code is Code.SESSION_ENDED


async def test_l9_after_a_start_every_live_session_has_a_full_time_out(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=POLICY) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
    clock.now += 1000 * MINUTE
    async with running(tmp_path, clock=clock, policy=POLICY) as ledger:
        clock.now += 15 * MINUTE - 1
        assert not await ledger.submit(ExpireSession(session_id=session_id))
        clock.now += 1
        assert await ledger.submit(ExpireSession(session_id=session_id))


async def test_l9_a_session_with_a_timeout_of_its_own_has_that_before_and_after_a_start(tmp_path: Path) -> None:
    clock = Clock()
    own = 360 * MINUTE
    async with running(tmp_path, clock=clock, policy=POLICY) as ledger:
        await ledger.submit(inventory())
        common = (await ledger.submit(connect(1))).session_id
        special = (await ledger.submit(replace(connect(2), idle_timeout=own))).session_id
        clock.now += 15 * MINUTE
        await ledger.catch_up()
        assert list(ledger.image.sessions) == [special]
    assert common != special
    async with running(tmp_path, clock=clock, policy=POLICY) as ledger:
        clock.now += own - 1
        await ledger.catch_up()
        assert await ledger.live_session(special) is not None
        clock.now += 1
        await ledger.catch_up()
        assert await ledger.live_session(special) is None


async def test_sessions_that_nobody_asks_about_leave_nothing_behind_when_they_end(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(connect(1))
        before = ledger.kept()
        own = replace(connect(1), idle_timeout=360 * MINUTE, application="ticket", at_most=10)
        for _ in range(50):
            last = (await ledger.submit(own)).session_id
        assert (ledger.kept()["sessions"], ledger.kept()["ended"], ledger.kept()["mailboxes"]) == (11, 0, 0)
        for each in range(last - 9, last + 1):
            await ledger.submit(EndSession(session_id=each, reason=EndReason.LOGGED_OFF))
        assert {name: many for name, many in ledger.kept().items() if name != "counters"} == {
            name: many for name, many in before.items() if name != "counters"
        }
    assert_clean(ledger.file)


def test_l9_activity_of_a_session_with_its_own_timeout_is_noted_once_in_a_quarter_of_it() -> None:
    activity = Activity({})
    activity.begin(1, 0, 400)
    activity.begin(2, 0)
    noted = []
    for now in range(0, 401, 10):
        activity.touch(1, now)
        activity.touch(2, now)
        noted += [each for each in activity.take_unsaved() if each[0] == 1]
    assert noted == [(1, 100), (1, 200), (1, 300), (1, 400)]
    assert activity.last_seen == {1: 400, 2: 400}
    activity.put_back(noted[-1:])
    assert activity.take_unsaved() == noted[-1:]


def test_l9_each_session_is_idle_by_its_own_timeout_or_by_the_common_one() -> None:
    activity = Activity({})
    activity.begin_anew({1: 400, 2: None, 3: 50}, 0)
    assert activity.idle(49, 100) == []
    assert activity.idle(50, 100) == [3]
    assert activity.idle(100, 100) == [2, 3]
    assert activity.idle(400, 100) == [1, 2, 3]
    activity.end(3)
    activity.begin_anew({1: 400}, 400)
    assert (activity.idle(500, 100), activity.idle(800, 100)) == ([], [1])


def test_l9_who_could_not_be_heard_for_half_his_timeout_has_all_of_it_again() -> None:
    activity = Activity({})
    activity.begin_anew({1: 400, 2: None, 3: 60}, 0)
    assert activity.renew(90, 50, 100) == 1
    assert activity.last_seen == {1: 0, 2: 0, 3: 90}
    assert activity.renew(95, 51, 100) == 2
    assert activity.last_seen == {1: 0, 2: 95, 3: 95}


async def test_l9_a_crowd_of_idle_sessions_expires_a_bounded_number_at_a_time(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=Policy(idle_timeout=1_000)) as ledger:
        await ledger.submit(inventory(users=3))
        await all_of(ledger.submit(connect(1 + number % 3)) for number in range(2 * EXPIRE_AT_ONCE + 10))
        clock.now += 1_000
        await until(lambda: not ledger.image.sessions)
    sizes = [n for (n,) in rows(ledger.file, "SELECT count(*) FROM journal WHERE kind = 'ended' GROUP BY batch")]
    assert sum(sizes) == 2 * EXPIRE_AT_ONCE + 10
    assert max(sizes) <= EXPIRE_AT_ONCE
    assert_clean(ledger.file)


async def test_l9_sessions_that_are_not_in_memory_are_looked_up_before_they_are_denied(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory(users=30))
        connected = [(await ledger.submit(connect(number))).session_id for number in range(1, 31)]
    async with running(tmp_path, bounds=Bounds(cached_users=1)) as ledger:
        found = await all_of(ledger.live_session(session_id) for session_id in connected)
        users = [getattr(getattr(each, "user", None), "id", None) for each in found]
        assert users == list(range(1, 31))
        streams = await all_of(ledger.feed.open_stream(session_id) for session_id in connected)
        assert not [each for each in streams if isinstance(each, BaseException)]


async def test_l9_a_number_that_is_no_session_costs_no_look_at_the_disk(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        ledger.engine.statements.clear()
        assert await ledger.live_session(1_234_567_890) is None
        assert await ledger.feed.poll(1_234_567_890) == []
        assert ledger.engine.statements == []


def test_l9_a_session_that_has_ended_is_not_brought_back_by_a_late_touch() -> None:
    activity = Activity({})
    activity.begin(1, 0)
    activity.end(1)
    activity.touch(1, 5)
    activity.put_back([(1, 4)])
    assert (activity.idle(100, 1), activity.take_unsaved()) == ([], [])


async def test_l9_activity_survives_many_threads_at_once() -> None:
    activity = Activity({})
    for number in range(200):
        activity.begin(number, 0)

    def touch() -> None:
        for now in range(200):
            for number in range(0, 200, 3):
                activity.touch(number, now)

    def take() -> int:
        return sum(len(activity.take_unsaved()) for _ in range(2_000))

    def end() -> None:
        for number in range(200):
            activity.end(number)
            activity.renew(1, missed=2, timeout=1)

    await all_of([*(asyncio.to_thread(each) for each in (touch, touch, take, take)), asyncio.to_thread(end)])
    assert (activity.last_seen, activity.take_unsaved()) == ({}, [])


async def test_l10_a_denial_that_repeats_within_a_minute_is_counted_and_later_is_told_again(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        first = ledger.head + 1
        for step in (0, 20_000, 39_999):
            clock.now += step
            [verdict] = await ledger.submit(acquire(session_id, "agent"))
            assert not verdict.granted
        assert ledger.head == first
        await ledger.submit(acquire(session_id, "Recorder", "Recorder"))  # another license is another denial
        assert ledger.head == first + 1
        clock.now += 1
        await ledger.submit(acquire(session_id, "Agent"))
        assert ledger.head == first + 2
        await ledger.submit(acquire(session_id, "Agent"))
    repeats = rows(ledger.file, "SELECT seq, repeats, last_at - ? FROM denial_repeats ORDER BY seq", clock.now)
    assert repeats == [(first, 2, -1), (first + 1, 1, -1), (first + 2, 1, 0)]
    assert_clean(ledger.file)


async def test_l10_made_up_names_are_one_denial_however_many_a_client_thinks_of(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        head = ledger.head
        verdicts = await ledger.submit(acquire(session_id, *(f"made-up-{number}" for number in range(1000))))
        assert {verdict.reason for verdict in verdicts} == {Reason.UNKNOWN_LICENSE}
        assert ledger.head == head + 1
    assert rows(ledger.file, "SELECT repeats FROM denial_repeats") == [(999,)]


async def test_l10_repeats_are_added_to_those_saved_before(tmp_path: Path) -> None:
    async with running(tmp_path, policy=Policy(idle_timeout=400)) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        for total in (1, 2):
            await ledger.submit(acquire(session_id, "Agent"))
            if total == 1:
                await ledger.submit(acquire(session_id, "Agent"))
            await until(lambda: rows(ledger.file, "SELECT repeats FROM denial_repeats") == [(total,)])  # noqa: B023


async def test_l10_denials_of_a_batch_that_failed_are_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        ledger.engine.refuse = lambda _entries: RuntimeError("the disk is wrong")
        with pytest.raises(RuntimeError):
            await ledger.submit(acquire(session_id, "Agent"))
        ledger.engine.refuse = lambda _entries: None
        head = ledger.head
        await ledger.submit(acquire(session_id, "Agent"))
        assert ledger.head == head + 1
