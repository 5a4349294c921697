"""What a run came to, and the file that it is kept in."""

from pathlib import Path

import msgspec
from msgspec import Struct

from bench.circumstances import Circumstances
from bench.figures import Case


class Failed(Struct, frozen=True):
    """A case that measured nothing, and why."""

    number: int
    title: str
    reason: str


class Result(Struct, frozen=True):
    """One run. `at`: when it began, as in `2026-11-22T09:00:00Z`. `rounds`: how often each figure was measured.
    `seconds`: what all of it took, with the preparation of what was not on the shelf."""

    at: str
    rounds: int
    seconds: float
    circumstances: Circumstances
    cases: tuple[Case, ...]
    failed: tuple[Failed, ...]


class Unreadable(Exception):
    """A file is no result of a run. The message says which and why."""


def write(result: Result, folder: Path) -> Path:
    """Write a result into a folder, under the time at which it began; where it is."""
    written = folder / f"result-{result.at.replace(':', '')}.json"
    written.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    return written


def read(path: Path) -> Result:
    """A result that was written. Raises Unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError) as error:
        raise Unreadable(f"{path} is no result of a run: {error}") from error
