"""Defects planted in every node on purpose, so that the harness is seen to find them. Only the launcher uses them."""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg

from seatkeeper.ledger.batch import Batches
from seatkeeper.ledger.commits import Commits
from seatkeeper.ledger.deliveries import Cursor
from seatkeeper.ledger.delivering import Delivering
from seatkeeper.ledger.engines import postgres_statements as statements
from seatkeeper.ledger.engines import selects
from seatkeeper.ledger.engines.engine import Engine
from seatkeeper.ledger.engines.postgres import PostgresEngine
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.following import Followed
from seatkeeper.ledger.happened import nothing_happened
from seatkeeper.ledger.journal import Head
from seatkeeper.ledger.mailbox import Mailbox
from seatkeeper.ledger.messages import LicensesChanged
from seatkeeper.ledger.replica import Replica
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.state import State
from tests.torture import plants
from tests.torture.judge.findings import Kind
from tests.torture.nodes.faults import Kind as Fault
from tests.torture.plants import replace

_OWED_SECONDS: Final = 0.2
_ACTS: Final = frozenset({Kind.LOST, Kind.REVIVED, Kind.SESSION_LOST, Kind.OVER_ALLOCATION})


@dataclass(frozen=True)
class Plant:
    """A defect, the kinds of finding of which at least one must come of it, and the faults that bring it to light."""

    spoil: Callable[[], None]
    betrayed_by: frozenset[Kind]
    faults: tuple[Fault, ...]


def answer_before_commit() -> None:
    """A batch is answered when its rows are written; what was written is committed every fifth of a second."""
    begin, begin_reading = PostgresEngine.begin, PostgresEngine.begin_reading
    commit, rollback = PostgresEngine.commit, PostgresEngine.rollback
    owing_since: dict[PostgresEngine, float] = {}

    def begin_seldom(truly: Callable[[PostgresEngine], None], engine: PostgresEngine) -> None:
        if time.monotonic() - owing_since.get(engine, time.monotonic()) > _OWED_SECONDS:
            del owing_since[engine]
            commit(engine)
        if engine in owing_since:
            engine._head = _head_of(engine)  # noqa: SLF001 - spoiled from outside on purpose
        else:
            truly(engine)

    def commit_later(engine: PostgresEngine) -> None:
        owing_since.setdefault(engine, time.monotonic())

    def rollback_own(engine: PostgresEngine) -> None:
        if engine not in owing_since:
            rollback(engine)

    replace(PostgresEngine, "begin", lambda engine: begin_seldom(begin, engine))
    replace(PostgresEngine, "begin_reading", lambda engine: begin_seldom(begin_reading, engine))
    replace(PostgresEngine, "commit", commit_later)
    replace(PostgresEngine, "rollback", rollback_own)


def answer_before_standby() -> None:
    """A commit is answered when the primary has it, the standby or not."""
    connect = DatabaseServer.connect

    def connect_carelessly(database: DatabaseServer, settings: Mapping[str, int | str]) -> psycopg.Connection:
        connection = connect(database, settings)
        connection.execute("SET synchronous_commit = local")
        return connection

    replace(DatabaseServer, "connect", connect_carelessly)


def skip_the_lock() -> None:
    """The lock is taken after deciding, and what others have written meanwhile is not looked at."""
    save, lock = Batches._save, statements.TAKE_LOCK  # noqa: SLF001
    replace(statements, "TAKE_LOCK", "SELECT 1")  # type: ignore[arg-type]

    def save_on_top(batches: Batches, state: State, events: list[Event], now: int) -> tuple[Head, int]:
        engine = batches._engine  # noqa: SLF001
        assert isinstance(engine, PostgresEngine)
        engine._execute(lock)  # noqa: SLF001
        batches.replica.head = _head_of(engine)
        return save(batches, state, events, max(now, batches.replica.head.at))

    replace(Batches, "_save", save_on_top)


