"""`seatkeeper export`, `seatkeeper import` and `seatkeeper migrate`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.ledger import migrations
from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import Terminal
from tests.server_process import ServerProcess

NEWEST = max(path.name[:4] for path in Path(migrations.__path__[0], "versions").glob("0*.py"))


@pytest.mark.parametrize("name", ["inventory.toml", "inventory.jsonl"])
def test_an_export_applied_to_nothing_is_the_same_inventory(
    name: str, demo_server: ServerProcess, tmp_path: Path
) -> None:
    file = tmp_path / name
    exported = seatkeeper("export", file, data=demo_server.data)
    assert (exported.returncode, exported.stdout) == (0, ""), exported.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert seatkeeper("apply", file, data=demo_server.data).stdout == f"{file}: all was so already.\n"
    applied = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "copy")
    assert applied.returncode == 0, applied.stderr
    format_ = file.suffix.removeprefix(".")
    assert seatkeeper("export", "--format", format_, data=tmp_path / "copy").stdout == file.read_text()


def test_an_export_writes_over_a_file_only_by_force(demo_server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "kept.toml"
    file.write_text("kept")
    file.chmod(0o644)
    assert "add --force" in sentence_of(seatkeeper("export", file, data=demo_server.data), 1)
    assert file.read_text() == "kept"
    assert seatkeeper("export", "--force", file, data=demo_server.data).returncode == 0
    assert "[[licenses]]" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    nowhere = seatkeeper("export", tmp_path / "no" / "where.toml", data=demo_server.data)
    assert "cannot be written" in sentence_of(nowhere, 1)


def test_an_export_is_offered_in_the_formats_of_whole_inventories(demo_server: ServerProcess, tmp_path: Path) -> None:
    for format_ in ("xml", "csv"):
        said = sentence_of(seatkeeper("export", "--format", format_, data=demo_server.data, env={"COLUMNS": "200"}), 2)
        assert f"'{format_}' is not one of 'toml', 'jsonl'." in said
    assert "A CSV cannot hold" in sentence_of(seatkeeper("export", tmp_path / "all.csv", data=demo_server.data), 2)
    assert "else TOML" in " ".join(seatkeeper("export", "--help", env={"COLUMNS": "200"}).stdout.split())
    assert seatkeeper("export", tmp_path / "all.foo", data=demo_server.data).returncode == 0
    assert "[[licenses]]" in (tmp_path / "all.foo").read_text()


def test_an_import_makes_users_and_is_so_already_the_second_time(demo_server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("user,license,method\nagent01,I3_ACCESS_RECORDER,\nnew01,I3_ACCESS_CLIENT,concurrent\n")
    unknown = seatkeeper("import", "--yes", "--no-create", file, data=demo_server.data)
    assert f"{file}: line 3" in sentence_of(unknown, 1)
    with Terminal("import", file, data=demo_server.data) as terminal:
        assert "+ assignment new01 I3_ACCESS_CLIENT" in terminal.until("Apply these changes? [y/N]: ")
        terminal.enter("y")
        assert terminal.end() == 0
        assert f"{file}: new or changed: 1 user, 2 assignments." in terminal.shown
    again = seatkeeper("import", "--in-steps", file, data=demo_server.data)
    assert again.stdout == f"{file}: all was so already.\n", again.stderr
    listed = seatkeeper("user", "list", "--after", "new", "--limit", "1", data=demo_server.data).stdout
    assert "new01\tnew01\tconcurrent\tI3_ACCESS_CLIENT" in listed
    assert seatkeeper("check", data=demo_server.data).returncode == 0


def test_a_database_is_brought_to_the_newest_schema_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert "There is no database" in sentence_of(seatkeeper("migrate", data=data), 3)
    data.mkdir()
    with closing(sqlite3.connect(data / "seatkeeper.db")):
        pass  # an empty file: SQLite writes nothing into it yet
    (data / "seatkeeper.db").touch()
    looked = seatkeeper("migrate", "--check", data=data)
    assert f"no schema yet; the newest is {NEWEST}" in sentence_of(looked, 1)
    brought = seatkeeper("migrate", data=data)
    assert brought.stdout == f"{data}/seatkeeper.db: brought from no schema yet to {NEWEST}.\n", brought.stderr
    for option in ("--check", "--finish"):
        again = seatkeeper("migrate", option, data=data)
        assert again.returncode == 0, again.stderr
        assert f"has the newest schema, {NEWEST}" in again.stdout
    assert "There is nothing to take away" in again.stdout
    assert seatkeeper("check", data=data).returncode == 0


def test_the_database_of_a_running_server_needs_no_migration(demo_server: ServerProcess) -> None:
    assert seatkeeper("migrate", data=demo_server.data).returncode == 0


def test_a_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "seatkeeper.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    assert "run a newer one" in sentence_of(seatkeeper("migrate", data=data), 3)
