"""How far sessions have been told, on PostgreSQL: what many ask for at once is one statement, on one connection."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, NamedTuple

import psycopg
import structlog

from seatkeeper.ledger.deliveries import Cursor, DeliveriesLost, EndedSession, Reached
from seatkeeper.ledger.engines.postgres_connection import plain
from seatkeeper.ledger.engines.postgres_cursors import (
    Advance,
    Connection,
    OtherJournal,
    advance,
    ended,
    forget,
    leave,
    look,
    taken,
    tell_end,
)
from seatkeeper.ledger.engines.postgres_watch import Watch
from seatkeeper.ledger.unavailable import Unavailable

_log = structlog.get_logger("seatkeeper.ledger")

_ANSWERS_WITHIN: Final = 6.0
"""Seconds after which a database that does not answer is taken to be lost."""
_TRY_AGAIN: Final = 0.5
"""Seconds after which it is tried again to write what was left, where the database did not answer."""
_MOST: Final = 5_000
"""How many sessions one statement is about."""


class _Asked(NamedTuple):
    """What somebody asks for, to be done together with all that is asked of the like. `key`: of his answer. `turn`: it
    is younger than what has a lower one.
    """

    work: "Callable[[Connection, list[Any]], Mapping[int, Any]]"
    key: int
    what: Any
    answer: asyncio.Future[Any]
    turn: int


class _Left(NamedTuple):
    """What is to be written of a reader that has nothing in hand any more, and from when on, by the loop's time."""

    reader: int
    arrived: bool
    due: float
    turn: int


