"""Commands while a server holds the data directory, and the server's own life."""

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.server_process import ServerProcess, command_environment, start_server

LOG_ON = {
    "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
    "applicationName": "test",
}


def log_on(url: str, login: str = "agent01") -> httpx.Response:
    body = {**LOG_ON, "userID": login, "password": f"demo-{login}"}
    response = httpx.post(f"{url}/icws/connection", json=body, headers={"Accept-Language": "en-us"})
    assert response.status_code == 201, response.text
    return response


def test_an_assignment_by_command_counts_at_once_in_the_running_server(demo_server: ServerProcess) -> None:
    refused = seatkeeper("explain", "agent01", "I3_ACCESS_RECORDER", data=demo_server.data)
    assert refused.stdout.startswith("Refused: I3_ACCESS_RECORDER")

    assigned = seatkeeper("assign", "agent01", "i3_access_recorder", data=demo_server.data)
    assert assigned.returncode == 0, assigned.stderr
    assert assigned.stdout == "Assigned to agent01: I3_ACCESS_RECORDER.\n"
    again = seatkeeper("assign", "agent01", "I3_ACCESS_RECORDER", data=demo_server.data)
    assert again.stdout == "Assigned to agent01 already: I3_ACCESS_RECORDER.\n"

    granted = seatkeeper("explain", "agent01", "I3_ACCESS_RECORDER", data=demo_server.data)
    assert granted.stdout.startswith("Granted: I3_ACCESS_RECORDER on the user's own assignment")

    taken = seatkeeper("unassign", "agent01", "I3_ACCESS_RECORDER", data=demo_server.data)
    assert taken.stdout == "Taken from agent01: I3_ACCESS_RECORDER.\n"
    again = seatkeeper("unassign", "agent01", "I3_ACCESS_RECORDER", data=demo_server.data)
    assert again.stdout == "Was not assigned to agent01: I3_ACCESS_RECORDER.\n"


def test_a_station_is_assigned_licenses_by_its_name(demo_server: ServerProcess) -> None:
    refused = seatkeeper("assign", "--station", "station21", "I3_LICENSE_BASIC_STATION", data=demo_server.data)
    assert "I3_LICENSE_BASIC_STATION" in sentence_of(refused, 1)

    freed = seatkeeper("unassign", "--station", "station20", "I3_LICENSE_BASIC_STATION", data=demo_server.data)
    assert freed.stdout == "Taken from station station20: I3_LICENSE_BASIC_STATION.\n"
    assigned = seatkeeper("assign", "--station", "station21", "I3_LICENSE_BASIC_STATION", data=demo_server.data)
    assert assigned.stdout == "Assigned to station station21: I3_LICENSE_BASIC_STATION.\n"


def test_a_session_is_listed_and_ended_by_its_number(demo_server: ServerProcess) -> None:
    session = log_on(demo_server.url).json()["sessionId"]

    listed = seatkeeper("sessions", "list", "--user", "agent01", data=demo_server.data)
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    assert rows[0][:2] == ["session", "user"]
    assert [session, "agent01", "test", "127.0.0.1"] in [row[:4] for row in rows]

    assert seatkeeper("sessions", "end", session, data=demo_server.data).returncode == 0
    assert session not in seatkeeper("sessions", "list", data=demo_server.data).stdout
    assert session in sentence_of(seatkeeper("sessions", "end", session, data=demo_server.data), 1)


def test_sessions_and_users_are_listed_whole_on_a_narrow_terminal(demo_server: ServerProcess) -> None:
    session = log_on(demo_server.url, "agent08").json()["sessionId"]
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:  # noqa: PTH123 - no path: a descriptor
        command = [sys.executable, "-m", "seatkeeper", "sessions", "list", "--user", "agent08"]
        env = command_environment({"COLUMNS": "40", "TERM": "dumb", "SEATKEEPER_DATA": str(demo_server.data)})
        with open(theirs, "wb", buffering=0) as terminal:  # noqa: PTH123 - as above
            subprocess.run(command, stdout=terminal, env=env, timeout=60, check=True)
            terminal.write(b"\nEND")
            shown = b""
            while not shown.endswith(b"END"):
                shown += screen.read(65536)
    rows = [line.split()[:2] for line in shown.decode().splitlines()]
    assert [session, "agent08"] in rows
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown.decode()


