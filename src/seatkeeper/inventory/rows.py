"""The entries of a file that has one a line, collected as they are read."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from seatkeeper.inventory.contradictions import contradictions
from seatkeeper.inventory.entries import Reading, described
from seatkeeper.inventory.problems import Problem
from seatkeeper.inventory.shapes import (
    ApplicationEntry,
    AssignmentEntry,
    Entry,
    Inventory,
    Kind,
    LicenseEntry,
    OwnerEntry,
    RuntimeEntry,
    StationEntry,
    UserEntry,
)

SHAPES: Final[Mapping[Kind, Any]] = {
    Kind.OWNER: OwnerEntry,
    Kind.LICENSE: LicenseEntry,
    Kind.RUNTIME: RuntimeEntry,
    Kind.APPLICATION: ApplicationEntry,
    Kind.STATION: StationEntry,
    Kind.USER: UserEntry,
    Kind.ASSIGNMENT: AssignmentEntry,
}


class Rows:
    """Takes rows, each with the number of its line in the file, which is its place, and makes the inventory of them.

    The arguments are those of `Reading`.
    """

    def __init__(self, owner: str, *, strict: bool = True, describe: Callable[[object], str] = described) -> None:
        self._reading = Reading(owner, strict=strict, describe=describe)
        self._owner = owner
        self._entries: dict[Kind, list[Entry[Any]]] = {}

    @property
    def given_up(self) -> bool:
        """Whether there are so many problems that it is not worth reading on."""
        return self._reading.given_up

    def add(self, kind: Kind, table: Mapping[str, Any], line: int) -> None:
        """Read a row."""
        entries = self._entries.setdefault(kind, [])
        entry = self._reading.entry(table, SHAPES[kind], f"line {line}", line)
        if entry is not None:
            entries.append(entry)

    def problem(self, line: int, key: str, text: str) -> None:
        """Tell what is wrong with a line that cannot be read as a row."""
        self._reading.problems.append(Problem(f"line {line}", key, text, line))

    def check_keys(self, keys: list[str], known: list[str], line: int) -> None:
        """Tell which keys of a line are not known."""
        self._reading.check_keys(keys, known, f"line {line}", line=line)

    def inventory(self) -> tuple[Inventory, list[Problem]]:
        """All rows, and all that is wrong with them, by line."""
        inventory = Inventory(
            owners=tuple(self._entries.get(Kind.OWNER, ())),
            licenses=tuple(self._entries.get(Kind.LICENSE, ())),
            runtimes=tuple(self._entries.get(Kind.RUNTIME, ())),
            applications=tuple(self._entries.get(Kind.APPLICATION, ())),
            stations=tuple(self._entries.get(Kind.STATION, ())),
            users=tuple(self._entries.get(Kind.USER, ())),
            assignments=tuple(self._entries.get(Kind.ASSIGNMENT, ())),
            kinds=frozenset(self._entries),
        )
        problems = self._reading.problems + contradictions(inventory, self._owner)
        return inventory, sorted(problems, key=lambda each: each.line or 0)
