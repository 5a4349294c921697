"""`/licenses` and `/licenses/license-stages`: acquiring, replacing and releasing (seed license-stages, contract 4)."""

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.representation import empty, represent
from seatkeeper.icws.shapes import (
    LicenseOperationResult,
    LicenseOperationResults,
    LicenseStageOperationResults,
    LicenseStageResult,
    read_licenses,
    read_stages,
)
from seatkeeper.languages.catalogues import said
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.licensing.commands import AcquireInStages, AcquireLicenses, ReleaseLicenses, ReplaceLicenses
from seatkeeper.licensing.sentences import Sentence
from seatkeeper.licensing.verdicts import SENTENCES, Reason, Status, Verdict
from seatkeeper.settings import IcwsSettings

_NO_ERROR: Final = "none"
"""The `errorDetails` of what is granted, as real servers send it in every language: clients compare it."""


class Licenses:
    """What a session does with licenses. None of it is an HTTP error where a license is merely refused."""

    def __init__(self, ledger: Ledger, settings: IcwsSettings) -> None:
        self._ledger = ledger
        self._owner = settings.owner
        self._disclose_unknown = settings.disclose_unknown

    async def acquire_in_stages(self, request: Request, session: LiveSession) -> Response:
        """POST license-stages: stage by stage, and none after a failed one that says abort (decision 2)."""
        stages = read_stages(await request.body(), self._owner)
        outcome = await self._ledger.submit(AcquireInStages(session_id=session.session.id, stages=stages))
        results = [LicenseStageResult(stage.name, self._results(stage.verdicts, session)) for stage in outcome]
        return represent(request.scope, LicenseStageOperationResults(results))

    async def acquire(self, request: Request, session: LiveSession) -> Response:
        """POST licenses: beside what the session holds already."""
        licenses = read_licenses(await request.body(), self._owner)
        verdicts = await self._ledger.submit(AcquireLicenses(session_id=session.session.id, licenses=licenses))
        return represent(request.scope, LicenseOperationResults(self._results(verdicts, session)))

    async def replace(self, request: Request, session: LiveSession) -> Response:
        """PUT licenses: exactly this set; what is in both is never let go (decision 6)."""
        licenses = read_licenses(await request.body(), self._owner)
        verdicts = await self._ledger.submit(ReplaceLicenses(session_id=session.session.id, licenses=licenses))
        return represent(request.scope, LicenseOperationResults(self._results(verdicts, session)))

    async def release(self, _request: Request, session: LiveSession) -> Response:
        """DELETE licenses: all that the session holds; 204 (decision 6)."""
        await self._ledger.submit(ReleaseLicenses(session_id=session.session.id))
        return empty(204)

    def _results(self, verdicts: Iterable[Verdict], session: LiveSession) -> list[LicenseOperationResult]:
        return [self._result(verdict, session.session.language) for verdict in verdicts]

    def _result(self, verdict: Verdict, language: str) -> LicenseOperationResult:
        """One verdict as the wire has it. An unknown name may have to look like one not assigned (decision 1)."""
        if verdict.said is None:
            return LicenseOperationResult(verdict.license, True, verdict.status, _NO_ERROR)
        if verdict.reason is Reason.UNKNOWN_LICENSE and not self._disclose_unknown:
            not_assigned = Sentence(SENTENCES[Reason.NOT_ASSIGNED], verdict.facts)
            return LicenseOperationResult(verdict.license, False, Status.NOT_ASSIGNED, said(not_assigned, language))
        return LicenseOperationResult(verdict.license, False, verdict.status, said(verdict.said, language))