@pytest.mark.parametrize("url", ["http://[::bad", "ftp://127.0.0.1", ""])
def test_a_spoilt_address_of_the_server_is_told_without_a_traceback(url: str, demo_server: ServerProcess) -> None:
    address = demo_server.data / "server.json"
    right = address.read_text()
    address.write_text(json.dumps({"pid": 1, "url": url}))
    try:
        said = sentence_of(seatkeeper("sessions", "list", data=demo_server.data), 3)
    finally:
        address.write_text(right)
    assert str(demo_server.data) in said


def test_an_answer_of_something_else_at_the_servers_address_is_told_without_a_traceback(
    demo_server: ServerProcess,
) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

    address = demo_server.data / "server.json"
    right = address.read_text()
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever).start()
        url = f"http://127.0.0.1:{stranger.server_address[1]}"
        address.write_text(json.dumps({"pid": os.getpid(), "url": url}))
        try:
            said = sentence_of(seatkeeper("top", "--once", data=demo_server.data), 3)
        finally:
            address.write_text(right)
            stranger.shutdown()
    assert "no Seatkeeper" in said


def test_a_wrong_inventory_is_refused_with_file_place_and_key(demo_server: ServerProcess, tmp_path: Path) -> None:
    inventory = tmp_path / "wrong.toml"
    inventory.write_text('[[licenses]]\nname = "I3_ACCESS_WRONG"\nasignable_seats = 2\n')
    sentence = sentence_of(seatkeeper("apply", inventory, data=demo_server.data), 1)
    assert str(inventory) in sentence
    assert "I3_ACCESS_WRONG" in sentence
    assert "asignable_seats" in sentence
    assert "assignable_seats" in sentence.replace("asignable_seats", "")


def test_check_and_backup_work_while_serving(demo_server: ServerProcess, tmp_path: Path) -> None:
    checked = seatkeeper("check", data=demo_server.data)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"[1-9][0-9]* events and [1-9][0-9]* rows agree", checked.stdout)

    copy = tmp_path / "elsewhere" / "seatkeeper.db"
    copy.parent.mkdir()
    assert seatkeeper("backup", copy, data=demo_server.data).returncode == 0
    assert seatkeeper("check", data=copy.parent).returncode == 0
    assert "exists already" in sentence_of(seatkeeper("backup", copy, data=demo_server.data), 1)


def test_a_server_starts_from_a_backup_with_a_token_of_its_own(demo_server: ServerProcess, tmp_path: Path) -> None:
    session = log_on(demo_server.url).json()["sessionId"]
    (tmp_path / "restored").mkdir()
    copy = tmp_path / "restored" / "seatkeeper.db"
    assert seatkeeper("backup", copy, data=demo_server.data).returncode == 0
    with start_server(copy.parent) as restored:
        assert session in seatkeeper("sessions", "list", data=restored.data).stdout
        tokens = {(server.data / "admin-token").read_text() for server in (demo_server, restored)}
        assert len(tokens) == 2


def test_a_second_server_on_the_same_data_is_told_who_has_it(demo_server: ServerProcess) -> None:
    sentence = sentence_of(seatkeeper("serve", "--port", "0", data=demo_server.data), 3)
    assert demo_server.url in sentence
    assert str(demo_server.process.pid) in sentence


def test_a_server_on_a_port_that_is_taken_says_so(demo_server: ServerProcess, tmp_path: Path) -> None:
    port = demo_server.url.rpartition(":")[2]
    refused = seatkeeper("serve", "--port", port, data=tmp_path / "data")
    assert refused.returncode == 3
    assert (
        f"Cannot listen at 127.0.0.1:{port}: another program does. Stop it, or choose another port." in refused.stderr
    )
    assert "Traceback" not in refused.stderr


def test_the_admin_token_is_its_owners_alone(demo_server: ServerProcess) -> None:
    assert (demo_server.data / "admin-token").stat().st_mode & 0o077 == 0
    assert demo_server.data.stat().st_mode & 0o077 == 0


