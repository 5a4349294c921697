"""Messages to sessions: subscriptions, polls, streams, the last message, restarts (design, "Messages"; decision 9)."""

import asyncio
from pathlib import Path

import pytest

from seatkeeper.ledger.door import Bounds
from seatkeeper.ledger.feed import ConnectionDown, LicensesChanged, Message, SessionGone
from seatkeeper.ledger.mailbox import QUEUE_LIMIT
from seatkeeper.licensing.commands import ChangeProfile, DeleteUser, EndReason, EndSession, Subscribe, Unsubscribe
from seatkeeper.licensing.entities import Method
from seatkeeper.licensing.policy import Policy
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


async def subscribed(ledger: WatchedLedger, *names: str) -> int:
    """A furnished ledger's first session, subscribed."""
    await ledger.submit(inventory())
    session_id = (await ledger.submit(connect(1))).session_id
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


async def test_a_queue_that_overflows_gives_way_to_one_fresh_full_message(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent", "Recorder")
        await ledger.submit(assign(1, "Recorder"))
        commands = [each for _ in range(QUEUE_LIMIT // 2) for each in (assign(1, "Agent"), unassign(1, "Agent"))]
        await all_of(ledger.submit(each) for each in commands)
        queued = await ledger.feed.poll(session_id)
        assert queued[0] == full(Agent=True, Recorder=True) or queued[0] == full(Agent=False, Recorder=True)
        assert len(queued) < 10
        assert told(queued) == {"Agent": False, "Recorder": True}


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
        assert await stream.next(10) == [full(Agent=False)]
        assert await stream.next(0.01) == []
        waiting = asyncio.create_task(stream.next(20))
        await ledger.submit(assign(1, "Agent"))
        assert await waiting == [delta(Agent=True)]


async def test_the_newest_stream_takes_the_queue_and_the_older_ends(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        older = await ledger.feed.open_stream(session_id)
        await older.next(10)
        waiting = asyncio.create_task(older.next(20))
        await asyncio.sleep(0)
        newer = await ledger.feed.open_stream(session_id)
        assert await waiting is None
        older.close()  # says nothing about the newer one
        await ledger.submit(assign(1, "Agent"))
        assert told(await newer.next(10) or []) == {"Agent": True}
        assert await older.next(0) is None


async def test_while_a_stream_is_open_a_poll_answers_nothing_and_takes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        assert await ledger.feed.poll(session_id) == []
        assert await stream.next(10) == [full(Agent=False)]


async def test_when_the_stream_is_gone_polling_takes_over_with_a_full_message(tmp_path: Path) -> None:
    """What the stream took may never have reached its peer."""
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await stream.next(10)
        waiting = asyncio.create_task(stream.next(20))
        await ledger.submit(assign(1, "Agent"))
        await waiting
        stream.close()
        assert await ledger.feed.poll(session_id) == [full(Agent=True)]
        assert await ledger.feed.poll(session_id) == []


async def test_a_stream_that_is_closed_while_it_waits_ends_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await stream.next(10)
        waiting = asyncio.create_task(stream.next(60))
        await asyncio.sleep(0)
        stream.close()
        async with asyncio.timeout(10):
            assert await waiting is None


async def test_the_stream_of_an_ended_session_gets_the_last_message_and_closes(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
        assert await stream.next(10) == [full(Agent=False), ConnectionDown(EndReason.ADMINISTRATOR)]
        assert await stream.next(10) is None
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
        ended = ledger.recently_ended(session_id)
        assert ended is not None
        assert ended.keys is not None
        assert (ended.reason, ended.keys.cookie_digest) == (EndReason.USER_DELETED, b"cookie-1")


async def test_an_ended_session_is_forgotten_after_a_while(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, bounds=Bounds(keep_ended=1000)) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.submit(EndSession(session_id=session_id, reason=EndReason.LOGGED_OFF))
        ledger.feed.forget_ended()
        assert ledger.recently_ended(session_id) is not None
        clock.now += 1000
        ledger.feed.forget_ended()
        assert ledger.recently_ended(session_id) is None
        assert await ledger.feed.poll(session_id) == []


async def test_after_a_restart_a_subscribed_session_gets_a_fresh_full_message_by_poll_and_by_stream(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as ledger:
        polling = await subscribed(ledger, "Agent")
        streaming = (await ledger.submit(connect(2))).session_id
        await ledger.submit(Subscribe(session_id=streaming, owner=OWNER, names=("Recorder",)))
        plain = (await ledger.submit(connect(2))).session_id
        await ledger.feed.poll(polling)
        await ledger.submit(assign(1, "Agent"))
    async with running(tmp_path) as ledger:
        stream = await ledger.feed.open_stream(streaming)
        assert await ledger.feed.poll(polling) == [full(Agent=True)]
        assert await stream.next(10) == [full(Recorder=False)]
        await all_of(ledger.submit(each) for each in (unassign(1, "Agent"), assign(2, "Recorder")))
        assert await ledger.feed.poll(polling) == [delta(Agent=False)]
        assert await stream.next(10) == [delta(Recorder=True)]
        assert await ledger.feed.poll(plain) == []


async def test_a_stop_ends_every_stream(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        session_id = await subscribed(ledger, "Agent")
        stream = await ledger.feed.open_stream(session_id)
        await stream.next(10)
        waiting = asyncio.create_task(stream.next(60))
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert await waiting is None


async def test_an_expired_session_hears_of_it(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=Policy(idle_timeout=1_000)) as ledger:
        session_id = await subscribed(ledger, "Agent")
        await ledger.feed.poll(session_id)
        clock.now += 1_000
        await until(lambda: ledger.recently_ended(session_id) is not None)
        assert await ledger.feed.poll(session_id) == [ConnectionDown(EndReason.IDLE)]
    assert rows(ledger.database, "SELECT * FROM sessions") == []
