"""Tokens of another log-on where every node finds them (contract 2.3): what becomes of their connection."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import psycopg
import pytest

from seatkeeper.ledger.auth_tokens import AuthTokenRows
from seatkeeper.ledger.door import DatabaseServer, Stopping, Unavailable
from seatkeeper.ledger.engines.postgres_connection import BoundedConnection
from tests.ledger.world import all_of

pytestmark = pytest.mark.anyio

TOKEN = (1, b"seed", 7_000)


class Counted(DatabaseServer):
    """A database that counts the connections that are made to it, and can refuse them after a while."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.made: list[BoundedConnection] = []
        self.tries = 0
        self.refuses = False

    def connect(self, settings: Mapping[str, int | str]) -> BoundedConnection:
        """A connection."""
        self.tries += 1
        if self.refuses:
            raise psycopg.OperationalError("connection refused")
        self.made.append(super().connect(settings))
        return self.made[-1]

    def lose(self) -> None:
        """End the newest connection on the server; the node has not noticed."""
        with psycopg.connect(self.made[-1].info.dsn) as another:
            another.execute("SELECT pg_terminate_backend(%s, 5000)", (self.made[-1].info.backend_pid,))


@asynccontextmanager
async def kept(url: str) -> AsyncIterator[tuple[AuthTokenRows, Counted]]:
    """Where tokens are kept."""
    database = Counted(url)
    rows = AuthTokenRows(database)
    try:
        yield rows, database
    finally:
        await rows.stop()


async def test_one_connection_is_kept_for_all_of_them(postgres_url: str) -> None:
    """To make one takes longer than a token lives, where the first host of the URL does not answer."""
    async with kept(postgres_url) as (rows, database):
        marks = [b"%d" % number for number in range(10)]
        await all_of(rows.keep(mark, TOKEN, now=0, of_a_session=20) for mark in marks)
        assert await all_of(rows.take(mark) for mark in (*marks, marks[0])) == [*([TOKEN] * 10), None]
        assert len(database.made) == 1
    assert database.made[0].closed
    with pytest.raises(Stopping):
        await rows.take(b"0")


async def test_a_connection_that_was_lost_meanwhile_is_made_anew(postgres_url: str) -> None:
    async with kept(postgres_url) as (rows, database):
        await rows.keep(b"mark", TOKEN, now=0, of_a_session=2)
        database.lose()
        assert await rows.take(b"mark") == TOKEN
        database.lose()
        await rows.keep(b"mark", TOKEN, now=0, of_a_session=2)
        assert await rows.take(b"mark") == TOKEN
        assert len(database.made) == 3


async def test_who_waits_behind_one_that_is_not_answered_is_told_so_at_once(postgres_url: str) -> None:
    async with kept(postgres_url) as (rows, database):
        await rows.keep(b"mark", TOKEN, now=0, of_a_session=2)
        database.lose()
        database.refuses, tried = True, database.tries
        told = await asyncio.gather(*(rows.take(b"mark") for _ in range(5)), return_exceptions=True)
        assert [type(each) for each in told] == [Unavailable] * 5
        assert database.tries == tried + 1
        database.refuses = False
        assert await rows.take(b"mark") == TOKEN
