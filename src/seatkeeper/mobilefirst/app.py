"""The MobileFirst face as one application: what is where, and how whatever goes wrong is answered (contract 1, 5)."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.identity.logon import Authenticator
from seatkeeper.ledger.door import Ledger, Unavailable
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.applications import Applications
from seatkeeper.mobilefirst.audit import Audit
from seatkeeper.mobilefirst.auth import Gate, refuse_foreign_pages, require
from seatkeeper.mobilefirst.calls import VERSION, Asked, Resource
from seatkeeper.mobilefirst.config import GlobalConfiguration
from seatkeeper.mobilefirst.deployments import Deployments
from seatkeeper.mobilefirst.diagnostic import Diagnostic
from seatkeeper.mobilefirst.errors import (
    Failure,
    beyond_limits,
    internal,
    method_not_allowed,
    not_acceptable,
    not_found,
    refused,
    timed_out,
    unavailable,
)
from seatkeeper.mobilefirst.faults import face_faults
from seatkeeper.mobilefirst.license import Licenses
from seatkeeper.mobilefirst.license_report import LicenseReports
from seatkeeper.mobilefirst.lock import Locks
from seatkeeper.mobilefirst.negotiation import accepted
from seatkeeper.mobilefirst.rendering import render
from seatkeeper.mobilefirst.routing import Found, Routes
from seatkeeper.mobilefirst.runtimes import Runtimes
from seatkeeper.mobilefirst.transactions import Transactions
from seatkeeper.queries.reads import Reads, ReadTimeout
from seatkeeper.settings import MobileFirstSettings
from seatkeeper.transport.asked import Asked as AskedRequest
from seatkeeper.transport.faults import Faults, Operation
from seatkeeper.transport.limits import Render
from seatkeeper.transport.record import RequestRecord, record_of

log = structlog.get_logger(__name__)

ROOT: Final = "management-apis"
"""The segment below each context root that the API is below."""

_NOT_KEPT: Final = (b"cache-control", b"no-store")

_REMEMBERED: Final = 1024
"""Paths of which it is kept what is there: clients ask for the same few again and again."""


class MobileFirst:
    """The face as one application. It is given whole paths; `root_path` is the context root and `management-apis`.

    `ordered`: the faults that tests order; None where they may not.
    """

    def __init__(
        self, resources: Collection[Resource], gate: Gate, product_version: str, ordered: Faults | None
    ) -> None:
        operations = {_operation(resource) for resource in resources}
        self._faults = None if ordered is None else face_faults(ordered, operations)
        self._routes = Routes(resources)
        self._at = lru_cache(_REMEMBERED)(self._find)
        self._gate = gate
        self._product_version = product_version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._answered(AskedRequest(scope, receive))
        except ClientDisconnect:
            return  # there is nobody to answer
        except Exception as error:  # noqa: BLE001 - what nobody expects is logged, and answered like the rest
            response = self._told(scope, _failure_of(error, scope))
        response.raw_headers.append(_NOT_KEPT)
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        record = record_of(request.scope)
        resource = self._resource(request, record)
        if self._faults is not None:
            await self._faults.befall(_operation(resource))
        user = await self._gate.identify(request)
        record.about = _about(request.path_params)
        require(user, resource.right)
        refuse_foreign_pages(request)
        media_type = accepted(request.scope, resource.produces)
        if media_type is None:
            raise not_acceptable(", ".join(resource.produces))
        asked = Asked(request, user, media_type)
        answer = await resource.handler(asked)
        if resource.verb == "GET":
            return await asyncio.to_thread(render, answer, media_type)  # of a thousand rows it takes a while
        return render(answer, media_type)

    def _resource(self, request: Request, record: RequestRecord) -> Resource:
        """What the request asks for; the variables of its path stand in `request.path_params` then."""
        found = self._at(request.scope["raw_path"], request.scope.get("root_path", ""))
        if not found:
            raise not_found(say("There is no resource {path}.", path=request.scope["path"]))
        verb = "GET" if request.method == "HEAD" else request.method
        for resource, variables in found:
            if resource.verb == verb:
                record.route = _route(resource)
                request.scope["path_params"] = dict(variables)
                return resource
        record.route = _route(found[0].resource)
        verbs = dict.fromkeys(each.resource.verb for each in found)
        raise method_not_allowed(request.method, ", ".join([*verbs, *(["HEAD"] if "GET" in verbs else [])]))

    def _find(self, raw_path: bytes, root_path: str) -> Sequence[Found]:
        """All operations at a path, percent-encoded. Raises Failure 404 for a version that is not here."""
        version, *segments = _segments(raw_path, root_path) or [""]
        version = unquote(version)
        if version and version != VERSION:
            raise not_found(
                say("Version {version} of this API is not here; there is {there}.", version=version, there=VERSION)
            )
        return self._routes.find(segments)

    def _told(self, scope: Scope, failure: Failure) -> Response:
        failure.note(scope)
        return failure.render(scope, self._product_version)


def create_app(
    ledger: Ledger,
    reads: Reads,
    authenticator: Authenticator,
    *,
    settings: MobileFirstSettings,
    ordered: Faults | None,
) -> MobileFirst:
    """The application. `ordered`: the faults that tests order, None where they may not."""
    resources = _resources(ledger, reads, settings)
    return MobileFirst(resources, Gate(authenticator), settings.product_version, ordered)


def renderer(product_version: str) -> Render:
    """How this face answers a request beyond a limit."""

    def render_beyond_limits(scope: Scope, status: int, text: str, facts: Mapping[str, str | int]) -> ASGIApp:
        return beyond_limits(status, text, facts).render(scope, product_version)

    return render_beyond_limits


def _resources(ledger: Ledger, reads: Reads, settings: MobileFirstSettings) -> tuple[Resource, ...]:
    """Every operation of the face."""
    deployments = Deployments(ledger, reads, settings)
    return (
        *Applications(deployments, reads, settings).resources,
        *Audit(reads, settings).resources,
        *Diagnostic(ledger, reads, settings).resources,
        *GlobalConfiguration(settings).resources,
        *LicenseReports(ledger, reads, settings).resources,
        *Licenses(deployments, reads).resources,
        *Locks(ledger, reads).resources,
        *Runtimes(reads, settings).resources,
        *Transactions(reads, settings).resources,
    )


def _failure_of(error: Exception, scope: Scope) -> Failure:
    """How an error is told."""
    match error:
        case Failure():
            return error
        case Refusal():
            return refused(error)
        case Unavailable():
            return unavailable(error)
        case ReadTimeout():
            return timed_out()
        case _:
            route = record_of(scope).route
            log.error("mobilefirst_request_failed", route=route, method=scope["method"], exc_info=error)
            return internal()


def _segments(raw_path: bytes, root_path: str) -> list[str]:
    """The segments below `management-apis`, percent-encoded; a slash at the end is passed over."""
    segments = raw_path.decode("utf-8", "replace").removesuffix("/").split("/")
    return segments[1 + root_path.count("/") :]


def _about(variables: Mapping[str, str]) -> str | None:
    """What a request is about, for the log, as far as its path says."""
    named = [variables[name] for name in ("runtime", "application") if name in variables]
    return "/".join(named) or None


def _operation(resource: Resource) -> Operation:
    """As what it is counted and logged, and as what tests order faults for it: below any of the context roots."""
    return Operation(resource.verb, _route(resource))


def _route(resource: Resource) -> str:
    return f"/{ROOT}/{VERSION}/{resource.pattern}"
