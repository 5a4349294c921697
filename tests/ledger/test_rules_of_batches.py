"""Rules L1 to L3 of the ledger: one batch at a time, the image, the overlay."""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seatkeeper.ledger.door import Bounds, Unavailable
from seatkeeper.ledger.engines.engine import NoSpace, SaveFailed
from seatkeeper.ledger.journal import Entry, read
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import JOURNALLED, Image, State
from tests.ledger.world import (
    Clock,
    Place,
    WatchedLedger,
    acquire,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    named,
    rows,
    running,
    tamper,
    unassign,
    until,
)

pytestmark = pytest.mark.anyio

OF_USERS = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE)\b.*?\b(users|credentials|profiles|assignments|sessions|holds)\b",
    re.DOTALL,
)
"""A statement on what users have."""

REFUSING = {
    "sqlite": """
        CREATE TRIGGER refuse BEFORE INSERT ON sessions WHEN NEW.machine = '192.0.2.66'
        BEGIN SELECT RAISE(ABORT, 'not from there'); END
    """,
    "postgresql+psycopg": """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'not from there'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON sessions FOR EACH ROW WHEN (NEW.machine = '192.0.2.66')
            EXECUTE FUNCTION refuse()
    """,
}
"""What has the tables refuse a session from a machine, by the database's driver."""


async def test_l1_all_that_waits_becomes_one_transaction(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=20))
        before = ledger.engine.commits
        plug = await ledger.while_busy()
        waiting = [asyncio.create_task(ledger.submit(connect(number))) for number in range(1, 21)]
        await asyncio.sleep(0)
        ledger.go_on()
        await all_of([plug, *waiting])
        assert ledger.engine.commits == before + 2
    assert len(rows(ledger.database, "SELECT DISTINCT batch FROM journal WHERE kind = 'connected'")) == 1


