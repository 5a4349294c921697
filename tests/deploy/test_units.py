"""The units of systemd: their commands are carried out, with paths of the test's own."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.dashboard import DEPLOY
from tests.machine import program
from tests.server_process import START_SECONDS, STOP_SECONDS, command_environment

UNITS = DEPLOY / "systemd"
PROGRAM = "/opt/seatkeeper/bin/seatkeeper"
DAY = 24 * 60 * 60


def settings_of(unit: str) -> dict[str, list[str]]:
    """What a unit sets, by key; a key can stand there more than once."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text(encoding="utf-8").splitlines():
        key, mark, value = line.partition("=")
        if mark and not line.startswith(("#", "[")):
            found.setdefault(key, []).append(value)
    return found


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """A program like the installed one, of this checkout."""
    script = tmp_path / "seatkeeper"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m seatkeeper "$@"\n')
    script.chmod(0o700)
    return script


def command_of(line: str, **places: Path) -> list[str]:
    """A unit's command as systemd would start it, with other paths in place of those named."""
    line = line.replace("%%", "%")
    for old, new in {"/opt/seatkeeper/bin/seatkeeper": places["program"], **_others(places)}.items():
        line = line.replace(old, str(new))
    return shlex.split(line)


def _others(places: dict[str, Path]) -> dict[str, Path]:
    named = {
        "config": "/etc/seatkeeper/seatkeeper.toml",
        "backup": "/var/lib/seatkeeper-backup",
        "data": "/var/lib/seatkeeper",
    }
    return {path: places[name] for name, path in named.items() if name in places}


@pytest.fixture
def served(tmp_path: Path, wrapper: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """The server as its unit starts it, and its data directory."""
    config, data = tmp_path / "seatkeeper.toml", tmp_path / "data"
    config.write_text('[listen]\nhttp = ["127.0.0.1:0"]\n')
    [line] = settings_of("seatkeeper.service")["ExecStart"]
    command = command_of(line, program=wrapper, config=config, data=data)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=command_environment())
    deadline = time.monotonic() + START_SECONDS
    while not (data / "server.json").exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    yield process, data
    if process.poll() is None:
        process.kill()
    process.wait()


def ready(data: Path) -> bool:
    """Whether the server of this data directory is."""
    url = httpx.Response(200, content=(data / "server.json").read_bytes()).json()["url"]
    return httpx.get(f"{url}/readyz", trust_env=False, timeout=30).status_code == 200


def test_the_service_starts_takes_a_reload_and_stops_in_time(served: tuple["subprocess.Popen[bytes]", Path]) -> None:
    process, data = served
    assert ready(data)
    settings = settings_of("seatkeeper.service")
    assert settings["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    process.send_signal(signal.SIGHUP)
    assert ready(data), "a reload ends nothing"
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_SECONDS) == 0
    assert int(settings["TimeoutStopSec"][0]) > 30, "a stop may take 30 seconds"


def test_the_backup_is_a_database_and_old_copies_go(
    served: tuple["subprocess.Popen[bytes]", Path], tmp_path: Path, wrapper: Path
) -> None:
    _, data = served
    copies = tmp_path / "copies"
    copies.mkdir()
    old, young = copies / "old.db", copies / "young.db"
    for file, days in ((old, 32), (young, 2)):
        file.touch()
        os.utime(file, (time.time() - days * DAY,) * 2)
    settings = settings_of("seatkeeper-backup.service")
    for key in ("ExecStart", "ExecStartPost"):
        [line] = settings[key]
        command = command_of(line, program=wrapper, backup=copies, data=data)
        subprocess.run(command, check=True, timeout=60, capture_output=True, env=command_environment())
    [copy] = [file for file in copies.iterdir() if file != young]
    assert not old.exists()
    restored = tmp_path / "restored"
    restored.mkdir()
    copy.rename(restored / "seatkeeper.db")
    checked = subprocess.run(
        [wrapper, "check", "--data", restored], check=False, timeout=60, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_systemd_takes_the_units(tmp_path: Path, wrapper: Path) -> None:
    given = [file for file in UNITS.rglob("*") if file.is_file()]
    for file in given:
        there = tmp_path / file.relative_to(UNITS)
        there.parent.mkdir(exist_ok=True)
        there.write_text(file.read_text(encoding="utf-8").replace(PROGRAM, str(wrapper)))
    units = [tmp_path / file.name for file in given if file.parent == UNITS]  # what is added to one is read with it
    verified = subprocess.run(
        [program("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", *units],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
