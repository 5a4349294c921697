"""A data directory whose inventory is in PostgreSQL: no command takes an old file in it for the inventory."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.certificates import NOBODY
from tests.cli.command import seatkeeper, sentence_of
from tests.nodes.keeping import lived_in
from tests.postgres.databases import PostgresServer
from tests.server_process import ServerProcess, start_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SECRET = "a-secret-of-the-url"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[ServerProcess]:
    """A node that runs beside an old file, with the demo in PostgreSQL. Its password is in its own settings only."""
    url = postgres.new_url()
    data = tmp_path_factory.mktemp("node") / "n1"
    data.mkdir()
    (data / "seatkeeper.db").write_bytes(b"of long ago")
    given = re.sub(r"^postgresql://([^:@]*)@", rf"postgresql://\1:{SECRET}@", url)
    server = ServerProcess(data, ("--demo",), {"SEATKEEPER_DATABASE": given})
    with server.start() as running:
        running.environment.pop("SEATKEEPER_DATABASE")
        yield running
    postgres.drop(url)


def test_commands_of_its_data_directory_follow_a_node_that_runs(node: ServerProcess, tmp_path: Path) -> None:
    checked = seatkeeper("check", data=node.data)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("postgresql://")
    assert "has the newest schema" in seatkeeper("migrate", data=node.data).stdout
    assert "pg_basebackup" in sentence_of(seatkeeper("backup", tmp_path / "copy.db", data=node.data), 1)
    listed = seatkeeper("license", "list", data=node.data)
    assert "I3_ACCESS_CLIENT" in listed.stdout


def test_what_it_says_of_its_database_has_no_password(node: ServerProcess) -> None:
    written = (node.data / "server.json").read_text()
    assert json.loads(written)["database"]
    assert SECRET not in written


def test_its_log_says_which_node_it_is_and_nothing_of_those_who_ask_whether_it_is_well(node: ServerProcess) -> None:
    with httpx.Client(base_url=node.url, trust_env=False, verify=NOBODY) as http:
        for path in ("/readyz", "/healthz", "/readyz?not-one-either"):
            assert http.get(path).status_code == 200
        assert http.post("/healthz").status_code == 405
        assert http.get("/nothing").status_code == 404
    deadline = time.monotonic() + 30
    while "path=/nothing" not in (log := node.log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert re.search(r" this_is_node number=\d+ nodes=1$", log, re.MULTILINE)
    probes = [line for line in log.splitlines() if "path=/readyz" in line or "path=/healthz" in line]
    # While it started it may have been asked before it was ready.
    assert [line for line in probes if "status=503" not in line] == [line for line in probes if "status=405" in line]


async def test_after_a_move_no_command_makes_an_empty_inventory_in_its_place(tmp_path: Path, postgres_url: str) -> None:
    data = tmp_path / "data"
    source = await lived_in(data)
    shutil.copy(source.path, tmp_path / "copy.db")
    (data / "seatkeeper.db.moved").write_bytes(b"of an earlier move")
    told = seatkeeper("move", "--from", f"sqlite:{data}", "--to", postgres_url)
    assert told.returncode == 0, told.stderr
    assert f"{source.path} is called seatkeeper.db.moved.2 now" in told.stdout
    assert "rename it to seatkeeper.db" in told.stdout
    assert {each.name for each in data.glob("seatkeeper.db*")} == {"seatkeeper.db.moved", "seatkeeper.db.moved.2"}
    assert (data / "seatkeeper.db.moved").read_bytes() == b"of an earlier move"
    inventory = tmp_path / "inventory.toml"
    inventory.write_text("")
    for command in (
        ["check"],
        ["backup", str(tmp_path / "copy")],
        ["migrate", "--finish"],
        ["license", "list"],
        ["apply", "--dry-run", str(inventory)],
        ["apply", "--yes", str(inventory)],
        ["serve", "--port", "0"],
    ):
        assert f"The inventory of {data} was moved to PostgreSQL" in sentence_of(seatkeeper(*command, data=data), 3)
    assert not source.path.exists()
    environment = {"SEATKEEPER_DATABASE": postgres_url}
    with start_server(data, env=environment):  # which says where its database is
        assert seatkeeper("check", data=data).stdout.startswith("postgresql://")
    assert seatkeeper("check", data=data, env=environment).returncode == 0
    (data / "seatkeeper.db.moved.2").rename(source.path)  # and back
    assert seatkeeper("check", data=data).stdout.startswith(f"{source.path}: ")


async def test_a_copy_is_moved_and_stays_where_it_is(tmp_path: Path, postgres_url: str) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy((await lived_in(tmp_path / "data")).path, copy)
    told = seatkeeper("move", "--from", f"sqlite:{copy}", "--to", postgres_url)
    assert told.returncode == 0, told.stderr
    assert f"{copy} is as it was" in told.stdout
    assert copy.exists()


def test_where_there_is_no_file_it_may_be_in_postgresql(tmp_path: Path) -> None:
    data = tmp_path / "n1"
    for command in (["check"], ["migrate"]):
        assert "If it is in PostgreSQL, name that by --database or --config." in sentence_of(
            seatkeeper(*command, data=data), 3
        )
    assert "back that up by pg_basebackup" in sentence_of(seatkeeper("backup", tmp_path / "copy.db", data=data), 3)
    assert "name that by --config or SEATKEEPER_DATABASE" in sentence_of(seatkeeper("license", "list", data=data), 3)
