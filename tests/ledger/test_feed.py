"""Messages to sessions: subscriptions, polls, streams, the last message, restarts (design, "Messages"; decision 9)."""

import asyncio
from pathlib import Path

import pytest

from seatkeeper.ledger.door import Bounds
from seatkeeper.ledger.feed import (
    ConnectionDown,
    LicensesChanged,
    Message,
    SessionGone,
    StationChanged,
    SubscriptionChanged,
    SubscriptionState,
)
from seatkeeper.ledger.mailbox import QUEUE_LIMIT
from seatkeeper.licensing.commands import (
    ChangeProfile,
    Connect,
    EndReason,
    EndSession,
    LeaveStation,
    SetStation,
    Subscribe,
    Together,
    Unsubscribe,
)
from seatkeeper.licensing.entities import Method, Station, StationSetting
from seatkeeper.licensing.inventory_commands import DefineStation, DeleteUser, RemoveStation
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from tests.ledger.world import (
    OWNER,
    Clock,
    WatchedLedger,
    agent,
    all_of,
    assign,
    connect,
    inventory,
    rows,
    running,
    unassign,
    until,
)

pytestmark = pytest.mark.anyio


def full(**statuses: bool) -> LicensesChanged:
    """A message that says where every subscribed license stands."""
    return LicensesChanged(full=True, statuses=tuple(statuses.items()))


def delta(**statuses: bool) -> LicensesChanged:
    """A message that says what has changed."""
    return LicensesChanged(full=False, statuses=tuple(statuses.items()))


NORMAL = SubscriptionChanged(SubscriptionState.NORMAL)
FAULTED = SubscriptionChanged(SubscriptionState.FAULTED)
NOWHERE = StationChanged()


def at_station(number: int, name: str, remote_number: str | None = None) -> StationChanged:
    """A message that says that the session sits at a station of the inventory."""
    return StationChanged(Station(id=number, name=name, display_name="", extension=""), remote_number)


def sit(session_id: int, station: str) -> SetStation:
    """Sit down at a workstation."""
    return SetStation(session_id=session_id, setting=StationSetting.WORKSTATION, station=station)


async def subscribed(ledger: WatchedLedger, *names: str) -> int:
    """A furnished ledger's first session, subscribed. It hears of where it sits."""
    session_id = await connected(ledger)
    await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=names))
    return session_id


async def test_a_subscription_and_its_first_full_message_stand_at_one_position(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=()))
        plug = await ledger.while_busy()
        commands = [
            asyncio.create_task(ledger.submit(assign(1, "Recorder"))),
            asyncio.create_task(
                ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Agent", "recorder")))
            ),
            asyncio.create_task(ledger.submit(assign(1, "Agent"))),
        ]
        await asyncio.sleep(0)
        ledger.go_on()
        await all_of([plug, *commands])
        assert await ledger.feed.poll(session_id) == [full(Agent=False, recorder=True), delta(Agent=True)]
        assert await ledger.feed.poll(session_id) == []


async def test_only_changes_are_told_and_only_of_what_is_subscribed(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "AGENT", "agent", "Nothing known")
        await ledger.feed.poll(session_id)
        await all_of(ledger.submit(each) for each in (assign(1, "Recorder"), assign(2, "Agent"), assign(1, "Agent")))
        await ledger.submit(ChangeProfile(holder=agent(1), owner=OWNER, enabled=True, method=Method.CONCURRENT))
        assert await ledger.feed.poll(session_id) == [delta(AGENT=True, agent=True)]
        await ledger.submit(ChangeProfile(holder=agent(1), owner=OWNER, enabled=False, method=Method.CONCURRENT))
        await ledger.submit(unassign(1, "Agent"))
        assert await ledger.feed.poll(session_id) == [delta(AGENT=False, agent=False)]


