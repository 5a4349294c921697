"""What the inventory consists of. Every entity is one immutable row of one table.

Names (logins, license, owner and station names) are compared without case and answered as stored; `fold` gives
the form in which they are compared. Times are integer milliseconds since 1970-01-01T00:00Z.
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from msgspec import Struct


def fold(name: str) -> str:
    """The form in which a name is compared: without case and without surrounding blanks."""
    return name.strip().casefold()


class AppliesTo(StrEnum):
    """Which kinds of holder a license can be assigned to."""

    USERS = "users"
    STATIONS = "stations"
    BOTH = "both"
    APPLICATIONS = "applications"


class LicenseKind(StrEnum):
    """Whom one purchase covers. Only user licenses are assigned and acquired."""

    SITE = "site"
    SATELLITE = "satellite"
    USER = "user"


class UserType(StrEnum):
    """What a user is to the CRM, by the names that its API has for it (superoffice contract 2.1)."""

    INTERNAL = "InternalAssociate"
    RESOURCE = "ResourceAssociate"
    EXTERNAL = "ExternalAssociate"
    ANONYMOUS = "AnonymousAssociate"
    SYSTEM = "SystemAssociate"


class Method(IntEnum):
    """How a holder's licenses take seats; the numbers are those of ICWS `allocationType` (contract 5.5)."""

    ASSIGNABLE = 0
    CONCURRENT = 1


class HolderKind(IntEnum):
    """Who can be assigned a license."""

    USER = 1
    STATION = 2
    APPLICATION = 3


class Holder(NamedTuple):
    """A user, a station or an application, by its number."""

    kind: HolderKind
    id: int


class HolderName(Struct, frozen=True):
    """A user by login or a station by name. An application is not named: its transactions assign it its tokens."""

    kind: HolderKind
    name: str


LicenseKey = tuple[str, str]
"""By what a license is found: owner and name, folded."""


class LicenseName(Struct, frozen=True):
    """A license by owner and name."""

    owner: str
    name: str

    @property
    def key(self) -> LicenseKey:
        """By what it is found."""
        return fold(self.owner), fold(self.name)


class LicenseDetails(Struct, frozen=True, gc=False, omit_defaults=True):
    """What is said of a license beyond what every product asks for; it travels as one value.

    `tooltip` and the license's display name may hold texts in several languages. `user_type`: only users of this type
    may be assigned it, None for all. `extra_flags` 1 marks a user plan, whose `extra_info` says `set=a,b,c`: modules
    of the same owner that are assigned with it. `signature` is carried, never checked.
    """

    tooltip: str = ""
    version: str = ""
    hidden: bool = False
    sort_order: int = 0
    user_type: UserType | None = None
    extra_flags: int = 0
    extra_info: str = ""
    signature: str = ""


class License(Struct, frozen=True, gc=False):
    """One license that can be bought. Its seats and their use stand in its `Pool`.

    `shared`: one user's applications may hold it side by side (decision 4, status 8).
    `expires`: from then on it cannot be assigned. `grace_until`: from then on it cannot be acquired; without it,
    `expires` counts (decision 24). `prerequisite`: the license that a holder must have to be assigned this one.
    """

    id: int
    owner: str
    name: str
    display_name: str
    description: str
    applies_to: AppliesTo
    kind: LicenseKind
    shared: bool
    expires: int | None
    grace_until: int | None
    prerequisite: int | None = None
    details: LicenseDetails = LicenseDetails()

    @property
    def key(self) -> LicenseKey:
        """By what it is found."""
        return fold(self.owner), fold(self.name)


class OwnerDetails(Struct, frozen=True, gc=False, omit_defaults=True):
    """What is said of an owner's licenses as a whole: the head of its license document.

    From `expires` on none of them can be assigned, from `grace_until` on none acquired; without that, `expires` counts
    for both. A license that has dates of its own ends with whichever comes first. After `maintenance_until` no newer
    version is licensed. `warn_from`: administrators are to be told. `public_key` (as its face writes it) and
    `signature` are carried, never checked.
    """

    description: str = ""
    company: str = ""
    serial_number: str = ""
    version: str = ""
    product_type: str = ""
    product_description: str = ""
    deployment_type: int = 0
    license_url: str = ""
    shop_url: str = ""
    extra_flags: int = 0
    extra_info: str = ""
    next_check: int | None = None
    warn_from: int | None = None
    maintenance_until: int | None = None
    expires: int | None = None
    grace_until: int | None = None
    public_key: str = ""
    signature: str = ""


