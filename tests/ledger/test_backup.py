"""`backup` copies a database while it is in use, whole or not at all."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from seatkeeper.ledger.backup import BackupRefused, back_up
from tests.ledger.checking import check_file
from tests.ledger.world import all_of, assert_clean, assign, connect, inventory, running, unassign

pytestmark = pytest.mark.anyio


async def test_a_backup_taken_under_load_is_sound_and_can_be_started_from(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as ledger:
        await ledger.submit(inventory(users=9, seats=9))
        done = asyncio.Event()

        async def work(number: int) -> None:
            while not done.is_set():
                await ledger.submit(assign(number, "Agent"))
                await ledger.submit(unassign(number, "Agent"))

        working = [asyncio.create_task(work(number)) for number in range(1, 10)]
        before = ledger.head
        for number in range(3):
            await asyncio.to_thread(back_up, ledger.file, tmp_path / f"{number}.db")
        done.set()
        await all_of(working)
        after = ledger.head
    for number in range(3):
        report = check_file(tmp_path / f"{number}.db")
        assert report.clean
        assert before <= report.events <= after
        assert (tmp_path / f"{number}.db").stat().st_mode & 0o077 == 0
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(tmp_path / "0.db", restored / "seatkeeper.db")
    async with running(restored) as ledger:
        await ledger.submit(connect(1))
    assert_clean(ledger.file)


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    async with running(tmp_path / "data") as ledger:
        await ledger.submit(inventory())
    return ledger.file


async def test_a_backup_never_overwrites_a_file(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(database, target)
    assert target.read_text() == "precious"


async def test_a_target_in_no_directory_is_told_what_to_make(database: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(BackupRefused, match=f"^There is no directory {nowhere}; make it, or name another place\\.$"):
        back_up(database, nowhere / "copy.db")
    assert not nowhere.exists()


@pytest.mark.parametrize("target", ["file/copy.db", "x" * 300])
async def test_a_target_that_cannot_be_written_is_said_in_one_sentence(
    database: Path, tmp_path: Path, target: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupRefused, match=r"^The backup to .* failed: "):
        back_up(database, tmp_path / target)


async def test_what_is_no_database_is_not_backed_up_and_nothing_is_left(tmp_path: Path) -> None:
    source = tmp_path / "data.db"
    with pytest.raises(BackupRefused, match="There is no database"):
        back_up(source, tmp_path / "copies" / "copy.db")
    source.write_bytes(b"no database at all" * 100)
    (tmp_path / "copies").mkdir()
    with pytest.raises(BackupRefused, match="not a database"):
        back_up(source, tmp_path / "copies" / "copy.db")
    assert list((tmp_path / "copies").iterdir()) == []


async def test_a_backup_that_is_interrupted_leaves_nothing(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "copies").mkdir()

    def interrupt(_file: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as fault:
        fault.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            back_up(database, tmp_path / "copies" / "copy.db")
    assert list((tmp_path / "copies").iterdir()) == []
    back_up(database, tmp_path / "copies" / "copy.db")
    assert_clean(tmp_path / "copies" / "copy.db")
