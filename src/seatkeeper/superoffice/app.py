"""The SuperOffice face as one application: what is where, and how whatever goes wrong is answered (contract 1, 4)."""

from collections.abc import Awaitable, Callable, Collection
from functools import lru_cache, partial
from typing import Final, NamedTuple

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
from seatkeeper.superoffice.slow_calls import SlowCalls
from seatkeeper.superoffice.tenant import Tenant
from seatkeeper.superoffice.user import Users
from seatkeeper.superoffice.version import version
from seatkeeper.transport.asked import Asked
from seatkeeper.transport.availability import Availability
from seatkeeper.transport.faults import Faults, Operation
from seatkeeper.transport.record import record_of

log = structlog.get_logger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

_REMEMBERED: Final = 1024
"""Paths of which it is kept what is there: clients ask for the same few again and again."""

_NOT_CACHED: Final = {"Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1"}


class Resource(NamedTuple):
    """What a verb does at the paths of a pattern, below the application's path."""

    verb: str
    pattern: str
    handler: Handler

    @property
    def operation(self) -> Operation:
        """As what it is counted and logged, and as what tests order faults for it."""
        return Operation(self.verb, route_of(self.pattern))


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
        try:
            response = await self._answer(Asked(scope, receive))
        except ClientDisconnect:
            return  # there is nobody to answer
        for name, value in _NOT_CACHED.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            resource = self._resource(request)
            if self._faults is not None:
                await self._faults.befall(resource.operation)
            return await resource.handler(request)
        except Failure as failure:
            return _told(request, failure)
        except Refusal as refusal:
            return _told(request, of_refusal(refusal, rest=False))
        except Unavailable as why:
            return _told(request, unavailable(why))
        except ReadTimeout:
            return _told(request, timed_out())
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("superoffice_request_failed", route=record_of(request.scope).route, method=request.method)
            return _told(request, internal())

    def _resource(self, request: Request) -> Resource:
        """What the request asks for; the variables of its path stand in `request.path_params` then."""
        verb = "GET" if request.method == "HEAD" else request.method
        found = self._at(request.scope["raw_path"], request.scope.get("root_path", ""))
        for there, variables in found:
            if there.verb == verb:
                record_of(request.scope).route = there.operation.route
                request.scope["path_params"] = dict(variables)
                return there
        if not found:
            raise no_resource(request.scope["path"])
        record_of(request.scope).route = found[0].there.operation.route
        verbs = dict.fromkeys(each.there.verb for each in found)
        raise method_not_allowed(request.method, ", ".join([*verbs, *(["HEAD"] if "GET" in verbs else [])]))

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
    calls = Calls(gate, slow)
    descriptions = Descriptions(gate, places)
    return SuperOffice(
        [
            *(Resource(place.verb, place.pattern, partial(calls.call, place)) for place in places),
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


def _told(request: Request, failure: Failure) -> Response:
    failure.note(request.scope)
    return failure.render(request.scope)
