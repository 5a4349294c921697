"""Several nodes on one PostgreSQL database: ledgers of this process, and one in a process that can be stopped."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg

from seatkeeper.ledger.door import DatabaseServer, Ledger
from seatkeeper.licensing.policy import Policy
from tests.forked import ForkedCommand
from tests.ledger.watched import SECONDS
from tests.ledger.world import Clock

T = TypeVar("T")

OWN_TIMEOUT: Final = 800
"""The idle time-out of a node in a process of its own, in milliseconds."""


@asynccontextmanager
async def node(url: str, *, policy: Policy | None = None, clock: Clock | None = None) -> AsyncIterator[Ledger]:
    """A started ledger, stopped again in the end. It goes by the database's clock, or by one that the test moves."""
    database = DatabaseServer(url)
    ledger = Ledger(database, policy=policy, clock=clock or database.clock)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


class NodeProcess:
    """A node in a process of its own, which says by lines of JSON what it is asked to."""

    def __init__(self, does: str, url: str, output: Path) -> None:
        self._output = output
        self._process = ForkedCommand(
            [does, url],
            stdin=None,
            stdout=output,
            stderr=output.with_suffix(".err"),
            environment=os.environ,
            module="tests.ledger.node_process",
        )

    @property
    def said(self) -> list[Any]:
        """All that it has said."""
        lines = self._output.read_text().splitlines(keepends=True) if self._output.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    async def says(self) -> Any:  # noqa: ANN401 - whatever it is
        """The first thing that it says."""
        return await asyncio.to_thread(wait_for, lambda: self.said and self.said[0])

    def stand_still(self) -> None:
        """Stop it where it is."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait(SECONDS)


@contextmanager
def node_process(does: str, url: str, folder: Path) -> Iterator[NodeProcess]:
    """A process that does what a function of `node_process` does, on this database."""
    process = NodeProcess(does, url, folder / f"{does}.said")
    try:
        yield process
    finally:
        process.kill()


def wait_for(condition: Callable[[], T]) -> T:
    """Wait until something is so, outside of an event loop; what it is."""
    until = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.005)
    return found


def found(url: str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a statement finds, on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement, parameters or None).fetchall()


def end_session_of(url: str, number: int) -> None:
    """Have the server end the session by which the node of this number is there."""
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s"
    assert found(url, ending, f"seatkeeper node % {number} %") == [(True,)]
