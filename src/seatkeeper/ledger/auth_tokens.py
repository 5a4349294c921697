"""Tokens of sessions in the tables, where every node finds them (contract 2.3). No secret is in the journal.

They come and go by statements of their own, on a connection of their own: no batch waits for them, nor they for one.
"""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import psycopg
import structlog

from seatkeeper.ledger.engines.postgres_connection import plain
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.unavailable import Stopping, Unavailable

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_WAIT: Final = {"lock_timeout": 2_000, "statement_timeout": 2_000}  # milliseconds

# They live for seconds, so it is no loss where a failover takes them along. A commit need not wait for the disk.
_UNHURRIED: Final = "SET LOCAL synchronous_commit = off"
# Those that somebody else is about to drop are his.
_DROP_DEAD: Final = """
    DELETE FROM auth_tokens WHERE digest IN (SELECT digest FROM auth_tokens WHERE until <= %s FOR UPDATE SKIP LOCKED)
"""
_DROP_OLDEST: Final = """
    DELETE FROM auth_tokens WHERE digest IN (
        SELECT digest FROM auth_tokens WHERE session_id = %s ORDER BY until DESC OFFSET %s FOR UPDATE SKIP LOCKED
    )
"""
_KEEP: Final = (
    "INSERT INTO auth_tokens (digest, session_id, seed, until) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
_TAKE: Final = "DELETE FROM auth_tokens WHERE digest = %s RETURNING session_id, seed, until"


class AuthTokenRows:
    """The tokens that any node can redeem. Raises Unavailable where the database does not answer.

    The connection belongs to a thread of its own and is kept: to make one, where a host of the URL is gone without a
    word, takes longer than a token lives.
    """

    def __init__(self, database: DatabaseServer) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, "seatkeeper-tokens")
        self._connection: psycopg.Connection | None = None
        self._failed_at = -math.inf
        self._stopped = False

    async def keep(self, mark: bytes, token: tuple[int, bytes, int], *, now: int, of_a_session: int) -> None:
        """Keep a token (its session, its seed, when it dies) by its digest, and no more than so many of its session."""
        session_id, seed, until = token

        def keep(connection: psycopg.Connection) -> None:
            connection.execute(_DROP_DEAD, (now,))
            connection.execute(_DROP_OLDEST, (session_id, of_a_session - 1))
            connection.execute(_KEEP, (mark, session_id, seed, until))

        await self._committed(keep)

    async def take(self, mark: bytes) -> tuple[int, bytes, int] | None:
        """The token, which is kept no more: of all who ask at once, on whichever nodes, one is given it."""

        def take(connection: psycopg.Connection) -> tuple[int, bytes, int] | None:
            row = connection.execute(_TAKE, (mark,)).fetchone()
            return None if row is None else (row[0], bytes(row[1]), row[2])

        return await self._committed(take)

    async def stop(self) -> None:
        """Close the connection. May be called twice."""
        if self._stopped:
            return
        self._stopped = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    async def _committed(self, do: Callable[[psycopg.Connection], T]) -> T:
        if self._stopped:
            raise Stopping("The server is stopping; try again.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, do, time.monotonic())

    def _commit(self, do: Callable[[psycopg.Connection], T], asked_at: float) -> T:
        """In the thread. Who waited behind one that the database did not answer does not wait for that himself."""
        if asked_at < self._failed_at:
            raise Unavailable("The database does not answer; try again.")
        kept = self._connection is not None
        try:
            try:
                return self._attempt(do)
            except psycopg.Error:
                if not kept:
                    raise
                return self._attempt(do)  # on another: that one may have been lost long ago
        except psycopg.Error as error:
            self._failed_at = time.monotonic()
            _log.warning("tokens_not_reached", error=plain(error))
            raise Unavailable("The database does not answer; try again.") from error

    def _attempt(self, do: Callable[[psycopg.Connection], T]) -> T:
        connection = self._connection or self._database.connect(_WAIT)
        self._connection = connection
        try:
            with connection.transaction():
                connection.execute(_UNHURRIED)
                return do(connection)
        except BaseException:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
