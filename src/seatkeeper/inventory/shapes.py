"""The entries of an inventory file. A key that is left out is UNSET: what it is about stays as it is."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from seatkeeper.licensing.entities import AppliesTo, LicenseKind

# No control characters, and no blanks around: two names must not differ in what nobody sees.
_ONE_LINE: Final = r"\A[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?\Z"

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=_ONE_LINE,
        description="a text of 1 to 200 characters on one line, without blanks around it",
    ),
]
OwnerName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"\A[^\x00-\x20\x7f:]([^\x00-\x1f\x7f:]*[^\x00-\x20\x7f:])?\Z",
        description="a text of 1 to 200 characters on one line, without a colon or blanks around it",
    ),
]
# A database keeps no NUL in a text.
Text = Annotated[str, Meta(max_length=2000, pattern=r"\A[^\x00]*\Z", description="a text of at most 2000 characters")]
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
        max_length=401,  # both names at their longest
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
        max_length=401,
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


Date = Annotated[Day, Meta(description='a date from 1970 to 9998, as in 2030-12-31, or "never"')]


_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def decode(shape: type, value: object) -> object:
    """What msgspec does not know by itself. Raises ValueError, which msgspec tells as a mismatch."""
    if shape is Day and value == "never":
        return Day(None)
    if isinstance(value, str) and _DATE.fullmatch(value):  # JSON has no dates, so that they stand in quotes there
        value = date.fromisoformat(value)
    if shape is Day and type(value) is date and 1970 <= value.year <= 9998:
        return Day(int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()) * 1000)
    raise ValueError


class LicenseEntry(Struct, frozen=True):
    """One `[[licenses]]`. A date counts from its beginning, UTC."""

    name: Name
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


E = TypeVar("E", LicenseEntry, StationEntry, UserEntry, AssignmentEntry)


class Kind(StrEnum):
    """What an entry is about."""

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

    licenses: tuple[Entry[LicenseEntry], ...]
    stations: tuple[Entry[StationEntry], ...]
    users: tuple[Entry[UserEntry], ...]
    assignments: tuple[Entry[AssignmentEntry], ...] = ()
    kinds: frozenset[Kind] = frozenset()
