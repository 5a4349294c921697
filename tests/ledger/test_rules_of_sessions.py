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
    Place,
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


async def test_l9_activity_is_saved_coalesced_and_outside_the_journal(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock, policy=Policy(idle_timeout=400)) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        head, commits = ledger.head, ledger.engine.commits
        for _ in range(500):
            ledger.touch(session_id)
        await until(lambda: ledger.engine.commits > commits)
        assert (ledger.head, ledger.engine.commits) == (head, commits + 1)
        assert rows(ledger.database, "SELECT session_id, last_seen FROM session_activity") == [(session_id, clock.now)]
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.LOGGED_OFF))
    assert rows(ledger.database, "SELECT * FROM session_activity") == []


async def test_l9_an_expiry_looks_again_when_it_is_decided(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock, policy=POLICY) as ledger:
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


async def test_l9_an_ended_session_is_refused_when_it_is_decided(place: Place) -> None:
    async with running(place) as ledger:
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


async def test_l9_after_a_start_every_live_session_has_a_full_time_out(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock, policy=POLICY) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
    clock.now += 1000 * MINUTE
    async with running(place, clock=clock, policy=POLICY) as ledger:
        clock.now += 15 * MINUTE - 1
        assert not await ledger.submit(ExpireSession(session_id=session_id))
        clock.now += 1
        assert await ledger.submit(ExpireSession(session_id=session_id))


async def test_l9_a_session_with_a_timeout_of_its_own_has_that_before_and_after_a_start(place: Place) -> None:
    clock = Clock()
    own = 360 * MINUTE
    async with running(place, clock=clock, policy=POLICY) as ledger:
        await ledger.submit(inventory())
        common = (await ledger.submit(connect(1))).session_id
        special = (await ledger.submit(replace(connect(2), idle_timeout=own))).session_id
        clock.now += 15 * MINUTE
        await ledger.catch_up()
        assert list(ledger.image.sessions) == [special]
    assert common != special
    async with running(place, clock=clock, policy=POLICY) as ledger:
        clock.now += own - 1
        await ledger.catch_up()
        assert await ledger.live_session(special) is not None
        clock.now += 1
        await ledger.catch_up()
        assert await ledger.live_session(special) is None


async def test_sessions_that_nobody_asks_about_leave_nothing_behind_when_they_end(place: Place) -> None:
    async with running(place) as ledger:
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
    assert_clean(ledger.database)


def test_l9_activity_of_a_session_with_its_own_timeout_is_noted_once_in_a_quarter_of_it() -> None:
    activity = Activity({}, timeout=1_000)
    activity.begin(1, 0, 4_000)
    activity.begin(2, 0)
    noted = []
    for now in range(0, 4_001, 125):
        activity.touch(1, now)
        activity.touch(2, now)
        activity.note(now / 1000)
        noted += activity.take_unsaved()
    assert [each for each in noted if each[0] == 1] == [(1, now) for now in range(1_000, 4_001, 1_000)]
    assert [each for each in noted if each[0] == 2] == [(2, now) for now in range(250, 4_001, 250)]
    assert activity.last_seen == {1: 4_000, 2: 4_000}
    activity.put_back(noted[-1:])
    assert activity.take_unsaved() == noted[-1:]


def test_l9_a_session_is_not_saved_later_than_a_quarter_of_its_timeout_after_it_was_active() -> None:
    """However long the common time-out is; and what is noted late is noted as it is by then."""
    activity = Activity({}, timeout=100_000)
    activity.begin(1, 0, 400)
    activity.touch(1, 5)
    assert not activity.note(0.099)
    activity.touch(1, 99)
    assert activity.note(0.1)
    assert activity.take_unsaved() == [(1, 99)]
    activity.touch(1, 101)
    assert not activity.note(0.199)
    activity.note_all()
    assert activity.take_unsaved() == [(1, 101)]


def test_l9_of_timeouts_that_no_session_has_any_more_nothing_is_kept() -> None:
    """Those of access tokens that were asked for with others differ in each."""
    activity = Activity({}, timeout=1_000)
    for timeout in range(1_001, 2_001):
        activity.begin(timeout, 0, timeout)
        activity.touch(timeout, 0)
        activity.note(timeout)
        activity.end(timeout)
    activity.note(3_000)
    assert sum(len(each) for each in vars(activity).values() if isinstance(each, dict | set)) == 0


def test_l9_what_other_nodes_saved_counts_with_what_they_may_not_have_saved_yet() -> None:
    others = True
    activity = Activity({}, lambda: others, timeout=400, sweep=7)
    activity.begin(1, 0)
    activity.begin(2, 0, 1_000)
    for each in (1, 2, 3):
        activity.saved(each, 500)
    assert activity.last_seen == {1: 607, 2: 757}
    others = False
    activity.saved(1, 600)
    activity.seen(2, 700)
    assert activity.last_seen == {1: 607, 2: 757}
    activity.saved(1, 608)
    activity.seen(2, 758)
    assert activity.last_seen == {1: 608, 2: 758}
    assert not activity.note(1_000.0)  # those who saw it save it


def test_l9_each_session_is_idle_by_its_own_timeout_or_by_the_common_one() -> None:
    activity = Activity({}, timeout=100)
    activity.begin_anew({1: 400, 2: None, 3: 50}, 0)
    assert activity.idle(49) == []
    assert activity.idle(50) == [3]
    assert activity.idle(100) == [2, 3]
    assert activity.idle(400) == [1, 2, 3]
    activity.end(3)
    activity.begin_anew({1: 400}, 400)
    assert (activity.idle(500), activity.idle(800)) == ([], [1])


