"""What can be asked of the rules about the inventory: what was bought, and who may be known.

As in `commands`, each docstring says what the outcome is.
"""

from msgspec import Struct

from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.entities import (
    AppliesTo,
    LicenseDetails,
    LicenseKind,
    LicenseName,
    OwnerDetails,
    UserType,
)
from seatkeeper.licensing.outcomes import Activation


class DefineLicense(Command[bool], frozen=True):
    """Add a license or change its description. Seats are changed by `ChangeSeats`. Outcome: whether that was new."""

    owner: str
    name: str
    display_name: str
    description: str = ""
    applies_to: AppliesTo = AppliesTo.BOTH
    kind: LicenseKind = LicenseKind.USER
    shared: bool = True
    expires: int | None = None
    grace_until: int | None = None
    prerequisite: LicenseName | None = None
    details: LicenseDetails = LicenseDetails()


class DefineOwner(Command[bool], frozen=True):
    """Say something of an owner, something else, or nothing any more. Outcome: whether that was new."""

    name: str
    details: OwnerDetails


class RemoveOwner(Command[None], frozen=True):
    """Remove an owner and all licenses of it. Outcome: None. Refused while one is assigned or required by another's."""

    name: str


class ModuleDocument(Struct, frozen=True):
    """One license as a license document grants it. `prerequisite` is a bare name of the same owner."""

    name: str
    display_name: str
    kind: LicenseKind
    seats: int
    unrestricted: bool
    prerequisite: str | None
    details: LicenseDetails


class LicenseDocument(Struct, frozen=True):
    """All that an owner grants, as one document. What an owner's document does not name, it does not grant."""

    owner: str
    details: OwnerDetails
    modules: tuple[ModuleDocument, ...]


class ActivateDocument(Command[Activation], frozen=True):
    """Make an owner's licenses what a document says, all at once (superoffice contract 2.2). Outcome: `Activation`.

    Where that gives reasons against it, nothing has changed. `rehearsed`: nothing changes at all.
    """

    document: LicenseDocument
    rehearsed: bool = False


class RemoveLicenses(Command[None], frozen=True):
    """Remove licenses, all or none: holds of them end, assignments of them go. Outcome: None.

    Refused while one that stays requires one of them.
    """

    licenses: tuple[LicenseName, ...]


class ChangeSeats(Command[bool], frozen=True):
    """Set how many seats were bought; None leaves them as they are (decision 25). Outcome: whether that was new.

    Below what is assigned or in use it is refused, unless `allow_overcommit`.
    """

    license: LicenseName
    assignable: int | None = None
    concurrent: int | None = None
    unrestricted: bool | None = None
    allow_overcommit: bool = False


class DefineStation(Command[bool], frozen=True):
    """Add a station or change its description. Outcome: whether that was new."""

    name: str
    display_name: str
    extension: str = ""


class RemoveStation(Command[None], frozen=True):
    """Remove a station: who sits there leaves it, and its assignments and profiles go. Outcome: None."""

    name: str


class DefineUser(Command[bool], frozen=True):
    """Add a user or change his description. Outcome: whether that was new.

    `user_id` asks for an associate id for a new user; without it he gets the next. `stations` names the stations he
    may use, None all; likewise `view_allocations` and `admin_allocations` the licenses. `password_hash` None leaves
    the password as it is.
    """

    login: str
    display_name: str
    language: str = "en-US"
    roles: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    stations: tuple[str, ...] | None = None
    view_allocations: tuple[LicenseName, ...] | None = ()
    admin_allocations: tuple[LicenseName, ...] | None = ()
    user_type: UserType = UserType.INTERNAL
    group_id: int = 0
    secondary_groups: tuple[int, ...] = ()
    user_id: int | None = None
    password_hash: str | None = None


class SetPassword(Command[bool], frozen=True):
    """Replace the hash of a user's password. Outcome: whether that was done and new.

    With `instead_of` it is done only while the stored hash is that one: the password may have been changed since.
    """

    login: str
    password_hash: str
    instead_of: str | None = None


class DeleteUser(Command[None], frozen=True):
    """Mark a user deleted (decision 24): his sessions end, holds and assignments go. Outcome: None."""

    login: str


class ForgetUser(Command[bool], frozen=True):
    """Let a deleted user go by a pseudonym from now on (rule L11). Outcome: whether that was new.

    Refused for a living one.
    """

    user_id: int
