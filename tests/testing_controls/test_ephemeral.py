"""`seatkeeper serve --ephemeral`: a server that is there at once and leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.icws.client import open_http
from tests.server_process import STOP_SECONDS, command_environment
from tests.testing_controls.process import AGENT, INVENTORY, LICENSE, Server, command, ephemeral

USERS = 30


def run(*args: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Start one that is expected to end by itself."""
    return subprocess.run(
        command(*args),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=folder,
        env=command_environment(),
        text=True,
        timeout=STOP_SECONDS,
        check=False,
    )


def test_one_line_says_where_it_is_and_nothing_is_written_to_any_disk(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with ephemeral("--demo", folder=folder) as server:
        assert server.said.keys() == {"url", "token", "pid"}
        assert server.said["pid"] == server.process.pid
        with server.log_on_demo() as session:
            assert session.status("I3_ACCESS_CLIENT") == 2
        opened = Path(f"/proc/{server.process.pid}/fd")
        if opened.exists():
            files = [str(each.readlink()) for each in opened.iterdir()]
            regular = [each for each in files if each.startswith("/") and Path(each).is_file()]
            assert regular == [str(server.log)], "only its log is open, which the test gave it"
        assert server.end() == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
    assert list(folder.iterdir()) == []


def test_it_takes_no_long_computing_until_clients_can_connect_and_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    with ephemeral("--demo", folder=tmp_path) as server:
        stat = Path(f"/proc/{server.process.pid}/stat")
        if stat.exists():  # 1.2 seconds alone on a machine of two cores; its own time grows too where others compute
            fields = stat.read_text().rpartition(")")[2].split()
            assert (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") < 4.0
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(STOP_SECONDS) == 0


def test_it_ends_with_the_process_that_holds_its_input(tmp_path: Path) -> None:
    script = f"import subprocess as s, time; p = s.Popen({command('--until-eof')!r}, stdin=s.PIPE); time.sleep(600)"
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=command_environment()
    )
    assert holder.stdout is not None
    said = json.loads(holder.stdout.readline())
    assert httpx.get(f"{said['url']}/readyz", trust_env=False).status_code == 200
    holder.kill()
    holder.wait()
    with holder.stdout as output:
        assert output.read() == "", "which ends when the last process that writes there has ended"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{said['url']}/readyz", trust_env=False)


def test_inventories_are_applied_in_their_order_and_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(INVENTORY)
    (tmp_path / "two.csv").write_text(f"login,display_name\n{AGENT},Somebody else\nagent03,Third\n")
    (tmp_path / "three.jsonl").write_text('{"entry": "user", "login": "agent03", "display_name": "Three"}\n')
    with ephemeral("one.toml", "two.csv", "three.jsonl", folder=tmp_path) as server:
        users = {each["login"]: each["display_name"] for each in server.admin.get("/users").json()["users"]}
    assert users == {AGENT: "Somebody else", "agent02": "agent02", "agent03": "Three"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[[users]]\nlogin = ""\n', 'wrong.toml: users[1] "": login: must be a text'),
        (INVENTORY.replace("assignable_seats = 2", "assignable_seats = 0"), "assignable seat"),
    ],
)
def test_a_wrong_inventory_is_told_and_nothing_is_served(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "wrong.toml").write_text(content)
    ended = run("wrong.toml", folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    with_data = run("--data", "data", folder=tmp_path)
    assert (with_data.returncode, with_data.stdout) == (2, "")
    assert "An ephemeral server has no data directory" in with_data.stderr
    files = [part for part in command("one.toml") if part != "--ephemeral"]
    without = subprocess.run(
        files, capture_output=True, text=True, cwd=tmp_path, env=command_environment(), check=False
    )
    assert (without.returncode, without.stdout) == (2, "")
    assert "seatkeeper apply one.toml" in without.stderr
    missing = run("nowhere.toml", folder=tmp_path)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "nowhere.toml cannot be read: No such file or directory." in missing.stderr
    assert not (tmp_path / "data").exists()


def test_check_and_backup_say_that_there_is_no_database(server: Server, tmp_path: Path) -> None:
    assert server.process.poll() is None
    for args in (["check"], ["backup", "copy.db"]):
        asked = subprocess.run(
            [*command()[:3], *args],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=command_environment(),
            check=False,
        )
        assert asked.returncode == 3
        assert "There is no database at data/seatkeeper.db. (A server that was started with --ephemeral has none.)" in (
            asked.stderr
        )


def test_writes_do_not_fail_while_others_read_for_long(tmp_path: Path) -> None:
    """Readers take the export slowly and list sessions, while clients log on and acquire."""
    ended = threading.Event()

    def read(server: Server) -> int:
        exported = 0
        with httpx.Client(base_url=server.url, headers=server.admin.headers, trust_env=False, timeout=30) as http:
            while not ended.is_set():
                with http.stream("GET", "/v1/inventory") as export:
                    assert export.status_code == 200
                    for _ in export.iter_lines():
                        time.sleep(0.001)
                exported += 1
                assert http.get("/v1/sessions").status_code == 200
        return exported

    def write(server: Server, number: int) -> list[int]:
        statuses = []
        with open_http(server.url) as http:
            for _ in range(15):
                answer = server.log_on_with(http, f"reader{number:02}")
                statuses.append(answer.status_code)
                headers = {
                    "ININ-ICWS-CSRF-Token": answer.json()["csrfToken"],
                    "Cookie": answer.headers["set-cookie"].split(";")[0],
                }
                http.cookies.clear()
                path = f"/icws/{answer.json()['sessionId']}"
                acquired = http.post(f"{path}/licenses", json={"licenseList": [LICENSE]}, headers=headers)
                statuses += [acquired.status_code, http.delete(f"{path}/connection", headers=headers).status_code]
        return statuses

    users = "".join(f'[[users]]\nlogin = "reader{number:02}"\npassword = "welcome-2026"\n' for number in range(USERS))
    (tmp_path / "inventory.toml").write_text(INVENTORY + users)
    with ephemeral("inventory.toml", folder=tmp_path) as server, ThreadPoolExecutor() as pool:
        readers = [pool.submit(read, server) for _ in range(2)]
        writers = [pool.submit(write, server, number) for number in range(4)]
        try:
            assert [each.result() for each in writers] == [[201, 200, 200] * 15] * 4
        finally:
            ended.set()
        assert all(each.result() for each in readers)