class Owner(Struct, frozen=True, gc=False):
    """Whose licenses they are. One of whom nothing is said has no row: it is there by its licenses alone."""

    id: int
    name: str
    details: OwnerDetails = OwnerDetails()


class Pool(Struct, frozen=True, gc=False):
    """The seats of one license and how many are taken.

    Assignable seats are taken by enabled assignments (`assigned_users`, `assigned_stations`, `assigned_applications`);
    concurrent seats by users with a live hold on a concurrent ground (`concurrent_in_use`). `concurrent_assigned`
    counts enabled concurrent assignments, which take no seat. The two `…_excess` are what an allowed overcommit left
    above the seats; they shrink as use falls. `uncovered` are the latest assignments, in order, that the installed
    seats do not reach.
    """

    license_id: int
    assignable_seats: int
    concurrent_seats: int
    unrestricted: bool
    assigned_users: int = 0
    assigned_stations: int = 0
    concurrent_assigned: int = 0
    concurrent_in_use: int = 0
    assignable_excess: int = 0
    concurrent_excess: int = 0
    uncovered: tuple[int, ...] = ()
    assigned_applications: int = 0

    @property
    def assigned(self) -> int:
        """Assignable seats taken, by users, stations and applications together."""
        return self.assigned_users + self.assigned_stations + self.assigned_applications


class User(Struct, frozen=True, gc=False):
    """A person who logs on. `id` is the associate id and is never used again, also after deletion.

    `stations`: the stations he may use, by number; None for all. `view_allocations` and `admin_allocations`: the
    licenses whose allocation he may see and administer, by number; None for all. `deleted_at`: deletion is a mark
    (decision 24). `group_id` and `secondary_groups`: his groups in the CRM, by its numbers; 0 for none.
    """

    id: int
    login: str
    display_name: str
    language: str
    roles: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    stations: tuple[int, ...] | None = None
    deleted_at: int | None = None
    view_allocations: tuple[int, ...] | None = ()
    admin_allocations: tuple[int, ...] | None = ()
    user_type: UserType = UserType.INTERNAL
    group_id: int = 0
    secondary_groups: tuple[int, ...] = ()


class Station(Struct, frozen=True, gc=False):
    """A workplace that holds licenses of its own."""

    id: int
    name: str
    display_name: str
    extension: str


class Profile(Struct, frozen=True, gc=False):
    """Whether a holder's licenses of one owner count, and by which method. A station's or application's is always
    assignable."""

    holder: Holder
    owner_key: str
    enabled: bool = True
    method: Method = Method.ASSIGNABLE


class Assignment(Struct, frozen=True, gc=False):
    """This holder may use this license. Numbers rise in the order of assigning."""

    id: int
    license_id: int
    holder: Holder
    at: int


class Session(Struct, frozen=True, gc=False):
    """A connected user. `machine` is the client's address; everybody behind one address is one machine.

    `hears_of_stations`: its client asked for word of where it sits. `idle_timeout`: milliseconds without activity after
    which it expires; None for the policy's.
    """

    id: int
    user_id: int
    application: str
    machine: str
    language: str
    connected_at: int
    hears_of_stations: bool = False
    idle_timeout: int | None = None


class StationSetting(IntEnum):
    """How a session sits at a station; the numbers are those of ICWS `stationSetting` (contract 2.4)."""

    NONE = 0
    WORKSTATION = 1
    REMOTE_WORKSTATION = 2
    REMOTE_NUMBER = 3


class StationLogon(Struct, frozen=True, gc=False):
    """A session's place of work. `id` rises in the order of setting: a station is in use from its lowest.

    `station_id` is None for a remote number and for a stationless session, which hold no station's licenses.
    """

    id: int
    session_id: int
    user_id: int
    machine: str
    setting: StationSetting
    station_id: int | None
    remote_number: str | None


class Hold(Struct, frozen=True, gc=False):
    """A session has acquired a license on a ground: the assignment of its user or of its station, and the method."""

    session_id: int
    license_id: int
    user_id: int
    ground: HolderKind
    assignment_id: int
    method: Method
    since: int


class Subscription(Struct, frozen=True, gc=False):
    """The license names, as the client spelled them, whose assignment to its user a session wants to hear of."""

    session_id: int
    user_id: int
    owner: str
    names: tuple[str, ...]


class SessionKeys(Struct, frozen=True, gc=False):
    """Digests of a session's two secrets. Never in the journal."""

    session_id: int
    cookie_digest: bytes
    csrf_digest: bytes


class Credential(Struct, frozen=True, gc=False):
    """A user's password, hashed. Never in the journal."""

    user_id: int
    password_hash: str
