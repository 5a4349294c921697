"""Who the caller is, his access tokens, and the User agent (contract 5, 9, 9.1)."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from seatkeeper.identity.rights import rights_of
from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.commands import UnassignAll
from seatkeeper.licensing.entities import UserType as EntityUserType
from seatkeeper.queries.associates import Granted, granted_to
from seatkeeper.queries.reads import Reads
from seatkeeper.superoffice.associates import AssociateRequest, associate
from seatkeeper.superoffice.authentication.auth import Gate
from seatkeeper.superoffice.authentication.tickets import Tickets
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.documents.mapping import LICENSE_TYPES
from seatkeeper.superoffice.permissions import require_may_assign
from seatkeeper.superoffice.places import Place
from seatkeeper.superoffice.wire.carriers import UserType
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
            licenses=tuple(_license(each, caller.spoken) for each in granted),
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
        require_may_assign(caller)
        await self._ledger.submit(UnassignAll(user_id=request.associate_id))


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
        license_type=LICENSE_TYPES[license_.kind],
        extra_flags=license_.details.extra_flags,
        extra_info=license_.details.extra_info,
        sort_order=license_.details.sort_order,
        license_number=int(granted.assigned),
        is_hidden=license_.details.hidden,
        is_unrestricted=granted.bought.pool.unrestricted,
        expiry_date=spoken.time(min(ends, default=None)),
    )


_ROLE_TYPES: Final[Mapping[EntityUserType, RoleType]] = {
    EntityUserType.INTERNAL: RoleType.EMPLOYEE,
    EntityUserType.RESOURCE: RoleType.EMPLOYEE,
    EntityUserType.EXTERNAL: RoleType.EXTERNAL_USER,
    EntityUserType.ANONYMOUS: RoleType.ANONYMOUS,
    EntityUserType.SYSTEM: RoleType.SYSTEM,
}
