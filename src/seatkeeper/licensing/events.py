"""Facts that have happened. They are numbered by the journal and never changed.

An event carries results, never inputs to decide again: whoever folds it needs no rule. `PERSONAL` names the members
that say who a person is or where he sat; the journal keeps them apart so that a pseudonym can replace them without
breaking its chain. `VERSION` rises when a kind's members change meaning.
"""

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.deployment_events import (
    ApplicationDefined,
    ApplicationRemoved,
    RuntimeDefined,
    RuntimeRemoved,
    TransactionBegun,
    TransactionMoved,
)
from seatkeeper.licensing.entities import (
    AppliesTo,
    Holder,
    HolderKind,
    LicenseDetails,
    LicenseKind,
    Method,
    OwnerDetails,
    StationSetting,
    UserType,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.verdicts import Reason


class LicenseDefined(Event, frozen=True, tag="license_defined"):
    """A license was added or described anew. Since version 2 with its prerequisite, since version 3 with details."""

    VERSION: ClassVar[int] = 3

    license_id: int
    owner: str
    name: str
    display_name: str
    description: str
    applies_to: AppliesTo
    license_kind: LicenseKind
    shared: bool
    expires: int | None
    grace_until: int | None
    prerequisite: int | None = None
    details: LicenseDetails = LicenseDetails()


class OwnerDefined(Event, frozen=True, tag="owner_defined"):
    """Something was said of an owner, or something else."""

    owner_id: int
    name: str
    details: OwnerDetails


class OwnerRemoved(Event, frozen=True, tag="owner_removed"):
    """Nothing is said of an owner any more; what licenses went with it, went by events of their own before."""

    owner_id: int
    name: str


class LicenseRemoved(Event, frozen=True, tag="license_removed"):
    """A license was removed; its holds and assignments ended by events of their own before."""

    license_id: int
    owner: str
    name: str


class SeatsChanged(Event, frozen=True, tag="seats_changed"):
    """The seats bought, with the excess and the uncovered assignments that an allowed overcommit left."""

    license_id: int
    assignable_seats: int
    concurrent_seats: int
    unrestricted: bool
    assignable_excess: int
    concurrent_excess: int
    uncovered: tuple[int, ...]


class StationDefined(Event, frozen=True, tag="station_defined"):
    """A station was added or described anew."""

    station_id: int
    name: str
    display_name: str
    extension: str


class StationRemoved(Event, frozen=True, tag="station_removed"):
    """A station was removed; who sat there left and its assignments went by events of their own before."""

    station_id: int
    name: str


class UserDefined(Event, frozen=True, tag="user_defined"):
    """A user was added or described anew.

    Since version 2 with his rights on allocations, since version 3 with his type and groups in the CRM.
    """

    VERSION: ClassVar[int] = 3
    PERSONAL: ClassVar[tuple[str, ...]] = ("login", "display_name")

    user_id: int
    login: str
    display_name: str
    language: str
    roles: tuple[str, ...]
    rights: tuple[str, ...]
    stations: tuple[int, ...] | None
    view_allocations: tuple[int, ...] | None = ()
    admin_allocations: tuple[int, ...] | None = ()
    user_type: UserType = UserType.INTERNAL
    group_id: int = 0
    secondary_groups: tuple[int, ...] = ()


class PasswordChanged(Event, frozen=True, tag="password_changed"):
    """A user's password was set; the secret itself is not here."""

    user_id: int


class UserDeleted(Event, frozen=True, tag="user_deleted"):
    """A user was marked deleted; his sessions and assignments ended by events of their own before."""

    user_id: int


class Pseudonymised(Event, frozen=True, tag="pseudonymised"):
    """A deleted user goes by a pseudonym, also in the events before, which lose what named him (rule L11)."""

    user_id: int
    pseudonym: str


class SeatMove(Struct, frozen=True, gc=False):
    """What a change of profile did to one assignment: which count it left and which it joined."""

    license_id: int
    assignment_id: int
    assignable: int
    concurrent: int


class ProfileChanged(Event, frozen=True, tag="profile_changed"):
    """A holder's licensing profile for one owner, and what it did to each of his assignments of that owner."""

    holder: Holder
    owner: str
    enabled: bool
    method: Method
    moves: tuple[SeatMove, ...]


class Assigned(Event, frozen=True, tag="assigned"):
    """A license was assigned. `method` is the count it joined; None while the holder's profile is disabled."""

    assignment_id: int
    license_id: int
    holder: Holder
    method: Method | None


class Unassigned(Event, frozen=True, tag="unassigned"):
    """A license was taken away. `method` is the count it left; None while the holder's profile is disabled."""

    assignment_id: int
    license_id: int
    holder: Holder
    method: Method | None


class Connected(Event, frozen=True, tag="connected"):
    """A session began.

    Since version 2 with whether it hears of where it sits, since version 3 with a time-out of its own.
    """

    VERSION: ClassVar[int] = 3
    PERSONAL: ClassVar[tuple[str, ...]] = ("machine",)

    session_id: int
    user_id: int
    application: str
    machine: str
    language: str
    hears_of_stations: bool = False
    idle_timeout: int | None = None


class Ended(Event, frozen=True, tag="ended"):
    """A session ended; what it held was released by events of their own before."""

    session_id: int
    user_id: int
    reason: EndReason


class StationSet(Event, frozen=True, tag="station_set"):
    """A session sat down."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("remote_number",)

    logon_id: int
    session_id: int
    user_id: int
    setting: StationSetting
    station_id: int | None
    remote_number: str | None


class StationLeft(Event, frozen=True, tag="station_left"):
    """A session left its station."""

    session_id: int
    user_id: int
    station_id: int | None


class Acquired(Event, frozen=True, tag="acquired"):
    """A session acquired a license. `takes_seat`: the user is one more that uses it concurrently."""

    session_id: int
    user_id: int
    license_id: int
    ground: HolderKind
    assignment_id: int
    method: Method
    takes_seat: bool


class ReleaseReason(StrEnum):
    """Why a hold ended."""

    CLIENT = "client"
    SESSION_ENDED = "session_ended"
    UNASSIGNED = "unassigned"
    DISABLED = "disabled"
    METHOD_CHANGED = "method_changed"
    STATION_LEFT = "station_left"
    LICENSE_REMOVED = "license_removed"


class Released(Event, frozen=True, tag="released"):
    """A session no longer holds a license. `frees_seat`: the user was one that used it concurrently."""

    session_id: int
    user_id: int
    license_id: int
    frees_seat: bool
    reason: ReleaseReason


class Denied(Event, frozen=True, tag="denied"):
    """A session asked for a license and was refused. `license_id` is None for a name nobody knows."""

    session_id: int
    user_id: int
    license: str
    license_id: int | None
    reason: Reason


class Subscribed(Event, frozen=True, tag="subscribed"):
    """A session wants to hear of these licenses; `assigned` says of each whether its user has it now."""

    session_id: int
    user_id: int
    owner: str
    names: tuple[str, ...]
    assigned: tuple[bool, ...]


class Unsubscribed(Event, frozen=True, tag="unsubscribed"):
    """A session no longer wants to hear of licenses."""

    session_id: int
    user_id: int


class JournalSealed(Event, frozen=True, tag="journal_sealed"):
    """The events up to `position` went into an archive, and a snapshot of the state there took their place (rule L11).

    `hash` is that of the last of them. The digests are SHA-256: of the archive's file of this name, and of the
    snapshot. All three are in hexadecimal digits.
    """

    position: int
    hash: str
    archive: str
    archive_digest: str
    snapshot_digest: str


AnyEvent = (
    LicenseDefined
    | OwnerDefined
    | OwnerRemoved
    | LicenseRemoved
    | SeatsChanged
    | StationDefined
    | StationRemoved
    | UserDefined
    | PasswordChanged
    | UserDeleted
    | Pseudonymised
    | ProfileChanged
    | Assigned
    | Unassigned
    | Connected
    | Ended
    | StationSet
    | StationLeft
    | Acquired
    | Released
    | Denied
    | Subscribed
    | Unsubscribed
    | RuntimeDefined
    | RuntimeRemoved
    | ApplicationDefined
    | ApplicationRemoved
    | TransactionBegun
    | TransactionMoved
    | JournalSealed
)
