"""The entries of an inventory file. A key that is left out is UNSET: what it is about stays as it is."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from seatkeeper.inventory.values import (
    AllowedUserType,
    CategoryName,
    Date,
    DeployedName,
    Flag,
    Group,
    Groups,
    Language,
    LicenseNames,
    LicenseNameText,
    LicenseRef,
    Licenses,
    LicenseTypeName,
    LongText,
    MethodName,
    Name,
    Names,
    Number,
    OwnerName,
    Password,
    PasswordHash,
    Prerequisite,
    RuntimeName,
    Seats,
    ShownText,
    Stations,
    Tables,
    Text,
    Time,
    UserId,
    UserTypeName,
)
from seatkeeper.licensing.entities import AppliesTo, LicenseKind


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
    applies_to: (
        Annotated[AppliesTo, Meta(description='one of "users", "stations", "both", "applications"')] | UnsetType
    ) = UNSET
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


class RuntimeEntry(Struct, frozen=True):
    """One `[[runtimes]]`: where applications run. Its name is compared exactly, as that of an application is."""

    name: RuntimeName
    running: Flag | UnsetType = UNSET


_VERSIONS: Final = 'a list of versions, as in [{ platform = "android", version = "1.0" }]'


class VersionEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of an application for one platform."""

    platform: DeployedName
    version: DeployedName
    display_name: ShownText = ""


class ApplicationEntry(Struct, frozen=True):
    """One `[[applications]]`. An empty `category` or `license_type` says that it has no license configuration."""

    runtime: RuntimeName
    name: DeployedName
    category: CategoryName | UnsetType = UNSET
    license_type: LicenseTypeName | UnsetType = UNSET
    versions: Annotated[tuple[VersionEntry, ...], Meta(max_length=10_000, description=_VERSIONS)] | UnsetType = UNSET


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


E = TypeVar("E", OwnerEntry, LicenseEntry, RuntimeEntry, ApplicationEntry, StationEntry, UserEntry, AssignmentEntry)


class Kind(StrEnum):
    """What an entry is about."""

    OWNER = "owner"
    LICENSE = "license"
    RUNTIME = "runtime"
    APPLICATION = "application"
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
    runtimes: tuple[Entry[RuntimeEntry], ...] = ()
    applications: tuple[Entry[ApplicationEntry], ...] = ()
    stations: tuple[Entry[StationEntry], ...] = ()
    users: tuple[Entry[UserEntry], ...] = ()
    assignments: tuple[Entry[AssignmentEntry], ...] = ()
    kinds: frozenset[Kind] = frozenset()
