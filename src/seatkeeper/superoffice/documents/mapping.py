"""An owner's license as its document has it: from what is stored to the carriers, and the two side by side."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from seatkeeper.licensing.entities import LicenseKind, OwnerDetails, Pool, fold
from seatkeeper.queries.modules import Bought, OwnerModules
from seatkeeper.superoffice.module_rows import counted
from seatkeeper.superoffice.wire.carriers import (
    ExtendedModuleLicense,
    LicenseInfo,
    LicenseType,
    ModuleLicense,
    SignedPublicKey,
    UserType,
)
from seatkeeper.superoffice.wire.cultures import Spoken

LICENSE_TYPES: Final[Mapping[LicenseKind, LicenseType]] = {
    LicenseKind.SITE: LicenseType.SITE,
    LicenseKind.SATELLITE: LicenseType.SATELLITE,
    LicenseKind.USER: LicenseType.USER,
}

STORED_DATES: Final[Mapping[str, str]] = {
    "next_check_date": "next_check",
    "maintenance_date": "maintenance_until",
    "admin_warning_date": "warn_from",
    "expiry_date": "expires",
    "grace_date": "grace_until",
}
"""The dates of a document, and what they are in an owner's details."""


def module_license(bought: Bought, spoken: Spoken) -> ModuleLicense:
    """A stored license as its owner's document has it."""
    license_, details = bought.license, bought.license.details
    return ModuleLicense(
        owner_name=license_.owner,
        module_name=license_.name,
        module_description=spoken.text(license_.display_name),
        module_tooltip=spoken.text(details.tooltip),
        module_version=details.version,
        license_type=LICENSE_TYPES[license_.kind],
        unrestricted=bought.pool.unrestricted,
        allowed_user_type=UserType.UNKNOWN if details.user_type is None else UserType(details.user_type.value),
        number_of_licenses=bought.pool.assignable_seats,
        extra_flags=details.extra_flags,
        extra_info=details.extra_info,
        sort_order=details.sort_order,
        is_hidden=details.hidden,
        prerequisite_module_name=bought.required or "",
        signature=details.signature,
    )


def license_info(owned: OwnerModules, spoken: Spoken) -> LicenseInfo:
    """All that is stored of an owner, as its document has it."""
    details = owned.owner.details
    return LicenseInfo(
        company_name=details.company,
        serial_nr=details.serial_number,
        owner_name=owned.owner.name,
        owner_description=spoken.text(details.description),
        extra_flags=details.extra_flags,
        extra_info=details.extra_info,
        license_url=details.license_url,
        license_version=details.version,
        deployment_type=details.deployment_type,
        product_type=details.product_type,
        product_description=details.product_description,
        module_licenses=tuple(module_license(each, spoken) for each in owned.modules),
        public_key=public_key(details),
        signature=details.signature,
        **{date: spoken.time(getattr(details, stored)) for date, stored in STORED_DATES.items()},
    )


def public_key(details: OwnerDetails) -> SignedPublicKey | None:
    """The key that was carried with an owner's document, as it came; None where there is none.

    What an inventory file says of it may be anything: what is no key is kept, and not told.
    """
    try:
        return msgspec.json.decode(details.public_key, type=SignedPublicKey) if details.public_key else None
    except msgspec.MsgspecError:
        return None


def told(info: LicenseInfo, by: Spoken, to: Spoken) -> LicenseInfo:
    """A license whose dates are as `by` has them, with its dates as `to` has them. Its texts stay as they are."""
    return replace(info, **{date: to.time(by.moment(getattr(info, date))) for date in STORED_DATES})


def side_by_side(
    new: LicenseInfo | None, current: OwnerModules | None, spoken: Spoken
) -> tuple[ExtendedModuleLicense, ...]:
    """Each license as it is stored beside what a document makes of it, and what that means for its seats.

    A stored license that the document lacks comes last, without `New`: nothing of it would be left. Where there is no
    document, nothing changes.
    """
    stored = {} if current is None else {fold(each.license.name): each for each in current.modules}
    if new is None:
        return tuple(_side(module_license(each, spoken), each, spoken, proposed=False) for each in stored.values())
    proposed = {fold(each.module_name) for each in new.module_licenses}
    return (
        *(_side(each, stored.get(fold(each.module_name)), spoken) for each in new.module_licenses),
        *(_side(None, each, spoken) for name, each in stored.items() if name not in proposed),
    )


def _side(
    new: ModuleLicense | None, bought: Bought | None, spoken: Spoken, *, proposed: bool = True
) -> ExtendedModuleLicense:
    pool = _NO_SEATS if bought is None else bought.pool
    becomes = replace(
        pool,
        assignable_seats=0 if new is None else new.number_of_licenses,
        unrestricted=new is not None and new.unrestricted,
    )
    before, after = counted(pool), counted(becomes)
    return ExtendedModuleLicense(
        new=new if proposed else None,
        current=None if bought is None else module_license(bought, spoken),
        number_of_licenses_in_use=before.in_use,
        number_of_licenses_free=before.free,
        number_of_licenses_added=becomes.assignable_seats - pool.assignable_seats,
        number_of_licenses_new_total=after.total,
        number_of_licenses_new_free=after.free,
        number_of_licenses_total=before.total,
    )


_NO_SEATS: Final = Pool(license_id=0, assignable_seats=0, concurrent_seats=0, unrestricted=False)
