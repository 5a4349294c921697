"""Where tokens are counted: what would block applications is shown before it is done, and why afterwards."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import PATIENCE_SECONDS, Terminal
from tests.server_process import ServerProcess, start_server

TOKENS = "MOBILEFIRST:ibmmfpfa"
INVENTORY = """
[[licenses]]
owner = "MOBILEFIRST"
name = "ibmmfpfa"
applies_to = "applications"
assignable_seats = 2
[[runtimes]]
name = "mfp"
[[applications]]
runtime = "mfp"
name = "com.example.banking"
versions = [{ platform = "android", version = "1.0" }]
[[applications]]
runtime = "mfp"
name = "com.example.fieldwork"
versions = [{ platform = "android", version = "1.0" }]
"""
SHORT = "No token of MOBILEFIRST:ibmmfpfa is left: 1 of 1 are taken. Buy more, or remove an application that has one."
BLOCKS = f"blocks: mfp/com.example.fieldwork ({SHORT})"
EXPIRED = "The tokens of MOBILEFIRST:ibmmfpfa expired on 2020-01-01. Renew them."


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that counts tokens."""
    data = tmp_path_factory.mktemp("tokens") / "data"
    with start_server(data, env={"SEATKEEPER_MOBILEFIRST_COUNT_TOKENS": "true"}) as server:
        yield server


@pytest.fixture
def file(counting: ServerProcess, tmp_path: Path) -> Path:
    """A file with two applications and their two tokens, as they are in the inventory."""
    path = tmp_path / "tokens.toml"
    path.write_text(INVENTORY)
    applied = seatkeeper("apply", "--yes", path, data=counting.data)
    assert applied.returncode == 0, applied.stderr
    until_settled(counting, {"com.example.banking": "-", "com.example.fieldwork": "-"})
    return path


def rewrite(file: Path, before: str, after: str) -> Path:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    return file


def until_settled(server: ServerProcess, why: dict[str, str]) -> None:
    """Wait until the applications are listed as blocked for these reasons: tokens are settled after each commit."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (listed := why_blocked(server)) != why:
        assert time.monotonic() < deadline, listed


def why_blocked(server: ServerProcess) -> dict[str, str]:
    head, *rows = seatkeeper("application", "list", "mfp", data=server.data).stdout.splitlines()
    assert head.split("\t")[-1] == "why blocked"
    return {row.split("\t")[0]: row.split("\t")[-1] for row in rows}


def test_a_plan_names_the_applications_that_it_blocks_before_it_asks(counting: ServerProcess, file: Path) -> None:
    fewer = rewrite(file, "assignable_seats = 2", "assignable_seats = 1")
    with Terminal("apply", "--allow-overcommit", fewer, data=counting.data) as terminal:
        shown = terminal.until("Apply these changes? [y/N]: ")
        assert f"~ license MOBILEFIRST:ibmmfpfa: assignable_seats 2 -> 1\n{BLOCKS}\n" in shown
        terminal.enter("y")
        assert terminal.end() == 0
    until_settled(counting, {"com.example.banking": "-", "com.example.fieldwork": SHORT})
    more = rewrite(fewer, "assignable_seats = 1", "assignable_seats = 2")
    looked = seatkeeper("apply", "--dry-run", more, data=counting.data)
    assert looked.stdout.splitlines()[1] == "unblocks: mfp/com.example.fieldwork"


def test_a_date_that_is_past_names_everybody_who_needs_such_a_token(counting: ServerProcess, file: Path) -> None:
    expired = rewrite(file, "assignable_seats = 2", "assignable_seats = 2\nexpires = 2020-01-01")
    told = json.loads(seatkeeper("apply", "--dry-run", "--json", expired, data=counting.data).stdout)
    assert told["blocks"] == [
        {"runtime": "mfp", "name": name, "why": EXPIRED} for name in ("com.example.banking", "com.example.fieldwork")
    ]
    assert told["unblocks"] == []
    unchanged = json.loads(seatkeeper("apply", "--dry-run", "--json", file, "--in-steps", data=counting.data).stdout)
    assert unchanged["blocks"] == told["blocks"]


@pytest.mark.usefixtures("file")
def test_seats_that_would_block_applications_are_not_set_without_a_yes(counting: ServerProcess) -> None:
    fewer = ("license", "set-seats", TOKENS, "--assignable", "1", "--allow-overcommit")
    unasked = seatkeeper(*fewer, data=counting.data)
    assert (unasked.returncode, unasked.stdout) == (2, f"{BLOCKS}\n")
    assert "add --yes" in unasked.stderr
    assert "mfp/com.example.fieldwork" in sentence_of(seatkeeper(*fewer, "--json", data=counting.data), 2)
    for answer, code in (("n", 1), ("y", 0)):
        with Terminal(*fewer, data=counting.data) as terminal:
            assert BLOCKS in terminal.until("Set these seats? [y/N]: ")
            assert set(why_blocked(counting).values()) == {"-"}
            terminal.enter(answer)
            assert terminal.end() == code
    until_settled(counting, {"com.example.banking": "-", "com.example.fieldwork": SHORT})
    more = seatkeeper("license", "set-seats", TOKENS, "--assignable", "2", data=counting.data)
    assert more.stdout == "unblocks: mfp/com.example.fieldwork\nibmmfpfa: 2 assignable and 0 concurrent seats.\n"


@pytest.mark.usefixtures("file")
def test_with_a_yes_seats_are_set_and_the_json_says_who_is_blocked(counting: ServerProcess) -> None:
    fewer = ("license", "set-seats", TOKENS, "--assignable", "1", "--allow-overcommit", "--yes", "--json")
    told = json.loads(seatkeeper(*fewer, data=counting.data).stdout)
    assert (told["changed"], told["license"]["assignable_seats"]) == (True, 1)
    assert told["blocks"] == [{"runtime": "mfp", "name": "com.example.fieldwork", "why": SHORT}]
    assert told["unblocks"] == []
