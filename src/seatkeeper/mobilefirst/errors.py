"""Every answer that is not a success: its status, its message code, its body (contract 5.5) and its headers.

The vendor documents no body of an error. This one is made of the names that its transactions have, so that one parser
fits all; each sentence is our own, after the vendor's code where there is one for the like (contract 11).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.languages.catalogues import said as in_language
from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.deployment import TransactionError
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import Fact, Sentence, say
from seatkeeper.mobilefirst import message_codes
from seatkeeper.mobilefirst.negotiation import JSON, STRUCTURED, accepted
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.mobilefirst.rendering import render as represent
from seatkeeper.mobilefirst.speech import language_of
from seatkeeper.transport.record import record_of

ROOT: Final = "error-result"

CHALLENGE: Final = 'Basic realm="MobileFirst", charset="UTF-8"'
"""The `WWW-Authenticate` of a 401; the vendor's name of the realm is not known (contract 12)."""


class Failure(Exception):
    """A request that is answered with an error body, in which `said` is put into words.

    `code` is that of the message (contract 11), None where the vendor is not known to have one.
    """

    def __init__(self, status: int, code: str | None, said: Sentence, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(said))
        self.status = status
        self.code = code
        self.said = said
        self.headers = headers

    def note(self, scope: Scope) -> None:
        """Have the access log tell it, in English. Before somebody is known what he sent may be a password: then only
        who or what is not let in is told."""
        record = record_of(scope)
        record.outcome = self.code
        if record.user is not None or self.status in {401, 403}:
            record.why = str(self.said)

    def render(self, scope: Scope, product_version: str) -> Response:
        """The answer in the language of the client of `scope`, in XML for one that accepts no JSON but that."""
        request = Request(scope)
        errors = [{"details": _details(self.code, self.said, language_of(request))}]
        document = Document(ROOT, {"ok": False, "productVersion": product_version, "errors": errors})
        response = represent(document, accepted(scope, STRUCTURED) or JSON, self.status)
        response.headers.update(self.headers or {})
        return response


def error_told(error: TransactionError, language: str) -> str:
    """What was wrong with a transaction, after the code of its message, in a language."""
    return _details(message_codes.CODE_OF[error.fault], sentence_of(error), language)


def _details(code: str | None, said: Sentence, language: str) -> str:
    text = in_language(said, language)
    return text if code is None else f"{code}: {text}"


def invalid_payload(why: str, /, **facts: Fact) -> Failure:
    """400: the body cannot be what it must be; nothing was changed."""
    return Failure(400, message_codes.INVALID_PAYLOAD, Sentence(why, facts))


def invalid_parameter(why: str, /, **facts: Fact) -> Failure:
    """400: a parameter of the path or the query cannot be what it must be; nothing was changed."""
    return Failure(400, message_codes.INVALID_PARAMETER, Sentence(why, facts))


def unauthorized(said: Sentence) -> Failure:
    """401: nothing, or nothing valid, says who asks."""
    return Failure(401, None, said, {"WWW-Authenticate": CHALLENGE})


def not_allowed(said: Sentence) -> Failure:
    """403: whoever asks may not do this."""
    return Failure(403, None, said)


def not_found(said: Sentence, code: str = message_codes.NOT_FOUND) -> Failure:
    """404: what the path names is not there."""
    return Failure(404, code, said)


def no_runtime(name: str) -> Failure:
    """404: no runtime has this name."""
    return not_found(say("There is no runtime named {runtime}.", runtime=name), message_codes.NO_RUNTIME)


def no_application(runtime: str, name: str) -> Failure:
    """404: no application of this name is registered in a runtime."""
    said = say("There is no application {application} in runtime {runtime}.", application=name, runtime=runtime)
    return not_found(said, message_codes.NO_APPLICATION)


def no_configuration(runtime: str, application: str) -> Failure:
    """404: nobody has set a license configuration of an application."""
    said = say(
        "Application {application} of runtime {runtime} has no license configuration.",
        application=application,
        runtime=runtime,
    )
    return not_found(said, message_codes.NO_CONFIGURATION)


def method_not_allowed(method: str, allowed: str) -> Failure:
    """405 with Allow. `allowed`: the methods, with commas between them."""
    said = say("{method} is not supported here; the methods are {methods}.", method=method, methods=allowed)
    return Failure(405, None, said, {"Allow": allowed})


def not_acceptable(produces: str) -> Failure:
    """406: the client accepts nothing that this operation produces."""
    return Failure(406, None, say("None of the types in Accept is produced here; those are {types}.", types=produces))


def unsupported_type(media_type: str, supported: str) -> Failure:
    """415: the body is of a media type that is not read here."""
    said = say("A body of type {type} cannot be read; the types are {types}.", type=media_type, types=supported)
    return Failure(415, None, said)


def unsupported_coding(coding: str) -> Failure:
    """415: the body is compressed."""
    return Failure(415, None, say("A body in content coding {coding} cannot be read; send it without.", coding=coding))


def refused(refusal: Refusal) -> Failure:
    """A refusal of the rules as an answer. What is refused for now (503) can be asked again."""
    told = message_codes.TOLD[refusal.code]
    again = {"Retry-After": "1"} if told.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return Failure(told.status, told.code, refusal.said, again)


def internal() -> Failure:
    """500: something that should not happen did; what it was stands in the log, not here."""
    said = say("Something went wrong in the server; its log says what.")
    return Failure(500, message_codes.INTERNAL, said)


def timed_out() -> Failure:
    """503: a read took too long; nothing was changed, and it can be asked again."""
    said = say("The request took too long. Try again.")
    return Failure(503, message_codes.DATABASE, said, {"Retry-After": "1"})


def unavailable(why: Unavailable) -> Failure:
    """503 with Retry-After: the ledger cannot take the command."""
    return Failure(503, message_codes.DATABASE, why.said, {"Retry-After": str(why.retry_after)})


def beyond_limits(status: int, text: str, facts: Mapping[str, str | int]) -> Failure:
    """The answer to a request that a limit stopped before or while this face had it: 413, 431 or 504."""
    return Failure(status, None, Sentence(text, facts))
