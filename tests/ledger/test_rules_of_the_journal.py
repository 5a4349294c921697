"""Rules L11, L12 and L14 of the ledger: what the journal may hold, the tables' second line, how SQLite is used."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from seatkeeper.ledger.door import Stopping, Unanswered
from seatkeeper.ledger.engines import sqlite_database
from seatkeeper.ledger.engines.engine import Memoranda, SaveFailed
from seatkeeper.ledger.journal import JournalError
from seatkeeper.licensing.commands import Subscribe, Together
from seatkeeper.licensing.entities import Holder, HolderKind
from seatkeeper.licensing.inventory_commands import DefineLicense, DefineUser
from seatkeeper.licensing.state import Image, State
from tests.ledger.watched import WatchedSqlite
from tests.ledger.world import (
    OWNER,
    Clock,
    Place,
    acquire,
    assert_clean,
    assign,
    connect,
    inventory,
    rows,
    running,
    tamper,
    until,
)

pytestmark = pytest.mark.anyio

FOREIGN = """
    INSERT INTO journal (seq, at, batch, kind, version, data, hash)
    SELECT max(seq) + 1, max(at), 1, ?, ?, ?, ? FROM journal
"""


@pytest.mark.parametrize("unknown", [("seat_lent", 1), ("assigned", 99)])
async def test_l11_a_writer_that_meets_an_event_it_does_not_know_takes_no_more_commands(
    place: Place, unknown: tuple[str, int]
) -> None:
    fatal: list[Exception] = []
    async with running(place, on_fatal=fatal.append) as ledger:
        await ledger.submit(inventory())
        tamper(ledger.database, FOREIGN, *unknown, b"{}", bytes(32))
        with pytest.raises((Unanswered, Stopping)):  # a node may have met it by itself
            await ledger.submit(connect(1))
        await until(lambda: not ledger.healthy)
        with pytest.raises(Stopping):
            await ledger.submit(connect(1))
        assert [type(error) for error in fatal] == [JournalError]
    assert rows(ledger.database, "SELECT * FROM sessions") == []
    with pytest.raises(JournalError, match=r"does not know; run a newer one$"):
        async with running(place):
            pass


async def test_l11_whatever_is_personal_has_a_salt_of_its_own_also_within_a_batch(place: Place) -> None:
    """Whoever knows one salt can find out nothing more of another event."""
    async with running(place) as ledger:
        await ledger.submit(inventory())
        await asyncio.gather(*(ledger.submit(connect(1)) for _ in range(5)))
        salts = rows(
            ledger.database, "SELECT length(personal_salt), personal_salt FROM journal WHERE personal_salt IS NOT NULL"
        )
        assert {length for length, _ in salts} == {16}
        assert len({bytes(salt) for _, salt in salts}) == len(salts) > 5


async def test_l11_no_secret_stands_in_the_journal(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        await ledger.submit(DefineUser(login="agent01", display_name="Agent 1", password_hash="$another$"))
        ledger.touch(session_id)
    written = b"".join(str(value).encode() for row in rows(ledger.file, "SELECT * FROM journal") for value in row)
    assert b"agent01" in written
    files = await asyncio.to_thread(lambda: b"".join(file.read_bytes() for file in tmp_path.iterdir()))
    for secret in (b"$hash$", b"$another$", b"cookie-1", b"csrf-1"):
        assert secret not in written
        assert secret in files


async def _doctored(place: Place, doctor: Callable[[State, Image], None]) -> None:
    """Save what no rule would come to, and have the tables refuse it."""
    async with running(place) as ledger:
        await ledger.submit(inventory(seats=1))
        await ledger.submit(assign(1, "Agent"))
        session_id = (await ledger.submit(connect(1))).session_id
        await ledger.submit(acquire(session_id, "Agent"))
        true = ledger.image
    engine = ledger.database.engine(ledger.now)
    try:
        state = State(Image())
        state.pools.below.update(true.pools)
        doctor(state, true)
        engine.begin()
        with pytest.raises(SaveFailed):
            engine.save([], state, Memoranda([], []))
        engine.rollback()
    finally:
        engine.close()
    assert_clean(ledger.database)


def _second_hold(state: State, true: Image) -> None:
    [(key, hold)] = true.holds.items()
    state.holds.put(key, replace(hold, since=hold.since + 1))


def _second_assignment(state: State, true: Image) -> None:
    [(key, assignment)] = true.assignments.items()
    state.assignments.put(key, replace(assignment, id=assignment.id + 1))


def _second_user_of_a_login(state: State, true: Image) -> None:
    state.users.put(99, replace(true.users[1], id=99))


def _more_in_use_than_bought(state: State, true: Image) -> None:
    state.pools.put(1, replace(true.pools[1], concurrent_in_use=2))


def _more_assigned_than_bought(state: State, true: Image) -> None:
    state.pools.put(1, replace(true.pools[1], assigned_stations=1))


def _fewer_than_none(state: State, true: Image) -> None:
    state.pools.put(1, replace(true.pools[1], concurrent_in_use=-1))


def _a_row_that_is_not_there(state: State, true: Image) -> None:
    holder = Holder(HolderKind.USER, 7)
    state.assignments.below[holder, 1] = next(iter(true.assignments.values()))
    state.assignments.put((holder, 1), None)


@pytest.mark.parametrize(
    "doctor",
    [
        _second_hold,
        _second_assignment,
        _second_user_of_a_login,
        _more_in_use_than_bought,
        _more_assigned_than_bought,
        _fewer_than_none,
        _a_row_that_is_not_there,
    ],
)
async def test_l12_the_tables_refuse_what_no_rule_may_come_to(
    place: Place, doctor: Callable[[State, Image], None]
) -> None:
    await _doctored(place, doctor)


async def test_l14_the_disk_is_waited_for_in_the_writers_thread_alone(place: Place) -> None:
    async with running(place) as ledger:
        ledger.engine.threads.clear()  # it was opened by another
        await ledger.submit(inventory())
        await ledger.submit(connect(1))
        threads = {name.partition("_")[0] for name in ledger.engine.threads}  # a pool numbers its own
        assert threads == {"seatkeeper-writer"}


async def test_l14_commits_reach_the_disk_and_checkpoints_are_not_theirs(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        assert isinstance(ledger.engine, WatchedSqlite)
        assert ledger.engine.settings() == ("wal", 2, 0)


async def _fill(tmp_path: Path, characters: int) -> tuple[Path, int, int]:
    """A database with this much in its log; its path, and the bytes of the file and of the log."""
    async with running(tmp_path) as ledger:
        description = "x" * 100_000
        commands = tuple(
            DefineLicense(owner=OWNER, name=f"L{number}", display_name="", description=description)
            for number in range(characters // len(description) // 2)
        )
        await ledger.submit(Together(commands=commands))
        log = ledger.file.with_name("seatkeeper.db-wal")
        before = ledger.file.stat().st_size
        assert log.stat().st_size > characters
        ledger.database.checkpoint()
        return ledger.file, ledger.file.stat().st_size - before, log.stat().st_size


async def test_l14_a_checkpoint_brings_a_long_log_home_beside_the_writer(tmp_path: Path) -> None:
    _, grown, log = await _fill(tmp_path, 6 * 2**20)
    assert grown > 5 * 2**20
    assert log > 6 * 2**20  # to be written over; only one that grew without an end is cut


async def test_l14_a_log_that_never_came_to_its_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_database, "_LONGEST_LOG", 5 * 2**20)
    _, grown, log = await _fill(tmp_path, 6 * 2**20)
    assert (grown > 5 * 2**20, log) == (True, 0)


async def test_l14_keys_are_integers_that_rise_with_time(place: Place) -> None:
    clock = Clock()
    async with running(place, clock=clock) as ledger:
        await ledger.submit(inventory())
        for number in (3, 1):
            clock.now += 1
            await ledger.submit(assign(number, "Agent"))
            session_id = (await ledger.submit(connect(number))).session_id
            await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=("Agent",)))
    for statement in (
        "SELECT id FROM sessions ORDER BY connected_at",
        "SELECT id FROM assignments ORDER BY at",
        "SELECT at FROM journal ORDER BY seq",
    ):
        keys = [key for (key,) in rows(ledger.database, statement)]
        assert keys == sorted(keys)
        assert all(isinstance(key, int) for key in keys)


async def test_l14_an_idempotency_key_has_its_column_and_is_used_once(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
    tamper(ledger.database, "UPDATE journal SET idempotency_key = 'k' WHERE seq = 1")
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation), match="idempotency_key"):
        tamper(ledger.database, "UPDATE journal SET idempotency_key = 'k' WHERE seq = 2")
