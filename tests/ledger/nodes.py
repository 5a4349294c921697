"""Several nodes on one PostgreSQL database: ledgers of this process, and one in a process that can be stopped."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg

from seatkeeper.ledger.door import DatabaseServer, Ledger
from seatkeeper.ledger.engines.postgres_connection import BoundedConnection
from seatkeeper.ledger.engines.postgres_presence import PostgresPresence
from seatkeeper.licensing.policy import Policy
from tests.forked import ForkedCommand
from tests.ledger.watched import SECONDS
from tests.ledger.world import Clock

T = TypeVar("T")

OWN_TIMEOUT: Final = 800
"""The idle time-out of a node in a process of its own, in milliseconds."""


@asynccontextmanager
async def node(
    url: str, *, policy: Policy | None = None, clock: Clock | None = None, database: DatabaseServer | None = None
) -> AsyncIterator[Ledger]:
    """A started ledger, stopped again in the end. It goes by the database's clock, or by one that the test moves."""
    database = database or DatabaseServer(url)
    ledger = Ledger(database, policy=policy, clock=clock)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


class FullServer(DatabaseServer):
    """A database whose server, while it is `full`, lets no writer connect any more."""

    full = False

    def connect(self, settings: Mapping[str, int | str]) -> BoundedConnection:
        if self.full and "idle_in_transaction_session_timeout" in settings:
            raise psycopg.OperationalError("FATAL:  sorry, too many clients already")
        return super().connect(settings)


class Bystander:
    """A node that is only there: by its presence, which can be lost for good."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lost = False
        self._database = DatabaseServer(url)
        self.presence: Final = PostgresPresence(self._connect, lambda: None)

    def lose(self) -> None:
        """Its connection breaks, and does not come back."""
        self._lost = True
        end_session_of(self._url, self.presence.node)

    def _connect(self) -> psycopg.Connection:
        if self._lost:
            raise psycopg.OperationalError("there is no way to it")
        return self._database.connect({})


@contextmanager
def bystander(url: str) -> Iterator[Bystander]:
    """A bystander that has come."""
    there = Bystander(url)
    there.presence.start()
    try:
        yield there
    finally:
        there.presence.stop()


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
