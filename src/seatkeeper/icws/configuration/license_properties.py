"""`licenseProperties` of users and stations, read and written: which licenses they mean (contract 5.5, 5.6).

A property means one license of a table (`[icws_licenses]` of the settings); `additionalLicenses` names the others. What
is told of a holder names each of his licenses exactly once, so that whoever writes back what he read changes nothing.
docs/decisions/license-properties.md says how a body is understood.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from seatkeeper.icws.configuration.mistakes import ErrorType, Members, Mistake, Unfit, flag, number
from seatkeeper.icws.configuration.objects import ALLOCATIONS, ConfigurationId, configuration_id
from seatkeeper.icws.shapes import MAX_NAMES
from seatkeeper.licensing.commands import ConfigureLicenses
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseName, Method, Profile, fold
from seatkeeper.queries.holders import AssignedLicense
from seatkeeper.settings import IcwsLicenseSettings


class LicenseProperties(Struct, rename="camel"):
    """What is told of a holder's licenses; what his kind does not have is left out.

    `mediaTypes` and `acdSocialMedia`, which limit what a license is used for, have no license behind them here: they
    are read as null and ignored when written.
    """

    license_active: bool
    has_client_access: bool
    media_level: int
    interaction_process_automation_type: int
    additional_licenses: list[ConfigurationId]
    allocation_type: Method | UnsetType = UNSET
    has_basic_station_license: bool | UnsetType = UNSET
    has_recorder_access: bool | UnsetType = UNSET


_ACTIVE: Final = "licenseActive"
_METHOD: Final = "allocationType"
_ADDITIONAL: Final = "additionalLicenses"
_CLIENT: Final = "hasClientAccess"
_MEDIA: Final = "mediaLevel"
_AUTOMATION: Final = "interactionProcessAutomationType"
_STATION: Final = "hasBasicStationLicense"
_RECORDER: Final = "hasRecorderAccess"
_LEVELS: Final = (_MEDIA, _AUTOMATION)
_BOTH: Final = (_ACTIVE, _CLIENT, _MEDIA, "mediaTypes", "acdSocialMedia", _AUTOMATION, _ADDITIONAL)

MEMBERS: Final[Mapping[HolderKind, tuple[str, ...]]] = {
    HolderKind.USER: (*_BOTH, _METHOD),
    HolderKind.STATION: (*_BOTH, _STATION, _RECORDER),
}
"""The members that a kind of holder has, as the wire names them."""


def _meanings(kind: HolderKind, table: IcwsLicenseSettings) -> dict[str, tuple[str, ...]]:
    """By property, the licenses that it means: one of a flag, of a level those of 1, 2 and so on."""
    meanings = {
        _CLIENT: (table.client_access,),
        _MEDIA: (table.media_1, table.media_2, table.media_3),
        _AUTOMATION: (
            table.direct_routed_work_items,
            table.group_routed_work_items,
            table.process_monitor,
            table.process_designer,
        ),
    }
    if kind is HolderKind.STATION:
        meanings |= {_STATION: (table.basic_station,), _RECORDER: (table.recorder,)}
    return meanings


def properties_of(
    kind: HolderKind, profile: Profile, licenses: Iterable[AssignedLicense], table: IcwsLicenseSettings
) -> LicenseProperties:
    """What is told of a holder with this profile and these licenses, which keep their order.

    A level is the highest that is assigned. A license of a lower one stands among the additional licenses.
    """
    rest = {fold(each.name): each for each in licenses}
    levels = {}
    for member, names in _meanings(kind, table).items():
        assigned = [level for level, name in enumerate(names, 1) if fold(name) in rest]
        levels[member] = max(assigned, default=0)
        if assigned:
            del rest[fold(names[levels[member] - 1])]
    properties = LicenseProperties(
        license_active=profile.enabled,
        has_client_access=bool(levels[_CLIENT]),
        media_level=levels[_MEDIA],
        interaction_process_automation_type=levels[_AUTOMATION],
        additional_licenses=[configuration_id(ALLOCATIONS, *each) for each in rest.values()],
    )
    if kind is HolderKind.USER:
        properties.allocation_type = profile.method
    else:
        properties.has_basic_station_license = bool(levels[_STATION])
        properties.has_recorder_access = bool(levels[_RECORDER])
    return properties


class Asked(NamedTuple):
    """The member that asks for a license, and its value."""

    member: str
    value: object


class Wish(NamedTuple):
    """What a body asks for, as far as it can be understood, and the mistakes in it.

    `asked` says of each license that is to be assigned, by folded name, what asks for it first.
    """

    command: ConfigureLicenses
    mistakes: tuple[Mistake, ...]
    asked: Mapping[str, Asked]


def wish_of(holder: HolderName, given: object, owner: str, table: IcwsLicenseSettings) -> Wish:
    """What `licenseProperties` ask for, as decoded. None and UNSET ask for nothing; so do members absent or null.

    A license that any member asks for is assigned. Where a flag or level is given, the other licenses that it can mean
    are taken away; where `additionalLicenses` are, all that no property can mean.
    """
    members = Members("licenseProperties", given)
    asked: dict[str, Asked] = {}
    wanted: list[LicenseName] = []
    meant: list[LicenseName] = []
    unmentioned: list[LicenseName] = []

    def want(license_: LicenseName, member: str, value: object) -> None:
        if fold(license_.name) not in asked:
            asked[fold(license_.name)] = Asked(member, value)
            wanted.append(license_)

    for member, names in _meanings(holder.kind, table).items():
        licenses = [LicenseName(owner, name) for name in names]
        level = members.read(member, number(len(names)) if member in _LEVELS else flag)
        (unmentioned if level is None else meant).extend(licenses)
        if level:
            want(licenses[level - 1], member, level)
    additional = members.read_ids(_ADDITIONAL, most=MAX_NAMES)
    for name in additional or ():
        want(LicenseName(owner, name), _ADDITIONAL, name)
    enabled, method = members.read(_ACTIVE, flag), members.read(_METHOD, _method(holder.kind))
    command = ConfigureLicenses(
        holder=holder,
        owner=owner,
        wanted=tuple(wanted),
        scope=tuple(meant if additional is None else unmentioned),
        beyond=additional is not None,
        enabled=enabled,
        method=method,
        rehearsed=bool(members.mistakes),
    )
    return Wish(command, tuple(members.mistakes), asked)


def _method(kind: HolderKind) -> Callable[[object], Method]:
    def read_method(value: object) -> Method:
        method = Method(number(Method.CONCURRENT)(value))
        if method is Method.CONCURRENT and kind is HolderKind.STATION:
            raise Unfit(ErrorType.PROPERTY_NOT_APPLICABLE, "must be 0: a station's licenses are assignable")
        return method

    return read_method
