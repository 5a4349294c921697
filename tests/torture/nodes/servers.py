"""The PostgreSQL of a run: a primary, its synchronous standby, and for each node a way to each that can be cut."""

import asyncio
from pathlib import Path
from typing import Any, Final

from tests.postgres.cluster import Cluster, url_of
from tests.postgres.proxy import Proxy


class Servers:
    """Two clusters that take turns as primary and standby. `ways`: of each node, by number from 1, the two proxies."""

    def __init__(self, nodes: int) -> None:
        self.primary = Cluster.fresh(durable=True)
        self.replication = Proxy(self.primary.port)
        """Between the primary and its standby."""
        self.standby = self.primary.standby(through=self.replication)
        self.database: Final = self.primary.new_database(migrated=False)
        self._seats: list[Cluster] = [self.primary, self.standby]
        self.ways: Final = {node: (Proxy(self.primary.port), Proxy(self.standby.port)) for node in range(1, nodes + 1)}

    @property
    def url(self) -> str:
        """For who is not to be cut off."""
        return url_of(self.primary, self.standby, database=self.database)

    def url_of(self, node: int) -> str:
        """For a node: all hosts, by its proxies."""
        return url_of(*self.ways[node], database=self.database)

    def query(self, statement: Any, *params: object) -> list[Any]:  # noqa: ANN401 - a literal, or composed
        """The rows of a statement on the primary."""
        return self.primary.execute(statement, *params, database=self.database)

    async def fail_over(self) -> None:
        """The standby becomes the primary, which has gone; see `have_standby`."""
        gone, self.primary = self.primary, self.standby
        await asyncio.to_thread(self.replication.close)
        await asyncio.to_thread(self.primary.promote)
        await asyncio.to_thread(gone.close)

    async def have_standby(self) -> None:
        """Give the primary a new synchronous standby, in the place of the one that went."""
        self.replication = Proxy(self.primary.port)
        self.standby = await asyncio.to_thread(self.primary.standby, through=self.replication)
        seat = 1 - self._seats.index(self.primary)
        self._seats[seat] = self.standby
        for proxies in self.ways.values():
            await asyncio.to_thread(proxies[seat].lead_to, self.standby.port)

    async def lagging_standby(self) -> Cluster:
        """A standby beside the synchronous one that receives nothing more."""
        lagging = await asyncio.to_thread(self.primary.standby, synchronous=False)
        await asyncio.to_thread(lagging.stop_receiving)
        return lagging

    async def lose_both(self) -> None:
        """Kill the primary and its standby."""
        await asyncio.to_thread(self.standby.close)
        await asyncio.to_thread(self.replication.close)
        await asyncio.to_thread(self.primary.kill)

    async def replace_primary(self, cluster: Cluster) -> None:
        """Let a promoted standby take the place of the primary, which has gone."""
        gone, self.primary = self.primary, cluster
        await asyncio.to_thread(cluster.promote)
        seat = self._seats.index(gone)
        self._seats[seat] = cluster
        for proxies in self.ways.values():
            await asyncio.to_thread(proxies[seat].lead_to, cluster.port)
        await asyncio.to_thread(gone.close)

    async def restore(self, backup: Path) -> None:
        """Start the primary, which has been killed, with what a backup has."""
        await asyncio.to_thread(self.primary.restore, backup)

    def close(self) -> None:
        """Stop everything and remove its data."""
        for proxies in self.ways.values():
            for proxy in proxies:
                proxy.close()
        self.replication.close()
        for cluster in (self.primary, self.standby):
            cluster.close()
