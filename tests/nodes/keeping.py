"""An inventory with years behind it, on SQLite and moved from there into a PostgreSQL database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

import psycopg

from seatkeeper.ledger.database import Database
from seatkeeper.ledger.door import DatabaseFile, DatabaseServer, Ledger
from seatkeeper.ledger.moving import Moved, move
from seatkeeper.ledger.tables import metadata
from seatkeeper.licensing.commands import Assign
from tests.ledger.test_forgetting import live_and_leave
from tests.ledger.world import Clock, acquire, agent, connect, named, running

LONG_AGO: Final = 1_600_000_000_000
"""Milliseconds; every clock is far ahead of it."""


async def lived_in(folder: Path, *, sealed: bool = False) -> DatabaseFile:
    """The database of a server that was stopped: sessions with holds, refusals, and a user who has left."""
    clock = Clock(LONG_AGO)
    async with running(folder, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock if sealed else None)
        session = await ledger.submit(connect(2))
        await ledger.submit(Assign(holder=agent(2), licenses=named("Agent")))
        await ledger.submit(acquire(session.session_id, "Agent", "Supervisor"))
    return DatabaseFile(ledger.file)


def moved(source: Database, url: str) -> Moved:
    """Move, and tell nobody."""
    return move(source, DatabaseServer(url), lambda *_: None)


@asynccontextmanager
async def node(url: str) -> AsyncIterator[Ledger]:
    """A node that runs, stopped in the end."""
    database = DatabaseServer(url)
    ledger = Ledger(database)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with closing(database.reading(5.0, at_one_point=True)) as reading:
        return {table.name: sorted(reading.rows(table), key=repr) for table in metadata.sorted_tables}


def execute(url: str, statement: str, *given: object) -> list[Any]:
    """What a statement finds or does behind the servers' back."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement, given)
        return cursor.fetchall() if cursor.description else []