async def test_l1_another_writer_is_kept_out_while_a_batch_is_under_way(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        waiting = asyncio.create_task(ledger.submit(inventory()))
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, 20)
        other = sqlite3.connect(ledger.file, timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        ledger.engine.may_commit.set()
        await waiting


async def test_l1_commands_that_another_writer_keeps_out_are_told_at_once_and_together(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        with closing(sqlite3.connect(ledger.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            outcomes = await all_of(ledger.submit(connect(1)) for _ in range(200))
            assert {type(outcome) for outcome in outcomes} == {Unavailable}
        await ledger.submit(connect(1))
    assert_clean(ledger.file)


async def test_l1_memoranda_that_another_writer_keeps_out_wait_for_the_next_time(tmp_path: Path) -> None:
    async with running(tmp_path, policy=Policy(idle_timeout=800)) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        with closing(sqlite3.connect(ledger.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ledger.touch(session_id)
            ledger.engine.at_begin.clear()
            assert await asyncio.to_thread(ledger.engine.at_begin.wait, 20)
            await asyncio.sleep(0.4)
        assert ledger.healthy
        ledger.touch(session_id)
    assert rows(ledger.file, "SELECT session_id FROM session_activity") == [(session_id,)]


async def test_l2_what_a_batch_needs_is_loaded_by_as_many_statements_for_one_user_as_for_forty(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=41, seats=100))
        await all_of(ledger.submit(assign(number, "Agent")) for number in range(1, 42))
    counts = []
    async with running(place) as ledger:
        for numbers in (range(1, 2), range(2, 42)):
            plug = await ledger.while_busy()
            waiting = [asyncio.create_task(ledger.submit(unassign(number, "Agent"))) for number in numbers]
            await asyncio.sleep(0)
            ledger.engine.statements.clear()
            ledger.go_on()
            await all_of([plug, *waiting])
            kinds = Counter(found[1] for each in ledger.engine.statements if (found := OF_USERS.match(each)))
            # SQLite, which is in this process, writes row after row.
            counts.append({kind: kinds[kind] for kind in kinds if kind == "SELECT" or isinstance(place, str)})
    assert counts[0] == counts[1]
    assert counts[0]["SELECT"] > 5


async def _work(ledger: WatchedLedger) -> list[Any]:
    """The same work on any ledger: what each command came to."""
    outcomes: list[Any] = []
    for number in (1, 2, 3, 4, 1, 2):
        outcomes += await all_of([ledger.submit(assign(number, "Agent", "Recorder"))])
        session_id = (await ledger.submit(connect(number))).session_id
        outcomes += await all_of([ledger.submit(acquire(session_id, "Agent", "Recorder", "Supervisor"))])
    outcomes += await all_of([ledger.submit(unassign(1, "Agent"))])
    outcomes += await all_of(ledger.submit(acquire(1_000_000_001 + each, "Agent")) for each in range(6))
    return [(each.code, str(each)) if isinstance(each, Refusal) else each for each in outcomes]


async def test_l2_a_user_who_was_evicted_and_loaded_again_gets_the_same_answers(
    place_anew: Callable[[], Place],
) -> None:
    outcomes, journals = [], []
    for cached_users in (1000, 1):
        async with running(place_anew(), bounds=Bounds(cached_users=cached_users), clock=Clock()) as ledger:
            await ledger.submit(inventory())
            outcomes.append(await _work(ledger))
            assert len(ledger.image.users) <= cached_users
        journals.append(rows(ledger.database, "SELECT seq, at, kind, data, personal FROM journal ORDER BY seq"))
        assert_clean(ledger.database)
    assert outcomes[0] == outcomes[1]
    assert journals[0] == journals[1]


async def test_l2_a_load_that_fails_halfway_leaves_no_half_user_in_the_image(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(assign(1, "Agent"))
    async with running(place) as ledger:
        tamper(ledger.database, "ALTER TABLE sessions RENAME TO hidden")
        with pytest.raises((sqlite3.OperationalError, SaveFailed, Unavailable)):
            await ledger.submit(unassign(1, "Agent"))
        tamper(ledger.database, "ALTER TABLE hidden RENAME TO sessions")
        await until(lambda: ledger.healthy)
        assert await ledger.submit(unassign(1, "Agent")) == named("Agent")
    assert_clean(ledger.database)


async def test_l2_the_image_is_what_the_fold_makes_of_the_journal(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        await _work(ledger)
        folded = Image()
        state = State(folded)
        for row in rows(ledger.database, "SELECT * FROM journal ORDER BY seq"):
            fold(state, read(Entry(*row)), row[1])
        state.merge()
        for table in JOURNALLED:
            assert getattr(ledger.image, table) == getattr(folded, table), table


async def test_l3_only_the_culprit_of_a_failing_save_gets_the_error(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory(users=5))
        tamper(ledger.database, REFUSING[ledger.database.drivername])
        plug = await ledger.while_busy()
        waiting = [
            asyncio.create_task(ledger.submit(connect(number, "192.0.2.66" if number == 3 else "192.0.2.1")))
            for number in range(1, 6)
        ]
        await asyncio.sleep(0)
        ledger.go_on()
        await plug
        outcomes = await all_of(waiting)
        assert [isinstance(outcome, SaveFailed) for outcome in outcomes] == [False, False, True, False, False]
        assert {session.user_id for session in ledger.image.sessions.values()} == {1, 2, 4, 5}
    assert_clean(ledger.database)


async def test_l3_a_batch_that_cannot_be_saved_for_want_of_room_fails_together_and_changes_nothing(
    place: Place,
) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        head = ledger.head
        ledger.engine.refuse = lambda _entries: NoSpace("the disk is full")
        outcomes = await all_of(ledger.submit(connect(1)) for _ in range(5))
        assert {type(outcome) for outcome in outcomes} == {Unavailable}
        assert (ledger.head, ledger.image.sessions) == (head, {})
        ledger.engine.refuse = lambda _entries: None
        assert (await ledger.submit(connect(1))).session_id == 1_000_000_001
    assert_clean(ledger.database)