async def test_a_poll_with_nothing_queued_touches_no_disk(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        other = (await ledger.submit(connect(2))).session_id
        await ledger.feed.poll(session_id)
        ledger.engine.statements.clear()
        assert [await ledger.feed.poll(each) for each in (session_id, other)] == [[], []]
        assert ledger.engine.statements == []


async def test_a_new_list_drops_what_was_queued_for_the_old(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.submit(assign(1, "Agent"))
        await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Recorder",)))
        await ledger.submit(unassign(1, "Agent"))
        assert await ledger.feed.poll(session_id) == [full(Recorder=False)]


async def test_unsubscribing_drops_what_was_not_delivered_before_it_answers(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.submit(assign(1, "Agent"))
        await ledger.submit(Unsubscribe(session_id=session_id))
        assert await ledger.feed.poll(session_id) == []
        await ledger.submit(unassign(1, "Agent"))
        assert await ledger.feed.poll(session_id) == []
        await ledger.submit(Unsubscribe(session_id=session_id))


async def test_sessions_of_one_user_with_equal_lists_hear_the_same_whenever_they_subscribed(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        first = await subscribed(ledger, "Agent", "Recorder")
        await ledger.submit(assign(1, "Agent"))
        second, third = [(await ledger.submit(connect(1))).session_id for _ in range(2)]
        names = "Agent", "Recorder"
        await ledger.submit(Subscribe(session_id=second, owner=OWNER, names=names))
        await ledger.submit(Subscribe(session_id=third, owner=OWNER, names=names[::-1]))
        await ledger.submit(assign(1, "Recorder"))
        (*_, one), (all_, other), (*_, another) = [await ledger.feed.poll(each) for each in (first, second, third)]
        assert all_ == full(Agent=True, Recorder=False)
        assert one == another == delta(Recorder=True)
        assert one is other, "it is made once, so that it can be written once"

        await ledger.submit(EndSession(session_id=first, reason=EndReason.LOGGED_OFF))
        await ledger.submit(Unsubscribe(session_id=second))
        await ledger.feed.poll(first)
        await all_of(ledger.submit(each) for each in (unassign(1, "Agent"), unassign(1, "Recorder")))
        assert ledger.feed.kept()["users_subscribed"] == 1
        await ledger.submit(Subscribe(session_id=second, owner=OWNER, names=names))
        await ledger.submit(assign(1, "Agent"))
        assert await ledger.feed.poll(second) == [full(Agent=False, Recorder=False), delta(Agent=True)]
        for each in (second, third):
            await ledger.submit(Unsubscribe(session_id=each))
        assert ledger.feed.kept()["users_subscribed"] == 0


async def test_a_queue_that_overflows_gives_way_to_one_fresh_full_message(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent", "Recorder")
        await ledger.submit(assign(1, "Recorder"))
        commands = [each for _ in range(QUEUE_LIMIT // 2) for each in (assign(1, "Agent"), unassign(1, "Agent"))]
        await all_of(ledger.submit(each) for each in commands)
        queued = await ledger.feed.poll(session_id)
        assert queued[0] == FAULTED
        assert queued[1] in (full(Agent=True, Recorder=True), full(Agent=False, Recorder=True))
        assert queued[2] == NORMAL
        assert len(queued) < 10
        assert told(queued) == {"Agent": False, "Recorder": True}


async def test_however_often_a_queue_overflows_it_says_so_once(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent", "Recorder")
        await ledger.submit(sit(session_id, "desk1"))
        for _ in range(2):
            commands = [each for _ in range(QUEUE_LIMIT // 2) for each in (assign(1, "Agent"), unassign(1, "Agent"))]
            await all_of(ledger.submit(each) for each in commands)
        queued = await ledger.feed.poll(session_id)
        assert [queued.count(each) for each in (FAULTED, NORMAL, at_station(1, "desk1"))] == [1, 1, 1]
        assert len(queued) <= QUEUE_LIMIT
        await ledger.submit(assign(1, "Agent"))
        assert await ledger.feed.poll(session_id) == [delta(Agent=True)]


async def test_with_its_subscription_goes_what_there_was_to_say_of_it(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        commands = [each for _ in range(QUEUE_LIMIT // 2) for each in (assign(1, "Agent"), unassign(1, "Agent"))]
        await all_of(ledger.submit(each) for each in commands)
        await ledger.submit(Unsubscribe(session_id=session_id))
        assert await ledger.feed.poll(session_id) == []


def told(messages: list[Message]) -> dict[str, bool]:
    """What a client knows that reads these messages from the first full one on."""
    known: dict[str, bool] = {}
    for message in messages:
        if isinstance(message, LicensesChanged):
            known = dict(message.statuses) if message.full else known | dict(message.statuses)
    return known


async def test_a_stream_is_woken_by_what_happens_and_else_asks_for_a_ping(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        assert await stream.next() == [full(Agent=False)]
        stream.wake()
        assert await stream.next() == []
        waiting = asyncio.create_task(stream.next())
        await ledger.submit(assign(1, "Agent"))
        assert await waiting == [delta(Agent=True)]


async def test_the_newest_stream_takes_the_queue_and_the_older_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        older = await ledger.feed.open_stream(session_id)
        await older.next()
        waiting = asyncio.create_task(older.next())
        await asyncio.sleep(0)
        newer = await ledger.feed.open_stream(session_id)
        assert await waiting is None
        older.close()  # says nothing about the newer one
        await ledger.submit(assign(1, "Agent"))
        assert told(await newer.next() or []) == {"Agent": True}
        assert await older.next() is None


async def test_while_a_stream_is_open_a_poll_answers_nothing_and_takes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        assert await ledger.feed.poll(session_id) == []
        assert await stream.next() == [full(Agent=False)]


async def test_when_the_stream_is_gone_polling_takes_over_with_a_full_message(tmp_path: Path) -> None:
    """What the stream took may never have reached its peer."""
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await stream.next()
        waiting = asyncio.create_task(stream.next())
        await ledger.submit(assign(1, "Agent"))
        await waiting
        stream.close()
        assert await ledger.feed.poll(session_id) == [full(Agent=True)]
        assert await ledger.feed.poll(session_id) == []


async def test_a_stream_that_is_closed_while_it_waits_ends_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await stream.next()
        waiting = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        stream.close()
        async with asyncio.timeout(10):
            assert await waiting is None


async def test_the_stream_of_an_ended_session_gets_the_last_message_and_closes(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
        assert await stream.next() == [full(Agent=False), ConnectionDown(EndReason.ADMINISTRATOR)]
        assert await stream.next() is None
        with pytest.raises(SessionGone):
            await ledger.feed.poll(session_id)
        with pytest.raises(SessionGone):
            await ledger.feed.open_stream(session_id)


async def test_a_polling_client_of_an_ended_session_gets_one_more_poll(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        silent = (await ledger.submit(connect(1))).session_id
        await ledger.submit(assign(1, "Agent"))
        await ledger.submit(DeleteUser(login="agent01"))
        down = ConnectionDown(EndReason.USER_DELETED)
        messages = await ledger.feed.poll(session_id)
        assert (told(messages), messages[-1]) == ({"Agent": False}, down)
        assert await ledger.feed.poll(silent) == [down]
        for each in (session_id, silent):
            with pytest.raises(SessionGone):
                await ledger.feed.poll(each)
        ended = await ledger.recently_ended(session_id)
        assert ended is not None
        assert ended.keys is not None
        assert (ended.reason, ended.keys.cookie_digest) == (EndReason.USER_DELETED, b"cookie-1")


async def test_an_ended_session_is_forgotten_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, bounds=Bounds(keep_ended=1000)) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.LOGGED_OFF))
        await ledger.feed.forget_ended()
        assert await ledger.recently_ended(session_id) is not None
        clock.now += 1000
        await ledger.feed.forget_ended()
        assert await ledger.recently_ended(session_id) is None
        assert await ledger.feed.poll(session_id) == []


async def test_after_a_restart_a_subscribed_session_gets_a_fresh_full_message_by_poll_and_by_stream(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as ledger:
        polling = await subscribed(ledger, "Agent")
        streaming = (await ledger.submit(connect(2))).session_id
        await ledger.submit(Subscribe(session_id=streaming, owner=OWNER, names=("Recorder",)))
        plain = (await ledger.submit(connect(2, hears_of_stations=True))).session_id
        await ledger.feed.poll(polling)
        await ledger.submit(assign(1, "Agent"))
    async with running(tmp_path) as ledger:
        stream = await ledger.feed.open_stream(streaming)
        assert await ledger.feed.poll(polling) == [full(Agent=True), NORMAL, NOWHERE]
        assert await stream.next() == [full(Recorder=False), NORMAL]
        await all_of(ledger.submit(each) for each in (unassign(1, "Agent"), assign(2, "Recorder")))
        assert await ledger.feed.poll(polling) == [delta(Agent=False)]
        assert await stream.next() == [delta(Recorder=True)]
        assert await ledger.feed.poll(plain) == [NOWHERE]
        assert await ledger.feed.poll(plain) == []


async def test_a_stop_ends_every_stream(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await stream.next()
        waiting = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert await waiting is None


async def test_an_expired_session_hears_of_it(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=Policy(idle_timeout=1_000)) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.feed.poll(session_id)
        clock.now += 1_000
        await until(lambda: session_id not in ledger.image.sessions)
        assert await ledger.feed.poll(session_id) == [ConnectionDown(EndReason.IDLE)]
    assert rows(ledger.file, "SELECT * FROM sessions") == []


async def connected(ledger: WatchedLedger) -> int:
    """A furnished ledger's first session, which hears of where it sits."""
    await ledger.submit(inventory())
    return (await ledger.submit(connect(1, hears_of_stations=True))).session_id


async def test_a_session_hears_where_it_sits_and_only_of_the_last_place(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        await ledger.submit(sit(session_id, "desk1"))
        assert await ledger.feed.poll(session_id) == [at_station(1, "desk1")]
        await ledger.submit(sit(session_id, "desk2"))
        await ledger.submit(sit(session_id, "desk1"))
        await ledger.submit(
            SetStation(session_id=session_id, setting=StationSetting.REMOTE_NUMBER, remote_number="555")
        )
        assert await ledger.feed.poll(session_id) == [StationChanged(None, "555")]
        await ledger.submit(
            SetStation(
                session_id=session_id,
                setting=StationSetting.REMOTE_WORKSTATION,
                station="desk2",
                remote_number="556",
            )
        )
        assert await ledger.feed.poll(session_id) == [at_station(2, "desk2", "556")]
        await ledger.submit(LeaveStation(session_id=session_id))
        assert await ledger.feed.poll(session_id) == [NOWHERE]


async def test_sitting_where_one_sits_is_no_news(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        await ledger.submit(SetStation(session_id=session_id, setting=StationSetting.NONE))
        assert await ledger.feed.poll(session_id) == []
        await ledger.submit(sit(session_id, "desk1"))
        await ledger.feed.poll(session_id)
        await ledger.submit(sit(session_id, "desk1"))
        assert await ledger.feed.poll(session_id) == []


async def test_a_session_whose_station_is_removed_hears_of_it_on_its_stream(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        await ledger.submit(sit(session_id, "desk1"))
        stream = await ledger.feed.open_stream(session_id)
        assert await stream.next() == [at_station(1, "desk1")]
        await ledger.submit(RemoveStation(name="desk1"))
        assert await stream.next() == [NOWHERE]


async def test_a_station_that_comes_and_goes_in_one_commit_leaves_nothing_to_sit_at(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        new = DefineStation(name="desk9", display_name="")
        await ledger.submit(Together(commands=(new, sit(session_id, "desk9"), RemoveStation(name="desk9"))))
        assert await ledger.feed.poll(session_id) in ([], [NOWHERE])


async def test_of_a_session_that_ended_its_end_says_all(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        await ledger.submit(sit(session_id, "desk1"))
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
        assert await ledger.feed.poll(session_id) == [
            at_station(1, "desk1"),
            ConnectionDown(EndReason.ADMINISTRATOR),
        ]


async def test_what_a_lost_stream_took_of_the_station_is_told_again(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        await ledger.submit(sit(session_id, "desk1"))
        stream = await ledger.feed.open_stream(session_id)
        await stream.next()
        stream.close()
        assert await ledger.feed.poll(session_id) == [at_station(1, "desk1")]
        assert await ledger.feed.poll(session_id) == []


async def test_after_a_restart_a_session_is_told_once_where_it_sits(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await connected(ledger)
        other = (await ledger.submit(connect(2, hears_of_stations=True))).session_id
        for each, desk in ((session_id, "desk1"), (other, "desk2")):
            await ledger.submit(sit(each, desk))
    async with running(tmp_path) as ledger:
        await ledger.submit(sit(other, "desk1"))
        assert await ledger.feed.poll(session_id) == [at_station(1, "desk1")]
        assert await ledger.feed.poll(other) == [at_station(1, "desk1")]
        assert await ledger.feed.poll(session_id) == []
        new = (await ledger.submit(connect(3, hears_of_stations=True))).session_id
        assert await ledger.feed.poll(new) == []


async def moved_about(ledger: WatchedLedger, session_id: int) -> None:
    """Everything has happened to a session of which one can hear that hears where it sits; it sits at desk2."""
    await ledger.submit(sit(session_id, "desk1"))
    await ledger.submit(LeaveStation(session_id=session_id))
    await ledger.submit(SetStation(session_id=session_id, setting=StationSetting.REMOTE_NUMBER, remote_number="555"))
    await ledger.submit(sit(session_id, "desk1"))
    await ledger.submit(RemoveStation(name="desk1"))
    await ledger.submit(sit(session_id, "desk2"))


async def test_a_session_that_did_not_ask_for_it_never_hears_where_it_sits(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        polling, streaming = [(await ledger.submit(connect(number))).session_id for number in (1, 2)]
        await moved_about(ledger, polling)
        assert ledger.feed.kept()["mailboxes"] == 0, "there is nothing to tell it"
        assert await ledger.feed.poll(polling) == []
        await ledger.submit(DefineStation(name="desk1", display_name=""))
        stream = await ledger.feed.open_stream(streaming)
        await moved_about(ledger, streaming)
        assert await stream.next() == []
        stream.wake()
        assert await stream.next() == []
    async with running(tmp_path) as ledger:
        stream = await ledger.feed.open_stream(streaming)
        assert await ledger.feed.poll(polling) == []
        await ledger.submit(DefineStation(name="desk1", display_name=""))
        for session_id in (polling, streaming):
            await ledger.submit(sit(session_id, "desk1"))
        await ledger.submit(RemoveStation(name="desk1"))
        assert await ledger.feed.poll(polling) == []
        stream.close()
        assert await ledger.feed.poll(streaming) == []
        await ledger.submit(EndSession(session_id=polling, reason=EndReason.ADMINISTRATOR))
        assert await ledger.feed.poll(polling) == [ConnectionDown(EndReason.ADMINISTRATOR)]


async def test_who_hears_of_it_is_known_also_of_sessions_that_had_left_the_memory(tmp_path: Path) -> None:
    async with running(tmp_path, bounds=Bounds(cached_users=1)) as ledger:
        hearing = await connected(ledger)
        silent = (await ledger.submit(connect(2))).session_id
        for session_id, desk in ((hearing, "desk1"), (silent, "desk2")):
            await ledger.submit(sit(session_id, desk))
        await ledger.submit(connect(3))
        assert {hearing, silent}.isdisjoint(ledger.image.sessions)
        assert [await ledger.feed.poll(each) for each in (hearing, silent)] == [[at_station(1, "desk1")], []]
        await ledger.submit(connect(3))
        assert {hearing, silent}.isdisjoint(ledger.image.sessions)
        await ledger.submit(Together(commands=(RemoveStation(name="desk1"), RemoveStation(name="desk2"))))
        assert [await ledger.feed.poll(each) for each in (hearing, silent)] == [[NOWHERE], []]


async def test_commands_that_had_to_run_alone_tell_of_the_station_all_the_same(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        hearing = await connected(ledger)
        silent = (await ledger.submit(connect(2))).session_id
        other = (await ledger.submit(connect(3, hears_of_stations=True))).session_id
        ledger.engine.refuse = lambda entries: (
            ValueError("one at a time") if [each.kind for each in entries].count("station_set") > 1 else None
        )
        plug = await ledger.while_busy()
        commands = [
            asyncio.create_task(ledger.submit(each))
            for each in (
                sit(hearing, "desk1"),
                sit(silent, "desk2"),
                SetStation(session_id=other, setting=StationSetting.REMOTE_NUMBER, remote_number="555"),
                EndSession(session_id=other, reason=EndReason.ADMINISTRATOR),
            )
        ]
        await asyncio.sleep(0)
        ledger.go_on()
        assert not any(isinstance(each, BaseException) for each in await all_of([plug, *commands]))
        told = [await ledger.feed.poll(each) for each in (hearing, silent, other)]
        assert told == [[at_station(1, "desk1")], [], [ConnectionDown(EndReason.ADMINISTRATOR)]]


async def test_a_subscription_of_an_earlier_run_survives_a_change_of_station_before_the_first_poll(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
    async with running(tmp_path) as ledger:
        await ledger.submit(sit(session_id, "desk1"))
        await ledger.submit(assign(1, "Agent"))
        assert await ledger.feed.poll(session_id) == [full(Agent=True), NORMAL, at_station(1, "desk1")]


async def test_a_session_that_subscribes_anew_after_a_restart_is_told_its_station_too(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.submit(sit(session_id, "desk1"))
    async with running(tmp_path) as ledger:
        await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Recorder",)))
        assert await ledger.feed.poll(session_id) == [full(Recorder=False), at_station(1, "desk1")]


async def test_a_log_on_for_which_another_session_vouches_ends_that_one_in_the_same_commit(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        source = await connected(ledger)
        before = ledger.engine.commits
        command = Connect(
            user_id=1,
            application="client",
            machine="192.0.2.1",
            language="en-US",
            cookie_digest=b"cookie",
            csrf_digest=b"csrf",
            source=source,
            ends_source=True,
        )
        new = (await ledger.submit(command)).session_id
        assert ledger.engine.commits == before + 1
        assert await ledger.feed.poll(source) == [ConnectionDown(EndReason.LOGGED_OFF)]
        assert await ledger.feed.poll(new) == []
        with pytest.raises(Refusal) as refused:
            await ledger.submit(command)
        assert refused.value.code is Code.SESSION_ENDED
        assert set(ledger.image.sessions) == {new}
