"""`--in-steps`: however it is cut off, running it again comes to the same inventory."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from seatkeeper.cli.client import reached
from seatkeeper.cli.failure import ExitCode, Failure
from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import Terminal
from tests.server_process import command_environment, start_server

STEPS, STEP = 4, 5
ENV = {"SEATKEEPER_INVENTORY_STEP": str(STEP)}
PATIENCE_SECONDS = 60.0

# Passwords, so that a step takes as long as it takes to hit it.
ROWS = [f"user{number:02},secret-{number}" for number in range(STEPS * STEP)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users enough for all steps."""
    path = tmp_path_factory.mktemp("file") / "users.csv"
    path.write_text("\n".join(["login,password", *ROWS, ""]))
    return path


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory, file: Path) -> str:
    """The inventory as it is where nothing cuts off the run."""
    data = tmp_path_factory.mktemp("wanted") / "data"
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=data, env=ENV)
    assert done.stdout == f"{file}: new or changed: 20 users.\n", done.stderr
    return inventory_of(data)


def inventory_of(data: Path) -> str:
    """What an export says, without the hashes, whose salts are of chance."""
    exported = seatkeeper("export", data=data)
    assert exported.returncode == 0, exported.stderr
    assert seatkeeper("check", data=data).returncode == 0
    lines = exported.stdout.splitlines()
    assert sum(line.startswith("password_hash") for line in lines) == len(ROWS)
    return "\n".join(line for line in lines if not line.startswith("password_hash"))


def events_of(data: Path) -> int:
    """How many events the journal has by now."""
    try:
        with closing(sqlite3.connect(f"{(data / 'seatkeeper.db').as_uri()}?mode=ro", uri=True)) as database:
            [[events]] = database.execute("SELECT count(*) FROM journal")
            return int(events)
    except sqlite3.OperationalError:  # not there yet, or being made
        return 0


