"""What all clients of a run on several nodes share."""

import time
from dataclasses import dataclass, field
from random import Random

from tests.torture.nodes.ways import Balancer, Ways
from tests.torture.wire import Address, Way
from tests.torture.world import World


@dataclass
class NodesWorld(World):
    """The run. `assigned`: which (user, license) pairs the tables had when the clients last rested.

    `rewindings`: when the database was put back, in milliseconds since 1970. Numbers of sessions are given out anew
    after that, so the log tells by it which of two is meant.
    """

    balancer: Balancer = field(default_factory=lambda: Balancer([Address() for _ in range(3)]))
    assigned: frozenset[tuple[str, str]] = frozenset()
    rewindings: list[int] = field(default_factory=list)
    seed: int = 1
    _ways: int = 0

    def way(self) -> Way:
        """Lines to all nodes, for one client."""
        self._ways += 1
        return Ways(self.balancer, Random(f"{self.seed} way {self._ways}"))  # noqa: S311 - a seed makes runs alike

    def key(self, session_id: str) -> str:
        """How the log calls a session that has just been acknowledged."""
        return self.key_of(session_id, int(time.time() * 1000))

    def key_of(self, session_id: str, connected_at: int) -> str:
        """How the log calls a session that began then."""
        lives = sum(connected_at >= each for each in self.rewindings)
        return f"{session_id}/{lives}" if lives else session_id
