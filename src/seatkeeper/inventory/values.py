"""The values that keys of an inventory file can have, each with the words in which a wrong one is told."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from seatkeeper.inventory.dates import milliseconds

# No control characters, and no blanks around: two names must not differ in what nobody sees.
_ONE_LINE: Final = r"\A[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?\Z"
# What cannot stand on one line, or in no XML document.
_NO_NAME: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
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
RuntimeName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=254,
        pattern=rf"\A(?!\s|\.{{1,2}}\Z)[^/{_NO_NAME}]+(?<!\s)\Z",
        description='a text of 1 to 254 characters on one line, without a slash or blanks around it, other than "." and'
        ' ".."',
    ),
]
DeployedName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=254,
        pattern=rf"\A(?!\s|\.{{1,2}}\Z)[^{_NO_NAME}]+(?<!\s)\Z",
        description='a text of 1 to 254 characters on one line, without blanks around it, other than "." and ".."',
    ),
]
"""The name of an application, a platform or a version."""
ShownText = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=r"\A[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]*\Z",
        description="a text of at most 2000 characters, without control characters",
    ),
]
CategoryName = Annotated[
    Literal["B2C", "B2E", "UNDEFINED", ""], Meta(description='one of "B2C", "B2E", "UNDEFINED", or "" for none')
]
LicenseTypeName = Annotated[
    Literal["APPLICATION", "ADDITIONAL_BRAND_DEPLOYMENT", "NON_PRODUCTION", ""],
    Meta(description='one of "APPLICATION", "ADDITIONAL_BRAND_DEPLOYMENT", "NON_PRODUCTION", or "" for none'),
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
