"""The fields of an entry, as they were and as they come to be, told in a file's words."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from seatkeeper.inventory.changes import FieldChange, Shown
from seatkeeper.inventory.names import spelled
from seatkeeper.licensing.commands import (
    ChangeProfile,
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    LicenseName,
)
from seatkeeper.licensing.entities import Method

_FIELDS: Final[Mapping[type[Struct], Mapping[str, str]]] = {
    DefineLicense: {
        each: each
        for each in (
            "display_name",
            "description",
            "applies_to",
            "kind",
            "shared",
            "expires",
            "grace_until",
            "prerequisite",
        )
    },
    ChangeSeats: {
        "assignable": "assignable_seats",
        "concurrent": "concurrent_seats",
        "unrestricted": "unrestricted",
    },
    DefineStation: {each: each for each in ("display_name", "extension")},
    DefineUser: {
        each: each
        for each in (
            "display_name",
            "language",
            "roles",
            "rights",
            "stations",
            "view_allocations",
            "admin_allocations",
            "user_id",
        )
    },
    ChangeProfile: {each: each for each in ("enabled", "method")},
}
"""Of each command that describes something, what it says and the key by which a file says it."""


def differences(
    before: Struct, after: Struct, owner: str, *, within: str = "", new: bool = False
) -> Iterator[FieldChange]:
    """The fields in which two descriptions of one thing differ. `new`: `before` is what any new one is like.

    `owner` is that of bare license names; `within` stands before each field's name.
    """
    for attribute, key in _FIELDS[type(after)].items():
        was, becomes = getattr(before, attribute), getattr(after, attribute)
        if was != becomes:
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
