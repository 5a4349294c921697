"""The steps of applying an inventory, in the order in which each finds what it needs."""

from enum import IntEnum
from typing import Any

from msgspec import Struct

from seatkeeper.licensing.commands import Command


class Phase(IntEnum):
    """When a step is carried out. What frees seats comes before what takes them.

    Seats are raised before a change of method may take them, and lowered once such a change has freed them.
    """

    LICENSES = 1
    RAISED_SEATS = 2
    STATIONS = 3
    USERS = 4
    FREEING_PROFILES = 5
    LOWERED_SEATS = 6
    TAKING_PROFILES = 7
    ASSIGNMENTS = 8
    DATES = 9


class Place(Struct, frozen=True):
    """An entry of the file and the key in it that a step comes from."""

    entry: str
    key: str

    def __str__(self) -> str:
        """Entry and key on one line."""
        return ": ".join(part for part in (self.entry, self.key) if part)


class Step(Struct, frozen=True):
    """One command and where it comes from."""

    phase: Phase
    command: Command[Any]
    place: Place
