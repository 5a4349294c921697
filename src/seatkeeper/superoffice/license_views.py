"""The methods of the License agent that read licenses: an associate's, the central ones, one module (contract 2).

Everybody sees what was bought and what he has himself; the licenses of others are for those who may read the
inventory or assign.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct

from seatkeeper.licensing.entities import LicenseKind, fold
from seatkeeper.licensing.outcomes import Module
from seatkeeper.licensing.sentences import NO_SUCH_LICENSE, say
from seatkeeper.queries.modules import OwnerModules, UserView, bought_module, owners_with_modules, user_modules
from seatkeeper.queries.reads import Reads
from seatkeeper.superoffice.associates import AssociateRequest
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.documents.mapping import module_license
from seatkeeper.superoffice.errors import INVALID_ARGUMENT, NOT_SUPPORTED, Failure, Missing, no_owner
from seatkeeper.superoffice.installation import fence, standing
from seatkeeper.superoffice.module_rows import SUPEROFFICE, is_superoffice, license_owner, links, tree
from seatkeeper.superoffice.permissions import require_may_change_inventory, require_may_see
from seatkeeper.superoffice.wire.carriers import (
    FencingInfo,
    LicenseOwner,
    ModuleLicense,
    ModuleLicenseLink,
    SelectableMDOListItem,
    UserAndInstallationLicenceStatus,
)

_CENTRAL: Final = 0
"""The number of the central database, which is all that there is here: this server has no satellites."""


class AssociateAndOwner(Struct, frozen=True, rename="pascal"):
    """A request about one associate and one owner of modules."""

    associate_id: int
    module_owner: str


class Satellite(Struct, frozen=True, rename="pascal"):
    """A request about one database; 0 is the central one."""

    satellite_id: int


class ModuleName(Struct, frozen=True, rename="pascal"):
    """A request about one module."""

    owner_name: str
    module_name: str


class CentralLicense(Struct, frozen=True, rename="pascal"):
    """The central licenses as they are to be."""

    license: tuple[LicenseOwner, ...]


class LicenseViews:
    """`methods`: the agent's that read. `now` gives the time, in milliseconds."""

    def __init__(self, reads: Reads, now: Callable[[], int]) -> None:
        self._reads = reads
        self._now = now
        self.methods: Final[tuple[Method, ...]] = (
            Method("GetThirdPartyLicenseAssignments", AssociateAndOwner, self.assignments),
            Method("GetUserLicenses", AssociateRequest, self.user_licenses),
            Method("GetSatelliteLicenses", Satellite, self.satellite_licenses),
            Method("GetUserLicensesMDOList", None, self.user_licenses_tree),
            Method("GetModuleLicenseFromDB", ModuleName, self.module_license),
            Method("GetUserAndInstallationLicenceStatus", AssociateRequest, self.status),
            Method("GetCentralLicense", None, self.central_licenses),
            Method("SaveCentralLicense", CentralLicense, self.save_central_licenses),
            Method("GetFencingInfo", None, self.fencing),
        )

    async def assignments(self, caller: Caller, request: AssociateAndOwner) -> tuple[ModuleLicenseLink, ...]:
        """The modules of an owner that an associate has."""
        require_third_party(request.module_owner)
        view = await self._view(caller, request.associate_id, request.module_owner)
        if not view.owners:
            raise no_owner(request.module_owner)
        return links((each for each in view.owners[0].modules if each.assigned), caller.spoken)

    async def user_licenses(self, caller: Caller, request: AssociateRequest) -> tuple[LicenseOwner, ...]:
        """All user licenses by owner, as they are for an associate: assigned to him or not, hidden or not."""
        view = await self._view(caller, request.associate_id)
        return tuple(license_owner(each.owner, each.modules, caller.spoken) for each in view.owners if each.modules)

    async def satellite_licenses(self, caller: Caller, request: Satellite) -> tuple[LicenseOwner, ...]:
        """The satellite licenses of a database, by owner."""
        if request.satellite_id != _CENTRAL:
            raise Missing(
                say("There is no satellite {id}: the only database is the central one, 0.", id=request.satellite_id)
            )
        return await self.central_licenses(caller, None)

    async def user_licenses_tree(self, caller: Caller, _request: None) -> tuple[SelectableMDOListItem, ...]:
        """All user licenses as a tree: owners on top, their licenses below."""
        owners = await self._reads.run(owners_with_modules)
        return tuple(
            tree(each.owner, licenses, caller.spoken)
            for each in owners
            if (licenses := [bought.license for bought in each.modules if bought.license.kind is LicenseKind.USER])
        )

    async def module_license(self, caller: Caller, request: ModuleName) -> ModuleLicense:
        """One module as it was bought. Nothing is said of who has it."""
        bought = await self._reads.run(partial(bought_module, owner=request.owner_name, name=request.module_name))
        if bought is None:
            raise Missing(say(NO_SUCH_LICENSE, license=request.module_name, owner=request.owner_name))
        return module_license(bought, caller.spoken)

    async def status(self, caller: Caller, request: AssociateRequest) -> UserAndInstallationLicenceStatus:
        """The names of an associate's licenses, and the dates of the installation."""
        return standing(await self._view(caller, request.associate_id), caller.spoken)

    async def central_licenses(self, caller: Caller, _request: None) -> tuple[LicenseOwner, ...]:
        """The licenses of the central database, by owner."""
        owners = await self._reads.run(owners_with_modules)
        return tuple(
            license_owner(each.owner, modules, caller.spoken) for each in owners if (modules := _of_satellites(each))
        )

    async def save_central_licenses(self, caller: Caller, request: CentralLicense) -> tuple[LicenseOwner, ...]:
        """Accept the central licenses as they are; they are changed by license documents only."""
        require_may_change_inventory(caller)
        there = await self.central_licenses(caller, None)
        if _essence(request.license) != _essence(there):
            raise Failure(
                400,
                NOT_SUPPORTED,
                say(
                    "The central licenses cannot be changed here, and differ from those that were sent. Activate"
                    " a license document, or change the inventory."
                ),
            )
        return there

    async def fencing(self, caller: Caller, _request: None) -> FencingInfo:
        """How near the fullest user plan is to the number that was bought of it."""
        return fence(await self._reads.run(owners_with_modules), caller.spoken)

    async def _view(self, caller: Caller, associate_id: int, owner: str | None = None) -> UserView:
        require_may_see(caller, [associate_id])
        view = await self._reads.run(partial(user_modules, user_id=associate_id, now=self._now(), owner=owner))
        if view is None:
            raise Missing(say("There is no user with the associate id {id}.", id=associate_id))
        return view


def require_third_party(owner: str) -> None:
    """Refuse SuperOffice's own licenses: these methods are for those of others (decision 17)."""
    if is_superoffice(owner):
        raise Failure(
            400,
            INVALID_ARGUMENT,
            say("{owner} is no third party: its licenses are not assigned one by one here.", owner=SUPEROFFICE),
        )


def _of_satellites(owner: OwnerModules) -> list[Module]:
    """Its satellite licenses; nobody has them, and nobody can."""
    return [
        Module(each.license, each.pool, each.required, assigned=False, can_assign=False)
        for each in owner.modules
        if each.license.kind is LicenseKind.SATELLITE
    ]


def _essence(owners: tuple[LicenseOwner, ...]) -> set[tuple[str, str, bool, int, bool]]:
    """What can be meant by saving licenses: which there are, how many, and whether they are given out."""
    return {
        (fold(owner.name), fold(each.name), each.unrestricted, each.total, each.assigned)
        for owner in owners
        for each in (*owner.restricted_module_licenses, *owner.unrestricted_module_licenses)
    }
