"""A node in a process of its own, for tests that stop it: `python -m tests.ledger.node_process ACT URL`.

It is impatient: once it stands still for a second it has lost its lead. What it says are lines of JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import structlog

from seatkeeper.ledger.door import DatabaseServer
from seatkeeper.ledger.engines import postgres_database, postgres_presence
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.policy import Policy
from tests.ledger.nodes import OWN_TIMEOUT, node


def be_impatient() -> None:
    """Look five times a second, and have the server wait for that less than a second."""
    vars(postgres_presence).update(_LOOK_SECONDS=0.2, _LEAD_SECONDS=0.6)
    vars(postgres_database)["_OF_PRESENCE"]["idle_session_timeout"] = 900


def lead(url: str) -> None:
    """Say this node's number, then whenever it thinks that it leads: since when, and when it still did."""
    presence = DatabaseServer(url).presence(lambda: None)
    presence.start()
    _say(presence.node)
    while True:
        before = time.monotonic()
        if presence.leads:
            _say([before, time.monotonic()])
        time.sleep(0.002)


def prepare(url: str) -> None:
    """Be a node whose transactions stay where they prepare. Say its number."""
    asyncio.run(_serve(url, TransactionStatus.PREPARING))


def expire(url: str) -> None:
    """Be a node with a short time-out of sessions. Say its number."""
    asyncio.run(_serve(url, None))


async def _serve(url: str, pause: TransactionStatus | None) -> None:
    async with node(url, policy=Policy(idle_timeout=OWN_TIMEOUT)) as ledger:
        if pause is not None:
            ledger.transactions.pauses.order(pause, runtime=None, application=None)
        _say(ledger.presence.node)
        await asyncio.Event().wait()


def _say(said: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


_ACTS: Final[dict[str, Callable[[str], None]]] = {"lead": lead, "prepare": prepare, "expire": expire}

if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    be_impatient()
    _ACTS[sys.argv[1]](sys.argv[2])
