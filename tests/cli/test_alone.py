"""Commands where no server runs, and commands that are typed wrongly."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from tests.cli.command import seatkeeper, sentence_of

INVENTORY = """
[[licenses]]
name = "I3_ACCESS_CLIENT"
assignable_seats = 5

[[users]]
login = "agent01"
display_name = "Agent 01"
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one license and one user; copied, never used."""
    folder = tmp_path_factory.mktemp("applied")
    inventory = folder / "inventory.toml"
    inventory.write_text(INVENTORY)
    result = seatkeeper("apply", "--yes", inventory, data=folder / "data")
    assert result.returncode == 0, result.stderr
    return folder / "data"


@pytest.fixture
def data(applied: Path, tmp_path: Path) -> Path:
    """A data directory with one license and one user, held by nobody."""
    return Path(shutil.copytree(applied, tmp_path / "data"))


def test_commands_work_on_the_data_directory_itself(data: Path) -> None:
    assert seatkeeper("explain", "agent01", "I3_ACCESS_CLIENT", data=data).stdout.startswith("Refused")
    assert seatkeeper("assign", "agent01", "I3_ACCESS_CLIENT", data=data).stderr == ""
    assert seatkeeper("explain", "agent01", "I3_ACCESS_CLIENT", data=data).stdout.startswith("Granted")
    assert seatkeeper("sessions", "list", data=data).stdout.count("\n") == 1
    assert seatkeeper("check", data=data).returncode == 0


def test_commands_at_the_same_time_wait_for_each_other(data: Path) -> None:
    names = [f"I3_ACCESS_{number}" for number in range(3)]
    more = data.with_name("more.toml")
    more.write_text("".join(f'[[licenses]]\nname = "{name}"\nassignable_seats = 1\n' for name in names))
    assert seatkeeper("apply", "--yes", more, data=data).returncode == 0
    with ThreadPoolExecutor(len(names)) as threads:
        results = list(threads.map(lambda name: seatkeeper("assign", "agent01", name, data=data), names))
    assert [result.stdout for result in results] == [f"Assigned to agent01: {name}.\n" for name in names]


def test_a_refusal_exits_1_and_says_why(data: Path) -> None:
    assert "I3_ACCESS_CLEINT" in sentence_of(seatkeeper("assign", "agent01", "I3_ACCESS_CLEINT", data=data), 1)
    assert "nobody" in sentence_of(seatkeeper("explain", "nobody", "I3_ACCESS_CLIENT", data=data), 1)


def test_wrong_use_exits_2_and_changes_nothing(data: Path) -> None:
    assert seatkeeper("assign", "agent01", data=data).returncode == 2
    assert seatkeeper("apply", data.with_name("missing.toml"), data=data).returncode == 2
    assert seatkeeper("assign", "--sation", "x", data=data).returncode == 2


def test_an_unknown_setting_exits_2_with_the_nearest_name(data: Path) -> None:
    config = data.with_name("seatkeeper.toml")
    config.write_text("[icws]\nidle_timout = 60\n")
    sentence = sentence_of(seatkeeper("sessions", "list", "--config", config, data=data), 2)
    assert "idle_timout" in sentence
    assert "idle_timeout" in sentence


@pytest.mark.parametrize(
    "command", [["assign", "agent01", "X"], ["sessions", "list"], ["check"], ["backup", "copy.db"]]
)
def test_without_a_database_a_command_exits_3_and_makes_none(command: list[str], tmp_path: Path) -> None:
    assert "There is no database" in sentence_of(seatkeeper(*command, data=tmp_path / "data"), 3)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [["sessions", "list"], ["check"], ["serve", "--port", "0"]])
def test_what_is_no_database_is_told_without_a_traceback(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "seatkeeper.db").write_bytes(b"not a database, " * 1000)
    assert f"The database in {tmp_path} cannot be used" in sentence_of(seatkeeper(*command, data=tmp_path), 3)


@pytest.mark.parametrize("command", [["sessions", "list"], ["serve", "--port", "0"]])
def test_events_of_a_newer_version_are_told_without_a_traceback(command: list[str], data: Path) -> None:
    with closing(sqlite3.connect(data / "seatkeeper.db")) as database, database:
        database.execute("UPDATE journal SET version = 1000 WHERE seq = 1")
    assert "run a newer one" in sentence_of(seatkeeper(*command, data=data), 3)


def test_an_admin_token_that_others_can_read_is_not_used(data: Path) -> None:
    (data / "admin-token").chmod(0o644)
    assert "can be read by other users" in sentence_of(seatkeeper("sessions", "list", data=data), 3)


@pytest.mark.parametrize(
    "command",
    [
        ["explain", "agent01", "\udcff"],
        ["assign", "\udcff", "I3_ACCESS_CLIENT"],
        ["sessions", "list", "--user", "\udcff"],
    ],
)
def test_a_name_that_is_no_text_is_wrong_use(command: list[str], data: Path) -> None:
    assert "is not UTF-8" in sentence_of(seatkeeper(*command, data=data), 2)


@pytest.mark.parametrize("number", ["abc", "\udcff", "../licenses", "1 ", ""])
def test_a_session_has_a_number(number: str, data: Path) -> None:
    assert "is not a session's number" in sentence_of(seatkeeper("sessions", "end", number, data=data), 2)


def test_a_file_may_have_any_name_the_system_allows(data: Path) -> None:
    inventory = data.with_name("\udcff.toml")
    inventory.write_text(INVENTORY)
    assert seatkeeper("apply", inventory, data=data).returncode == 0
    assert seatkeeper("backup", data.with_name("\udcff.db"), data=data).returncode == 0


@pytest.mark.parametrize(
    ("option", "code", "said"),
    [
        (["--host", "192.0.2.1", "--port", "0"], 3, "Cannot listen at 192.0.2.1:0"),
        (["--host", "no.such.name.invalid"], 3, "Cannot listen at no.such.name.invalid:8018"),
        (["--host", "two..dots"], 3, "Cannot listen at two..dots:8018: that is no name of a host."),
        (["--port", "65536"], 2, "a port is at most 65535"),
    ],
)
def test_a_server_that_cannot_listen_says_so(option: list[str], code: int, said: str, data: Path) -> None:
    refused = seatkeeper("serve", *option, data=data)
    assert refused.returncode == code, refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_data_directory_comes_from_the_environment_too(data: Path) -> None:
    listed = seatkeeper("sessions", "list", env={"SEATKEEPER_DATA": str(data)})
    assert listed.returncode == 0, listed.stderr


def test_the_version_is_that_of_the_package() -> None:
    assert seatkeeper("--version").stdout == f"seatkeeper {metadata.version('seatkeeper')}\n"


def test_an_inventory_that_is_no_text_is_named(data: Path) -> None:
    inventory = data.with_name("bin.toml")
    inventory.write_bytes(b"\xff\xfe")
    assert f"{inventory}: line 1: is not UTF-8" in sentence_of(seatkeeper("apply", inventory, data=data), 1)


def test_a_session_that_is_not_there_is_told_with_where_to_look(data: Path) -> None:
    assert "'seatkeeper sessions list' shows them" in sentence_of(seatkeeper("sessions", "end", "42", data=data), 1)


def test_an_explanation_is_of_an_address(data: Path) -> None:
    refused = seatkeeper("explain", "agent01", "I3_ACCESS_CLIENT", "--machine", "desk", data=data)
    assert "is no IP address" in sentence_of(refused, 1)


@pytest.mark.parametrize("found", ["DELETE FROM alembic_version", "UPDATE alembic_version SET version_num = '9999'"])
def test_a_check_of_another_schema_is_told_in_one_line(found: str, data: Path) -> None:
    with closing(sqlite3.connect(data / "seatkeeper.db")) as database, database:
        database.execute(found)
        database.execute("UPDATE oldest_code SET revision = '9998'")
    said = sentence_of(seatkeeper("check", data=data), 3)
    assert said.startswith("seatkeeper: The database has ")
    assert said.count("\n") == 1


def test_help_lists_the_commands_and_exit_codes() -> None:
    text = seatkeeper("--help").stdout
    for command in ("serve", "apply", "assign", "unassign", "explain", "sessions", "check", "backup", "Exit codes"):
        assert command in text
