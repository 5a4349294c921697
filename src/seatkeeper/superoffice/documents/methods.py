"""What was bought, as documents: read, compared, activated and removed by the License agent (contract 2).

Of these methods some ask "the license server" of an owner. Seatkeeper is that server for all owners, so they are
answered from the inventory (docs/decisions/license-documents.md).
"""

import asyncio
from functools import partial
from typing import Final

from msgspec import Struct

from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.inventory_commands import ActivateDocument, RemoveOwner
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.queries.modules import (
    OwnerModules,
    bought_module,
    owner_and_check,
    owner_with_modules,
    owners_and_check,
)
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.seat_history import seat_history
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.documents import file as license_file
from seatkeeper.superoffice.documents.license_server import history_of, status_of
from seatkeeper.superoffice.documents.mapping import license_info, side_by_side, told
from seatkeeper.superoffice.documents.proposals import Proposal, owner_of, proposed
from seatkeeper.superoffice.errors import no_owner
from seatkeeper.superoffice.module_rows import SUPEROFFICE, is_superoffice
from seatkeeper.superoffice.permissions import require_may_change_inventory
from seatkeeper.superoffice.wire.carriers import (
    CheckLicenseStatusResult,
    ExtendedLicenseInfo,
    ExtendedModuleLicense,
    LicenseInfo,
    LicenseResult,
    LicenseStatus,
)
from seatkeeper.superoffice.wire.cultures import Spoken

_MOST_REASONS: Final = 20
"""That are told one by one."""


class OfOwner(Struct, frozen=True, rename="pascal"):
    """An owner, by name in any case."""

    owner_name: str


class RemovedOwner(Struct, frozen=True, rename="pascal"):
    """The owner whose license goes."""

    module_owner: str


class DocumentText(Struct, frozen=True, rename="pascal"):
    """A license document, as XML."""

    file_content: str


class Validated(Struct, frozen=True, rename="pascal"):
    """What is to be checked: its `New`, or else its `Current`."""

    license_info: ExtendedLicenseInfo


class Activated(Struct, frozen=True, rename="pascal"):
    """What is to be activated: its `New`."""

    new_license: ExtendedLicenseInfo


class OfModule(Struct, frozen=True, rename="pascal"):
    """A module, and the license that it is part of."""

    license_info: ExtendedLicenseInfo
    module_license: ExtendedModuleLicense


class NewSerial(Struct, frozen=True, rename="pascal"):
    """Under which company name and serial number a license is wanted."""

    new_company_name: str = ""
    new_serial_number: str = ""


