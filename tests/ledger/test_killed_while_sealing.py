"""Rule L11: whenever the process is killed while it seals or forgets, the database is sound and no event is lost."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledger.checking import check_file
from tests.ledger.keeping import (
    MINUTE,
    archive_of,
    assert_clean_with,
    forget,
    journal_of,
    seal,
    seal_all,
)
from tests.ledger.killed import FORGOTTEN
from tests.ledger.test_forgetting import live_and_leave, traces
from tests.ledger.world import Clock, connect, rows, running

pytestmark = pytest.mark.anyio


def killed_at_every_step(act: str, data: Path, folder: Path, now: int) -> list[Path]:
    """What each process left behind that was killed; the last one was not."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.ledger.killed", act, str(data), str(folder), str(now)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr.decode()
    left = sorted(folder.iterdir(), key=lambda path: int(path.name))
    assert len(left) > 15
    return left


def tables_of(database: Path) -> list[list[tuple[object, ...]]]:
    return [
        rows(database, f"SELECT * FROM {name} ORDER BY 1, 2")  # noqa: S608 - own names
        for name in ("users", "sessions", "holds", "assignments", "pools", "logons", "credentials", "counters")
    ]


@pytest.mark.slow
async def test_l11_killed_while_sealing(tmp_path: Path) -> None:
    data, folder, clock = tmp_path / "data", tmp_path / "killed", Clock()
    async with running(data, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock)
        clock.now += MINUTE + 1
    events = journal_of(ledger.file, archive_of(ledger))
    left = await asyncio.to_thread(killed_at_every_step, "seal", data, folder, clock.now)
    sealed, half_removed = 0, 0
    for each in left:
        database = each / "seatkeeper.db"
        report = check_file(database, each / "archive")
        assert report.clean, (each.name, report.differences)
        assert journal_of(database, each / "archive")[: len(events)] == events
        assert tables_of(database) == tables_of(ledger.file)
        [(seals,)] = rows(database, "SELECT count(*) FROM seals")
        sealed += seals == 2
        half_removed += any("stand in the database still" in note for note in report.notes)
        async with running(each, clock=clock) as again:
            assert (await seal(again) is None) == (seals == 2)
            await again.submit(connect(2))
        assert journal_of(database, each / "archive")[: len(events)] == events
        assert rows(database, "SELECT count(*) FROM journal WHERE seq <= (SELECT max(position) FROM seals)") == [(0,)]
        assert rows(database, "SELECT DISTINCT position FROM snapshot_rows") == rows(
            database, "SELECT max(position) FROM seals"
        )
        assert_clean_with(database, each / "archive")
    assert 3 < sealed < len(left) - 3
    assert half_removed >= 2


@pytest.mark.slow
async def test_l11_killed_while_forgetting(tmp_path: Path) -> None:
    data, folder, clock = tmp_path / "data", tmp_path / "killed", Clock()
    async with running(data, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock)
        await seal_all(ledger, clock)
        await ledger.submit(connect(3))
    events = journal_of(ledger.file, archive_of(ledger))
    left = await asyncio.to_thread(killed_at_every_step, "forget", data, folder, clock.now)
    assert traces(left[0]) != {}
    assert traces(left[-1]) == {}
    for each in left:
        assert_clean_with(each / "seatkeeper.db", each / "archive")
        async with running(each, clock=clock) as again:
            await forget(again, FORGOTTEN)
            assert await asyncio.to_thread(traces, each) == {}
            assert again.head == ledger.head + 1
        assert journal_of(each / "seatkeeper.db", each / "archive")[: len(events)] == events
        assert_clean_with(each / "seatkeeper.db", each / "archive")
