"""The fields of an entry, as they were and as they come to be, told in a file's words."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from seatkeeper.inventory.changes import FieldChange, Shown
from seatkeeper.inventory.names import spelled
from seatkeeper.licensing.entities import LicenseName, Method

_NOT_TOLD: Final = frozenset({"owner", "name", "login", "license", "holder", "allow_overcommit", "password_hash"})
"""What names the thing that a command describes, says how it is done, or is a secret."""
_KEYS: Final = {"assignable": "assignable_seats", "concurrent": "concurrent_seats"}
"""The keys of a file that are not called as what a command says."""


def differences(
    before: Struct, after: Struct, owner: str, *, within: str = "", new: bool = False
) -> Iterator[FieldChange]:
    """The fields in which two commands that describe one thing differ. `new`: `before` is what any new one is like.

    `owner` is that of bare license names; `within` stands before each field's name.
    """
    for attribute in after.__struct_fields__:
        was, becomes = getattr(before, attribute), getattr(after, attribute)
        if was != becomes and attribute not in _NOT_TOLD:
            key = _KEYS.get(attribute, attribute)
            shown = None if new else _shown(key, was, owner)
            yield FieldChange(within + key, shown, _shown(key, becomes, owner))


def _shown(key: str, value: Any, owner: str) -> Shown:  # noqa: ANN401 - a field of whatever type
    match key:
        case "expires" | "grace_until":
            return "never" if value is None else datetime.fromtimestamp(value / 1000, UTC).date().isoformat()
        case "prerequisite":
            return "" if value is None else spelled(value, owner)
        case "stations" | "view_allocations" | "admin_allocations" if value is None:
            return "all"
    if isinstance(value, tuple):
        return tuple(spelled(each, owner) if isinstance(each, LicenseName) else each for each in value)
    if isinstance(value, Method):
        return value.name.lower()
    return value if isinstance(value, bool | int) or value is None else str(value)
