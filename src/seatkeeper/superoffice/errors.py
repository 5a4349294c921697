"""Every answer that is not a success: its status, its body (contract 7) and its headers.

The contract names two keys for the text, `Message` and `ErrorMessage`, and both are sent. No vendor source gives the
status of a failed license operation: those here are ours (decision 14). An agent never answers 404, which a client of
the vendor takes for "none"; a REST resource does where a thing is missing.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Fact, Sentence, say
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.superoffice.wire.rendering import render as represent
from seatkeeper.transport.record import record_of

ERROR_SOURCE: Final = "Seatkeeper"

SESSION: Final = "SoSessionException"
SENTRY: Final = "SoSentryException"
NOT_FOUND: Final = "SoNotFoundException"
INVALID_ARGUMENT: Final = "SoInvalidArgumentException"
ILLEGAL_OPERATION: Final = "SoIllegalOperationException"
LICENSE: Final = "SoLicenseException"
DUPLICATE: Final = "SoDuplicateException"
NOT_SUPPORTED: Final = "SoNotSupportedException"
SERVER: Final = "SoServerException"
XSRF: Final = "XsrfValidationException"
ARGUMENT: Final = "ArgumentException"

SESSION_CHALLENGE: Final = "SOTicket, Bearer"
"""What to show instead of a session that is over: only tickets, tokens and cookies have one."""


class Error(Struct, frozen=True, rename="pascal"):
    """The body of an error of the application (7.1). In XML its root is the name of this class."""

    error: bool
    error_type: str
    message: str
    error_message: str
    error_source: str


class Failure(Exception):
    """A request that is answered with an error body, in which `said` is put into words.

    `error_type` is the name of the vendor's exception, without its namespace.
    """

    def __init__(self, status: int, error_type: str, said: Sentence, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(said))
        self.status = status
        self.error_type = error_type
        self.said = said
        self.headers = headers

    def body(self, spoken: Spoken) -> Struct:
        """The error as it is told in a client's language."""
        text = spoken.said(self.said)
        return Error(
            error=True, error_type=self.error_type, message=text, error_message=text, error_source=ERROR_SOURCE
        )

    def note(self, scope: Scope) -> None:
        """Have the access log tell it, in English. Before somebody is known what he sent may be a password, and
        errors in a body quote it: then only who or what is not let in is told."""
        record = record_of(scope)
        record.outcome = self.error_type
        if record.user is not None or self.status in {401, 403}:
            record.why = str(self.said)

    def render(self, scope: Scope) -> Response:
        """The answer, in the language and the media type of the client of `scope`."""
        request = Request(scope)
        response = represent(request, self.body(Spoken.of(request.headers)), self.status)
        response.headers.update(self.headers or {})
        return response


class Unbound(Failure):
    """400: a parameter of a method is missing, or is not what it must be (7.2). `said` names it."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(400, ARGUMENT, said)

    def body(self, spoken: Spoken) -> Struct:
        """The error as the framework of the vendor tells it: without a type, with what is wrong as the detail."""
        return BindingError(
            message=spoken.said(say("The request is invalid: {why}", why=self.said)),
            message_detail=spoken.said(self.said),
        )


class Missing(Failure):
    """404: what a method should tell of is not there. Only a REST resource says so; an agent tells nothing (7.3)."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(404, NOT_FOUND, said)


class BindingError(Struct, frozen=True, rename="pascal"):
    """The body of an error in a parameter (7.2)."""

    message: str
    message_detail: str


class Told(Struct, frozen=True):
    """How a refusal of the rules is told: by an agent, by a REST resource, and as which exception of the vendor's."""

    agent: int
    rest: int
    error_type: str


_MISSING: Final = Told(400, 404, NOT_FOUND)
_TAKEN: Final = Told(400, 400, DUPLICATE)
_INVALID: Final = Told(400, 400, INVALID_ARGUMENT)
_ILLEGAL: Final = Told(400, 400, ILLEGAL_OPERATION)
_UNLICENSED: Final = Told(400, 400, LICENSE)

