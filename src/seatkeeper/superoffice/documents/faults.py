"""What is wrong with a license document in itself, before the rules look at what it would change.

Limits of length are those of the vendor's schema (contract 2.1). What only decorates a license is held to them too, so
that a document that was taken here can be taken there.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from msgspec import json, structs

from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.superoffice.documents.days import day
from seatkeeper.superoffice.documents.mapping import STORED_DATES
from seatkeeper.superoffice.wire.carriers import LicenseInfo, LicenseType, ModuleLicense
from seatkeeper.superoffice.wire.cultures import Spoken

_LONGEST_NAME: Final = 239
_LONGEST_TEXT: Final = 254
_LONGEST_INFO: Final = 3999
_MOST_SEATS: Final = 1_000_000_000
_MOST_MODULES: Final = 2_000
_LEAST_INT, _MOST_INT = -(2**31), 2**31 - 1
_SHOWN: Final = 40

# No control characters, so that two names never differ in what nobody sees; no NUL and no half of a surrogate pair,
# which no row keeps.
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
_TEXT: Final = re.compile(r"[^\x00\ud800-\udfff]*")


def faults(info: LicenseInfo, owner: str, spoken: Spoken) -> Iterator[Sentence]:
    """All that is wrong with a document of this owner, each in a sentence. `spoken` reads its dates."""
    yield from _of_owner(owner)
    yield from _of_head(info, spoken)
    if not info.module_licenses:
        yield say("The document grants no module. What an owner granted is removed by removing its license.")
    if len(info.module_licenses) > _MOST_MODULES:
        count = len(info.module_licenses)
        yield say("The document has {count} modules; at most {most} can be stored.", count=count, most=_MOST_MODULES)
        return
    times = Counter(fold(each.module_name) for each in info.module_licenses)
    for number, module in enumerate(info.module_licenses, 1):
        name = module.module_name.strip()[:_SHOWN]
        if name and (count := times.pop(fold(module.module_name), 1)) > 1:
            yield say("The document has {module} {count} times; it can have a module once.", module=name, count=count)
        for fault in _of_module(module, owner):
            yield say("Module {number}, {module}: {fault}", number=number, module=name or "?", fault=fault)


def _of_owner(owner: str) -> Iterator[Sentence]:
    if not owner:
        yield say("The document does not say whose it is: OwnerName is missing.")
        return
    yield from _of_name("OwnerName", owner)
    if ":" in owner:
        yield say("OwnerName cannot have a colon, as {owner} has.", owner=owner[:_SHOWN])


def _of_head(info: LicenseInfo, spoken: Spoken) -> Iterator[Sentence]:
    yield from _of_text("OwnerDescription", info.owner_description)
    yield from _of_text("CompanyName", info.company_name)
    yield from _of_text("SerialNr", info.serial_nr)
    yield from _of_text("LicenseVersion", info.license_version)
    yield from _of_text("ProductType", info.product_type)
    yield from _of_text("ProductDescription", info.product_description)
    yield from _of_text("ExtraInfo", info.extra_info, _LONGEST_INFO)
    yield from _of_text("LicenseUrl", info.license_url, _LONGEST_INFO)
    yield from _of_text("Signature", info.signature, _LONGEST_INFO)
    if info.public_key is not None:
        yield from _of_text("PublicKey", json.encode(info.public_key).decode(), _LONGEST_INFO)
    yield from _of_number("ExtraFlags", info.extra_flags)
    yield from _of_number("DeploymentType", info.deployment_type)
    for field in structs.fields(LicenseInfo):
        if field.name in STORED_DATES:
            yield from _of_date(field.encode_name, getattr(info, field.name), spoken)


def _of_module(module: ModuleLicense, owner: str) -> Iterator[Sentence]:
    yield from _of_name("ModuleName", module.module_name.strip())
    if module.owner_name.strip() and fold(module.owner_name) != fold(owner):
        other = module.owner_name.strip()[:_SHOWN]
        yield say("OwnerName is {other}, but the document is of {owner}.", other=other, owner=owner[:_SHOWN])
    if module.license_type is LicenseType.UNKNOWN:
        types = ", ".join(each.value for each in LicenseType if each is not LicenseType.UNKNOWN)
        yield say(
            "{member} must be one of {values}, and is {text}.",
            member="LicenseType",
            values=types,
            text=module.license_type,
        )
    yield from _of_number("NumberOfLicenses", module.number_of_licenses, least=0, most=_MOST_SEATS)
    yield from _of_number("ExtraFlags", module.extra_flags)
    yield from _of_number("SortOrder", module.sort_order)
    yield from _of_text("ModuleDescription", module.module_description)
    yield from _of_text("ModuleTooltip", module.module_tooltip)
    yield from _of_text("ModuleVersion", module.module_version)
    yield from _of_text("ExtraInfo", module.extra_info, _LONGEST_INFO)
    yield from _of_text("Signature", module.signature, _LONGEST_INFO)
    if module.prerequisite_module_name.strip():
        yield from _of_name("PrerequisiteModuleName", module.prerequisite_module_name.strip())


def _of_name(member: str, name: str) -> Iterator[Sentence]:
    yield from _of_length(member, name, _LONGEST_NAME)
    if not _NAME.fullmatch(name):
        yield say("{member} must be a text on one line.", member=member)


def _of_text(member: str, text: str, limit: int = _LONGEST_TEXT) -> Iterator[Sentence]:
    yield from _of_length(member, text, limit)
    if not _TEXT.fullmatch(text):
        yield say("{member} has a character that cannot be stored.", member=member)


def _of_length(member: str, text: str, limit: int) -> Iterator[Sentence]:
    if len(text) > limit:
        yield say(
            "{member} has {length} characters; it can have {limit}.", member=member, length=len(text), limit=limit
        )


def _of_number(member: str, number: int, *, least: int = _LEAST_INT, most: int = _MOST_INT) -> Iterator[Sentence]:
    if not least <= number <= most:
        yield say(
            "{member} must be a number from {least} to {most}, and is {number}.",
            member=member,
            least=least,
            most=most,
            number=number,
        )


def _of_date(member: str, text: str, spoken: Spoken) -> Iterator[Sentence]:
    moment = day(spoken.moment(text))
    if moment is not None and moment < 0:
        yield say("{member} must not lie before 1970, and is {text}.", member=member, text=text[:_SHOWN])
