"""Defects planted in the server on purpose, so that the harness is seen to find them. Only the launcher uses them.

Each spoils one thing that the server does right, by replacing a function in the running process.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seatkeeper.ledger.batch import Batches
from seatkeeper.ledger.engines.engine import Engine
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.feed import LicensesChanged
from seatkeeper.ledger.mailbox import Mailbox, Queued
from seatkeeper.ledger.replica import Replica
from seatkeeper.licensing import grounds, holds
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.turn import Turn
from tests.torture.judge.findings import Kind

_OWED_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Plant:
    """A defect, and the kinds of finding of which at least one must come of it."""

    spoil: Callable[[], None]
    betrayed_by: frozenset[Kind]


def replace(owner: object, name: str, function: Callable[..., object]) -> None:
    """Put a function in the place of a class's or a module's own."""
    assert hasattr(owner, name), f"{owner} has no {name} any more; a defect that is not planted proves nothing"
    setattr(owner, name, function)


def answer_before_commit() -> None:
    """A batch is answered when its rows are written; what was written is committed every fifth of a second."""
    begin, commit, rollback = SqliteEngine.begin, SqliteEngine.commit, SqliteEngine.rollback
    owing_since: dict[SqliteEngine, float] = {}

    def begin_seldom(engine: SqliteEngine) -> None:
        since = owing_since.get(engine)
        if since is not None and time.monotonic() - since > _OWED_SECONDS:
            commit(engine)
            del owing_since[engine]
        if engine not in owing_since:
            begin(engine)

    def commit_later(engine: SqliteEngine) -> None:
        owing_since.setdefault(engine, time.monotonic())

    def rollback_own(engine: SqliteEngine) -> None:
        if engine not in owing_since:
            rollback(engine)

    replace(SqliteEngine, "begin", begin_seldom)
    replace(SqliteEngine, "commit", commit_later)
    replace(SqliteEngine, "rollback", rollback_own)


def skip_the_lock() -> None:
    """Two writers take turns, and neither looks under the lock at what the other has written."""
    attempt = Batches._attempt  # noqa: SLF001 - spoiled from outside on purpose
    twins: dict[Batches, Batches] = {}
    turns = itertools.cycle((False, True))

    def twin_of(batches: Batches) -> Batches:
        if batches not in twins:
            database = batches._engine._connection.execute("PRAGMA database_list").fetchone()[2]  # type: ignore[attr-defined]  # noqa: SLF001
            twins[batches] = Batches(
                DatabaseFile(Path(database)).engine(batches._engine.now),  # noqa: SLF001
                batches._policy,  # noqa: SLF001
                batches._activity,  # noqa: SLF001
                shared=False,
                time_limit=1000,
                cached_users=1000,
            )
            twins[batches].open()
        return twins[batches]

    def by_turns(batches: Batches, commands: list[Command[Any]]) -> list[Any]:
        if not next(turns):
            return attempt(batches, commands)
        twin = twin_of(batches)
        outcomes = attempt(twin, commands)
        batches.replica._untold = batches.replica._untold.joined(twin.tell())  # noqa: SLF001
        return outcomes

    def look_away(replica: Replica, engine: Engine) -> None:
        replica.head = engine.head()

    replace(Batches, "are_at_hand", lambda _batches, _commands: False)  # in the thread, where whole batches are tried
    replace(Batches, "_attempt", by_turns)
    replace(Replica, "follow", look_away)


def drop_a_message(every: int = 5) -> None:
    """Every so manieth message of a change of assignments is never delivered."""
    put = Mailbox.put
    numbers = itertools.count(1)

    def put_most(mailbox: Mailbox, queued: Queued) -> None:
        if not (isinstance(queued.message, LicensesChanged) and next(numbers) % every == 0):
            put(mailbox, queued)

    replace(Mailbox, "put", put_most)


def ignore_a_rollback() -> None:
    """The database rolls every twentieth batch back, and the server goes on as if it had committed it."""
    commit, rollback = SqliteEngine.commit, SqliteEngine.rollback
    numbers = itertools.count(1)

    def commit_most(engine: SqliteEngine) -> None:
        (commit if next(numbers) % 20 else rollback)(engine)

    replace(SqliteEngine, "commit", commit_most)


def grant_one_too_many() -> None:
    """A pool that is full lets one more in, and does not count him."""
    uses_concurrently = holds.uses_concurrently

    def uses_or_squeezes_in(turn: Turn, user_id: int, license_id: int, *, besides: int | None) -> bool:
        pool = turn.state.pools[license_id]
        squeezes_in = besides is None and pool.concurrent_in_use == pool.concurrent_seats
        return squeezes_in or uses_concurrently(turn, user_id, license_id, besides=besides)

    replace(grounds, "uses_concurrently", uses_or_squeezes_in)
    replace(holds, "uses_concurrently", uses_or_squeezes_in)


PLANTS: Final = {
    "answer-before-commit": Plant(
        answer_before_commit, frozenset({Kind.LOST, Kind.REVIVED, Kind.SESSION_LOST, Kind.OVER_ALLOCATION})
    ),
    "skip-the-lock": Plant(skip_the_lock, frozenset({Kind.OVER_ALLOCATION})),
    "drop-a-message": Plant(drop_a_message, frozenset({Kind.MESSAGE})),
    "ignore-a-rollback": Plant(
        ignore_a_rollback, frozenset({Kind.LOST, Kind.REVIVED, Kind.SESSION_LOST, Kind.OVER_ALLOCATION})
    ),
    "grant-one-too-many": Plant(grant_one_too_many, frozenset({Kind.OVER_ALLOCATION})),
}
"""By name. The kinds leave out faults: a server that merely answers 500 has not been found out."""
