"""docs/inventory-formats.md tells every key, and what it shows works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import fields

from seatkeeper.inventory.reading import CONTENT_TYPES
from seatkeeper.inventory.shapes import AssignmentEntry, Kind
from tests.cli.command import seatkeeper
from tests.server_process import ServerProcess, start_server

NOTHING = {each.value: 0 for each in Kind}
PAGE = (Path(__file__).parents[2] / "docs" / "inventory-formats.md").read_text(encoding="utf-8")


def block_below(heading: str) -> str:
    """The only block of a section that is no command."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    [block] = re.findall(r"^```(?:jsonl|csv)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(block)


def test_every_key_of_an_assignment_is_told_in_its_order_and_no_other() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert told == [field.name for field in fields(AssignmentEntry)]


def test_every_format_and_kind_of_line_is_told() -> None:
    assert all(f"`{each}`" in PAGE for each in CONTENT_TYPES)
    assert all(f'`"{each}"`' in PAGE for each in Kind)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with nothing in it yet."""
    with start_server(tmp_path_factory.mktemp("formats") / "data") as server:
        yield server


def carried_out(server: ServerProcess, command: str, name: str, text: str) -> dict[str, int]:
    """What a command changed, by kind, as the page would have it called; and then nothing more."""
    file = server.data.with_name(name)
    file.write_text(text, encoding="utf-8")
    counts: dict[str, dict[str, int]] = {}
    for total in (None, 0):
        done = seatkeeper(command, file, "--yes", "--json", data=server.data)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        counts = counts or answer["counts"]
        assert total is None or answer["total"] == total
    return {kind: sum(each.values()) for kind, each in counts.items()}


def test_the_examples_can_be_applied_one_after_the_other_and_are_then_so_already(server: ServerProcess) -> None:
    lines = carried_out(server, "apply", "inventory.jsonl", block_below("JSON Lines"))
    assert lines == NOTHING | {
        "owner": 1,
        "license": 3,
        "runtime": 1,
        "application": 1,
        "station": 1,
        "user": 2,
        "assignment": 4,
    }
    users = carried_out(server, "apply", "users.csv", block_below("CSV"))
    assert users == NOTHING | {"user": 2, "assignment": 3}
    taken_over = carried_out(server, "import", "licenses.csv", block_below("Import"))
    assert taken_over == NOTHING | {"user": 2, "assignment": 3}
    for name in ("whole.toml", "whole.jsonl"):
        file = server.data.with_name(name)
        written = seatkeeper("export", file, data=server.data)
        assert written.returncode == 0, written.stderr
        assert carried_out(server, "apply", name, file.read_text(encoding="utf-8")) == dict.fromkeys(lines, 0)
