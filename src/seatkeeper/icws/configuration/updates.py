"""PUT of a user or a station: this is how administrators of ICWS assign licenses (contract 5.5, 5.6).

Of an object nothing but its `licenseProperties` can be changed here; other members are ignored.
docs/decisions/license-properties.md says what is decided where the vendor's documentation is silent.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Decoder
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.configuration.errors import no_such_object
from seatkeeper.icws.configuration.license_properties import Asked, wish_of
from seatkeeper.icws.configuration.mistakes import ErrorType, Mistake, ValidationError, mistake
from seatkeeper.icws.configuration.objects import ALLOCATIONS, STATIONS, USERS, ConfigurationId, configuration_id
from seatkeeper.icws.configuration.stations import Stations
from seatkeeper.icws.configuration.users import Users
from seatkeeper.icws.errors import ErrorBody, Failure, not_allowed
from seatkeeper.icws.representation import represent
from seatkeeper.icws.shapes import NotAnObject, read
from seatkeeper.icws.speech import language_of
from seatkeeper.identity.rights import may_administer_holders
from seatkeeper.languages.multilingual import in_language
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.licensing.entities import HolderKind, HolderName, fold
from seatkeeper.licensing.outcomes import LicenseProblem, ProblemKind
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import pattern, say
from seatkeeper.settings import IcwsLicenseSettings, IcwsSettings

_UPDATE_REFUSED: Final = "error.request.configuration.update"  # ours, after those of reads
_CONFIGURATION_ERROR: Final = "urn:inin.com:configuration:configurationError"

_LICENSE_ERROR_TYPES: Final[Mapping[ProblemKind, int]] = {
    ProblemKind.MORE_THAN_SEATS: 1,
    ProblemKind.EXCEEDS_SEATS: 2,
    ProblemKind.MISSING_PREREQUISITE: 3,
}
"""The vendor's `licenseErrorType` of what concerns a license. 0, that all is well, is said by leaving it out."""

_VALIDATION_TYPES: Final = {
    ProblemKind.UNKNOWN_LICENSE: ErrorType.EXISTING_INSTANCE_ID,
    ProblemKind.NOT_ASSIGNABLE: ErrorType.PROPERTY_NOT_APPLICABLE,
}
_MISTAKES_IN_WORDS: Final = 10
_PATHS: Final = {HolderKind.USER: USERS, HolderKind.STATION: STATIONS}
_NOUNS: Final = {HolderKind.USER: Users.noun, HolderKind.STATION: Stations.noun}
_MAY_NOT: Final = {
    HolderKind.USER: pattern("You may not change the licenses of a user: assignments.write is required."),
    HolderKind.STATION: pattern("You may not change the licenses of a station: assignments.write is required."),
}


class Update(Struct, rename="camel"):
    """The body: of a user or a station, what is read."""

    license_properties: object = UNSET


class LicenseError(Struct, rename="camel"):
    """What there is to say of a license (contract 5.5)."""

    license_error_type: int
    license: ConfigurationId


class UpdateOperationResult(Struct, rename="camel"):
    """What came of a change (contract 5.5)."""

    id: str
    uri: str
    license_problems: list[LicenseError] | UnsetType = UNSET


class ConfigurationError(ErrorBody, rename="camel"):
    """A body that is refused whole (contract 5.5)."""

    validation_errors: list[ValidationError] | UnsetType = UNSET
    license_errors: list[LicenseError] | UnsetType = UNSET


_update: Final[Decoder[Update | NotAnObject]] = Decoder(Update | NotAnObject)


class Updates:
    """Changes of users and stations."""

    def __init__(self, ledger: Ledger, settings: IcwsSettings, table: IcwsLicenseSettings) -> None:
        self._ledger = ledger
        self._owner = settings.owner
        self._table = table

    async def user(self, request: Request, session: LiveSession) -> Response:
        """PUT users/{id}."""
        return await self._put(request, session, HolderKind.USER)

    async def station(self, request: Request, session: LiveSession) -> Response:
        """PUT stations/{id}."""
        return await self._put(request, session, HolderKind.STATION)

    async def _put(self, request: Request, session: LiveSession, kind: HolderKind) -> Response:
        """200 also where the seats do not suffice: `licenseProblems` then say so, and nothing has changed."""
        if not may_administer_holders(session.user):
            raise not_allowed(_MAY_NOT[kind])
        holder = HolderName(kind, request.path_params["id"])
        body = read(_update, await request.body())
        wish = wish_of(holder, body.license_properties, self._owner, self._table)
        try:
            configured = await self._ledger.submit(wish.command)
        except Refusal as refusal:
            if refusal.code in {Code.UNKNOWN_USER, Code.UNKNOWN_STATION}:
                raise no_such_object(_NOUNS[kind], holder.name) from None
            raise
        mistakes = [*wish.mistakes, *_mistakes(configured.problems, wish.asked)]
        errors = _license_errors(configured.problems, language_of(request.scope))
        if mistakes:
            raise _refused(mistakes, errors)
        identity = configuration_id(_PATHS[kind], configured.holder, "")
        return represent(request.scope, UpdateOperationResult(identity.id, identity.uri, errors or UNSET))


def _mistakes(problems: Iterable[LicenseProblem], asked: Mapping[str, Asked]) -> Iterator[Mistake]:
    """Those of the licenses that were asked for and cannot be given, as mistakes in the members that ask for them."""
    for problem in problems:
        if problem.kind in _VALIDATION_TYPES:
            member, value = asked[fold(problem.name)]
            name = f"licenseProperties.{member}"
            said = say("{member} is refused: {reason}", member=name, reason=problem.said)
            yield mistake(_VALIDATION_TYPES[problem.kind], name, value, said)


def _license_errors(problems: Iterable[LicenseProblem], language: str) -> list[LicenseError]:
    return [
        LicenseError(
            _LICENSE_ERROR_TYPES[each.kind],
            configuration_id(ALLOCATIONS, each.name, in_language(each.display_name, language)),
        )
        for each in problems
        if each.kind in _LICENSE_ERROR_TYPES
    ]


def _refused(mistakes: list[Mistake], errors: list[LicenseError]) -> Failure:
    """400: nothing of the body has been applied. The message says in words what the first mistakes are."""
    told = [each.said for each in mistakes[:_MISTAKES_IN_WORDS]]
    if len(mistakes) > len(told):
        told.append(say("{count} further mistakes stand in validationErrors.", count=len(mistakes) - len(told)))
    body = ConfigurationError(_UPDATE_REFUSED, type=_CONFIGURATION_ERROR)
    body.validation_errors = [each.error for each in mistakes]
    body.license_errors = errors or UNSET
    return Failure(400, say("Nothing has been changed. {mistakes}", mistakes=tuple(told)), body)
