"""The carriers of licenses: what the methods of this face answer and are given (contract 2.1).

Members stand in the contract's order of declaration, which is the order of the answer; `rename="pascal"` makes their
names on the wire. Each has a default, because requests bring carriers with members missing; a date is text, written
and read by `cultures.Spoken`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

UNSET_DATE: Final = "0001-01-01T00:00:00"
"""A date that is not set; of an expiry, never (contract 2.1)."""

DATE_TYPE: Final = "System.DateTime"
BYTES_TYPE: Final = "System.Byte[]"

Date: TypeAlias = Annotated[str, Meta(extra={"type": DATE_TYPE})]
"""A date with time, ISO 8601 (contract 6.2)."""

Bytes: TypeAlias = Annotated[str, Meta(extra={"type": BYTES_TYPE})]
"""Bytes in base64. They are carried, never looked into."""


class LicenseType(StrEnum):
    """Whom a license covers, by name: the vendor's numbers contradict each other (contract 12)."""

    UNKNOWN = "Unknown"
    SITE = "SiteLicense"
    SATELLITE = "SatelliteLicense"
    USER = "UserLicense"


class UserType(StrEnum):
    """What an associate is; Unknown where a license is for all types."""

    UNKNOWN = "Unknown"
    INTERNAL = "InternalAssociate"
    RESOURCE = "ResourceAssociate"
    EXTERNAL = "ExternalAssociate"
    ANONYMOUS = "AnonymousAssociate"
    SYSTEM = "SystemAssociate"


class LicenseStatus(StrEnum):
    """What a license server says of an owner's license."""

    OK = "Ok"
    NEW_LICENSE_AVAILABLE = "NewLicenseAvailable"
    NEW_COMPANY_NAME_AVAILABLE = "NewCompanyNameAvailable"
    NEW_SERIAL_AVAILABLE = "NewSerialAvailable"
    USE_CUSTOM_MESSAGE = "UseCustomMessage"
    USE_CUSTOM_MESSAGE_AND_URL = "UseCustomMessageAndUrl"
    NEW_LICENSE_ACTIVATED = "NewLicenseActivated"
    PROBLEM_WITH_LICENSE = "ProblemWithLicense"
    UNKNOWN_ERROR = "UnknownError"


class TableRight(Struct, frozen=True, rename="pascal"):
    """What the caller may do with a carrier: names of flags, and why it is not all (contract 8)."""

    mask: str = ""
    reason: str = ""


class FieldRight(Struct, frozen=True, rename="pascal"):
    """What the caller may do with one member (contract 8)."""

    mask: str = ""
    reason: str = ""


class FieldProperty(Struct, frozen=True, rename="pascal"):
    """A member: what the caller may do with it, its .NET type and its length (contract 8)."""

    field_right: FieldRight | None = None
    field_type: str = ""
    field_length: int = 0