TOLD: Final[Mapping[Code, Told]] = {
    Code.SESSION_ENDED: Told(401, 401, SESSION),
    Code.UNKNOWN_USER: _MISSING,
    Code.UNKNOWN_OWNER: _MISSING,
    Code.UNKNOWN_LICENSE: _MISSING,
    Code.NOT_ASSIGNABLE_TO: _ILLEGAL,
    Code.LICENSE_EXPIRED: _UNLICENSED,
    Code.SEATS_EXHAUSTED: _UNLICENSED,
    Code.SEATS_BELOW_USE: _UNLICENSED,
    Code.STILL_ASSIGNED: _UNLICENSED,
    Code.PREREQUISITE_MISSING: _UNLICENSED,
    Code.PREREQUISITE_NEEDED: _UNLICENSED,
    Code.PREREQUISITE_CIRCLE: _INVALID,
    Code.INVALID_VALUE: _INVALID,
    Code.LOGIN_TAKEN: _TAKEN,
    Code.USER_ID_TAKEN: _TAKEN,
    Code.USER_LIVES: _ILLEGAL,
    Code.CHANGED_SINCE: _ILLEGAL,
    # No method of this face has to do with stations, runtimes and what runs there.
    Code.UNKNOWN_STATION: _MISSING,
    Code.UNKNOWN_RUNTIME: _MISSING,
    Code.UNKNOWN_APPLICATION: _MISSING,
    Code.UNKNOWN_VERSION: _MISSING,
    Code.NO_CONFIGURATION: _MISSING,
    Code.RUNTIME_NOT_RUNNING: _ILLEGAL,
    Code.TRANSACTION_UNFINISHED: _ILLEGAL,
    Code.LINE_FULL: _ILLEGAL,
    Code.NO_STATION: _MISSING,
    Code.STATION_NOT_PERMITTED: Told(403, 403, SENTRY),
    Code.CONCURRENT_STATION: _ILLEGAL,
}
"""Every code of the rules, as this face tells it (contract 3, "error cases")."""


def of_refusal(refusal: Refusal, *, rest: bool) -> Failure:
    """A refusal of the rules as an answer, of a REST resource or else of an agent."""
    told = TOLD[refusal.code]
    status = told.rest if rest else told.agent
    headers = {"WWW-Authenticate": SESSION_CHALLENGE} if status == 401 else None
    return Failure(status, told.error_type, refusal.said, headers)


def unauthorized(said: Sentence, challenge: str, error_type: str = SESSION) -> Failure:
    """401: nothing, or nothing valid, says who asks. `challenge` names the schemes that would do (contract 5)."""
    return Failure(401, error_type, said, {"WWW-Authenticate": challenge})


def not_allowed(why: str, /, **facts: Fact) -> Failure:
    """403: whoever asks may not do this. `why` says what he lacks."""
    return Failure(403, SENTRY, Sentence(why, facts))


def malformed(why: str, /, **facts: Fact) -> Failure:
    """400: the request cannot be read at all."""
    return Failure(400, ARGUMENT, Sentence(why, facts))


def unsupported_type(media_type: str, supported: str) -> Failure:
    """415: the body is of a media type that is not read here (contract 6.1)."""
    why = say("A body of type {type} cannot be read; the types are {types}.", type=media_type, types=supported)
    return Failure(415, ARGUMENT, why)


def not_found(why: Sentence) -> Failure:
    """404: there is nothing at this path."""
    return Failure(404, NOT_FOUND, why)


def no_resource(path: str) -> Failure:
    """404: this API has no such resource or method."""
    return not_found(say("There is no resource {path}.", path=path))


def no_owner(name: str) -> Missing:
    """No owner has this name."""
    return Missing(say("There is no owner of licenses named {owner}.", owner=name))


def method_not_allowed(method: str, allowed: str) -> Failure:
    """405 with Allow. `allowed`: the methods, with commas between them."""
    why = say("{method} is not supported here; the methods are {methods}.", method=method, methods=allowed)
    return Failure(405, NOT_SUPPORTED, why, {"Allow": allowed})


def internal() -> Failure:
    """500: something that should not happen did; what it was stands in the log, not here."""
    return Failure(500, SERVER, say("Something went wrong in the server; its log says what."))


def timed_out() -> Failure:
    """503: a read took too long; nothing was changed, and it can be asked again."""
    return Failure(503, SERVER, say("The request took too long. Try again."), {"Retry-After": "1"})


def unavailable(why: Unavailable) -> Failure:
    """503 with Retry-After: the ledger cannot take the command."""
    return Failure(503, SERVER, why.said, {"Retry-After": str(why.retry_after)})


def render(scope: Scope, status: int, text: str, facts: Mapping[str, str | int]) -> Response:
    """The answer to a request that a limit stopped before or while this face had it: 413, 431 or 504."""
    return Failure(status, SERVER, Sentence(text, facts)).render(scope)