def wait_for_more_events(data: Path, before: int, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (events := events_of(data)) <= before and process.poll() is None:
        assert time.monotonic() < deadline, "no step was done"
        time.sleep(0.002)
    return events


@contextmanager
def applying(file: Path, data: Path, log: Path, env: Mapping[str, str] = ENV) -> Iterator[subprocess.Popen[bytes]]:
    """The command, running; ended when the test leaves it."""
    command = [sys.executable, "-m", "seatkeeper", "apply", "--yes", "--in-steps", str(file), "--data", str(data)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=command_environment(env)
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def test_a_server_that_is_killed_at_each_step_costs_nothing_but_time(tmp_path: Path, file: Path, wanted: str) -> None:
    with start_server(tmp_path / "data", env=ENV) as server:
        with applying(file, server.data, tmp_path / "log") as process:
            events = 0
            for _ in range(STEPS - 1):
                events = wait_for_more_events(server.data, events, process)
                server.kill()
                server.start()
            assert process.wait(PATIENCE_SECONDS) == 0, (tmp_path / "log").read_text()
        assert inventory_of(server.data) == wanted


@pytest.mark.parametrize(
    "served",
    [pytest.param(True, id="with a server"), pytest.param(False, id="without a server", marks=pytest.mark.slow)],
)
def test_a_command_that_is_killed_at_each_step_goes_on_when_it_is_run_again(
    served: bool, tmp_path: Path, file: Path, wanted: str
) -> None:
    data = tmp_path / "data"
    server = start_server(data, env=ENV) if served else None
    try:
        events = killed = 0
        for _ in range(STEPS - 1):
            with applying(file, data, tmp_path / "log") as process:
                events = wait_for_more_events(data, events, process)
                killed += process.poll() is None
        assert killed, "every run had ended before it could be killed"
        rest = seatkeeper("apply", "--yes", "--in-steps", file, data=data, env=ENV)
        assert rest.returncode == 0, rest.stderr
        assert seatkeeper("apply", "--in-steps", file, data=data).stdout == f"{file}: all was so already.\n"
        assert inventory_of(data) == wanted
    finally:
        if server is not None:
            server.stop()


def test_an_interruption_says_what_is_done_and_how_to_go_on(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    with Terminal("apply", "--yes", "--in-steps", file, data=data, env=ENV) as terminal:
        wait_for_more_events(data, 0, terminal.process)
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.end() == 130
        assert "seatkeeper: Interrupted.\n" in terminal.shown
        assert "the same command goes on from there." in terminal.shown
    assert 0 < events_of(data) < 2 * len(ROWS)


def test_on_a_terminal_a_bar_says_how_far_it_is(tmp_path: Path, file: Path) -> None:
    with Terminal("apply", "--in-steps", file, data=tmp_path / "data", env=ENV) as terminal:
        assert "+ user user00" in terminal.until("Apply these changes? [y/N]: ")
        terminal.enter("y")
        assert terminal.end() == 0
        size = file.stat().st_size
        assert f"{size}/{size} bytes 20 rows, 20 changes" in terminal.shown
        assert terminal.shown.splitlines()[-1] == f"{file}: new or changed: 20 users."


def test_a_server_that_does_not_come_back_is_told(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, reached(server.data, None, patience=0.5) as api:
        assert api.ask("GET", "/inventory/limits")["step"] == 1000
        server.kill()
        with pytest.raises(Failure, match=r"has gone and was not back within 0\.5 seconds") as gone:
            api.ask("GET", "/inventory/limits", again=True)
        assert gone.value.exit_code is ExitCode.UNREACHABLE


def test_a_refused_row_names_its_line_and_what_is_done_before_it(tmp_path: Path) -> None:
    file = tmp_path / "users.jsonl"
    rows = [f'{{"entry": "user", "login": "user{number:02}"}}' for number in range(STEPS * STEP)]
    rows[STEP + 1] = '{"entry": "user", "login": "user06", "roles": ["king"]}'
    file.write_text("\n".join(rows))
    said = sentence_of(seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=ENV), 1)
    assert f"{file}: line {STEP + 2}: roles" in said
    assert "The first 5 rows are done and stay so; the same command goes on from there." in said
    file.write_text(file.read_text().replace("king", "operator"))
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=ENV)
    assert done.stdout == f"{file}: new or changed: 15 users.\n", done.stderr


TOML = """
[[users]]
login = "user01"
licenses = ["SECOND", "FIRST"]
[[users]]
login = "user02"
licenses = ["FIRST"]
[[stations]]
name = "station01"
[[licenses]]
name = "SECOND"
prerequisite = "FIRST"
kind = "user"
assignable_seats = 2
expires = 2098-12-31
[[licenses]]
name = "FIRST"
assignable_seats = 2
[[owners]]
name = "ININ"
company = "one"
expires = 2098-12-31T12:00:00Z
"""


def test_toml_in_steps_comes_to_the_same_as_at_once(tmp_path: Path) -> None:
    file = tmp_path / "whole.toml"
    file.write_text(TOML)
    one = {"SEATKEEPER_INVENTORY_STEP": "1"}
    steps = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "steps", env=one)
    assert steps.stdout == f"{file}: new or changed: 1 owner, 2 licenses, 1 station, 2 users, 3 assignments.\n", (
        steps.stderr
    )
    assert seatkeeper("apply", "--yes", file, data=tmp_path / "once").returncode == 0
    exported = [seatkeeper("export", data=tmp_path / name).stdout for name in ("steps", "once")]
    assert exported[0] == exported[1] != ""


PLANS = """
[[licenses]]
name = "ALL"
extra_flags = 1
extra_info = "set=PLAN"
[[licenses]]
name = "PLAN"
extra_flags = 1
extra_info = "set=ROOM, CALENDAR"
[[licenses]]
name = "ROOM"
prerequisite = "BASE"
[[licenses]]
name = "CALENDAR"
kind = "site"
[[licenses]]
name = "BASE"
"""


def test_toml_in_steps_has_a_user_plan_after_its_parts(tmp_path: Path) -> None:
    file, one = tmp_path / "plans.toml", {"SEATKEEPER_INVENTORY_STEP": "1"}
    file.write_text(PLANS)
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=one)
    assert done.stdout == f"{file}: new or changed: 5 licenses.\n", done.stderr
    file.write_text(PLANS + 'extra_flags = 1\nextra_info = "set=ROOM"\n')
    said = sentence_of(seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "circle", env=one), 1)
    assert f'{file}: licenses[5] "BASE": extra_info: there is no license "ROOM"' in said


