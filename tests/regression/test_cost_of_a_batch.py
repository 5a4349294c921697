"""What a batch costs, counted and not timed, so that a noisy machine says the same as a quiet one.

A bound is what it takes now and a little more. One that is exceeded is to be raised only by whoever wants the cost.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from bench.worlds import ACCESS, MEDIA, World, build
from seatkeeper.ledger.bounds import Bounds
from seatkeeper.ledger.engines.postgres_statements import NOTIFY
from seatkeeper.licensing.commands import AcquireInStages, Stage, StageFailureAction
from seatkeeper.licensing.state import FIRST_SESSION
from tests.ledger.watched import WatchedEngine, WatchedSqlite
from tests.ledger.world import Place, WatchedLedger, all_of, assert_clean, database_at, named, running

pytestmark = pytest.mark.anyio

_BATCHES: Final = (1, 8, 64)
"""On SQLite rows are saved in portions that are powers of two, which all of these come to."""

_WORLD: Final = World(users=100, assigned=4)
_TENFOLD: Final = World(users=1_000, assigned=4)

MOST_STATEMENTS: Final = 30
"""Of one batch in which nobody is in memory: to begin, to see what is new, to load, to save, to commit."""

MOST_ROWS_A_COMMAND: Final = 4
"""Written for one command: an event and a hold for each of two licenses."""

MOST_ROWS_A_BATCH: Final = 2
"""Written for all commands of a batch together: the counts of two licenses."""

MOST_MORE_STEPS: Final = 1.1
"""Of SQLite's virtual machine, where ten times as many users are there."""

_NO_HURRY: Final = Bounds(batch_milliseconds=60_000)
"""However slow the machine is, what waits together is one batch."""

_LOOK: Final = 10  # steps of SQLite's virtual machine from one count to the next


class Cost(NamedTuple):
    """Of one batch. `written`: rows, `steps`: tens of instructions of SQLite's virtual machine; 0 on PostgreSQL."""

    statements: list[str]
    written: int
    steps: int


async def test_a_batch_on_sqlite_takes_as_many_statements_for_one_command_as_for_sixty_four(tmp_path: Path) -> None:
    costs = await costs_of(_BATCHES, tmp_path, _WORLD)
    assert len({len(cost.statements) for cost in costs}) == 1, [len(cost.statements) for cost in costs]
    assert len(costs[0].statements) <= MOST_STATEMENTS, costs[0].statements


async def test_a_batch_on_sqlite_of_any_other_size_takes_few_more(tmp_path: Path) -> None:
    [cost] = await costs_of([27], tmp_path, _WORLD)
    assert len(cost.statements) <= MOST_STATEMENTS, cost.statements


async def test_a_batch_on_postgresql_takes_as_many_statements_and_one_notification(postgres_url: str) -> None:
    costs = await costs_of(_BATCHES, postgres_url, _WORLD)
    assert len({len(cost.statements) for cost in costs}) == 1, [len(cost.statements) for cost in costs]
    assert len(costs[0].statements) <= MOST_STATEMENTS, costs[0].statements
    assert [cost.statements.count(NOTIFY) for cost in costs] == [1, 1, 1]


async def test_a_batch_writes_rows_for_its_commands_and_counts_once(tmp_path: Path) -> None:
    for size, cost in zip(_BATCHES, await costs_of(_BATCHES, tmp_path, _WORLD), strict=True):
        assert cost.written <= MOST_ROWS_A_COMMAND * size + MOST_ROWS_A_BATCH


async def test_a_batch_touches_no_more_with_ten_times_the_users(tmp_path: Path) -> None:
    [of_few] = await costs_of([64], tmp_path / "few", _WORLD)
    [of_many] = await costs_of([64], tmp_path / "many", _TENFOLD)
    assert of_many.written == of_few.written
    assert of_many.steps <= of_few.steps * MOST_MORE_STEPS


async def costs_of(sizes: Sequence[int], place: Place, world: World) -> list[Cost]:
    """What batches of so many staged acquisitions cost, each by sessions of its own, of whose users none is loaded."""
    if isinstance(place, Path):
        place.mkdir(exist_ok=True)
    build(world, database_at(place))
    async with running(place, bounds=_NO_HURRY) as ledger:
        await _cost(ledger, [])  # from now on, what keeps the writer busy is refused, which costs the same each time
        idle = await _cost(ledger, [])
        costs, first = [], FIRST_SESSION
        for size in sizes:
            commits = ledger.engine.commits
            cost = await _cost(ledger, range(first, first + size))
            assert ledger.engine.commits == commits + 1, "they were one batch"
            costs.append(Cost(_committed(cost.statements), cost.written, cost.steps - idle.steps))
            first += size
    assert_clean(database_at(place))
    return costs


def _committed(statements: list[str]) -> list[str]:
    """Those of the one batch that was committed; beside it the ledger looks what there is, and tries in vain."""
    end = statements.index("COMMIT") + 1
    start = max(at for at, statement in enumerate(statements[:end]) if statement.startswith("BEGIN"))
    return statements[start:end]


async def _cost(ledger: WatchedLedger, sessions: Sequence[int]) -> Cost:
    """What one batch costs in which all these sessions acquire, and what keeps the writer busy until they wait."""
    plug = await ledger.while_busy()
    waiting = [asyncio.create_task(ledger.submit(_acquire(session_id))) for session_id in sessions]
    await asyncio.sleep(0)
    counted = _Counted(ledger.engine)
    ledger.go_on()
    _, *outcomes = await all_of([plug, *waiting])
    for stages in outcomes:
        assert not isinstance(stages, BaseException), stages
        assert [verdict.granted for stage in stages for verdict in stage.verdicts] == [True, True]
    return counted.so_far()


class _Counted:
    """What an engine does from now on."""

    def __init__(self, engine: WatchedEngine) -> None:
        self._engine = engine
        self._steps = 0
        engine.statements.clear()
        if isinstance(engine, WatchedSqlite):
            engine._connection.set_progress_handler(self._step, _LOOK)  # noqa: SLF001 - it has no other way to be counted
        self._before = self._changes()

    def so_far(self) -> Cost:
        return Cost(list(self._engine.statements), self._changes() - self._before, self._steps)

    def _step(self) -> None:
        self._steps += 1

    def _changes(self) -> int:
        if isinstance(self._engine, WatchedSqlite):
            return self._engine._connection.total_changes  # noqa: SLF001 - as above
        return 0


def _acquire(session_id: int) -> AcquireInStages:
    """As clients do: access first, without which the rest is not tried."""
    stages = (
        Stage(name="access", licenses=named(ACCESS), on_failure=StageFailureAction.ABORT),
        Stage(name="media", licenses=named(MEDIA), on_failure=StageFailureAction.CONTINUE),
    )
    return AcquireInStages(session_id=session_id, stages=stages)