def test_data_survives_a_restart(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--demo") as server:
        assert seatkeeper("assign", "agent01", "I3_ACCESS_RECORDER", data=server.data).returncode == 0
        session = log_on(server.url).json()["sessionId"]
        assert server.stop() == 0
        assert not (server.data / "server.json").exists()
        server.restart()
        granted = seatkeeper("explain", "agent01", "I3_ACCESS_RECORDER", data=server.data)
        assert granted.stdout.startswith("Granted")
        assert session in seatkeeper("sessions", "list", data=server.data).stdout
        assert seatkeeper("check", data=server.data).returncode == 0


def test_a_killed_server_leaves_nothing_that_stops_a_command_or_the_next_server(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--demo") as server:
        server.kill()
        assert json.loads((server.data / "server.json").read_text())["url"] == server.url
        assert seatkeeper("assign", "agent01", "I3_ACCESS_RECORDER", data=server.data).returncode == 0
        server.start()
        assert seatkeeper("explain", "agent01", "I3_ACCESS_RECORDER", data=server.data).stdout.startswith("Granted")


def test_sigterm_ends_an_event_stream_and_the_process_in_good_order(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--demo") as server:
        connected = log_on(server.url)
        session = connected.json()["sessionId"]
        cookie = connected.headers["set-cookie"].partition(";")[0]
        headers = {"Accept": "text/event-stream", "Cookie": cookie}
        url = f"{server.url}/icws/{session}/messaging/messages"
        with httpx.stream("GET", url, headers=headers, timeout=60) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith(":")
            assert server.stop() == 0
            assert not [line for line in lines if line.startswith("data:")]
        assert seatkeeper("check", data=server.data).returncode == 0


def test_sigterm_lets_a_running_request_finish_and_keeps_what_it_did(tmp_path: Path) -> None:
    people = "".join(
        f'[[users]]\nlogin = "late{number}"\ndisplay_name = "Late"\npassword = "late-{number}"\n'
        for number in range(60)
    )
    with start_server(tmp_path / "data", "--demo") as server:
        token = (server.data / "admin-token").read_text().strip()
        address = httpx.URL(server.url)
        connection = HTTPConnection(address.host, address.port, timeout=60)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        # Hashing so many passwords outlasts the wait for the next answer, which comes after this was read.
        connection.request("POST", "/v1/inventory", people.encode(), {"Authorization": f"Bearer {token}"})
        httpx.get(f"{server.url}/healthz")
        assert server.stop() == 0
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["counts"]["user"]["added"]) == (200, 60)
        connection.close()
        explained = seatkeeper("explain", "late59", "I3_ACCESS_CLIENT", data=server.data)
        assert explained.stdout.startswith("Refused: I3_ACCESS_CLIENT"), explained.stderr


def test_check_names_each_difference(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--demo") as server:
        server.stop()
    with sqlite3.connect(server.data / "seatkeeper.db") as database:
        database.execute("UPDATE stations SET extension = 'Somewhere Else' WHERE name = 'station01'")
    database.close()
    checked = seatkeeper("check", data=server.data)
    assert checked.returncode == 1
    assert "stations" in checked.stdout
    assert "Somewhere Else" in checked.stdout
    assert "differences: 1" in checked.stderr


def test_a_server_says_what_it_serves_and_how_to_try_the_demo_where_it_is(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--demo") as server:
        said = f"Seatkeeper {metadata.version('seatkeeper')} serves {server.data} at {server.url} (Ctrl-C stops it; the"
        assert said in server.tail()
        for address in ("/icws/connection", "/v1/docs", "/healthz"):
            assert server.url + address in server.tail()
        assert "Try, in another terminal" in server.tail()
    with start_server(tmp_path / "data") as again:
        assert again.tail().count("Try, in another terminal") == 2
        assert "was not applied" not in again.tail()


def test_a_server_asked_for_the_demo_on_other_data_says_that_it_was_not_applied(tmp_path: Path) -> None:
    inventory = tmp_path / "own.toml"
    inventory.write_text('[[users]]\nlogin = "agent01"\npassword = "another"\n')
    assert seatkeeper("apply", "--yes", inventory, data=tmp_path / "data").returncode == 0
    with start_server(tmp_path / "data", "--demo") as server:
        assert "The database is not empty, so the demo inventory was not applied." in server.tail()
        assert "Try, in another terminal" not in server.tail()


def test_a_server_that_logs_json_writes_nothing_else_from_start_to_stop(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", "--demo", env={"SEATKEEPER_LOG_FORMAT": "json"}) as server:
        assert server.stop() == 0
        events = [json.loads(line) for line in server.log.read_text().splitlines()]
    [serving] = [each for each in events if each["event"] == "serving"]
    expected = {"url": server.url, "data": str(server.data), "version": metadata.version("seatkeeper")}
    assert expected.items() <= serving.items()
    assert events[-1]["event"] == "stopped"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/icwsx/connection", "//icws/connection"])
def test_what_is_not_here_is_a_clean_404(demo_server: ServerProcess, path: str) -> None:
    response = httpx.get(demo_server.url + path)
    assert response.status_code == 404
    assert "/icws" in response.json()["message"]
