"""The fields of an entry, as they were and as they come to be, told in a file's words."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from seatkeeper.inventory.changes import FieldChange, Shown
from seatkeeper.inventory.dates import written_date
from seatkeeper.inventory.details import type_word
from seatkeeper.inventory.names import spelled
from seatkeeper.inventory.problems import quoted
from seatkeeper.licensing.deployment_commands import VersionNamed
from seatkeeper.licensing.entities import LicenseName, Method

_NOT_TOLD: Final = frozenset(
    {"owner", "name", "login", "license", "holder", "allow_overcommit", "password_hash", "details"}
)
"""What names the thing that a command describes, says how it is done, is a secret, or is told by its own fields."""
DATES: Final = frozenset({"expires", "grace_until", "next_check", "warn_from", "maintenance_until"})
"""The keys whose values are times."""
_KEYS: Final = {"assignable": "assignable_seats", "concurrent": "concurrent_seats"}
"""The keys of a file that are not called as what a command says."""


def differences(
    before: Struct, after: Struct, owner: str, *, within: str = "", new: bool = False
) -> Iterator[FieldChange]:
    """The fields in which two descriptions of one thing differ. `new`: `before` is what any new one is like.

    `owner` is that of bare license names; `within` stands before each field's name.
    """
    for attribute in after.__struct_fields__:
        was, becomes = getattr(before, attribute), getattr(after, attribute)
        if was != becomes and attribute not in _NOT_TOLD:
            key = _KEYS.get(attribute, attribute)
            shown = None if new else _shown(key, was, owner)
            yield FieldChange(within + key, shown, _shown(key, becomes, owner))


def _shown(key: str, value: Any, owner: str) -> Shown:  # noqa: ANN401 - a field of whatever type
    if key in DATES:
        written = written_date(value)
        return written if isinstance(written, str) else written.isoformat()
    match key:
        case "user_type":
            return type_word(value)
        case "prerequisite":
            return "" if value is None else spelled(value, owner)
        case "stations" | "view_allocations" | "admin_allocations" if value is None:
            return "all"
    if isinstance(value, tuple):
        return tuple(_listed(each, owner) for each in value)
    if isinstance(value, Method):
        return value.name.lower()
    return value if isinstance(value, bool | int) or value is None else str(value)


def _listed(value: Any, owner: str) -> Any:  # noqa: ANN401 - a member of whatever list
    match value:
        case LicenseName():
            return spelled(value, owner)
        case VersionNamed():
            shown = f"{value.platform} {value.version}"
            return f"{shown} {quoted(value.display_name)}" if value.display_name else shown
    return value