def test_toml_in_steps_has_an_application_after_its_runtime(tmp_path: Path) -> None:
    file, one = tmp_path / "applications.toml", {"SEATKEEPER_INVENTORY_STEP": "1"}
    file.write_text(
        '[[applications]]\nruntime = "mfp"\nname = "a"\nversions = [{ platform = "ios", version = "1" }]\n'
        '[[applications]]\nruntime = "old"\nname = "a"\ncategory = "B2C"\n'
        '[[runtimes]]\nname = "mfp"\n[[runtimes]]\nname = "old"\nrunning = false\n'
    )
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=one)
    assert done.stdout == f"{file}: new or changed: 2 runtimes, 2 applications.\n", done.stderr


def test_toml_in_steps_is_refused_by_the_places_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "whole.toml"
    one = {"SEATKEEPER_INVENTORY_STEP": "1"}
    file.write_text(TOML.replace('name = "FIRST"\nassignable_seats = 2', 'name = "FIRST"\nassignable_seats = 1'))
    said = sentence_of(seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=one), 1)
    assert f'seatkeeper: {file}: users[2] "user02": licenses: ' in said
    assert "The first 5 rows are done" in said
    file.write_text(TOML.replace('licenses = ["FIRST"]', 'licenses = ["FRIST"]'))
    said = sentence_of(seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=one), 1)
    assert f'{file}: users[2] "user02": licenses: ' in said
    file.write_text(TOML.replace("prerequisite", "prerequisit"))
    said = sentence_of(seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=one), 1)
    assert f'{file}: licenses[1] "SECOND"' in said


def test_pruning_comes_after_the_steps(tmp_path: Path) -> None:
    file, data = tmp_path / "whole.toml", tmp_path / "data"
    file.write_text(TOML + '[[users]]\nlogin = "user03"\n')
    assert seatkeeper("apply", "--yes", file, data=data).returncode == 0
    file.write_text(TOML)
    pruned = seatkeeper("apply", "--yes", "--in-steps", "--prune", file, data=data, env=ENV)
    assert pruned.stdout == f"{file}: removed: 1 user.\n", pruned.stderr
    said = sentence_of(
        seatkeeper("apply", "--yes", "--in-steps", "--prune", "--format", "jsonl", "-", data=data, typed="{}"), 2
    )
    assert "only once" in said


def test_a_file_beyond_one_request_is_planned_as_far_as_what_is_there_allows(tmp_path: Path) -> None:
    file, data = tmp_path / "rows.jsonl", tmp_path / "data"
    user = '{{"entry": "user", "login": "user{:02}", "licenses": ["NEW"], "display_name": "' + "x" * 300 + '"}}'
    rows = ['{"entry": "license", "name": "NEW", "assignable_seats": 99}', *map(user.format, range(20))]
    file.write_text("\n".join(rows))
    env = {**ENV, "SEATKEEPER_LIMITS_INVENTORY_BODY": "2000"}
    assert seatkeeper("apply", "--yes", "-", "--format", "toml", typed="", data=data).returncode == 0
    looked = seatkeeper("apply", "--dry-run", "--in-steps", file, data=data, env=env)
    assert looked.returncode == 0, looked.stderr
    assert f"{file}: line 6: licenses: " in looked.stdout
    assert "is planned only up to there" in looked.stdout
    assert looked.stdout.splitlines()[-1] == f"{file}: would be new or changed: 1 license, 4 users, 4 assignments."
    done = seatkeeper("apply", "--yes", "--in-steps", "--json", file, data=data, env=env)
    told = json.loads(done.stdout)
    assert (told["total"], told["applied"]) == (41, True)
    assert set(told) == {"file", "applied", "position", "total", "counts"}
    again = seatkeeper("apply", "--yes", "--in-steps", "--json", file, data=data, env=env)
    told = json.loads(again.stdout)
    assert (told["total"], told["applied"]) == (0, False)
