"""`seatkeeper move` and `seatkeeper check`: everything comes to PostgreSQL, or nothing does."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.door import DatabaseFile, DatabaseServer, DataDirectoryInUse
from seatkeeper.ledger.moving import MoveRefused, move
from seatkeeper.ledger.schema import SchemaTooOld, migrate
from seatkeeper.licensing.inventory_commands import DefineStation
from tests.cli.command import seatkeeper, sentence_of
from tests.ledger.former_versions import put_former
from tests.ledger.world import acquire, connect, inventory, running, tamper
from tests.nodes.keeping import content, execute, lived_in, moved, node
from tests.postgres.databases import PostgresServer

pytestmark = pytest.mark.anyio

TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


async def test_everything_is_moved_and_work_goes_on_there(tmp_path: Path, postgres_url: str) -> None:
    source = DatabaseFile(put_former("0006", tmp_path))
    migrate(source)
    before = content(source)
    done = moved(source, postgres_url)
    assert content(DatabaseServer(postgres_url)) == before == content(source)
    assert done.rows == sum(map(len, before.values()))
    assert done.events == len(before["journal"]) == 12
    assert len(done.archives) == len(before["seals"]) == 2
    assert check_database(DatabaseServer(postgres_url)) == check_database(source)
    async with node(postgres_url) as ledger:
        [held] = await ledger.submit(acquire(1_000_000_003, "Agent"))
        assert held.granted
        await ledger.submit(connect(2))
    report = check_database(DatabaseServer(postgres_url))
    assert report.clean, report.differences
    assert report.head.seq > done.last


@pytest.mark.slow
async def test_it_is_moved_on_from_one_postgresql_database_to_another(
    tmp_path: Path, postgres_url: str, postgres: PostgresServer
) -> None:
    moved(await lived_in(tmp_path), postgres_url)
    other = postgres.new_url(migrated=False)
    try:
        moved(DatabaseServer(postgres_url), other)
        assert content(DatabaseServer(other)) == content(DatabaseServer(postgres_url))
        with pytest.raises(MoveRefused, match="has an inventory already"):
            moved(DatabaseServer(postgres_url), other)
    finally:
        postgres.drop(other)


async def test_what_servers_use_is_not_moved(tmp_path: Path, postgres_url: str, postgres: PostgresServer) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        with pytest.raises(DataDirectoryInUse):
            await asyncio.to_thread(moved, DatabaseFile(ledger.file), postgres_url)
    async with node(postgres_url):
        with pytest.raises(MoveRefused, match=r"^Servers use postgresql://.* now; stop all of them first"):
            await asyncio.to_thread(moved, DatabaseFile(ledger.file), postgres_url)
        other = postgres.new_url(migrated=False)
        try:
            with pytest.raises(MoveRefused, match=r"^Servers use "):
                await asyncio.to_thread(moved, DatabaseServer(postgres_url), other)
            assert execute(other, TABLES) == [(0,)]
        finally:
            postgres.drop(other)
    moved(DatabaseFile(ledger.file), postgres_url)


async def test_what_does_not_agree_with_its_journal_is_not_moved(tmp_path: Path, postgres_url: str) -> None:
    source = await lived_in(tmp_path)
    tamper(source.path, "UPDATE pools SET concurrent_in_use = concurrent_in_use + 1 WHERE license_id = 1")
    with pytest.raises(MoveRefused, match=r"is not what its journal says; differences: 1, .*concurrent_in_use"):
        moved(source, postgres_url)
    assert execute(postgres_url, "SELECT count(*) FROM licenses") == [(0,)]


def test_an_older_schema_and_a_missing_database_are_not_moved(tmp_path: Path, postgres_url: str) -> None:
    with pytest.raises(SchemaTooOld, match="0006"):
        moved(DatabaseFile(put_former("0006", tmp_path)), postgres_url)
    with pytest.raises(MoveRefused, match="There is no database"):
        moved(DatabaseFile(tmp_path / "none" / "seatkeeper.db"), postgres_url)
    assert not (tmp_path / "none").exists()


async def test_text_that_postgresql_cannot_have_is_told_with_its_table(tmp_path: Path, postgres_url: str) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(DefineStation(name="desk1", display_name="De\0sk"))
    with pytest.raises(MoveRefused, match=r"of stations.* cannot be in PostgreSQL: .*NUL"):
        moved(DatabaseFile(ledger.file), postgres_url)
    assert execute(postgres_url, "SELECT count(*) FROM journal") == [(0,)]


async def test_what_is_cut_off_leaves_nothing_and_is_begun_again(tmp_path: Path, postgres: PostgresServer) -> None:
    """A process is killed when everything is copied, before the commit."""
    source = await lived_in(tmp_path)
    url = postgres.new_url(migrated=False)
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from seatkeeper.ledger.door import DatabaseFile, DatabaseServer\n"
        "from seatkeeper.ledger.moving import move\n"
        "def told(what, done, total):\n"
        "    if what.startswith('Checking postgresql://'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "move(DatabaseFile(Path(sys.argv[1])), DatabaseServer(sys.argv[2]), told)\n"
    )
    try:
        command = [sys.executable, "-c", script, str(source.path), url]
        killed = await asyncio.to_thread(lambda: subprocess.run(command, check=False, timeout=60))
        assert killed.returncode == -signal.SIGKILL
        moved(source, url)  # the lock of the killed one goes with its connection
        assert content(DatabaseServer(url)) == content(source)
    finally:
        postgres.drop(url)


async def test_an_interruption_leaves_the_target_empty(tmp_path: Path, postgres: PostgresServer) -> None:
    source = await lived_in(tmp_path)
    url = postgres.new_url(migrated=False)

    def interrupted(what: str, *_: int) -> None:
        if what == "users":
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            move(source, DatabaseServer(url), interrupted)
        assert execute(url, TABLES) == [(0,)]
    finally:
        postgres.drop(url)


async def test_a_check_finds_on_postgresql_what_it_finds_on_sqlite(tmp_path: Path, postgres_url: str) -> None:
    source = await lived_in(tmp_path, sealed=True)
    archive = tmp_path / "archive"
    moved(source, postgres_url)
    target = DatabaseServer(postgres_url)
    assert check_database(target, archive) == check_database(source, archive)
    assert check_database(target, archive).clean
    for wrong in (
        "UPDATE pools SET concurrent_in_use = concurrent_in_use + 1 WHERE license_id = 1",
        "DELETE FROM holds WHERE license_id = 1",
        "UPDATE users SET login_key = 'somebody' WHERE id = 1",
        "UPDATE users SET rights = '[ \"admin\" ]' WHERE id = 1",
        "DELETE FROM session_keys",
        "UPDATE journal SET at = at - 1000000 WHERE seq = (SELECT max(seq) FROM journal)",
        "DELETE FROM journal WHERE seq = (SELECT max(seq) - 2 FROM journal)",
        "UPDATE seals SET event = event - 1",
        "UPDATE snapshot_rows SET user_id = 99 WHERE user_id = 1",
    ):
        tamper(source.path, wrong)
        execute(postgres_url, wrong)
        here, there = check_database(target, archive), check_database(source, archive)
        assert sorted(here.differences) == sorted(there.differences)
        assert here.notes == there.notes
        assert not here.clean


async def test_a_check_beside_nodes_that_write_sees_one_point_in_time(postgres_url: str) -> None:
    async with node(postgres_url) as ledger:
        await ledger.submit(inventory(users=4, seats=9))

        checked = asyncio.Event()

        async def work(number: int) -> None:
            while not checked.is_set():
                session = await ledger.submit(connect(number))
                await ledger.submit(acquire(session.session_id, "Agent"))

        working = asyncio.gather(*(work(number) for number in range(1, 5)))
        reports = [await asyncio.to_thread(check_database, DatabaseServer(postgres_url)) for _ in range(3)]
        checked.set()
        await working
    assert [report.differences for report in reports] == [[]] * 3
    assert len({report.head.seq for report in reports}) > 1


@pytest.mark.slow
async def test_the_commands_say_what_they_did_and_what_is_next(tmp_path: Path, postgres_url: str) -> None:
    source = await lived_in(tmp_path / "data")
    told = seatkeeper("move", "--from", f"sqlite:{tmp_path / 'data'}", "--to", postgres_url)
    assert told.returncode == 0, told.stderr
    assert "both agree with their journals" in told.stdout
    assert "Next: set database" in told.stdout
    assert "admin-token" in told.stdout
    assert "\njournal: " in told.stderr
    checked = seatkeeper("check", "--database", postgres_url)
    assert checked.returncode == 0, checked.stderr
    assert "rows agree, and the chain is whole" in checked.stdout
    environment = {"SEATKEEPER_DATABASE": postgres_url}
    assert seatkeeper("check", env=environment).stdout == checked.stdout
    assert "pg_basebackup" in sentence_of(seatkeeper("backup", tmp_path / "copy.db", env=environment), 1)
    assert (
        "Versions before this one cannot use it any more" in seatkeeper("migrate", "--finish", env=environment).stdout
    )
    again = seatkeeper("move", "--from", f"sqlite:{source.path}", "--to", postgres_url)
    assert "was moved to PostgreSQL" in sentence_of(again, 3)
    aside = tmp_path / "data" / "seatkeeper.db.moved"
    again = seatkeeper("move", "--from", f"sqlite:{aside}", "--to", postgres_url)
    assert "has an inventory already" in sentence_of(again, 1)
    assert "--from: write" in sentence_of(seatkeeper("move", "--from", "data", "--to", postgres_url), 2)
    nowhere = seatkeeper("check", "--database", "postgresql://127.0.0.1:1/nowhere")
    assert "cannot be connected to" in sentence_of(nowhere, 3)
