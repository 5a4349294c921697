"""Tables on terminals: whatever the width, no name is broken and no line is wider than the terminal."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.command import seatkeeper
from tests.cli.terminal import Terminal
from tests.server_process import ServerProcess, start_server

WIDTHS = (80, 100, 140)
LOGIN = {
    "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
    "applicationName": "An application of several words",
    "userID": "agent01",
    "password": "demo-agent01",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The demo inventory, with somebody connected who holds a license."""
    with start_server(tmp_path_factory.mktemp("demo") / "data", "--demo") as server:
        yield server


def shown(data: Path, columns: int, *command: str) -> str:
    with Terminal(*command, data=data, columns=columns) as terminal:
        assert terminal.end() == 0
        assert max(map(len, terminal.shown.splitlines())) <= columns, terminal.shown
        return terminal.shown


def listed(data: Path, *command: str) -> list[dict[str, object]]:
    answer = json.loads(seatkeeper(*command, "--json", data=data).stdout)
    rows: list[dict[str, object]] = answer[command[0] if command[0].endswith("s") else f"{command[0]}s"]
    assert rows
    return rows


@pytest.mark.parametrize("columns", WIDTHS)
def test_licenses_are_readable(columns: int, server: ServerProcess) -> None:
    table = shown(server.data, columns, "license", "list")
    for each in listed(server.data, "license", "list"):
        seats = ", no limit" if each["unrestricted"] else f" of {each['assignable_seats']}"
        assert re.search(rf"^{each['owner']}:{each['name']}  .*\b{each['assigned']}{seats} ", table, re.MULTILINE)
    assert ("Left out on this narrow terminal: kind, expires." in table) == (columns == 80)


@pytest.mark.parametrize("columns", WIDTHS)
def test_owners_are_readable(columns: int, server: ServerProcess) -> None:
    table = shown(server.data, columns, "owner", "list")
    assert re.search(r"^ININ  .* -  .*24 ", table, re.MULTILINE)
    assert re.search(r"^PLANNING  .*12  .*2099-12-31", table, re.MULTILINE)


@pytest.mark.parametrize("columns", WIDTHS)
def test_applications_are_readable(columns: int, server: ServerProcess) -> None:
    table = shown(server.data, columns, "application", "list", "mfp")
    for each in json.loads(seatkeeper("application", "list", "--json", "mfp", data=server.data).stdout)["applications"]:
        assert re.search(rf"^{re.escape(each['name'])}  ", table, re.MULTILINE)
    assert ("Left out on this narrow terminal: category" in table) == (columns == 80)


@pytest.mark.parametrize("columns", WIDTHS)
def test_users_are_readable(columns: int, server: ServerProcess) -> None:
    table = shown(server.data, columns, "user", "list").split()
    for each in listed(server.data, "user", "list"):
        licenses = each["licenses"]
        assert isinstance(licenses, list)
        assert each["login"] in table
        assert {name for name in licenses if f"{name}," not in table} <= set(table)


@pytest.mark.parametrize("columns", WIDTHS)
def test_sessions_are_readable(columns: int, server: ServerProcess) -> None:
    httpx.post(f"{server.url}/icws/connection", json=LOGIN, headers={"Accept-Language": "en-us"}).raise_for_status()
    table = shown(server.data, columns, "sessions", "list").split()
    assert {"session", "user", "station", "holds"} <= set(table)
    for each in listed(server.data, "sessions", "list"):
        assert {each["id"], each["user"]} <= set(table)
        holds = each["holds"]
        assert isinstance(holds, list)
        assert {hold["name"] for hold in holds} <= set(table)
