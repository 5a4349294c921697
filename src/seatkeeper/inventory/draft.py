"""A plan in the making: what changes, by which steps, and what they were made for."""

from typing import Any

from msgspec import Struct, field

from seatkeeper.inventory.changes import Change
from seatkeeper.inventory.passwords import Plain
from seatkeeper.inventory.steps import Phase, Place, Step
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.seen import Seen, SeenKind


class Draft(Struct):
    """Collects what laying a document over the inventory comes to. A step is taken only where something changes.

    `plain` are passwords that are yet to be hashed, by the place of their step among `steps`.
    """

    changes: list[Change] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    seen: dict[tuple[SeenKind, Any], Seen] = field(default_factory=dict)
    plain: dict[int, Plain] = field(default_factory=dict)

    def step(self, phase: Phase, command: Command[Any], place: Place, *, rank: int = 0) -> None:
        """Take a step."""
        self.steps.append(Step(phase, command, place, rank))

    def rests_on(self, kind: SeenKind, key: object, row: object, what: str) -> None:
        """Have the plan refused once this is no longer so; `what` names it to people."""
        self.seen[kind, key] = Seen(kind=kind, key=key, row=row, what=what)
