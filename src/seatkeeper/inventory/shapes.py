"""The entries of an inventory file. A key that is left out is UNSET: what it is about stays as it is."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from seatkeeper.inventory.dates import milliseconds
from seatkeeper.licensing.entities import AppliesTo, LicenseKind

# No control characters, and no blanks around: two names must not differ in what nobody sees.
_ONE_LINE: Final = r"\A[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?\Z"
LONGEST_REFERENCE: Final = 2 * 239 + 1
"""Characters of `OWNER:NAME`, both at their longest."""

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=_ONE_LINE,
        description="a text of 1 to 200 characters on one line, without blanks around it",
    ),
]
LicenseNameText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=239,
        pattern=_ONE_LINE,
        description="a text of 1 to 239 characters on one line, without blanks around it",
    ),
]
OwnerName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=239,
        pattern=r"\A[^\x00-\x20\x7f:]([^\x00-\x1f\x7f:]*[^\x00-\x20\x7f:])?\Z",
        description="a text of 1 to 239 characters on one line, without a colon or blanks around it",
    ),
]
# A database keeps no NUL in a text.
Text = Annotated[str, Meta(max_length=2000, pattern=r"\A[^\x00]*\Z", description="a text of at most 2000 characters")]
LongText = Annotated[
    str, Meta(max_length=10_000, pattern=r"\A[^\x00]*\Z", description="a text of at most 10,000 characters")
]
Number = Annotated[
    int,
    Meta(
        ge=-2_147_483_648,
        le=2_147_483_647,
        description="a whole number from -2,147,483,648 to 2,147,483,647, without quotes",
    ),
]
Group = Annotated[
    int, Meta(ge=0, le=2_147_483_647, description="a whole number from 0 to 2,147,483,647, without quotes")
]
Groups = Annotated[tuple[Group, ...], Meta(max_length=10_000, description="a list of numbers, as in [10, 20]")]
UserTypeName = Annotated[
    Literal["internal", "resource", "external", "anonymous", "system"],
    Meta(description='one of "internal", "resource", "external", "anonymous", "system"'),
]
AllowedUserType = Annotated[
    Literal["internal", "resource", "external", "anonymous", "system", "any"],
    Meta(description='one of "internal", "resource", "external", "anonymous", "system", "any"'),
]
Flag = Annotated[bool, Meta(description="true or false")]
Seats = Annotated[
    int, Meta(ge=0, le=1_000_000_000, description="a whole number from 0 to 1,000,000,000, without quotes")
]
UserId = Annotated[
    int, Meta(ge=1, le=2_147_483_647, description="a whole number from 1 to 2,147,483,647, without quotes")
]
LicenseRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_REFERENCE,
        pattern=_ONE_LINE,
        description='the name of a license, as in "I3_ACCESS_CLIENT" or "OWNER:MODULE"',
    ),
]
Names = Annotated[tuple[Name, ...], Meta(max_length=10_000, description='a list of names, as in ["operator"]')]
LicenseNames = Annotated[
    tuple[LicenseRef, ...],
    Meta(max_length=10_000, description='a list of names, as in ["I3_ACCESS_CLIENT", "OWNER:MODULE"]'),
]
Stations = Annotated[
    tuple[Name, ...] | Literal["all"],
    Meta(description='a list of station names, as in ["station01"], or "all"'),
]
MethodName = Annotated[Literal["assignable", "concurrent"], Meta(description='one of "assignable", "concurrent"')]
Licenses = Annotated[
    tuple[LicenseRef, ...] | Literal["all"],
    Meta(description='a list of license names, as in ["I3_ACCESS_CLIENT"], or "all"'),
]
Prerequisite = Annotated[
    str,
    Meta(
        max_length=LONGEST_REFERENCE,
        pattern=r"\A([^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)?\Z",
        description='the name of a license, as in "I3_ACCESS_CLIENT" or "OWNER:MODULE", or "" for none',
    ),
]
Language = Annotated[
    str,
    Meta(
        max_length=35,
        pattern=r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
        description='a language tag, as in "en-US"',
    ),
]
Password = Annotated[str, Meta(min_length=1, max_length=1024, description="a text of 1 to 1024 characters")]
PasswordHash = Annotated[str, Meta(max_length=1024, description="a text of at most 1024 characters")]
Tables = Annotated[dict[str, Any], Meta(description="a table of owners, as in [users.profiles.OWNER]")]


class Day:
    """The beginning of a day, UTC, as `at` milliseconds since 1970-01-01T00:00Z; None for "never"."""

    def __init__(self, at: int | None) -> None:
        self.at = at


class Moment(Day):
    """A moment to the millisecond, or the beginning of a day, UTC."""


Date = Annotated[Day, Meta(description='a date from 1970 to 9998, as in 2030-12-31, or "never"')]
Time = Annotated[
    Moment,
    Meta(description='a date as in 2030-12-31 or a time as in 2030-12-31T12:00:00Z, from 1970 to 9998, or "never"'),
]


_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def decode(shape: type, value: object) -> object:
    """What msgspec does not know by itself. Raises ValueError, which msgspec tells as a mismatch."""
    if isinstance(value, str) and value != "never":  # JSON has no dates, so that they stand in quotes there
        value = date.fromisoformat(value) if _DATE.fullmatch(value) else datetime.fromisoformat(value)
    if issubclass(shape, Day):
        if value == "never":
            return shape(None)
        if type(value) is date:
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        elif shape is not Moment:
            raise ValueError
        if isinstance(value, datetime):
            return shape(milliseconds(value))
    raise ValueError


class OwnerEntry(Struct, frozen=True):
    """One `[[owners]]`: what is said of an owner's licenses as a whole."""

    name: OwnerName
    description: Text | UnsetType = UNSET
    company: Text | UnsetType = UNSET
    serial_number: Text | UnsetType = UNSET
    version: Text | UnsetType = UNSET
    product_type: Text | UnsetType = UNSET
    product_description: Text | UnsetType = UNSET
    deployment_type: Number | UnsetType = UNSET
    license_url: LongText | UnsetType = UNSET
    shop_url: Text | UnsetType = UNSET
    extra_flags: Number | UnsetType = UNSET
    extra_info: LongText | UnsetType = UNSET
    next_check: Time | UnsetType = UNSET
    warn_from: Time | UnsetType = UNSET
    maintenance_until: Time | UnsetType = UNSET
    expires: Time | UnsetType = UNSET
    grace_until: Time | UnsetType = UNSET
    public_key: LongText | UnsetType = UNSET
    signature: LongText | UnsetType = UNSET


