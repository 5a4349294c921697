"""What is wrong with an inventory file, told so that whoever wrote it can put it right."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

_TOLD: Final = 50
"""How many problems are told at once; a file with more has one cause, not fifty."""


class Problem(Struct, frozen=True):
    """`place` is the entry, as in `users[12] "agent07"` (entries count from 1) or `line 17`; `key` the key in it, or
    empty; `line` the line's number, where the file has an entry a line.
    """

    place: str
    key: str
    text: str
    line: int | None = None

    def __str__(self) -> str:
        """Place, key and problem on one line."""
        return ": ".join(part for part in (self.place, self.key, self.text) if part)


class InvalidInventory(Exception):
    """A file cannot be applied. `problems` are all that were found, in the order of the file; never empty."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems[:_TOLD])
        left = len(problems) - len(self.problems)
        lines = [f"{file}: {each}" for each in self.problems]
        super().__init__("\n".join([*lines, f"{file}: and {left} more problems"] if left else lines))


def nearest(name: str, known: Iterable[str]) -> str:
    """A half-sentence that offers the known name nearest to `name`, without regard to case; else empty."""
    spelled = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), spelled, n=1, cutoff=0.6)
    return f"; did you mean {quoted(spelled[close[0]])}?" if close else ""


def quoted(text: str) -> str:
    """A name as TOML writes it, cut where it is too long to be told."""
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
