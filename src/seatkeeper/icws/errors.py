"""Every answer that is not a success: its status, its body (contract 1.4) and its headers.

Where the contract establishes no `errorId` or `errorCode` the choice is ours and said at the place. Clients treat any
401 as a lost session and branch on `errorCode` where there is one, so an `errorCode` is sent exactly where real
servers were seen to send it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType, field
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.icws.representation import represent
from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.refusals import Code, Refusal

AUTHENTICATION_FAILURE: Final = "error.request.connection.authenticationFailure"
MALFORMED: Final = "error.request.invalidRepresentation.malformed"
MISSING: Final = "error.request.invalidRepresentation.missingRequiredParameter"
INVALID: Final = "error.request.invalidRepresentation.invalidProperty"
METHOD_NOT_ALLOWED: Final = "error.request.accessDenied.httpMethodNotAllowed"
ACCESS_DENIED: Final = "error.request.accessDenied"  # ours, after the one above; code 7 is established
UNSUPPORTED: Final = "error.request.unsupported"
TOO_LARGE: Final = "error.request.tooLarge"  # ours: nothing is established for 413 and 431
INTERNAL: Final = "error.request.internalServerError"
TIMED_OUT: Final = "error.request.timeout"
UNAVAILABLE: Final = "error.server.unavailable"
NOT_ACCEPTING: Final = "error.server.notAcceptingConnections"
NO_SUCH_STATION: Final = "-2147221496"  # a number as errorId: that is how real servers answer

WRONG_CREDENTIALS_CODE: Final = -2147221503
SESSION_ENDED_CODE: Final = -2147221499
NO_STATION_CODE: Final = -2147221496
SESSION_ID_CODE: Final = 1
CSRF_TOKEN_CODE: Final = 2
COOKIE_CODE: Final = 4
ACCESS_DENIED_CODE: Final = 7

CHALLENGE: Final = {"WWW-Authenticate": 'ICWS realm="ICWS" location="/ICWS/connection"'}
WRONG_CREDENTIALS: Final = "The authentication process failed."

MISSING_PROPERTY: Final = "urn:inin.com:common:missingPropertyError"
INVALID_PROPERTY: Final = "urn:inin.com:common:invalidPropertyError"


class ErrorBody(Struct, rename="camel"):
    """`urn:inin.com:common:error` and the two derived from it (contract 1.4); those alone carry `__type`."""

    message: str
    error_id: str | UnsetType = UNSET
    error_code: int | UnsetType = UNSET
    type: str | UnsetType = field(name="__type", default=UNSET)
    property_name: str | UnsetType = UNSET
    alternate_host_list: tuple[str, ...] | UnsetType = UNSET


class Failure(Exception):
    """A request that is answered with an error body."""

    def __init__(self, status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body.message)
        self.status = status
        self.body = body
        self.headers = headers

    def render(self, scope: Scope) -> Response:
        """The answer, in the media type of the client of `scope`."""
        return represent(scope, self.body, self.status, self.headers)


def missing(name: str, place: str = "") -> Failure:
    """400: a required member, header or parameter is not there. `place` says inside what, e.g. `list[2].`."""
    return Failure(400, ErrorBody(f"{place}{name} is required.", MISSING, type=MISSING_PROPERTY, property_name=name))


def invalid(name: str, must: str, place: str = "") -> Failure:
    """400: a member is there but cannot be. `must` completes the sentence, e.g. `must be a string`."""
    return Failure(400, ErrorBody(f"{place}{name} {must}.", INVALID, type=INVALID_PROPERTY, property_name=name))


def malformed(why: str) -> Failure:
    """400: the body is not what the method reads."""
    return Failure(400, ErrorBody(why, MALFORMED))


def wrong_credentials() -> Failure:
    """400, not 401: that is how real servers answer a wrong user or password (contract 1.4)."""
    return Failure(400, ErrorBody(WRONG_CREDENTIALS, AUTHENTICATION_FAILURE, WRONG_CREDENTIALS_CODE))


def unauthorized(error_code: int, message: str) -> Failure:
    """401 with the header that the seeds require. The `errorId` beside codes 1, 2 and 4 is ours (contract 1.5)."""
    return Failure(401, ErrorBody(message, AUTHENTICATION_FAILURE, error_code), CHALLENGE)


def session_ended() -> Failure:
    """401: the session was real and is over (contract 1.5)."""
    return unauthorized(SESSION_ENDED_CODE, "The session has ended. Log on again.")


def no_station(message: str) -> Failure:
    """404: the session is at no station (contract 1.4, 2.4)."""
    return Failure(404, ErrorBody(message, NO_SUCH_STATION, NO_STATION_CODE))


def not_found(path: str) -> Failure:
    """404: this API has no such resource. The `errorId` is ours."""
    return Failure(404, ErrorBody(f"There is no resource {path}.", UNSUPPORTED))


def method_not_allowed(method: str, allowed: Iterable[str]) -> Failure:
    """405 with Allow (contract 1.4: the status is inferred)."""
    names = ", ".join(allowed)
    message = f"{method} is not supported here; the methods are {names}."
    return Failure(405, ErrorBody(message, METHOD_NOT_ALLOWED), {"Allow": names})


def gone(name: str) -> Failure:
    """410: a setting retires this resource (decision 12; the seeds' 410). The `errorId` is ours."""
    return Failure(410, ErrorBody(f"{name} has been removed from the API.", UNSUPPORTED))


def internal() -> Failure:
    """500: something that should not happen did; what it was stands in the log, not here."""
    return Failure(500, ErrorBody("An unexpected error occurred while processing the request.", INTERNAL))


def timed_out(message: str) -> Failure:
    """500: the request took too long (seeds' 500; the identifier is established)."""
    return Failure(500, ErrorBody(message, TIMED_OUT))


def unavailable(why: Unavailable, *, connecting: bool = False) -> Failure:
    """503 with Retry-After: the ledger cannot take the command. A log-on is told so in a way of its own (2.1)."""
    body = ErrorBody(str(why), UNAVAILABLE)
    if connecting:
        body = ErrorBody(str(why), NOT_ACCEPTING, alternate_host_list=())
    return Failure(503, body, {"Retry-After": str(why.retry_after)})


class Told(Struct, frozen=True):
    """How a refusal of the rules is told: `message` None tells its own sentence."""

    status: int
    error_id: str
    error_code: int | UnsetType = UNSET
    message: str | None = None


TOLD: Final[Mapping[Code, Told]] = {
    Code.SESSION_ENDED: Told(401, AUTHENTICATION_FAILURE, SESSION_ENDED_CODE),
    # Someone deleted between the check of his password and the log-on is told what a stranger is told.
    Code.UNKNOWN_USER: Told(400, AUTHENTICATION_FAILURE, WRONG_CREDENTIALS_CODE, WRONG_CREDENTIALS),
    Code.UNKNOWN_STATION: Told(404, NO_SUCH_STATION, NO_STATION_CODE),
    Code.NO_STATION: Told(404, NO_SUCH_STATION, NO_STATION_CODE),
    Code.STATION_NOT_PERMITTED: Told(403, ACCESS_DENIED, ACCESS_DENIED_CODE),
    Code.INVALID_VALUE: Told(400, INVALID),
    # No method of this face asks for what follows; should one come to, the client's values are to blame.
    Code.UNKNOWN_LICENSE: Told(400, INVALID),
    Code.LOGIN_TAKEN: Told(400, INVALID),
    Code.USER_ID_TAKEN: Told(400, INVALID),
    Code.NOT_ASSIGNABLE_TO: Told(400, INVALID),
    Code.LICENSE_EXPIRED: Told(400, INVALID),
    Code.SEATS_EXHAUSTED: Told(400, INVALID),
    Code.SEATS_BELOW_USE: Told(400, INVALID),
    Code.PREREQUISITE_MISSING: Told(400, INVALID),
    Code.PREREQUISITE_NEEDED: Told(400, INVALID),
    Code.PREREQUISITE_CIRCLE: Told(400, INVALID),
    Code.CHANGED_SINCE: Told(400, INVALID),
    Code.CONCURRENT_STATION: Told(400, INVALID),
}
"""Every code of the rules, as this face tells it."""


def refused(refusal: Refusal) -> Failure:
    """A refusal of the rules as an answer."""
    told = TOLD[refusal.code]
    body = ErrorBody(told.message or refusal.sentence, told.error_id, told.error_code)
    return Failure(told.status, body, CHALLENGE if told.status == 401 else None)


def render(scope: Scope, status: int, sentence: str) -> Response:
    """The answer to a request that a limit stopped before or while this face had it.

    A time-out (504 to whoever limits) is answered 500 with its identifier, as the seeds have it.
    """
    failure = timed_out(sentence) if status == 504 else Failure(status, ErrorBody(sentence, TOO_LARGE))
    return failure.render(scope)