class PostgresDeliveries:
    """The tables `deliveries` and `ended_sessions`. Connects when it is first asked, and anew when it has to.

    All of it is called in the event loop; the connection belongs to a thread of its own. `watch` breaks off what a
    database does not answer.
    """

    def __init__(self, connect: Callable[[], Connection], watch: Watch) -> None:
        self._connect = connect
        self._watch = watch
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(1, "seatkeeper-deliveries")
        self._asked: list[_Asked] = []
        self._left: dict[int, _Left] = {}
        self._turns = 0
        self._working: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._losses = 0
        self._stopped = False

    @property
    def losses(self) -> int:
        """How often the connection was lost."""
        return self._losses

    async def advance(self, session_id: int, known: Cursor | None, wanted: Cursor, reached: Reached) -> Cursor | None:
        """Write `wanted` where `known` stands; what stands there then."""
        what = Advance(session_id, known, wanted, Reached(reached.position, reached.digest))
        found: Cursor | OtherJournal | None = await self._ask(advance, session_id, what)
        if isinstance(found, OtherJournal):
            raise Unavailable("The database does not have what this server has read of it; try again.")
        return found

    def leave(self, session_id: int, reader: int, *, arrived: bool, after: float = 0.0) -> None:
        """`reader` has nothing in hand for the session any more."""
        if self._stopped:
            return
        due = asyncio.get_running_loop().time() + after
        self._left[session_id] = _Left(reader, arrived, due, self._turn())
        self._start_in(after)

    async def look(self, session_id: int) -> Cursor | None:
        """How far a session has been told."""
        found: Cursor | None = await self._ask(look, session_id, session_id)
        return found

    async def taken(self, streams: Mapping[int, int]) -> list[int]:
        """Of the sessions with an open stream and its reader, those that another reader has taken."""
        found: list[int] = await self._ask(taken, 0, dict(streams))
        return found

    async def ended(self, session_id: int) -> EndedSession | None:
        """A session that ended within the last while."""
        found: EndedSession | None = await self._ask(ended, session_id, session_id)
        return found

    async def tell_end(self, session_id: int) -> bool:
        """Whether nobody had told that session's client that it has ended; now somebody has."""
        told: bool | None = await self._ask(tell_end, session_id, session_id)
        return told is True

    async def forget_ended(self, until: int) -> None:
        """Forget sessions that ended until this time, and how far they were told."""
        await self._ask(forget, 0, until)

    async def stop(self) -> None:
        """Write what was left to write, if the database answers, and close the connection. May be called twice."""
        if self._stopped:
            return
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._working is not None:
            await self._working
        loop = asyncio.get_running_loop()
        left = self._take_left(math.inf)
        if left and self._connection is not None:
            with suppress(psycopg.Error):
                await loop.run_in_executor(self._thread, self._do, [], left)
        await loop.run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    async def _ask(self, work: Callable[[Connection, list[Any]], Mapping[int, Any]], key: int, what: object) -> Any:  # noqa: ANN401 - whatever the work answers
        if self._stopped:
            raise DeliveriesLost("The server is stopping; try again.")
        asked = _Asked(work, key, what, asyncio.get_running_loop().create_future(), self._turn())
        self._asked.append(asked)
        self._start()
        return await asked.answer

    def _turn(self) -> int:
        self._turns += 1
        return self._turns

    def _start(self) -> None:
        if self._working is None:
            self._working = asyncio.get_running_loop().create_task(self._work(), name="seatkeeper-deliveries")

    def _start_in(self, seconds: float) -> None:
        if seconds <= 0:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._start()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        lost = False
        while not lost:
            asked, left = self._take_asked(), self._take_left(loop.time())
            if not asked and not left:
                break
            try:
                answers = await loop.run_in_executor(self._thread, self._do, asked, left)
            except Exception as error:  # noqa: BLE001 - whoever asked is told, and nobody else can be
                lost = True
                self._lose(error, asked, left)
            else:
                self._tell(asked, answers)
        self._working = None
        if lost and not self._asked:
            self._start_in(_TRY_AGAIN)
        elif self._asked:
            self._start()
        elif self._left:
            self._start_in(min(each.due for each in self._left.values()) - loop.time())

    def _take_asked(self) -> list[_Asked]:
        """What is asked for and somebody still waits for; of one session's cursor only one move at a time."""
        asked: list[_Asked] = []
        later: list[_Asked] = []
        moved: set[int] = set()
        for each in self._asked:
            if each.answer.done():
                continue
            if len(asked) == _MOST or (each.work is advance and each.key in moved):
                later.append(each)
                continue
            if each.work is advance:
                moved.add(each.key)
            asked.append(each)
        self._asked = later
        return asked

    def _take_left(self, now: float) -> dict[int, _Left]:
        due = {session_id: left for session_id, left in self._left.items() if left.due <= now}
        for session_id in due:
            del self._left[session_id]
        return due

    def _tell(self, asked: list[_Asked], answers: list[Any]) -> None:
        for each, answer in zip(asked, answers, strict=True):
            if each.work is advance and answer == each.what.wanted:
                left = self._left.get(each.key)
                if left is not None and left.turn < each.turn:
                    del self._left[each.key]  # what was in hand before
            if not each.answer.done():
                each.answer.set_result(answer)

    def _lose(self, error: Exception, asked: list[_Asked], left: dict[int, _Left]) -> None:
        """What was asked for has no answer; who has left is written as soon as it can be."""
        _log.warning("deliveries_lost", error=plain(error))
        for each in asked:
            if not each.answer.done():
                each.answer.set_exception(DeliveriesLost("The database does not answer; try again."))
        self._left = left | self._left

    def _do(self, asked: list[_Asked], left: dict[int, _Left]) -> list[Any]:
        """In the thread: all of it, and the answers in order."""
        connection = self._connection or self._connect()
        try:
            until = time.monotonic() + _ANSWERS_WITHIN
            with self._watch.over(connection, lambda: time.monotonic() > until):
                if left:
                    leave(connection, {session_id: each[:2] for session_id, each in left.items()})
                found = {
                    work: work(connection, [each.what for each in asked if each.work is work])
                    for work in dict.fromkeys(each.work for each in asked)
                }
        except BaseException:
            if self._connection is not None:
                self._losses += 1
            self._connection = None
            connection.close()
            raise
        self._connection = connection
        return [found[each.work].get(each.key) for each in asked]

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