class LicenseEntry(Struct, frozen=True):
    """One `[[licenses]]`. A date counts from its beginning, UTC."""

    name: LicenseNameText
    owner: OwnerName | UnsetType = UNSET
    display_name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    applies_to: Annotated[AppliesTo, Meta(description='one of "users", "stations", "both"')] | UnsetType = UNSET
    kind: Annotated[LicenseKind, Meta(description='one of "site", "satellite", "user"')] | UnsetType = UNSET
    shared: Flag | UnsetType = UNSET
    assignable_seats: Seats | UnsetType = UNSET
    concurrent_seats: Seats | UnsetType = UNSET
    unrestricted: Flag | UnsetType = UNSET
    expires: Date | UnsetType = UNSET
    grace_until: Date | UnsetType = UNSET
    prerequisite: Prerequisite | UnsetType = UNSET
    tooltip: Text | UnsetType = UNSET
    version: Text | UnsetType = UNSET
    hidden: Flag | UnsetType = UNSET
    sort_order: Number | UnsetType = UNSET
    user_type: AllowedUserType | UnsetType = UNSET
    extra_flags: Number | UnsetType = UNSET
    extra_info: LongText | UnsetType = UNSET
    signature: LongText | UnsetType = UNSET


class ProfileEntry(Struct, frozen=True):
    """A holder's licensing profile for one owner."""

    enabled: Flag | UnsetType = UNSET
    method: MethodName | UnsetType = UNSET


class StationEntry(Struct, frozen=True):
    """One `[[stations]]`. `enabled` and `method` are of the configured owner, `profiles` of others."""

    name: Name
    display_name: Text | UnsetType = UNSET
    extension: Text | UnsetType = UNSET
    licenses: LicenseNames = ()
    enabled: Flag | UnsetType = UNSET
    method: MethodName | UnsetType = UNSET
    profiles: Tables | UnsetType = UNSET


class UserEntry(Struct, frozen=True):
    """One `[[users]]`. `enabled` and `method` are of the configured owner, `profiles` of others."""

    login: Name
    display_name: Text | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    password_hash: PasswordHash | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    roles: Names | UnsetType = UNSET
    rights: Names | UnsetType = UNSET
    stations: Stations | UnsetType = UNSET
    view_allocations: Licenses | UnsetType = UNSET
    admin_allocations: Licenses | UnsetType = UNSET
    user_type: UserTypeName | UnsetType = UNSET
    group_id: Group | UnsetType = UNSET
    secondary_groups: Groups | UnsetType = UNSET
    user_id: UserId | UnsetType = UNSET
    licenses: LicenseNames = ()
    enabled: Flag | UnsetType = UNSET
    method: MethodName | UnsetType = UNSET
    profiles: Tables | UnsetType = UNSET


class AssignmentEntry(Struct, frozen=True):
    """One line that assigns a license to a user or to a station; just one of the two is named.

    `method` stands in an import: how the user's licenses of this license's owner count from now on.
    """

    license: LicenseRef
    user: Name | UnsetType = UNSET
    station: Name | UnsetType = UNSET
    method: MethodName | UnsetType = UNSET


E = TypeVar("E", OwnerEntry, LicenseEntry, StationEntry, UserEntry, AssignmentEntry)


class Kind(StrEnum):
    """What an entry is about."""

    OWNER = "owner"
    LICENSE = "license"
    STATION = "station"
    USER = "user"
    ASSIGNMENT = "assignment"


class Entry(Struct, Generic[E], frozen=True):
    """An entry and its place in the file, as in `users[12] "agent07"` (entries of a kind count from 1) or `line 17`.

    `line`: its number in the file, where the file has an entry a line.
    """

    place: str
    value: E
    profiles: Mapping[str, ProfileEntry]
    """By owner as the file spells it, the configured owner's among them."""
    line: int | None = None


class Inventory(Struct, frozen=True):
    """What a file says. `kinds` are those that it has tables for, be they empty: what it lacks of these is pruned."""

    owners: tuple[Entry[OwnerEntry], ...] = ()
    licenses: tuple[Entry[LicenseEntry], ...] = ()
    stations: tuple[Entry[StationEntry], ...] = ()
    users: tuple[Entry[UserEntry], ...] = ()
    assignments: tuple[Entry[AssignmentEntry], ...] = ()
    kinds: frozenset[Kind] = frozenset()
