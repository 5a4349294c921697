"""The carriers of users: what is told of the caller and of his colleagues (contract 9)."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from seatkeeper.superoffice.wire.carriers import UNSET_DATE, Carrier, Date, LicenseType, UserType


class RoleType(StrEnum):
    """What kind of role a caller has."""

    EMPLOYEE = "Employee"
    EXTERNAL_USER = "ExternalUser"
    ANONYMOUS = "Anonymous"
    SYSTEM = "System"


class EjUserStatus(StrEnum):
    """How an associate stands to the service part of the CRM."""

    NONE = "StatusNone"
    NORMAL = "StatusNormal"
    NOT_AVAILABLE = "StatusNotAvailable"
    DELETED = "StatusDeleted"
    READ_ONLY = "StatusReadOnly"
    SPM = "StatusSpm"
    SYSTEM = "StatusSystem"


class Associate(Carrier, frozen=True, rename="pascal"):
    """A user, as others see him (contract 9)."""

    associate_id: int = 0
    name: str = ""
    person_id: int = 0
    rank: int = 0
    tooltip: str = ""
    type: UserType = UserType.UNKNOWN
    group_idx: int = 0
    full_name: str = ""
    formal_name: str = ""
    deleted: bool = False
    ej_user_id: int = 0
    user_name: str = ""
    extra_fields: Mapping[str, str] = {}
    custom_fields: Mapping[str, str] = {}


class GrantedModuleLicense(Carrier, frozen=True, rename="pascal"):
    """A license that counts for the caller: a site's, or one that is assigned to him (contract 9.1)."""

    owner_id: int = 0
    owner_name: str = ""
    owner_description: str = ""
    module_id: int = 0
    name: str = ""
    description: str = ""
    version: str = ""
    license_type: LicenseType = LicenseType.UNKNOWN
    extra_flags: int = 0
    extra_info: str = ""
    sort_order: int = 0
    license_number: int = 0
    is_hidden: bool = False
    is_unrestricted: bool = False
    expiry_date: Date = UNSET_DATE


class ProvidedCredential(Struct, frozen=True, rename="pascal"):
    """By what the caller showed who he is."""

    type: str = ""
    search_name: str = ""
    display_name: str = ""
    credential_id: int = 0


class SoPrincipalCarrier(Struct, frozen=True, rename="pascal"):
    """The caller himself (contract 9.1)."""

    user_type: UserType = UserType.UNKNOWN
    associate: str = ""
    associate_id: int = 0
    is_person: bool = False
    person_id: int = 0
    country_id: int = 0
    home_country_id: int = 0
    contact_id: int = 0
    group_id: int = 0
    business_id: int = 0
    category_id: int = 0
    contact_owner: int = 0
    role_id: int = 0
    role_name: str = ""
    role_description: str = ""
    role_type: RoleType = RoleType.EMPLOYEE
    licenses: tuple[GrantedModuleLicense, ...] = ()
    full_name: str = ""
    e_mail_address: str = ""
    function_rights: tuple[str, ...] = ()
    ej_user_id: int = 0
    ej_access_level: int = 0
    ej_user_status: EjUserStatus = EjUserStatus.NONE
    provided_credentials: tuple[ProvidedCredential, ...] = ()
    secondary_groups: tuple[int, ...] = ()
    database_context_identifier: str = ""
    user_name: str = ""
