"""Every answer that is not a success: its status, its body (contract 1.4) and its headers.

Where the contract establishes no `errorId` or `errorCode` the choice is ours and said at the place. Clients treat any
401 as a lost session and branch on `errorCode` where there is one, so an `errorCode` is sent exactly where real
servers were seen to send it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.icws.representation import represent
from seatkeeper.icws.speech import language_of
from seatkeeper.languages.catalogues import said
from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Fact, Sentence, say
from seatkeeper.transport.availability import Availability, State

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
WRONG_CREDENTIALS: Final = say("The log-on failed: the user, the password or the token is wrong.")

MISSING_PROPERTY: Final = "urn:inin.com:common:missingPropertyError"
INVALID_PROPERTY: Final = "urn:inin.com:common:invalidPropertyError"


class ErrorBody(Struct, rename="camel"):
    """`urn:inin.com:common:error` and the two derived from it (contract 1.4); those alone carry `__type`.

    `message` is empty until the error is told: in which language that is, the request says.
    """

    error_id: str | UnsetType = UNSET
    error_code: int | UnsetType = UNSET
    type: str | UnsetType = field(name="__type", default=UNSET)
    property_name: str | UnsetType = UNSET
    alternate_host_list: tuple[str, ...] | UnsetType = UNSET
    message: str = ""


class Failure(Exception):
    """A request that is answered with an error body, in which `said` is put into words."""

    def __init__(self, status: int, said: Sentence, body: ErrorBody, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(said))
        self.status = status
        self.said = said
        self.body = body
        self.headers = headers

    def render(self, scope: Scope) -> Response:
        """The answer, in the language and the media type of the client of `scope`."""
        body = replace(self.body, message=said(self.said, language_of(scope)))
        return represent(scope, body, self.status, self.headers)


def missing(name: str, place: str = "") -> Failure:
    """400: a required member, header or parameter is not there. `place` says inside what, e.g. `list[2].`."""
    body = ErrorBody(MISSING, type=MISSING_PROPERTY, property_name=name)
    return Failure(400, say("{member} is required.", member=place + name), body)


def invalid(name: str, must: str, /, place: str = "", **facts: Fact) -> Failure:
    """400: a member is there but cannot be. `must` completes the sentence, e.g. `must be a string`."""
    body = ErrorBody(INVALID, type=INVALID_PROPERTY, property_name=name)
    return Failure(400, faulty(place + name, Sentence(must, facts)), body)


def faulty(member: str, must: Sentence) -> Sentence:
    """What is wrong with a member. `must` completes the sentence that begins with its name."""
    return say("{member} {must}.", member=member, must=must)


def malformed(why: str, /, **facts: Fact) -> Failure:
    """400: the request is not what the method reads."""
    return Failure(400, Sentence(why, facts), ErrorBody(MALFORMED))


def wrong_credentials() -> Failure:
    """400, not 401: that is how real servers answer a wrong user or password (contract 1.4)."""
    return Failure(400, WRONG_CREDENTIALS, ErrorBody(AUTHENTICATION_FAILURE, WRONG_CREDENTIALS_CODE))


def unauthorized(error_code: int, why: str) -> Failure:
    """401 with the header that the seeds require. The `errorId` beside codes 1, 2 and 4 is ours (contract 1.5)."""
    return Failure(401, Sentence(why, {}), ErrorBody(AUTHENTICATION_FAILURE, error_code), CHALLENGE)


def session_ended() -> Failure:
    """401: the session was real and is over (contract 1.5)."""
    return unauthorized(SESSION_ENDED_CODE, "The session has ended. Log on again.")


def not_allowed(why: str, /, **facts: Fact) -> Failure:
    """403: whoever asks may not do this. `why` says what he lacks."""
    return Failure(403, Sentence(why, facts), ErrorBody(ACCESS_DENIED, ACCESS_DENIED_CODE))


def no_station() -> Failure:
    """404: the session is at no station (contract 1.4, 2.4)."""
    return Failure(404, say("This session is at no station."), ErrorBody(NO_SUCH_STATION, NO_STATION_CODE))


def not_found(path: str) -> Failure:
    """404: this API has no such resource. The `errorId` is ours."""
    return Failure(404, say("There is no resource {path}.", path=path), ErrorBody(UNSUPPORTED))


def method_not_allowed(method: str, allowed: Iterable[str]) -> Failure:
    """405 with Allow (contract 1.4: the status is inferred)."""
    names = ", ".join(allowed)
    why = say("{method} is not supported here; the methods are {methods}.", method=method, methods=names)
    return Failure(405, why, ErrorBody(METHOD_NOT_ALLOWED), {"Allow": names})


def gone(name: str) -> Failure:
    """410: a setting retires this resource (decision 12; the seeds' 410). The `errorId` is ours."""
    return Failure(410, say("{resource} has been removed from the API.", resource=name), ErrorBody(UNSUPPORTED))


def internal() -> Failure:
    """500: something that should not happen did; what it was stands in the log, not here."""
    return Failure(500, say("Something went wrong in the server; its log says what."), ErrorBody(INTERNAL))


def too_large(status: int, why: Sentence) -> Failure:
    """413 or 431: the request's body or its headers are beyond a limit."""
    return Failure(status, why, ErrorBody(TOO_LARGE))


def timed_out(why: Sentence) -> Failure:
    """500: the request took too long (seeds' 500; the identifier is established)."""
    return Failure(500, why, ErrorBody(TIMED_OUT))


def unavailable(why: Unavailable, *, connecting: Availability | None = None) -> Failure:
    """503 with Retry-After: the ledger cannot take the command. A log-on is also told where else to try (2.1)."""
    body = ErrorBody(UNAVAILABLE)
    if connecting is not None:
        body = ErrorBody(NOT_ACCEPTING, alternate_host_list=connecting.alternate_hosts)
    return Failure(503, why.said, body, {"Retry-After": str(why.retry_after)})


_NOT_SERVING: Final[Mapping[State, Sentence]] = {
    State.DRAINING: say("This server takes no more log-ons, because it is to be stopped."),
    State.STANDBY: say("This server stands by for another one and takes no log-ons."),
    State.STOPPING: say("This server is stopping and takes no log-ons."),
}
_RESUMED_SECONDS: Final = 30  # what an operator has switched off is not on again within a second


def not_accepting(availability: Availability) -> Failure:
    """503 to a log-on while the server does not serve, with the servers to try instead, in their order (2.1)."""
    body = ErrorBody(NOT_ACCEPTING, alternate_host_list=availability.alternate_hosts)
    return Failure(503, _NOT_SERVING[availability.state], body, {"Retry-After": str(_RESUMED_SECONDS)})


class Told(Struct, frozen=True):
    """How a refusal of the rules is told: `said` None tells its own sentence."""

    status: int
    error_id: str
    error_code: int | UnsetType = UNSET
    said: Sentence | None = None


TOLD: Final[Mapping[Code, Told]] = {
    Code.SESSION_ENDED: Told(401, AUTHENTICATION_FAILURE, SESSION_ENDED_CODE),
    # Someone deleted between the check of his password and the log-on is told what a stranger is told.
    Code.UNKNOWN_USER: Told(400, AUTHENTICATION_FAILURE, WRONG_CREDENTIALS_CODE, WRONG_CREDENTIALS),
    Code.UNKNOWN_STATION: Told(404, NO_SUCH_STATION, NO_STATION_CODE),
    Code.NO_STATION: Told(404, NO_SUCH_STATION, NO_STATION_CODE),
    Code.STATION_NOT_PERMITTED: Told(403, ACCESS_DENIED, ACCESS_DENIED_CODE),
    Code.INVALID_VALUE: Told(400, INVALID),
    # No method of this face asks for what follows; should one come to, the client's values are to blame.
    Code.UNKNOWN_OWNER: Told(400, INVALID),
    Code.UNKNOWN_LICENSE: Told(400, INVALID),
    Code.UNKNOWN_RUNTIME: Told(400, INVALID),
    Code.RUNTIME_NOT_RUNNING: Told(400, INVALID),
    Code.UNKNOWN_APPLICATION: Told(400, INVALID),
    Code.NO_CONFIGURATION: Told(400, INVALID),
    Code.UNKNOWN_VERSION: Told(400, INVALID),
    Code.TRANSACTION_UNFINISHED: Told(400, INVALID),
    Code.LINE_FULL: Told(400, INVALID),
    Code.LOGIN_TAKEN: Told(400, INVALID),
    Code.USER_ID_TAKEN: Told(400, INVALID),
    Code.USER_LIVES: Told(409, ACCESS_DENIED),
    Code.NOT_ASSIGNABLE_TO: Told(400, INVALID),
    Code.LICENSE_EXPIRED: Told(400, INVALID),
    Code.SEATS_EXHAUSTED: Told(400, INVALID),
    Code.SEATS_BELOW_USE: Told(400, INVALID),
    Code.STILL_ASSIGNED: Told(400, INVALID),
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
    body = ErrorBody(told.error_id, told.error_code)
    return Failure(told.status, told.said or refusal.said, body, CHALLENGE if told.status == 401 else None)


def render(scope: Scope, status: int, text: str, facts: Mapping[str, str | int]) -> Response:
    """The answer to a request that a limit stopped before or while this face had it.

    A time-out (504 to whoever limits) is answered 500 with its identifier, as the seeds have it.
    """
    why = Sentence(text, facts)
    failure = timed_out(why) if status == 504 else too_large(status, why)
    return failure.render(scope)
