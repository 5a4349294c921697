"""Reading an inventory in any of its formats."""

from collections.abc import Mapping
from typing import Final, Protocol

from seatkeeper.inventory.cells import read_csv
from seatkeeper.inventory.file import read_inventory
from seatkeeper.inventory.jsonl import read_jsonl
from seatkeeper.inventory.problems import Problem
from seatkeeper.inventory.shapes import Inventory


class _Reader(Protocol):
    def __call__(self, text: str, owner: str, first_line: int) -> tuple[Inventory, list[Problem]]: ...


def _read_toml(text: str, owner: str, first_line: int) -> tuple[Inventory, list[Problem]]:  # noqa: ARG001 - TOML is whole
    return read_inventory(text, owner)


_READERS: Final[Mapping[str, _Reader]] = {
    "application/toml": _read_toml,
    "application/jsonl": read_jsonl,
    "text/csv": read_csv,
}
CONTENT_TYPES: Final = tuple(_READERS)
"""The formats in which an inventory can be sent."""


def read(body: bytes, content_type: str, owner: str, first_line: int = 1) -> tuple[Inventory, list[Problem]]:
    """What `body` says, and what is wrong with it; entries with problems are left out or lack the key.

    `content_type` is one of `CONTENT_TYPES`. `owner` is the configured license owner, whom a license belongs to where
    the file does not say. `first_line` is the number that the first line of `body` has in its file: problems with
    rows are told by the file's lines. A byte order mark is passed over.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + body.count(b"\n", 0, error.start)
        return Inventory(), [Problem(f"line {line}", "", "is not UTF-8; save the file as UTF-8", line)]
    if "\0" in text:
        line = first_line + text.count("\n", 0, text.index("\0"))
        return Inventory(), [Problem(f"line {line}", "", "has a NUL; save the file as UTF-8 text", line)]
    return _READERS[content_type](text, owner, first_line)
