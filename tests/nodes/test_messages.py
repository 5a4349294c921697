"""Messages on several nodes (design, "Messages"; decision 9): what one node has told, no other repeats or forgets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import psycopg
import pytest

from seatkeeper.ledger.door import Bounds, DatabaseServer, Ledger, Unavailable
from seatkeeper.ledger.feed import (
    ConnectionDown,
    LicensesChanged,
    Message,
    SessionGone,
    StationChanged,
    Stream,
    SubscriptionChanged,
    SubscriptionState,
)
from seatkeeper.licensing.commands import (
    EndReason,
    EndSession,
    FindSession,
    SetStation,
    Subscribe,
    Unsubscribe,
)
from seatkeeper.licensing.entities import Station, StationSetting
from tests.ledger.watched import SECONDS
from tests.ledger.world import OWNER, all_of, assign, connect, inventory, unassign, until

pytestmark = pytest.mark.anyio

NORMAL = SubscriptionChanged(SubscriptionState.NORMAL)
DOWN = ConnectionDown(EndReason.ADMINISTRATOR)


def full(**statuses: bool) -> LicensesChanged:
    """A message that says where every subscribed license stands."""
    return LicensesChanged(full=True, statuses=tuple(statuses.items()))


def delta(**statuses: bool) -> LicensesChanged:
    """A message that says what has changed."""
    return LicensesChanged(full=False, statuses=tuple(statuses.items()))


class Node(Ledger):
    """A ledger that can be asked for messages when it knows all."""

    async def hear(self) -> None:
        """Hear of all that was committed by now."""
        await self.submit(FindSession(session_id=0))

    async def told(self, session_id: int) -> list[Message]:
        """What a poll answers once this node has heard of all."""
        await self.hear()
        return await self.feed.poll(session_id)


async def start(url: str, bounds: Bounds | None = None) -> Node:
    """A node more."""
    database = DatabaseServer(url)
    node = Node(database, bounds=bounds, clock=database.clock)
    await node.start()
    return node


@asynccontextmanager
async def nodes(url: str, bounds: Bounds | None = None) -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes with an inventory."""
    one = await start(url, bounds)
    other = await start(url, bounds)
    try:
        await one.submit(inventory())
        yield one, other
    finally:
        await all_of([one.stop(), other.stop()])


async def subscribed(node: Node, *names: str, hears_of_stations: bool = False) -> int:
    """A session, subscribed."""
    session_id = (await node.submit(connect(1, hears_of_stations=hears_of_stations))).session_id
    await node.submit(Subscribe(session_id=session_id, owner=OWNER, names=names))
    return session_id


async def closed(stream: Stream) -> None:
    """Wait until a stream is over."""
    async with asyncio.timeout(SECONDS):
        while await stream.next() is not None:
            pass


