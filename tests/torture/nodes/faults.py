"""What is done to the nodes and to their database, while the clients go on.

Each fault takes its course, and is over when it returns; whether the nodes have noticed is for the run to see.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final

from tests.postgres.proxy import Fate
from tests.torture.log import Rewound
from tests.torture.nodes.node import Node
from tests.torture.nodes.servers import Servers
from tests.torture.nodes.world import NodesWorld
from tests.torture.process import ServerFailed

_Fault = Callable[[], Awaitable[int]]

_COMMIT_SECONDS: Final = 15.0
_CUT_SECONDS: Final = 2.0
_CLOGGED_SECONDS: Final = 7.0


class Kind(StrEnum):
    """The faults, by what they are called in the report."""

    KILL = "node killed"
    KILL_COMMITTED = "node killed, COMMIT carried out"
    KILL_UNCOMMITTED = "node killed, COMMIT not sent"
    CUT = "node cut off"
    CLOG = "node's packets held up"
    CUT_COMMITTED = "cut at COMMIT, carried out"
    CUT_LATE = "cut at COMMIT, carried out late"
    CUT_LOST = "cut at COMMIT, lost"
    PAUSE = "node paused beyond the time-out"
    FAIL_OVER = "primary killed, standby promoted"
    FAIL_OVER_LAGGING = "the same, standby behind"
    RESTORE = "older backup restored"
    LOST_COMMITS = "standby promoted that lost commits"


class Faults:
    """Does them. Each returns the number of the node that it was done to, 0 for the database."""

    def __init__(
        self, world: NodesWorld, nodes: list[Node], servers: Servers, random: Random, *, pause_seconds: float
    ) -> None:
        self._world = world
        self._nodes = nodes
        self._servers = servers
        self._random = random
        self._pause_seconds = pause_seconds
        self._ways: Final[dict[Kind, _Fault]] = {
            Kind.KILL: self._kill,
            Kind.KILL_COMMITTED: partial(self._kill_at_commit, Fate.ARRIVES),
            Kind.KILL_UNCOMMITTED: partial(self._kill_at_commit, Fate.LOST),
            Kind.CUT: self._cut,
            Kind.CLOG: self._clog,
            Kind.CUT_COMMITTED: partial(self._cut_at_commit, Fate.ARRIVES),
            Kind.CUT_LATE: partial(self._cut_at_commit, Fate.LATE),
            Kind.CUT_LOST: partial(self._cut_at_commit, Fate.LOST),
            Kind.PAUSE: self._pause,
            Kind.FAIL_OVER: partial(self._fail_over, lagging=False),
            Kind.FAIL_OVER_LAGGING: partial(self._fail_over, lagging=True),
            Kind.RESTORE: self._restore,
            Kind.LOST_COMMITS: self._lose_commits,
        }

    async def befall(self, kind: Kind) -> int:
        """Let one happen."""
        return await self._ways[kind]()

    async def _kill(self) -> int:
        node = self._random.choice(self._nodes)
        node.kill()
        await self._a_while()
        await node.start()
        return node.number

    async def _kill_at_commit(self, fate: Fate) -> int:
        node = self._random.choice(self._nodes)
        await self._at_commit(node, fate, hushed=True)
        node.kill()
        await self._a_while()
        await node.start()
        return node.number

    async def _cut(self) -> int:
        node = self._random.choice(self._nodes)
        for proxy in self._servers.ways[node.number]:
            await asyncio.to_thread(proxy.cut)
        await asyncio.sleep(_CUT_SECONDS)
        for proxy in self._servers.ways[node.number]:
            await asyncio.to_thread(proxy.heal)
        return node.number

    async def _clog(self) -> int:
        node = self._random.choice(self._nodes)
        for proxy in self._servers.ways[node.number]:
            await asyncio.to_thread(proxy.clog)
        await asyncio.sleep(_CLOGGED_SECONDS)
        for proxy in self._servers.ways[node.number]:
            await asyncio.to_thread(proxy.heal)
        return node.number

    async def _cut_at_commit(self, fate: Fate) -> int:
        node = self._random.choice(self._nodes)
        await self._at_commit(node, fate, hushed=False)
        return node.number

    async def _pause(self) -> int:
        node = self._random.choice(self._nodes)
        node.pause()
        try:
            await asyncio.sleep(self._pause_seconds)
        finally:
            node.resume()
        return node.number

    async def _fail_over(self, *, lagging: bool) -> int:
        """`lagging`: what the primary acknowledges in its last moments the standby does not have yet."""
        if lagging:
            await asyncio.to_thread(self._servers.replication.clog)
            await asyncio.sleep(0.5)
        await asyncio.to_thread(self._servers.primary.kill)
        await self._servers.fail_over()
        await self._servers.have_standby()
        return 0

    async def _restore(self) -> int:
        back_to = self._world.now()
        backup = await asyncio.to_thread(self._servers.primary.backup)
        await asyncio.sleep(1)
        await self._servers.lose_both()
        self._rewound(back_to)
        await self._servers.restore(backup)
        await self._servers.have_standby()
        return 0

    async def _lose_commits(self) -> int:
        back_to = self._world.now()
        lagging = await self._servers.lagging_standby()
        await asyncio.sleep(1)
        await self._servers.lose_both()
        self._rewound(back_to)
        await self._servers.replace_primary(lagging)
        await self._servers.have_standby()
        return 0

    def _rewound(self, back_to: int) -> None:
        """While there is no database."""
        self._world.rewindings.append(int(time.time() * 1000))
        self._world.log.write(Rewound(received=self._world.now(), back_to=back_to))

    async def _at_commit(self, node: Node, fate: Fate, *, hushed: bool) -> None:
        """Wait until a batch of the node's is committed, and its fate has befallen it."""
        proxies = self._servers.ways[node.number]
        happened = [await asyncio.to_thread(proxy.cut_at_commit, fate, hushed=hushed) for proxy in proxies]
        waiting = [asyncio.wrap_future(each) for each in happened]
        done, _ = await asyncio.wait(waiting, timeout=_COMMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for proxy in proxies:
            await asyncio.to_thread(proxy.take_order)
        if not done:
            raise ServerFailed(f"Node {node.number} committed nothing in {_COMMIT_SECONDS:g} s.")

    async def _a_while(self) -> None:
        await asyncio.sleep(self._random.uniform(0.1, 1.0))