class Carrier(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What has rights. The pair stands last in JSON and first in XML (contract 2.1); `rights.shown_to` fills it in."""

    table_right: TableRight | None = None
    field_properties: Mapping[str, FieldProperty] | None = None


class ModuleLicenseLink(Carrier, frozen=True, rename="pascal"):
    """A license as one associate has it or could have it, and its seats over all (seed)."""

    unrestricted: bool = False
    total: int = 0
    tooltip: str = ""
    can_assign: bool = False
    free: int = 0
    in_use: int = 0
    is_hidden: bool = False
    assigned: bool = False
    module_license_id: int = 0
    name: str = ""
    description: str = ""
    prerequisite_module_name: str = ""
    sort_order: int = 0
    extra_flags: int = 0


class LicenseOwner(Carrier, frozen=True, rename="pascal"):
    """An owner with its licenses, those with a limited number of seats and those without."""

    name: str = ""
    description: str = ""
    restricted_module_licenses: tuple[ModuleLicenseLink, ...] = ()
    unrestricted_module_licenses: tuple[ModuleLicenseLink, ...] = ()


class ModuleLicense(Struct, frozen=True, rename="pascal"):
    """A license as its document has it."""

    owner_name: str = ""
    module_name: str = ""
    module_description: str = ""
    module_tooltip: str = ""
    module_version: str = ""
    license_type: LicenseType = LicenseType.UNKNOWN
    unrestricted: bool = False
    allowed_user_type: UserType = UserType.UNKNOWN
    number_of_licenses: int = 0
    extra_flags: int = 0
    extra_info: str = ""
    sort_order: int = 0
    is_hidden: bool = False
    prerequisite_module_name: str = ""
    signature: str = ""


class DSAParameters(Struct, frozen=True, rename="pascal"):
    """The numbers of a DSA key."""

    p: Bytes = ""
    q: Bytes = ""
    g: Bytes = ""
    y: Bytes = ""
    j: Bytes = ""
    seed: Bytes = ""
    counter: int = 0


class SignedPublicKey(Struct, frozen=True, rename="pascal"):
    """The key that an owner signs with."""

    owner_name: str = ""
    sign_date: Date = UNSET_DATE
    expiry_date: Date = UNSET_DATE
    key: DSAParameters | None = None
    signature: Bytes = ""


class LicenseInfo(Struct, frozen=True, rename="pascal"):
    """A license document: what an owner has sold."""

    company_name: str = ""
    serial_nr: str = ""
    owner_name: str = ""
    owner_description: str = ""
    next_check_date: Date = UNSET_DATE
    maintenance_date: Date = UNSET_DATE
    admin_warning_date: Date = UNSET_DATE
    expiry_date: Date = UNSET_DATE
    grace_date: Date = UNSET_DATE
    extra_flags: int = 0
    extra_info: str = ""
    license_url: str = ""
    license_version: str = ""
    deployment_type: int = 0
    product_type: str = ""
    product_description: str = ""
    module_licenses: tuple[ModuleLicense, ...] = ()
    public_key: SignedPublicKey | None = None
    signature: str = ""


class ExtendedModuleLicense(Struct, frozen=True, rename="pascal"):
    """A license as it is stored beside what a document proposes, and what that means for its seats."""

    new: ModuleLicense | None = None
    current: ModuleLicense | None = None
    number_of_licenses_in_use: int = 0
    number_of_licenses_free: int = 0
    number_of_licenses_added: int = 0
    number_of_licenses_new_total: int = 0
    number_of_licenses_new_free: int = 0
    number_of_licenses_total: int = 0


class ExtendedLicenseInfo(Struct, frozen=True, rename="pascal"):
    """A document beside what is stored, and whether it can be activated."""

    reason: str = ""
    can_be_activated: bool = False
    new: LicenseInfo | None = None
    current: LicenseInfo | None = None
    extended_module_licenses: tuple[ExtendedModuleLicense, ...] = ()
    accumulated_next_check_date: Date = UNSET_DATE


class LicenseResult(Carrier, frozen=True, rename="pascal"):
    """Whether it was done; where not, why."""

    succeeded: bool = False
    reason: str = ""


class CheckLicenseStatusResult(Struct, frozen=True, rename="pascal"):
    """What the license server says of an owner's license."""

    license_status: LicenseStatus = LicenseStatus.OK
    message: str = ""
    url: str = ""


class UserAndInstallationLicenceStatus(Struct, frozen=True, rename="pascal"):
    """Dates and names to tell a user."""

    admin_warning_date: Date = UNSET_DATE
    expiry_date: Date = UNSET_DATE
    grace_date: Date = UNSET_DATE
    company_name: str = ""
    serial_nr: str = ""
    user_licenses: tuple[str, ...] = ()


class FencingInfo(Carrier, frozen=True, rename="pascal"):
    """How near a plan's limits are."""

    active_count: int = 0
    maximum: int = 0
    is_nearing_maximum: bool = False
    has_reached_maximum: bool = False
    warning_message: str = ""
    warning_tooltip: str = ""


class SelectableMDOListItem(Carrier, frozen=True, rename="pascal"):
    """A line of a tree to choose from."""

    id: int = 0
    name: str = ""
    tool_tip: str = ""
    deleted: bool = False
    rank: int = 0
    type: str = ""
    color_block: int = 0
    icon_hint: str = ""
    selected: bool = False
    last_changed: Date = UNSET_DATE
    child_items: "tuple[SelectableMDOListItem, ...]" = ()
    extra_info: str = ""
    style_hint: str = ""
    hidden: bool = False
    full_name: str = ""
