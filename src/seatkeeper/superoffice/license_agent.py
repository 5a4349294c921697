"""The License agent, and its two methods that assign an owner's modules and take them away (seed, contract 2 and 3).

No error of these two may look like success to the vendor's client (contract 3): what is not there is refused.
"""

from typing import Final

from msgspec import Struct

from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.commands import AssignModules, UnassignModules
from seatkeeper.licensing.sentences import say
from seatkeeper.queries.reads import Reads
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.documents.methods import LicenseDocuments
from seatkeeper.superoffice.errors import INVALID_ARGUMENT, Failure
from seatkeeper.superoffice.license_views import LicenseViews, require_third_party
from seatkeeper.superoffice.module_rows import links
from seatkeeper.superoffice.permissions import require_may_assign
from seatkeeper.superoffice.wire.carriers import ModuleLicenseLink

_MOST_NAMES: Final = 1000


class ModuleNames(Struct, frozen=True, rename="pascal"):
    """An owner's modules that an associate is to have, or to have no more. Without names nothing changes."""

    associate_id: int
    module_owner: str
    module_license_names: tuple[str, ...] = ()


class LicenseAgent:
    """The agent. `methods`: all of it (contract 2)."""

    def __init__(self, ledger: Ledger, reads: Reads) -> None:
        self._ledger = ledger
        self.methods: Final[tuple[Method, ...]] = (
            Method("AssignThirdPartyLicenses", ModuleNames, self.assign),
            Method("UnassignThirdPartyLicenses", ModuleNames, self.unassign),
            *LicenseViews(reads, ledger.now).methods,
            *LicenseDocuments(ledger, reads).methods,
        )

    async def assign(self, caller: Caller, request: ModuleNames) -> tuple[ModuleLicenseLink, ...]:
        """Assign an owner's modules to an associate, all or none, and list what he has of it then."""
        _check(caller, request)
        modules = await self._ledger.submit(
            AssignModules(user_id=request.associate_id, owner=request.module_owner, names=request.module_license_names)
        )
        return links(modules, caller.spoken)

    async def unassign(self, caller: Caller, request: ModuleNames) -> tuple[ModuleLicenseLink, ...]:
        """Take an owner's modules from an associate, all or none, and list what he has of it then."""
        _check(caller, request)
        modules = await self._ledger.submit(
            UnassignModules(
                user_id=request.associate_id, owner=request.module_owner, names=request.module_license_names
            )
        )
        return links(modules, caller.spoken)


def _check(caller: Caller, request: ModuleNames) -> None:
    """Whether the caller may ask, and it is something to ask."""
    require_may_assign(caller)
    if not request.module_owner.strip():
        raise _empty("ModuleOwner")
    require_third_party(request.module_owner)
    count = len(request.module_license_names)
    if count > _MOST_NAMES:
        raise Failure(
            400,
            INVALID_ARGUMENT,
            say("At most {most} licenses can be named in one call, not {count}.", most=_MOST_NAMES, count=count),
        )
    for place, name in enumerate(request.module_license_names):
        if not name.strip():
            raise _empty(f"ModuleLicenseNames[{place}]")


def _empty(member: str) -> Failure:
    return Failure(400, INVALID_ARGUMENT, say("{member} is empty.", member=member))