def ignore_a_rollback() -> None:
    """The database rolls every eighth batch back, and the node goes on as if it had committed it."""
    commit, rollback = PostgresEngine.commit, PostgresEngine.rollback
    numbers = itertools.count(1)

    def commit_most(engine: PostgresEngine) -> None:
        (commit if next(numbers) % 8 else rollback)(engine)

    replace(PostgresEngine, "commit", commit_most)


def follow_nobody() -> None:
    """What others have written is taken for known."""

    def look_away(replica: Replica, engine: Engine, head: Head) -> bool:  # noqa: ARG001 - as what it replaces
        replica.head = head
        return True

    replace(Replica, "_take_in", look_away)


def ignore_a_rewinding() -> None:
    """A journal that does not go on from what is in memory is taken for one that does."""
    load = Replica.load
    loaded: set[int] = set()

    def load_once(replica: Replica, engine: Engine) -> None:
        if id(replica) in loaded:
            replica.head = engine.head()
        else:
            loaded.add(id(replica))
            load(replica, engine)

    replace(Replica, "load", load_once)


def tell_of_own_only() -> None:
    """What others have done gets into the image, and nobody is told of it."""
    merge = Replica._merge_foreign  # noqa: SLF001

    def merge_in_silence(replica: Replica, engine: Engine, followed: Followed) -> None:
        before = replica._untold  # noqa: SLF001
        merge(replica, engine, followed)
        replica._untold = before.joined(nothing_happened(replica.head))  # noqa: SLF001

    replace(Replica, "_merge_foreign", merge_in_silence)


def repeat_what_others_told() -> None:
    """A change that another node has told a client of is told him here as well."""
    learn = Delivering._learn  # noqa: SLF001

    def learn_in_vain(delivering: Delivering, mailbox: Mailbox, found: Cursor | None) -> None:
        waiting = mailbox.queue
        learn(delivering, mailbox, found)
        mailbox.queue = [
            each for each in waiting if isinstance(each.message, LicensesChanged) and not each.message.full
        ]

    replace(Delivering, "_learn", learn_in_vain)


def guess_a_fate() -> None:
    """A commit that was not confirmed is taken for done."""
    replace(Commits, "_was_saved", lambda *_: True)


def _head_of(engine: PostgresEngine) -> Head:
    row: Any = engine._execute(selects.HEAD).fetchone()  # noqa: SLF001
    return Head() if row is None else Head(*row)


_KILLS: Final = (Fault.KILL, Fault.KILL, Fault.FAIL_OVER)

PLANTS: Final = {
    "answer-before-commit": Plant(answer_before_commit, _ACTS, _KILLS),
    "answer-before-standby": Plant(answer_before_standby, _ACTS, (Fault.FAIL_OVER_LAGGING,)),
    "skip-the-lock": Plant(skip_the_lock, _ACTS, (Fault.CUT_LOST,)),
    "drop-a-message": Plant(
        partial(plants.drop_a_message, every=2), frozenset({Kind.MESSAGE}), (Fault.CUT_LOST, Fault.CUT_COMMITTED)
    ),
    "ignore-a-rollback": Plant(ignore_a_rollback, _ACTS, (Fault.CUT_LOST, Fault.CUT_COMMITTED)),
    "grant-one-too-many": Plant(plants.grant_one_too_many, frozenset({Kind.OVER_ALLOCATION}), (Fault.CUT_LOST,)),
    "follow-nobody": Plant(follow_nobody, _ACTS, (Fault.CUT_LOST,)),
    "ignore-a-rewinding": Plant(ignore_a_rewinding, _ACTS | {Kind.MESSAGE}, (Fault.RESTORE, Fault.LOST_COMMITS)),
    "tell-of-own-only": Plant(tell_of_own_only, frozenset({Kind.MESSAGE}), (Fault.CUT_LOST, Fault.CUT_COMMITTED)),
    "repeat-what-others-told": Plant(
        repeat_what_others_told, frozenset({Kind.MESSAGE}), (Fault.CUT_LOST, Fault.CUT_COMMITTED)
    ),
    "guess-a-fate": Plant(guess_a_fate, _ACTS, (Fault.CUT_LOST,) * 3),
}
"""By name. The kinds leave out faults: a server that merely answers 500 has not been found out."""
