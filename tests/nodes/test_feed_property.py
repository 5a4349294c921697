"""The property of the feed on several nodes: an old snapshot plus the messages since equals a fresh read, nothing is
told twice but by a full message, and nothing is missed: whoever is asked, whoever lags, and whoever dies.

Several feeds hear of what one ledger does, each in its own time. Their cursors are on a real database.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatkeeper.ledger.deliveries import Shared
from seatkeeper.ledger.door import DatabaseServer, Ledger
from seatkeeper.ledger.feed import Feed, LicensesChanged, Message, SessionGone, StationChanged, Stream
from seatkeeper.ledger.happened import Happened
from seatkeeper.licensing.commands import (
    ChangeProfile,
    Command,
    EndReason,
    EndSession,
    LeaveStation,
    SetStation,
    Subscribe,
    Unsubscribe,
)
from seatkeeper.licensing.entities import Method, Session, StationSetting
from seatkeeper.licensing.refusals import Refusal
from tests.ledger.test_feed_property import fresh_place, fresh_read
from tests.ledger.world import OWNER, agent, assign, connect, inventory, unassign, until

NODES: Final = 3
NAMES: Final = ("agent", "Recorder")


class Telling(Ledger):
    """A ledger that keeps all that happened."""

    def __init__(self, url: str) -> None:
        database = DatabaseServer(url)
        super().__init__(database, clock=database.clock)
        self.story: list[Happened] = []

    def _deliver(self, answers: list[tuple[Future[Any], Any]], happened: Happened) -> None:
        if happened.events:
            self.story.append(happened)
        super()._deliver(answers, happened)


class Living:
    """Which nodes live, as each of them sees it: at once."""

    def __init__(self, nodes: set[int], node: int) -> None:
        self.nodes = nodes
        self.node = node
        self.leads = self.alone = self.inherits = False
        self.hears = True
        self.losses = 0

    def alone_now(self) -> bool:
        """Whether no other node is there."""
        return self.nodes <= {self.node}

    def lives(self, node: int) -> bool:
        """Whether a node is there."""
        return node in self.nodes

    def start(self) -> None:
        """It is there."""

    def resign(self) -> None:
        """It never leads."""

    def stand_aside(self, aside: bool) -> None:
        """Likewise."""

    def stop(self, *, lost: bool = False) -> None:  # noqa: ARG002 - nobody asks
        """It is there no more."""
        self.nodes.discard(self.node)


class Node:
    """A feed that hears of what the ledger does when it is told to."""

    def __init__(self, ledger: Telling, url: str, living: Living) -> None:
        database = DatabaseServer(url)
        self.ledger = ledger
        self.living = living
        self.heard = len(ledger.story)
        self.deliveries = database.deliveries()
        self.feed = Feed(
            lambda: ledger.image,
            self._find,
            self._submit,
            lambda: 0,
            keep_ended=1,
            shared=Shared(self.deliveries, living, lambda: True),
        )
        last = ledger.story[-1]
        self.feed.start_afresh(last.position, last.digest)
        self.streams: list[Stream] = []

    def hear(self, most: int | None = None) -> None:
        """Hear of what happened next."""
        story = self.ledger.story[self.heard :][:most]
        self.heard += len(story)
        for happened in story:
            self.feed.publish(happened)

    async def _find(self, session_id: int) -> Session | None:
        return self.ledger.image.sessions.get(session_id)

    async def _submit(self, command: Command[Any]) -> object:
        outcome = await self.ledger.submit(command)
        self.hear()
        return outcome


class Client:
    """What a client knows who reads his messages. A change that is none was told twice."""

    def __init__(self) -> None:
        self.known: dict[str, bool] | None = None
        self.place = StationChanged()

    def read(self, messages: list[Message]) -> None:
        """Take in what has come."""
        for message in messages:
            if isinstance(message, StationChanged):
                self.place = message
            elif isinstance(message, LicensesChanged) and message.full:
                self.known = dict(message.statuses)
            elif isinstance(message, LicensesChanged):
                assert self.known is not None, "a change of what was never told"
                for name, assigned in message.statuses:
                    assert self.known[name] is not assigned, f"{name} was told already, or something was missed"
                    self.known[name] = assigned


class World:
    """Nodes, and one client who asks any of them; he has one session, and reads one stream at most."""

    def __init__(self, ledger: Telling, url: str) -> None:
        self.ledger = ledger
        self.url = url
        self.living: set[int] = set()
        self.numbers = iter(range(1, 1000))
        self.nodes: list[Node] = []
        self.client = Client()
        self.session_id = 0
        self.stream: Stream | None = None

    def start_node(self) -> Node:
        """A node that knows what there is in the tables, and nothing of what was told."""
        number = next(self.numbers)
        self.living.add(number)
        return Node(self.ledger, self.url, Living(self.living, number))

    async def stop_node(self, node: Node) -> None:
        """A node dies, with whatever it had in hand and did not write."""
        self.living.discard(node.living.node)
        node.deliveries._left.clear()  # noqa: SLF001 - as if it had been killed
        await node.deliveries.stop()

    async def poll(self, node: Node) -> None:
        """The client polls. He gives up his stream: an API of one channel is read one way at a time."""
        await self.leave_stream()
        with suppress(SessionGone):
            self.client.read(await node.feed.poll(self.session_id))

    async def leave_stream(self) -> None:
        """The client closes his stream."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    async def open_stream(self, node: Node) -> None:
        """The client opens a stream; he reads the newest."""
        with suppress(SessionGone):
            self.stream = await node.feed.open_stream(self.session_id)

    async def read_stream(self, *, arrives: bool) -> None:
        """The client reads what his stream has; or it is taken from the queue and the connection breaks."""
        if self.stream is None:
            return
        self.stream.wake()
        messages = await self.stream.next()
        if messages is None:
            self.stream = None
        elif arrives:
            self.client.read(messages)
        else:
            await self.leave_stream()

    async def lost_poll(self, node: Node) -> None:
        """The client leaves while he is being answered."""
        await self.leave_stream()
        poll = asyncio.create_task(node.feed.poll(self.session_id))
        for _ in range(3):
            await asyncio.sleep(0)
        if not poll.done():
            poll.cancel()
        with suppress(asyncio.CancelledError, SessionGone):
            self.client.read(await poll)

    async def die(self, index: int, *, while_answering: bool) -> None:
        """A node is killed, perhaps with an answer in hand, and another starts in its place."""
        node = self.nodes[index]
        if while_answering:
            await self.leave_stream()
            with suppress(SessionGone):
                await node.feed.poll(self.session_id)  # which never arrives
        elif self.stream is not None and self.stream.mailbox is node.feed._mailboxes.get(self.session_id):  # noqa: SLF001
            self.stream = None
        await self.stop_node(node)
        self.nodes[index] = self.start_node()

    async def settle(self, first: int = 0) -> None:
        """All have heard of all; then the client knows where everything stands as soon as he has asked one of them."""
        await self.leave_stream()
        for node in self.nodes:
            node.hear()
        await until(lambda: not any(node.deliveries._left or node.deliveries._working for node in self.nodes))  # noqa: SLF001
        await self.poll(self.nodes[first])
        expected = fresh_read(self.ledger, self.session_id)  # type: ignore[arg-type]  # it has an image
        if expected is not None:
            assert self.client.known == expected
        assert self.client.place == fresh_place(self.ledger, self.session_id)  # type: ignore[arg-type]
        for node in self.nodes:
            told = await node.feed.poll(self.session_id)
            assert not told or any(isinstance(each, LicensesChanged) and each.full for each in told) or expected is None
            self.client.read(told)

    async def change(self) -> None:
        """One license changes hands."""
        assigned = (fresh_read(self.ledger, self.session_id) or {}).get("agent")  # type: ignore[arg-type]
        with suppress(Refusal):
            await self.ledger.submit((unassign if assigned else assign)(1, "Agent"))

    async def lose(self, at: int, then: int, way: str) -> None:
        """What the client is told of a change does not arrive; then he asks another node."""
        await self.settle(at)
        await self.change()
        node = self.nodes[at]
        node.hear()
        if way == "left":
            await self.lost_poll(node)
        elif way == "streamed":
            await self.open_stream(node)
            await self.read_stream(arrives=False)
        else:
            await self.die(at, while_answering=True)
        await self.settle(then)

    async def overtake(self, at: int, behind: int) -> None:
        """One node tells what another has not heard of yet; nor does that repeat it when it has."""
        await self.settle(at)
        await self.change()
        self.nodes[behind].hear()
        await self.change()
        self.nodes[at].hear()
        for index in (at, behind):
            await self.poll(self.nodes[index])
        await self.settle(behind)