async def test_what_a_poll_took_at_one_node_another_does_not_repeat(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        assert await other.told(session_id) == [full(Agent=False)]
        assert await one.told(session_id) == []
        for at, elsewhere in ((one, other), (other, one), (other, one), (one, other)):
            for change, has in ((assign, True), (unassign, False)):
                await elsewhere.submit(change(1, "Agent"))
                assert await at.told(session_id) == [delta(Agent=has)]
                assert [await each.told(session_id) for each in (elsewhere, at, elsewhere)] == [[], [], []]


async def test_polls_at_two_nodes_at_once_take_each_message_once(postgres_url: str) -> None:
    async with nodes(postgres_url) as pair:
        session_id = await subscribed(pair[0], "Agent")
        await pair[0].told(session_id)
        for number in range(10):
            await pair[number % 2].submit((unassign if number % 2 else assign)(1, "Agent"))
            await all_of(each.hear() for each in pair)
            answers = await all_of(pair[each % 2].feed.poll(session_id) for each in range(4))
            assert [each for each in answers if each] == [[delta(Agent=number % 2 == 0)]]


async def test_a_poll_with_nothing_queued_touches_no_disk(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        await one.told(session_id)
        await other.told(session_id)
        with psycopg.connect(postgres_url) as holder:
            holder.execute("LOCK TABLE deliveries")  # whoever reads it waits
            async with asyncio.timeout(2):
                assert [await each.feed.poll(session_id) for each in (one, other)] == [[], []]
            holder.rollback()


async def test_the_newest_stream_takes_the_queue_also_from_another_node(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        older = await one.feed.open_stream(session_id)
        assert await older.next() == [full(Agent=False)]
        await other.hear()
        assert await other.told(session_id) == [], "a stream is open at another node"
        newer = await other.feed.open_stream(session_id)
        assert await newer.next() == [full(Agent=False)], "what the older took may never have arrived"
        await one.submit(assign(1, "Agent"))
        assert await newer.next() == [delta(Agent=True)]
        await closed(older)
        assert [await each.told(session_id) for each in (one, other)] == [[], []]
        newer.close()
        assert await took_over(one, session_id) == [full(Agent=True)]
        assert await other.told(session_id) == []


async def took_over(node: Node, session_id: int) -> list[Message]:
    """What a poll answers once a stream at another node is known to be closed."""
    async with asyncio.timeout(SECONDS):
        while not (messages := await node.told(session_id)):
            pass
    return messages


async def test_an_older_stream_at_another_node_closes_though_nothing_happens(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        older = await one.feed.open_stream(session_id)
        await older.next()
        await other.feed.open_stream(session_id)
        await closed(older)
        assert one.feed.open_streams == 0


async def test_a_stream_that_took_nothing_leaves_nothing_to_tell_again(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        await one.told(session_id)
        stream = await one.feed.open_stream(session_id)
        assert await stream.next() == []
        stream.close()
        assert await one.told(session_id) == []
        await one.submit(assign(1, "Agent"))
        assert await took_over(other, session_id) == [delta(Agent=True)]


async def test_messages_reach_a_node_that_does_not_have_the_user_in_memory(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent", hears_of_stations=True)
        await one.submit(SetStation(session_id=session_id, setting=StationSetting.WORKSTATION, station="desk1"))
        await one.submit(assign(1, "Agent"))
        await other.hear()
        assert session_id not in other.image.sessions
        desk = StationChanged(Station(id=1, name="desk1", display_name="", extension=""))
        assert await other.told(session_id) == [full(Agent=False), desk, delta(Agent=True)]


async def test_a_node_that_starts_anew_tells_afresh_who_asks_there_and_disturbs_nobody_else(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        streaming = await subscribed(one, "Recorder")
        stream = await one.feed.open_stream(streaming)
        assert await stream.next() == [full(Recorder=False)]
        assert await one.told(session_id) == [full(Agent=False)]
        await one.submit(assign(1, "Agent"))
        third = await start(postgres_url)
        try:
            assert await third.told(streaming) == []
            stream.wake()
            assert await stream.next() == []
            assert await third.told(session_id) == [full(Agent=True), NORMAL]
            await one.submit(unassign(1, "Agent"))
            assert await other.told(session_id) == [delta(Agent=False)]
            assert await third.told(session_id) == []
        finally:
            await third.stop()


async def test_two_nodes_that_tell_afresh_at_once_end_well(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, _other):
        session_id = await subscribed(one, "Agent")
        await one.told(session_id)
        new = [await start(postgres_url) for _ in range(2)]
        try:
            told = await all_of(each.feed.poll(session_id) for each in new)
            assert any(isinstance(each, list) and full(Agent=False) in each for each in told)
            await one.submit(assign(1, "Agent"))
            late = [message for each in (*new, one) for message in await each.told(session_id)]
            assert late in ([delta(Agent=True)], [full(Agent=False), delta(Agent=True)], [full(Agent=True)])
        finally:
            await all_of(each.stop() for each in new)


async def test_a_new_list_and_the_end_of_one_drop_what_waits_at_every_node(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        await one.submit(assign(1, "Agent"))
        await other.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Recorder",)))
        assert await one.told(session_id) == [full(Recorder=False)]
        await one.submit(assign(1, "Recorder"))
        await other.submit(Unsubscribe(session_id=session_id))
        assert [await each.told(session_id) for each in (one, other)] == [[], []]


async def test_whichever_node_is_asked_tells_once_that_a_session_has_ended(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        ended = [await subscribed(one, "Agent") for _ in range(2)]
        for session_id in ended:
            await one.told(session_id)
        await one.submit(assign(1, "Agent"))
        for session_id in ended:
            await one.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
        third = await start(postgres_url)
        try:
            assert await other.told(ended[0]) == [delta(Agent=True), DOWN]
            assert await third.told(ended[1]) == [DOWN]
            for session_id in ended:
                for node in (one, other, third):
                    with pytest.raises(SessionGone):
                        await node.told(session_id)
                    with pytest.raises(SessionGone):
                        await node.feed.open_stream(session_id)
                    known = await node.recently_ended(session_id)
                    assert known is not None
                    assert known.keys is not None
                    assert (known.reason, known.keys.cookie_digest) == (EndReason.ADMINISTRATOR, b"cookie-1")
        finally:
            await third.stop()


async def test_the_node_with_the_stream_tells_it_that_the_session_has_ended(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        stream = await one.feed.open_stream(session_id)
        assert await stream.next() == [full(Agent=False)]
        await other.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
        assert await stream.next() == [DOWN]
        assert await stream.next() is None
        for node in (one, other):
            with pytest.raises(SessionGone):
                await node.told(session_id)


async def test_ended_sessions_are_forgotten_after_a_while_with_what_they_were_told(
    postgres_url: str,
) -> None:
    async with nodes(postgres_url, Bounds(keep_ended=1)) as (one, other):
        session_id, living = await subscribed(one, "Agent"), await subscribed(one, "Agent")
        assert await one.told(session_id)
        assert await other.told(living)
        await other.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
        await all_of([one.hear(), asyncio.sleep(0.01)])
        await until(lambda: one.presence.leads or other.presence.leads)
        await all_of([one.feed.forget_ended(), other.feed.forget_ended()])
        assert await other.recently_ended(session_id) is None
        assert await other.told(session_id) == []
        assert rows(postgres_url, "SELECT session_id FROM deliveries") == [(living,)]
        assert one.feed.kept()["ended"] == other.feed.kept()["ended"] == 0


async def test_a_connection_that_is_lost_has_everything_told_afresh(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        stream_of = await subscribed(other, "Agent")
        assert await one.told(session_id) == [full(Agent=False)]
        stream = await other.feed.open_stream(stream_of)
        assert await stream.next() == [full(Agent=False)]
        end_connections(postgres_url)
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    await one.submit(assign(1, "Agent"))
                    break
                except Unavailable:
                    await asyncio.sleep(0.01)
        assert await eventually(other, session_id) == [full(Agent=True)]
        assert await one.told(session_id) == [full(Agent=True)], "this node cannot tell what arrived, either"
        assert [await each.told(session_id) for each in (other, one)] == [[], []]
        messages = await stream.next()
        assert messages in (None, [full(Agent=True)]), "closed, or told afresh; never what came since alone"


@contextmanager
def held(url: str) -> Iterator[psycopg.Connection]:
    """Within it, until it is rolled back, nobody gets at `deliveries`: who asks waits."""
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE deliveries")
        yield holder


async def test_a_stream_that_is_being_opened_while_the_session_ends_is_none_and_polling_tells_it(
    postgres_url: str,
) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        assert await one.told(session_id) == [full(Agent=False)]
        with held(postgres_url) as holder:
            opening = asyncio.create_task(one.feed.open_stream(session_id))
            await asyncio.sleep(0.1)
            await other.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
            await one.hear()
            holder.rollback()
        with pytest.raises(SessionGone):
            await opening
        assert one.feed.open_streams == 0
        assert await took_over(other, session_id) == [DOWN]


async def test_what_is_being_opened_or_polled_while_everything_starts_afresh_is_not_deaf(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        streaming, polling = await subscribed(one, "Agent"), await subscribed(one, "Agent")
        for session_id in (streaming, polling):
            assert await one.told(session_id) == [full(Agent=False)]
        await one.submit(assign(1, "Agent"))
        with held(postgres_url) as holder:
            opening = asyncio.create_task(one.feed.open_stream(streaming))
            poll = asyncio.create_task(one.feed.poll(polling))
            await asyncio.sleep(0.1)
            await one.reload()
            holder.rollback()
        stream = await opening
        assert one.feed.open_streams == 1
        for told in (await stream.next(), await poll):
            assert told in ([full(Agent=True), NORMAL], [full(Agent=True)])
        await other.submit(unassign(1, "Agent"))
        assert await stream.next() == [delta(Agent=False)]
        assert await one.told(polling) == [delta(Agent=False)]


async def test_a_stream_that_leaves_while_a_newer_one_is_being_opened_does_not_take_it_along(
    postgres_url: str,
) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        older = await one.feed.open_stream(session_id)
        assert await older.next() == [full(Agent=False)]
        with held(postgres_url) as holder:
            opening = asyncio.create_task(one.feed.open_stream(session_id))
            await asyncio.sleep(0.1)
            older.close()
            holder.rollback()
        newer = await opening
        assert await newer.next() == [full(Agent=False)]
        assert await other.told(session_id) == [], "a stream is open at another node"
        await other.submit(assign(1, "Agent"))
        assert await newer.next() == [delta(Agent=True)]


async def test_a_stream_ends_though_the_one_that_took_its_queue_has_broken_off_since(postgres_url: str) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        older = await one.feed.open_stream(session_id)
        assert await older.next() == [full(Agent=False)]
        await other.hear()
        newer = await other.feed.open_stream(session_id)
        assert await newer.next() == [full(Agent=False)]
        newer.close()
        await closed(older)
        assert await took_over(one, session_id) == [full(Agent=False)]


async def test_a_poll_that_waits_while_the_session_ends_does_not_tell_so_beside_the_one_that_does(
    postgres_url: str,
) -> None:
    async with nodes(postgres_url) as (one, other):
        session_id = await subscribed(one, "Agent")
        older = await one.feed.open_stream(session_id)
        assert await older.next() == [full(Agent=False)]
        await other.hear()
        (await other.feed.open_stream(session_id)).close()
        await other.submit(assign(1, "Agent"))
        await one.hear()
        with held(postgres_url) as holder:
            poll = asyncio.create_task(one.feed.poll(session_id))
            await asyncio.sleep(0.1)
            await other.submit(EndSession(session_id=session_id, reason=EndReason.ADMINISTRATOR))
            await one.hear()
            holder.rollback()
        told = await poll
        for node in (one, other):
            with suppress(SessionGone):
                told += await node.told(session_id)
        assert told.count(DOWN) == 1


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    """What a statement finds."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def end_connections(url: str) -> None:
    """End every connection that nodes have to the database."""
    rows(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


async def eventually(node: Node, session_id: int) -> list[Message]:
    """What a poll answers as soon as the database does."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return await node.told(session_id)
            except Unavailable:
                await asyncio.sleep(0.01)
