"""What a file says of an owner or a license beyond what every product asks for, laid over what is there."""

from typing import Any, Final

from msgspec import UNSET, Struct
from msgspec.structs import asdict, replace

from seatkeeper.inventory.shapes import LicenseEntry, OwnerEntry
from seatkeeper.inventory.values import Day
from seatkeeper.licensing.entities import LicenseDetails, OwnerDetails, UserType

ANY_USER: Final = "any"
"""How a file writes that a license is for users of every type."""


def owner_details(said: OwnerEntry, before: OwnerDetails) -> OwnerDetails:
    """All that is said of an owner."""
    return replace(before, **_said(said, OwnerDetails))


def license_details(said: LicenseEntry, before: LicenseDetails) -> LicenseDetails:
    """What a license has in common with its line of a license document."""
    given = _said(said, LicenseDetails)
    if "user_type" in given:
        given["user_type"] = None if given["user_type"] == ANY_USER else user_type(given["user_type"])
    return replace(before, **given)


def user_type(word: str) -> UserType:
    """The type that a file calls so."""
    return UserType[word.upper()]


def type_word(type_: UserType | None) -> str:
    """As a file calls this type; None is that of all users."""
    return ANY_USER if type_ is None else type_.name.lower()


def _said(entry: Struct, of: type[Struct]) -> dict[str, Any]:
    """The keys that an entry gives, of those that are fields of `of`, with a date as its milliseconds."""
    given = {key: value for key, value in asdict(entry).items() if key in of.__struct_fields__ and value is not UNSET}
    return {key: value.at if isinstance(value, Day) else value for key, value in given.items()}
