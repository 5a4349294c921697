"""Who the caller is, his access tokens, and the User agent (contract 5, 9, 9.1)."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from seatkeeper.identity.rights import Right, rights_of
from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.commands import Unassign
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseKind, LicenseName
from seatkeeper.licensing.entities import UserType as EntityUserType
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.queries.associates import Granted, associates, granted_to
from seatkeeper.queries.reads import Reads
from seatkeeper.superoffice.associates import associate
from seatkeeper.superoffice.authentication.auth import Gate
from seatkeeper.superoffice.authentication.tickets import Tickets
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.errors import not_allowed
from seatkeeper.superoffice.places import Place
from seatkeeper.superoffice.wire.carriers import LicenseType, UserType
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.superoffice.wire.principal_carriers import (
    Associate,
    GrantedModuleLicense,
    RoleType,
    SoPrincipalCarrier,
)


class AccessTokenRequest(Struct, frozen=True, rename="pascal"):
    """For which application a token is to be. There is no session of the customer service to include."""

    app_token: str = ""
    include_cs_session: bool = False


class AssociateRequest(Struct, frozen=True, rename="pascal"):
    """Which associate."""

    associate_id: int


class Users:
    """Answers of the caller himself. `context`: what this installation calls itself."""

    def __init__(self, ledger: Ledger, reads: Reads, gate: Gate, tickets: Tickets, context: str) -> None:
        self._ledger = ledger
        self._reads = reads
        self._gate = gate
        self._tickets = tickets
        self._context = context
        self.methods = (
            Method("GetAccessToken", AccessTokenRequest, self.access_token),
            Method("RemoveLicenses", AssociateRequest, self.remove_licenses),
        )

    @property
    def places(self) -> tuple[Place, ...]:
        """The REST resources."""
        return (
            Place("GET", "User/currentPrincipal", Method("currentPrincipal", None, self.principal)),
            Place("GET", "User/currentAssociate", Method("currentAssociate", None, self.associate)),
            Place("GET", "User/currentToken", Method("currentToken", None, self.token)),
        )

    async def principal(self, caller: Caller, _request: None) -> SoPrincipalCarrier:
        """The caller, his rights, and the licenses that count for him. What a CRM alone knows of him is 0 or empty."""
        user = caller.user
        granted = await self._reads.run(partial(granted_to, user_id=user.id))
        return SoPrincipalCarrier(
            user_type=UserType(user.user_type.value),
            associate=user.login,
            associate_id=user.id,
            group_id=user.group_id,
            role_name=", ".join(user.roles),
            role_type=_ROLE_TYPES[user.user_type],
            licenses=_granted(granted, caller.spoken),
            full_name=user.display_name,
            function_rights=tuple(sorted(rights_of(user))),
            secondary_groups=user.secondary_groups,
            database_context_identifier=self._context,
            user_name=user.login,
        )

    async def associate(self, caller: Caller, _request: None) -> Associate:
        """The caller as others see him."""
        return associate(caller.user)

    async def token(self, caller: Caller, _request: None) -> str:
        """A new access token for the caller, to be shown as Bearer."""
        return await self._tickets.open_access_token(caller)

    async def access_token(self, caller: Caller, request: AccessTokenRequest) -> str:
        """A new access token for the caller, to be shown as Bearer by an application."""
        self._gate.check_app_token(request.app_token)
        return await self._tickets.open_access_token(caller)

    async def remove_licenses(self, caller: Caller, request: AssociateRequest) -> None:
        """Take all licenses of all owners from an associate."""
        if not caller.may(Right.ASSIGN):
            raise not_allowed("Taking licenses away needs the right {right}.", right=Right.ASSIGN)
        found = await self._reads.run(partial(associates, numbers=[request.associate_id]))
        user = found.get(request.associate_id)
        if user is None or user.deleted_at is not None:
            raise Refusal(Code.UNKNOWN_USER, "There is no user with the associate id {id}.", id=request.associate_id)
        granted = await self._reads.run(partial(granted_to, user_id=user.id))
        names = tuple(LicenseName(each.owner.name, each.bought.license.name) for each in granted if each.assigned)
        if names:
            await self._ledger.submit(Unassign(holder=HolderName(HolderKind.USER, user.login), licenses=names))


def _granted(granted: Iterable[Granted], spoken: Spoken) -> tuple[GrantedModuleLicense, ...]:
    return tuple(_license(each, spoken) for each in granted)


def _license(granted: Granted, spoken: Spoken) -> GrantedModuleLicense:
    owner, license_ = granted.owner, granted.bought.license
    ends = [each for each in (license_.expires, owner.details.expires) if each is not None]
    return GrantedModuleLicense(
        owner_id=owner.id,
        owner_name=owner.name,
        owner_description=spoken.text(owner.details.description),
        module_id=license_.id,
        name=license_.name,
        description=spoken.text(license_.display_name),
        version=license_.details.version,
        license_type=_LICENSE_TYPES[license_.kind],
        extra_flags=license_.details.extra_flags,
        extra_info=license_.details.extra_info,
        sort_order=license_.details.sort_order,
        license_number=int(granted.assigned),
        is_hidden=license_.details.hidden,
        is_unrestricted=granted.bought.pool.unrestricted,
        expiry_date=spoken.time(min(ends, default=None)),
    )


_LICENSE_TYPES: Final[Mapping[LicenseKind, LicenseType]] = {
    LicenseKind.SITE: LicenseType.SITE,
    LicenseKind.SATELLITE: LicenseType.SATELLITE,
    LicenseKind.USER: LicenseType.USER,
}

_ROLE_TYPES: Final[Mapping[EntityUserType, RoleType]] = {
    EntityUserType.INTERNAL: RoleType.EMPLOYEE,
    EntityUserType.RESOURCE: RoleType.EMPLOYEE,
    EntityUserType.EXTERNAL: RoleType.EXTERNAL_USER,
    EntityUserType.ANONYMOUS: RoleType.ANONYMOUS,
    EntityUserType.SYSTEM: RoleType.SYSTEM,
}