Act = Callable[[World], Any]

node = st.integers(0, NODES - 1)
commands = st.sampled_from(
    [
        lambda _session, each=each: each
        for each in (assign(1, "Agent"), assign(1, "Recorder"), unassign(1, "Agent"), unassign(1, "Recorder"))
    ]
    + [
        lambda _session, on=on: ChangeProfile(holder=agent(1), owner=OWNER, enabled=on, method=Method.ASSIGNABLE)
        for on in (True, False)
    ]
    + [
        lambda session: SetStation(session_id=session, setting=StationSetting.WORKSTATION, station="desk1"),
        lambda session: LeaveStation(session_id=session),
        lambda session: Subscribe(session_id=session, owner=OWNER, names=NAMES),
        lambda session: Unsubscribe(session_id=session),
    ]
)


def _commanded(command: Callable[[int], Command[Any]]) -> Act:
    async def act(world: World) -> None:
        with suppress(Refusal):
            await world.ledger.submit(command(world.session_id))

    return act


acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(_commanded, commands),
    st.builds(_commanded, commands),
    st.builds(lambda at, most: lambda world: _at_once(world.nodes[at].hear(most)), node, st.integers(1, 3)),
    st.builds(lambda at: lambda world: world.poll(world.nodes[at]), node),
    st.builds(lambda at: lambda world: world.poll(world.nodes[at]), node),
    st.builds(lambda at: lambda world: world.lost_poll(world.nodes[at]), node),
    st.builds(lambda at: lambda world: world.open_stream(world.nodes[at]), node),
    st.builds(lambda arrives: lambda world: world.read_stream(arrives=arrives), st.sampled_from([True, True, False])),
    st.builds(lambda at, answering: lambda world: world.die(at, while_answering=answering), node, st.booleans()),
    st.builds(lambda at: lambda world: world.settle(at), node),
    st.builds(
        lambda pair, way: lambda world: world.lose(*pair, way),
        st.permutations(range(NODES)).map(lambda order: order[:2]),
        st.sampled_from(["left", "streamed", "died"]),
    ),
    st.builds(
        lambda pair: lambda world: world.overtake(*pair), st.permutations(range(NODES)).map(lambda order: order[:2])
    ),
)


async def _at_once(_done: None) -> None:
    """What has been done already."""


async def _drive(ledger: Telling, url: str, plan: list[Act]) -> None:
    world = World(ledger, url)
    try:
        world.nodes = [world.start_node() for _ in range(NODES)]
        world.session_id = (await ledger.submit(connect(1, hears_of_stations=True))).session_id
        await ledger.submit(Subscribe(session_id=world.session_id, owner=OWNER, names=NAMES))
        for act in plan:
            await act(world)
        await world.settle()
    finally:
        for each in world.nodes:
            await each.deliveries.stop()
        await ledger.submit(EndSession(session_id=world.session_id, reason=EndReason.LOGGED_OFF))


def test_an_old_snapshot_plus_the_messages_since_equals_a_fresh_read_at_every_node(postgres_url: str) -> None:
    with asyncio.Runner() as runner:
        ledger = Telling(postgres_url)

        @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(plan=st.lists(acts, min_size=8, max_size=25))
        def holds(plan: list[Act]) -> None:
            runner.run(_drive(ledger, postgres_url, plan))

        runner.run(ledger.start())
        try:
            runner.run(ledger.submit(inventory(users=2)))
            holds()
        finally:
            runner.run(ledger.stop())
