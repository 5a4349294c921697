"""A license document that somebody proposes: from its carrier to what the rules decide on.

The carrier may have been to a client and back. What that does to it is undone here: a text that the client was told in
its language is the stored text in all languages, and a date that its time zone shifted is the day that it was
(docs/decisions/license-documents.md).
"""

from typing import Final

import msgspec
from msgspec import Struct

from seatkeeper.licensing.entities import LicenseDetails, OwnerDetails, UserType, fold
from seatkeeper.licensing.inventory_commands import LicenseDocument, ModuleDocument
from seatkeeper.licensing.sentences import Sentence
from seatkeeper.queries.modules import Bought, OwnerModules
from seatkeeper.superoffice.documents.days import day
from seatkeeper.superoffice.documents.faults import faults
from seatkeeper.superoffice.documents.mapping import LICENSE_TYPES, STORED_DATES, public_key
from seatkeeper.superoffice.wire import carriers
from seatkeeper.superoffice.wire.carriers import LicenseInfo, ModuleLicense, SignedPublicKey
from seatkeeper.superoffice.wire.cultures import Spoken

_KINDS: Final = {type_: kind for kind, type_ in LICENSE_TYPES.items()}


class Proposal(Struct, frozen=True):
    """A document for the rules to decide on; None where there are reasons against it before that."""

    document: LicenseDocument | None
    reasons: tuple[Sentence, ...] = ()


def owner_of(info: LicenseInfo) -> str:
    """Whose document it is, by its own word or else its modules'. Empty where neither says."""
    names = (info.owner_name, *(each.owner_name for each in info.module_licenses))
    return next((name.strip() for name in names if name.strip()), "")


def proposed(info: LicenseInfo, stored: OwnerModules | None, spoken: Spoken) -> Proposal:
    """What a document proposes. `stored` is what there is of its owner, `spoken` how its client was told of it."""
    owner = owner_of(info)
    reasons = tuple(faults(info, owner, spoken))
    if reasons:
        return Proposal(None, reasons)
    known = {} if stored is None else {fold(each.license.name): each for each in stored.modules}
    modules = tuple(_module(each, known.get(fold(each.module_name)), spoken) for each in info.module_licenses)
    details = OwnerDetails() if stored is None else stored.owner.details
    return Proposal(LicenseDocument(owner, _details(info, details, spoken), modules))


def _details(info: LicenseInfo, stored: OwnerDetails, spoken: Spoken) -> OwnerDetails:
    days = {name: day(spoken.moment(getattr(info, date)), getattr(stored, name)) for date, name in STORED_DATES.items()}
    return OwnerDetails(
        description=_as_stored(info.owner_description, stored.description, spoken),
        company=info.company_name,
        serial_number=info.serial_nr,
        version=info.license_version,
        product_type=info.product_type,
        product_description=info.product_description,
        deployment_type=info.deployment_type,
        license_url=info.license_url,
        extra_flags=info.extra_flags,
        extra_info=info.extra_info,
        public_key=_key(info.public_key, stored),
        signature=info.signature,
        next_check=days["next_check"],
        warn_from=days["warn_from"],
        maintenance_until=days["maintenance_until"],
        expires=days["expires"],
        grace_until=days["grace_until"],
    )


def _module(new: ModuleLicense, known: Bought | None, spoken: Spoken) -> ModuleDocument:
    shown, tooltip = ("", "") if known is None else (known.license.display_name, known.license.details.tooltip)
    return ModuleDocument(
        name=new.module_name.strip(),
        display_name=_as_stored(new.module_description, shown, spoken),
        kind=_KINDS[new.license_type],
        seats=new.number_of_licenses,
        unrestricted=new.unrestricted,
        prerequisite=new.prerequisite_module_name.strip() or None,
        details=LicenseDetails(
            tooltip=_as_stored(new.module_tooltip, tooltip, spoken),
            version=new.module_version,
            hidden=new.is_hidden,
            sort_order=new.sort_order,
            user_type=_user_type(new.allowed_user_type),
            extra_flags=new.extra_flags,
            extra_info=new.extra_info,
            signature=new.signature,
        ),
    )


def _user_type(type_: carriers.UserType) -> UserType | None:
    return None if type_ is carriers.UserType.UNKNOWN else UserType(type_.value)


def _as_stored(text: str, stored: str, spoken: Spoken) -> str:
    """The stored text where the client has only sent back what it was told of it."""
    return stored if text == spoken.text(stored) else text


def _key(key: SignedPublicKey | None, stored: OwnerDetails) -> str:
    """The owner's key as it is carried; as it is stored where it is that one, whatever its dates went through."""
    known = public_key(stored)
    if key is None:
        return "" if known else stored.public_key
    if known is not None and (known.signature, known.key) == (key.signature, key.key):
        return stored.public_key
    return msgspec.json.encode(key).decode()