def test_l9_who_could_not_be_heard_for_half_his_timeout_has_all_of_it_again() -> None:
    activity = Activity({}, timeout=100)
    activity.begin_anew({1: 400, 2: None, 3: 60}, 0)
    assert activity.renew(90, 50) == 1
    assert activity.last_seen == {1: 0, 2: 0, 3: 90}
    assert activity.renew(95, 51) == 2
    assert activity.last_seen == {1: 0, 2: 95, 3: 95}
    assert activity.renew(99) == 3
    assert activity.last_seen == {1: 99, 2: 99, 3: 99}


async def test_l9_a_crowd_of_idle_sessions_expires_a_bounded_number_at_a_time(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock, policy=Policy(idle_timeout=1_000)) as ledger:
        await ledger.submit(inventory(users=3))
        await all_of(ledger.submit(connect(1 + number % 3)) for number in range(2 * EXPIRE_AT_ONCE + 10))
        clock.now += 1_000
        await until(lambda: not ledger.image.sessions)
    sizes = [n for (n,) in rows(ledger.database, "SELECT count(*) FROM journal WHERE kind = 'ended' GROUP BY batch")]
    assert sum(sizes) == 2 * EXPIRE_AT_ONCE + 10
    assert max(sizes) <= EXPIRE_AT_ONCE
    assert_clean(ledger.database)


async def test_l9_sessions_that_are_not_in_memory_are_looked_up_before_they_are_denied(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=30))
        connected = [(await ledger.submit(connect(number))).session_id for number in range(1, 31)]
    async with running(place, bounds=Bounds(cached_users=1)) as ledger:
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
    activity = Activity({}, timeout=1)
    activity.begin(1, 0)
    activity.touch(1, 3)
    activity.end(1)
    activity.touch(1, 5)
    activity.seen(1, 6)
    activity.saved(1, 7)
    activity.put_back([(1, 4)])
    activity.note_all()
    assert (activity.idle(100), activity.take_unsaved()) == ([], [])


def test_l9_a_number_that_comes_back_with_another_timeout_is_another_session() -> None:
    """After the database was put back to an earlier state."""
    activity = Activity({}, timeout=1_000)
    activity.begin(1, 0)
    activity.begin(2, 0, 400)
    for each in (1, 2):
        activity.touch(each, 10)
    activity.begin_anew({1: 99, 2: None}, 20)
    assert (activity.idle(119), activity.idle(1_019), activity.idle(1_020)) == ([1], [1], [1, 2])
    for each in (1, 2):
        activity.end(each)
    activity.note_all()
    assert activity.take_unsaved() == []
    assert not activity.unsaved


def test_l9_a_session_that_was_begun_elsewhere_during_an_outage_keeps_its_full_timeout() -> None:
    activity = Activity({}, timeout=100)
    activity.begin_anew({1: None, 2: 400}, 500)
    activity.begin(1, 450)
    activity.begin(2, 499, 400)
    activity.begin(3, 499)
    assert activity.last_seen == {1: 500, 2: 500, 3: 499}


async def test_l9_activity_survives_many_threads_at_once() -> None:
    activity = Activity({}, timeout=1)
    for number in range(200):
        activity.begin(number, 0)

    def touch() -> None:
        for now in range(200):
            for number in range(0, 200, 3):
                activity.touch(number, now)

    def take() -> int:
        return sum(len(activity.take_unsaved()) for now in range(2_000) if activity.note(now))

    def end() -> None:
        for number in range(200):
            activity.end(number)
            activity.renew(1, missed=2)

    await all_of([*(asyncio.to_thread(each) for each in (touch, touch, take, take)), asyncio.to_thread(end)])
    assert (activity.last_seen, activity.take_unsaved()) == ({}, [])


async def test_l10_a_denial_that_repeats_within_a_minute_is_counted_and_later_is_told_again(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock) as ledger:
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
    repeats = rows(ledger.database, "SELECT seq, repeats, last_at - ? FROM denial_repeats ORDER BY seq", clock.now)
    assert repeats == [(first, 2, -1), (first + 1, 1, -1), (first + 2, 1, 0)]
    assert_clean(ledger.database)


async def test_l10_made_up_names_are_one_denial_however_many_a_client_thinks_of(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        head = ledger.head
        verdicts = await ledger.submit(acquire(session_id, *(f"made-up-{number}" for number in range(1000))))
        assert {verdict.reason for verdict in verdicts} == {Reason.UNKNOWN_LICENSE}
        assert ledger.head == head + 1
    assert rows(ledger.database, "SELECT repeats FROM denial_repeats") == [(999,)]


async def test_l10_repeats_are_added_to_those_saved_before(place: Place) -> None:
    async with running(place, policy=Policy(idle_timeout=400)) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        for total in (1, 2):
            await ledger.submit(acquire(session_id, "Agent"))
            if total == 1:
                await ledger.submit(acquire(session_id, "Agent"))
            await until(lambda: rows(ledger.database, "SELECT repeats FROM denial_repeats") == [(total,)])  # noqa: B023


async def test_l10_denials_of_a_batch_that_failed_are_forgotten(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        ledger.engine.refuse = lambda _entries: RuntimeError("the disk is wrong")
        with pytest.raises(RuntimeError):
            await ledger.submit(acquire(session_id, "Agent"))
        ledger.engine.refuse = lambda _entries: None
        head = ledger.head
        await ledger.submit(acquire(session_id, "Agent"))
        assert ledger.head == head + 1
