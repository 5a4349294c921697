"""What a plan would change, told by kind, name and field."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from seatkeeper.inventory.shapes import Kind

Shown = str | int | bool | tuple[str, ...] | tuple[int, ...] | None
"""A field's value as a file would write it."""


class Action(StrEnum):
    """What becomes of an entry."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class FieldChange(Struct, frozen=True):
    """One field, by its key in a file. None: it is not there, before an entry is added or once it is removed."""

    name: str
    before: Shown
    after: Shown


class Change(Struct, frozen=True):
    """What becomes of one entry, and where the file says so; `place` is empty for what the file lacks.

    An added entry tells the fields in which it is not like any new one; an assignment is wholly told by its name.
    """

    action: Action
    kind: Kind
    name: str
    place: str
    fields: tuple[FieldChange, ...] = ()


Counts = dict[str, dict[str, int]]


def counted(changes: Iterable[Change]) -> Counts:
    """How many changes there are, by kind and action."""
    counts = {kind.value: {action.value: 0 for action in Action} for kind in Kind}
    for change in changes:
        counts[change.kind.value][change.action.value] += 1
    return counts
