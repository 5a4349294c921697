"""The SuperOffice face as one application: what is where, and how whatever goes wrong is answered (contract 1, 4)."""

from collections.abc import Awaitable, Callable, Collection
from functools import lru_cache, partial
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.openid import SingleSignOn
from seatkeeper.ledger.door import Ledger, Unavailable
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.queries.reads import Reads, ReadTimeout
from seatkeeper.settings import SuperOfficeSettings
from seatkeeper.superoffice.associates import Associates
from seatkeeper.superoffice.authentication.auth import Gate
from seatkeeper.superoffice.authentication.log_in import LogIns
from seatkeeper.superoffice.authentication.preference_agent import PreferenceAgent
from seatkeeper.superoffice.authentication.tickets import Tickets
from seatkeeper.superoffice.calling import Calls
from seatkeeper.superoffice.descriptions import Descriptions
from seatkeeper.superoffice.errors import (
    Failure,
    internal,
    method_not_allowed,
    no_resource,
    of_refusal,
    timed_out,
    unavailable,
)
from seatkeeper.superoffice.faults import face_faults
from seatkeeper.superoffice.license_agent import LicenseAgent
from seatkeeper.superoffice.license_rest import places as license_places
from seatkeeper.superoffice.places import Found, Paths, Place, of_agent, route_of
from seatkeeper.superoffice.sent import Sent
from seatkeeper.superoffice.slow_calls import SlowCalls
from seatkeeper.superoffice.tenant import Tenant
from seatkeeper.superoffice.user import Users
from seatkeeper.superoffice.version import version
from seatkeeper.transport.availability import Availability
from seatkeeper.transport.faults import Faults, Operation
from seatkeeper.transport.record import record_of

log = structlog.get_logger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

_REMEMBERED: Final = 1024
"""Paths of which it is kept what is there: clients ask for the same few again and again."""

_NOT_CACHED: Final = ((b"cache-control", b"no-cache"), (b"pragma", b"no-cache"), (b"expires", b"-1"))


class Resource:
    """What a verb does at the paths of a pattern, below the application's path."""

    def __init__(self, verb: str, pattern: str, handler: Handler) -> None:
        self.verb: Final = verb
        self.pattern: Final = pattern
        self.handler: Final = handler
        self.operation: Final = Operation(verb, route_of(pattern))
        """As what it is counted and logged, and as what tests order faults for it."""


class SuperOffice:
    """The face as one application. It is given whole paths; `root_path` says how much of one is the application's.

    `ordered`: the faults that tests order; None where they may not.
    """

    def __init__(self, resources: Collection[Resource], ordered: Faults | None) -> None:
        self._paths = Paths((resource.pattern, resource) for resource in resources)
        self._at = lru_cache(_REMEMBERED)(self._find)
        operations = {resource.operation for resource in resources}
        self._faults = None if ordered is None else face_faults(ordered, operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Sent(scope, receive)
        try:
            resource = self._resource(scope)
            if self._faults is not None:
                await self._faults.befall(resource.operation)
            response = await resource.handler(request)
        except ClientDisconnect:
            return  # there is nobody to answer
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is answered
            response = _told(scope, error)
        said = {name for name, _ in response.raw_headers}
        response.raw_headers += [header for header in _NOT_CACHED if header[0] not in said]
        await response(scope, receive, send)

    def _resource(self, scope: Scope) -> Resource:
        """What the request asks for; the variables of its path stand in its `path_params` then."""
        method = scope["method"]
        verb = "GET" if method == "HEAD" else method
        found = self._at(scope["raw_path"], scope.get("root_path", ""))
        for there, variables in found:
            if there.verb == verb:
                record_of(scope).route = there.operation.route
                scope["path_params"] = dict(variables)
                return there
        if not found:
            raise no_resource(scope["path"])
        record_of(scope).route = found[0].there.operation.route
        verbs = dict.fromkeys(each.there.verb for each in found)
        raise method_not_allowed(method, ", ".join([*verbs, *(["HEAD"] if "GET" in verbs else [])]))

    def _find(self, raw_path: bytes, root_path: str) -> tuple[Found[Resource], ...]:
        """All that is at a path below the application's, percent-encoded; a slash at the end is passed over."""
        segments = raw_path.decode("utf-8", "replace").removesuffix("/").split("/")
        return tuple(self._paths.find(segments[1 + root_path.count("/") :]))


def create_app(
    ledger: Ledger,
    reads: Reads,
    authenticator: Authenticator,
    *,
    single_sign_on: SingleSignOn | None,
    settings: SuperOfficeSettings,
    availability: Availability,
    slow: SlowCalls,
    ordered: Faults | None,
) -> SuperOffice:
    """The application. `slow` counts the calls that are. `ordered`: the faults that tests order, None where they may
    not."""
    tickets = Tickets(ledger, availability, settings)
    gate = Gate(authenticator, single_sign_on, tickets, settings)
    log_ins = LogIns(ledger, authenticator, gate, tickets, settings)
    tenant = Tenant(settings.context, availability, ledger.now)
    places = _places(ledger, reads, gate, tickets, settings)
    slow.know(place.route for place in places)
    descriptions = Descriptions(gate, places)
    return SuperOffice(
        [
            *(Resource(place.verb, place.pattern, Calls(place, gate, slow).call) for place in places),
            *(
                Resource("GET", place.pattern, partial(descriptions.describe, place))
                for place in places
                if place.of_agent
            ),
            Resource("GET", "/api", version),
            Resource("GET", "/api/v1", descriptions.listing),
            Resource("GET", "/api/state/{context}", tenant.state),
            Resource("GET", "/Login", log_ins.form),
            Resource("POST", "/Login", log_ins.log_in),
            Resource("POST", "/Logout", log_ins.log_out),
        ],
        ordered,
    )


def _places(
    ledger: Ledger, reads: Reads, gate: Gate, tickets: Tickets, settings: SuperOfficeSettings
) -> tuple[Place, ...]:
    """Every method, where it can be called."""
    license_agent = LicenseAgent(ledger, reads)
    users = Users(ledger, reads, gate, tickets, settings.context)
    return (
        *of_agent("License", license_agent.methods),
        *license_places(license_agent),
        *of_agent("User", users.methods),
        *users.places,
        *Associates(reads).places,
        *of_agent("Preference", PreferenceAgent(ledger, settings).methods),
    )


def _told(scope: Scope, error: Exception) -> Response:
    """What is answered where this went wrong."""
    failure = _failure(scope, error)
    failure.note(scope)
    return failure.render(scope)


def _failure(scope: Scope, error: Exception) -> Failure:
    """What it is that went wrong, as it is told."""
    match error:
        case Failure():
            return error
        case Refusal():
            return of_refusal(error, rest=False)
        case Unavailable():
            return unavailable(error)
        case ReadTimeout():
            return timed_out()
    log.error("superoffice_request_failed", exc_info=error, route=record_of(scope).route, method=scope["method"])
    return internal()
