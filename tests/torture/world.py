"""What all clients of a run share."""

import time
from dataclasses import dataclass, field

from tests.torture.gate import Gate
from tests.torture.inventory import Plan
from tests.torture.log import Log
from tests.torture.wire import Address, Line, Way


@dataclass
class World:
    """The run. `live` are the sessions of the last snapshot; `oddities` is what clients met beside their answers."""

    plan: Plan
    log: Log
    address: Address
    gate: Gate
    live: frozenset[str] = frozenset()
    ending: bool = False
    oddities: list[str] = field(default_factory=list)

    def way(self) -> Way:
        """A way to the server for one client."""
        return Line(self.address)

    def key(self, session_id: str) -> str:
        """How the log calls a session that has just been acknowledged."""
        return session_id

    @staticmethod
    def now() -> int:
        """The harness's clock in nanoseconds."""
        return time.monotonic_ns()
