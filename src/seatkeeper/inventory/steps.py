"""The steps of applying an inventory, in the order in which each finds what it needs."""

from enum import IntEnum
from typing import Any

from msgspec import Struct

from seatkeeper.licensing.commands import Command


class Phase(IntEnum):
    """When a step is carried out. What frees seats comes before what takes them.

    Seats are raised before a change of method may take them, and lowered once such a change has freed them.
    Prerequisites are dropped with the descriptions and set only then, so that two licenses can change places. A license
    comes to cover the whole installation once it is taken away from those who have it, and before others are assigned
    that require it. Applications that give up a token, be it for another one, come before those that take one.
    """

    REMOVED_HOLDERS = 1
    OWNERS = 2
    LICENSES = 3
    REMOVED_LICENSES = 4
    PREREQUISITES = 5
    RAISED_SEATS = 6
    RUNTIMES = 7
    STATIONS = 8
    USERS = 9
    PASSWORDS = 10
    UNASSIGNMENTS = 11
    COVERING_KINDS = 12
    FREEING_PROFILES = 13
    FREEING_APPLICATIONS = 14
    LOWERED_SEATS = 15
    TAKING_PROFILES = 16
    TAKING_APPLICATIONS = 17
    ASSIGNMENTS = 18
    AS_IT_WAS = 19
    """What would have kept a new license from being assigned as it was: dates, prerequisite, user type, seats."""


class Place(Struct, frozen=True):
    """An entry of the file, the key in it that a step comes from, and its line where the file has an entry a line."""

    entry: str
    key: str
    line: int | None = None

    def __str__(self) -> str:
        """Entry and key on one line."""
        return ": ".join(part for part in (self.entry, self.key) if part)


class Step(Struct, frozen=True):
    """One command and where it comes from. `rank`: its turn among those of its phase."""

    phase: Phase
    command: Command[Any]
    place: Place
    rank: int = 0