class LicenseDocuments:
    """The methods of the License agent that deal in whole licenses of an owner."""

    def __init__(self, ledger: Ledger, reads: Reads) -> None:
        self._ledger = ledger
        self._reads = reads

    @property
    def methods(self) -> tuple[Method, ...]:
        """All of them."""
        return (
            Method("GetLicenseForAllOwnersFromDB", None, self.of_all_owners),
            Method("GetLicenseFromDB", OfOwner, self.stored),
            Method("GetLicenseFromFile", DocumentText, self.read),
            Method("AddLicenseFromFile", DocumentText, self.add),
            Method("ValidateLicenseInfo", Validated, self.validate),
            Method("ActivateLicenseInfo", Activated, self.activate),
            Method("RemoveLicenseFromDB", RemovedOwner, self.remove),
            Method("GetLicenseFromLicenseServer", OfOwner, self.served),
            Method("GetLicenseStatusFromLicenseServer", OfOwner, self.status),
            Method("GetModuleLicenseHistoryFromLicenseServer", OfModule, self.history),
            Method("ChangeSerialNumber", NewSerial, self.change_serial_number),
            Method("GetShopUrl", OfOwner, self.shop_url),
        )

    async def of_all_owners(self, caller: Caller, _request: None) -> tuple[ExtendedLicenseInfo, ...]:
        """What is stored of every owner, with its use."""
        owners, next_check = await self._reads.run(owners_and_check)
        return tuple(_extended(caller.spoken, next_check, each) for each in owners)

    async def stored(self, caller: Caller, request: OfOwner) -> ExtendedLicenseInfo:
        """What is stored of an owner, with its use."""
        found, next_check = await self._reads.run(partial(owner_and_check, name=request.owner_name))
        return _extended(caller.spoken, next_check, _there(found, request.owner_name))

    async def read(self, caller: Caller, request: DocumentText) -> ExtendedLicenseInfo:
        """A license document beside what is stored, and whether it can be activated. Nothing changes."""
        return await self._from_file(caller, request.file_content, rehearsed=True)

    async def add(self, caller: Caller, request: DocumentText) -> ExtendedLicenseInfo:
        """Activate a license document. Where it cannot be, the answer says why, and nothing changes."""
        require_may_change_inventory(caller)
        return await self._from_file(caller, request.file_content, rehearsed=False)

    async def validate(self, caller: Caller, request: Validated) -> LicenseResult:
        """Check whether a license could be activated. Nothing changes."""
        given = request.license_info
        return await self._result(caller.spoken, given.new or given.current, rehearsed=True)

    async def activate(self, caller: Caller, request: Activated) -> LicenseResult:
        """Make an owner's licenses what a license says, all at once or not at all."""
        require_may_change_inventory(caller)
        return await self._result(caller.spoken, request.new_license.new, rehearsed=False)

    async def remove(self, caller: Caller, request: RemovedOwner) -> LicenseResult:
        """Remove an owner's license with all its modules. None of them may be assigned."""
        require_may_change_inventory(caller)
        if is_superoffice(request.module_owner):
            reason = say("The license of {owner} can be replaced by another, never removed.", owner=SUPEROFFICE)
            return _refused(caller.spoken, (reason,))
        try:
            await self._ledger.submit(RemoveOwner(name=request.module_owner))
        except Refusal as refusal:
            if refusal.code is Code.UNKNOWN_OWNER:
                raise
            return _refused(caller.spoken, (refusal.said,))
        return LicenseResult(succeeded=True)

    async def served(self, caller: Caller, request: OfOwner) -> ExtendedLicenseInfo:
        """An owner's license as its license server has it, which is here, beside what is stored."""
        stored, next_check = await self._reads.run(partial(owner_and_check, name=request.owner_name))
        found = _there(stored, request.owner_name)
        new = license_info(found, caller.spoken)
        reasons = await self._reasons(proposed(new, found, caller.spoken), rehearsed=True)
        return _extended(caller.spoken, next_check, found, new, reasons)

    async def status(self, caller: Caller, request: OfOwner) -> CheckLicenseStatusResult:
        """How an owner's license is: in force, soon to end, or ended."""
        found = await self._reads.run(partial(owner_with_modules, name=request.owner_name))
        if found is None:
            why = say("There is no license of owner {owner}.", owner=request.owner_name)
            return CheckLicenseStatusResult(LicenseStatus.PROBLEM_WITH_LICENSE, caller.spoken.said(why))
        return status_of(found, self._ledger.now(), caller.spoken)

    async def history(self, caller: Caller, request: OfModule) -> str:
        """How many seats of a module were bought, and when that changed, a line each."""
        module = request.module_license.current or request.module_license.new
        head = request.license_info.current or request.license_info.new
        if module is None:
            return ""
        owner = module.owner_name or ("" if head is None else head.owner_name)
        found = await self._reads.run(partial(bought_module, owner=owner, name=module.module_name))
        if found is None:
            return ""
        past = await self._reads.run(partial(seat_history, license_id=found.license.id))
        return history_of(past, caller.spoken)

    async def change_serial_number(self, caller: Caller, request: NewSerial) -> LicenseResult:
        """Ask for a license under another serial number. Only whoever sells licenses can issue one."""
        require_may_change_inventory(caller)
        reason = say(
            "Serial numbers are not issued here. Ask the seller of the license for its document for {company} with"
            " serial number {number}, and activate that.",
            company=request.new_company_name,
            number=request.new_serial_number,
        )
        return _refused(caller.spoken, (reason,))

    async def shop_url(self, _caller: Caller, request: OfOwner) -> str:
        """Where more of an owner's licenses are sold; empty where nobody has said."""
        found = await self._reads.run(partial(owner_with_modules, name=request.owner_name))
        return _there(found, request.owner_name).owner.details.shop_url

    async def _from_file(self, caller: Caller, content: str, *, rehearsed: bool) -> ExtendedLicenseInfo:
        info = await asyncio.to_thread(license_file.read, content)  # a large one takes a tenth of a second
        read_stored = partial(owner_and_check, name=owner_of(info))
        stored, next_check = await self._reads.run(read_stored)
        reasons = await self._reasons(proposed(info, stored, license_file.SPOKEN), rehearsed=rehearsed)
        if not (reasons or rehearsed):
            stored, next_check = await self._reads.run(read_stored)
        return _extended(caller.spoken, next_check, stored, told(info, license_file.SPOKEN, caller.spoken), reasons)

    async def _result(self, spoken: Spoken, info: LicenseInfo | None, *, rehearsed: bool) -> LicenseResult:
        if info is None:
            return _refused(spoken, (say("There is no license to look at: New is missing."),))
        stored = await self._reads.run(partial(owner_with_modules, name=owner_of(info)))
        reasons = await self._reasons(proposed(info, stored, spoken), rehearsed=rehearsed)
        return _refused(spoken, reasons) if reasons else LicenseResult(succeeded=True)

    async def _reasons(self, proposal: Proposal, *, rehearsed: bool) -> tuple[Sentence, ...]:
        """Why a proposal cannot be activated; where nothing is said against it, it has been, or could be."""
        if proposal.document is None:
            return proposal.reasons
        outcome = await self._ledger.submit(ActivateDocument(document=proposal.document, rehearsed=rehearsed))
        return outcome.reasons


def _there(found: OwnerModules | None, name: str) -> OwnerModules:
    if found is None:
        raise no_owner(name)
    return found


def _extended(
    spoken: Spoken,
    next_check: int | None,
    current: OwnerModules | None,
    new: LicenseInfo | None = None,
    reasons: tuple[Sentence, ...] = (),
) -> ExtendedLicenseInfo:
    """What is stored of an owner, beside a document where there is one. `next_check`: the earliest of all owners."""
    return ExtendedLicenseInfo(
        reason=_said(spoken, reasons),
        can_be_activated=new is not None and not reasons,
        new=new,
        current=None if current is None else license_info(current, spoken),
        extended_module_licenses=side_by_side(new, current, spoken),
        accumulated_next_check_date=spoken.time(next_check),
    )


def _refused(spoken: Spoken, reasons: tuple[Sentence, ...]) -> LicenseResult:
    return LicenseResult(succeeded=False, reason=_said(spoken, reasons))


def _said(spoken: Spoken, reasons: tuple[Sentence, ...]) -> str:
    more = len(reasons) - _MOST_REASONS
    said = (*reasons[:_MOST_REASONS], *([say("Further reasons: {count}.", count=more)] if more > 0 else ()))
    return " ".join(spoken.said(each) for each in said)
