"""The schema that the migrations make, and who may open it."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, URL, Boolean, Column, LargeBinary, String, create_engine

from seatkeeper.ledger import migrations, schema
from seatkeeper.ledger.door import DataDirectoryInUse, Ledger
from seatkeeper.ledger.engines.selects import WHOLE
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.mapping import Mapping
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.schema import SchemaTooNew, SchemaTooOld, finish, migrate, versions
from seatkeeper.ledger.tables import metadata
from tests.ledger.checking import check_file
from tests.ledger.world import assert_clean, connect, inventory, rows, running, tamper

pytestmark = pytest.mark.anyio


def _made_by(database: Path) -> set[tuple[str, ...]]:
    """What is in a database, each statement without regard to blanks, line ends, quotes and the order of its parts."""
    statements = rows(database, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(name, *sorted(_parts(sql))) for name, sql in statements if name != "alembic_version"}


def _parts(statement: str) -> list[str]:
    """What a statement begins with, and each column and constraint between its outermost brackets."""
    begin, _, rest = " ".join(statement.replace('"', "").split()).partition("(")
    parts, depth = [""], 0
    for each in rest:
        depth += {"(": 1, ")": -1}.get(each, 0)
        if each == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += each
    return [begin.strip(), *(part.strip() for part in parts[:-1]), parts[-1].strip().removesuffix(")").strip()]


def test_the_migrations_come_to_the_tables_of_the_code(tmp_path: Path) -> None:
    migrate(DatabaseFile(tmp_path / "migrated.db"))
    engine = create_engine(URL.create("sqlite", database=str(tmp_path / "migrated.db")))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


@pytest.mark.parametrize("table", ["profiles", "assignments", "transactions"])
def test_what_is_loaded_whole_of_a_table_that_grows_is_found_by_an_index(tmp_path: Path, table: str) -> None:
    """The image is loaded again whenever another has written; what others have in the table must not slow it down."""
    migrate(DatabaseFile(tmp_path / "migrated.db"))
    plan = rows(tmp_path / "migrated.db", f"EXPLAIN QUERY PLAN {WHOLE[table]}")
    assert all(" USING INDEX " in step or "ORDER BY" in step for *_, step in plan), plan


def test_the_migrations_come_to_the_constraints_of_the_code(tmp_path: Path) -> None:
    migrate(DatabaseFile(tmp_path / "migrated.db"))
    engine = create_engine(URL.create("sqlite", database=str(tmp_path / "created.db")))
    metadata.create_all(engine)
    engine.dispose()
    made = _made_by(tmp_path / "migrated.db")
    assert made == _made_by(tmp_path / "created.db")
    assert any("assigned_within_seats" in part for each in made for part in each)


def test_a_migration_that_was_cut_off_leaves_nothing_and_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade

    def cut_off(*arguments: object) -> None:
        upgrade(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as fault:
        fault.setattr(command, "upgrade", cut_off)
        with pytest.raises(KeyboardInterrupt):
            migrate(DatabaseFile(tmp_path / "cut.db"))
    assert rows(tmp_path / "cut.db", "SELECT name FROM sqlite_master") == []
    migrate(DatabaseFile(tmp_path / "cut.db"))
    migrate(DatabaseFile(tmp_path / "cut.db"))
    assert_clean(tmp_path / "cut.db")


async def test_a_database_of_a_newer_schema_is_refused_in_one_sentence_and_left_alone(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
    [(newest,)] = rows(ledger.file, "SELECT version_num FROM alembic_version")
    [(oldest,)] = rows(ledger.file, "SELECT revision FROM oldest_code")
    tamper(ledger.file, "UPDATE alembic_version SET version_num = '9999'")
    tamper(ledger.file, "UPDATE oldest_code SET revision = '9998'")
    with pytest.raises(SchemaTooNew, match=r"^The database has the schema 9999, .*; run a newer one\.$"):
        await Ledger(DatabaseFile.in_directory(tmp_path)).start()
    tamper(ledger.file, "UPDATE alembic_version SET version_num = ?", newest)
    tamper(ledger.file, "UPDATE oldest_code SET revision = ?", oldest)
    async with running(tmp_path) as again:
        assert again.head == ledger.head


@pytest.mark.parametrize("lacks", ["DELETE FROM oldest_code", "DROP TABLE oldest_code"])
async def test_l13_a_newer_schema_that_does_not_say_which_code_may_use_it_is_refused(
    tmp_path: Path, lacks: str
) -> None:
    migrate(DatabaseFile.in_directory(tmp_path))
    tamper(tmp_path / "seatkeeper.db", "UPDATE alembic_version SET version_num = '9999'")
    tamper(tmp_path / "seatkeeper.db", lacks)
    with pytest.raises(SchemaTooNew):
        await Ledger(DatabaseFile.in_directory(tmp_path)).start()


async def test_l13_a_newer_schema_that_allows_this_code_is_used_as_it_is(tmp_path: Path) -> None:
    migrate(DatabaseFile.in_directory(tmp_path))
    tamper(tmp_path / "seatkeeper.db", "UPDATE alembic_version SET version_num = '9999'")
    tamper(tmp_path / "seatkeeper.db", "ALTER TABLE users ADD COLUMN since_9999 TEXT DEFAULT 'new'")
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(connect(1))
    assert rows(ledger.file, "SELECT version_num FROM alembic_version") == [("9999",)]
    report = check_file(ledger.file)
    assert report.clean
    assert any("schema 9999 is newer than this version" in note for note in report.notes)
    with pytest.raises(SchemaTooNew, match="9999"):
        finish(DatabaseFile(ledger.file))


def test_l13_a_finished_migration_shuts_older_code_out(tmp_path: Path) -> None:
    database = DatabaseFile(tmp_path / "finished.db")
    finish(database)
    before = versions(database)
    assert before.oldest == before.current == before.newest


def test_a_check_of_another_schema_says_which_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "checked.db"
    migrate(DatabaseFile(database))
    [(newest,)] = rows(database, "SELECT version_num FROM alembic_version")
    newer = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, newer)
    (newer / "versions" / "9999_nothing.py").write_text(
        f"revision, down_revision, branch_labels, depends_on = '9999', '{newest}', None, None\ndef upgrade(): pass\n"
    )
    with monkeypatch.context() as next_version:
        next_version.setattr(schema, "_SCRIPTS", str(newer))
        with pytest.raises(
            SchemaTooOld, match=rf"^The database has the schema {newest}, .*'seatkeeper serve' brings it"
        ):
            check_file(database)
        migrate(DatabaseFile(database))
        assert_clean(database)
    tamper(database, "UPDATE oldest_code SET revision = '9999'")
    with pytest.raises(SchemaTooNew, match=r"^The database has the schema 9999, .*; run a newer one\.$"):
        check_file(database)


@pytest.mark.parametrize("lacks", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_a_check_of_no_schema_says_so(tmp_path: Path, lacks: str) -> None:
    migrate(DatabaseFile(tmp_path / "checked.db"))
    tamper(tmp_path / "checked.db", lacks)
    with pytest.raises(SchemaTooOld, match=r"^The database has no schema yet; "):
        check_file(tmp_path / "checked.db")


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_every_column_has_its_place_in_the_mapping_of_its_row(mapping: Mapping) -> None:
    """A column that the mapping leaves out would be lost by the first write, one that may be NULL without a word."""
    row = tuple(_some_value(column, number) for number, column in enumerate(mapping.table.columns, 10))
    assert mapping.values(*mapping.read(row)) == row


def _some_value(column: Column[Any], number: int) -> object:
    """A value that the column can have; where it can be any, another one for each column."""
    enumerations = {
        "applies_to": "both",
        "kind": "user",
        "holder_kind": 1,
        "ground": 1,
        "method": 1,
        "setting": 1,
        "user_type": "ExternalAssociate",
        "category": "B2E",
        "license_type": "NON_PRODUCTION",
        "versions": f'[{{"platform":"ios","version":"1.0","display_name":"An app","deployed_at":{number}}}]',
        "change": '{"change":"delete_configuration","application":"com.package.id"}',
        "type": "DELETE_LICENSE_CONFIG",
        "status": "REJECTING",
        "errors": f'[{{"fault":"tokens_short","facts":{{"bought":{number}}}}}]',
    }
    if column.name in enumerations:
        return enumerations[column.name]
    if column.name == "details":
        return f'{{"extra_info":"{number}"}}'
    if isinstance(column.type, JSON):
        return f"[{number}]"
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, String):
        folded = {"owner_key": "owner", "name_key": "name", "login_key": "login", "display_key": "display_name"}
        return folded.get(column.name, column.name)
    return b"digest %d" % number if isinstance(column.type, LargeBinary) else number


async def test_a_second_ledger_on_a_data_directory_is_refused_and_does_the_first_no_harm(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        second = Ledger(DatabaseFile.in_directory(tmp_path))
        with pytest.raises(DataDirectoryInUse, match=str(tmp_path)):
            await second.start()
        await second.stop()
        await ledger.submit(connect(1))
        with pytest.raises(DataDirectoryInUse):
            await Ledger(DatabaseFile.in_directory(tmp_path)).start()
    async with running(tmp_path) as ledger:
        await ledger.submit(connect(1))
    assert_clean(ledger.file)


async def test_a_second_process_on_a_data_directory_is_refused(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys; from seatkeeper.ledger.door import DatabaseFile, Ledger;"
        "asyncio.run(Ledger(DatabaseFile.in_directory(pathlib.Path(sys.argv[1]))).start())"
    )
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        second = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", script, str(tmp_path)],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert b"DataDirectoryInUse: Another process is using the data directory" in second.stderr
        await ledger.submit(connect(1))
    assert_clean(ledger.file)


async def test_a_data_directory_may_have_any_name_and_nobody_else_reads_the_database(tmp_path: Path) -> None:
    data = tmp_path / "what? 50% & more#1"
    async with running(data) as ledger:
        await ledger.submit(inventory())
        modes = await asyncio.to_thread(lambda: {file.name: file.stat().st_mode & 0o077 for file in data.glob("*.db*")})
        assert modes == dict.fromkeys(("seatkeeper.db", "seatkeeper.db-wal", "seatkeeper.db-shm"), 0)
    assert_clean(ledger.file)


async def test_a_start_that_fails_lets_the_data_directory_go(tmp_path: Path) -> None:
    (tmp_path / "seatkeeper.db").write_bytes(b"this is no database, whatever its name says" * 40)
    with pytest.raises(Exception, match="not a database"):
        await Ledger(DatabaseFile.in_directory(tmp_path)).start()
    (tmp_path / "seatkeeper.db").unlink()
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
    with closing(sqlite3.connect(ledger.file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
