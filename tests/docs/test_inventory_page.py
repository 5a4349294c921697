"""docs/inventory.md tells every key, role and right, and what it shows works."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import fields

from seatkeeper.identity.rights import ROLES, Right
from seatkeeper.inventory.shapes import (
    ApplicationEntry,
    LicenseEntry,
    OwnerEntry,
    ProfileEntry,
    RuntimeEntry,
    StationEntry,
    UserEntry,
)
from tests.cli.command import seatkeeper
from tests.server_process import ServerProcess, start_server

PAGE = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")


def rows_below(heading: str) -> list[list[str]]:
    """The rows of all tables of a section, without their heads."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]


def block_of(language: str) -> str:
    """The only block of this language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ("Owners", OwnerEntry),
        ("Licenses", LicenseEntry),
        ("Runtimes", RuntimeEntry),
        ("Applications", ApplicationEntry),
        ("Stations", StationEntry),
        ("Users", UserEntry),
        ("Profiles", ProfileEntry),
    ],
)
def test_every_key_of_an_entry_is_told_in_its_order_and_no_other(heading: str, shape: type[Struct]) -> None:
    rows = rows_below(heading)
    assert [row[0] for row in rows] == [f"`{field.name}`" for field in fields(shape)]
    assert all(len(row) == 4 for row in rows)
    assert [row[2] == "must be given" for row in rows] == [field.required for field in fields(shape)]


def test_every_role_and_right_is_told_and_no_other() -> None:
    told = {row[0].strip("`"): row[1] for row in rows_below("Roles and rights")}
    assert set(told) == {*Right, *ROLES}
    for role, rights in ROLES.items():
        assert set(re.findall(r"`(.*?)`", told[role])) == rights


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with nothing in it yet."""
    with start_server(tmp_path_factory.mktemp("page") / "data") as server:
        yield server


def apply(server: ServerProcess, text: str) -> str:
    """Apply a file as the page says, and what that printed."""
    file = server.data.with_name("inventory.toml")
    file.write_text(text)
    applied = seatkeeper("apply", "--yes", file, data=server.data)
    assert applied.returncode == 0, applied.stderr
    return applied.stdout


def test_the_example_can_be_applied_and_is_then_so_already(server: ServerProcess) -> None:
    assert "3 licenses" in apply(server, block_of("toml"))
    assert "all was so already" in apply(server, block_of("toml"))
    listed = httpx.get(f"{server.url}/v1/sessions", auth=("operator01", "change-me"))
    assert listed.status_code == 200, listed.text
    explained = seatkeeper("explain", "operator01", "CRM:CONNECTOR", data=server.data)
    assert explained.stdout.startswith("Granted: CONNECTOR on the user's own assignment, concurrent")


def test_the_command_makes_a_hash_that_the_server_takes(server: ServerProcess) -> None:
    command = shlex.split(block_of("bash"))
    assert command[0] == ".venv/bin/python"
    made = subprocess.run(
        [sys.executable, "-W", "ignore", *command[1:]],
        input="a secret of mine\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        start_new_session=True,  # without a terminal the password is read from standard input
    ).stdout.strip()
    apply(server, f'[[users]]\nlogin = "operator02"\npassword_hash = "{made}"\nroles = ["operator"]\n')
    asked = f"{server.url}/v1/sessions"
    assert httpx.get(asked, auth=("operator02", "a secret of mine")).status_code == 200
    assert httpx.get(asked, auth=("operator02", "another")).status_code == 401
    assert "m=19456,t=2,p=1" in made
