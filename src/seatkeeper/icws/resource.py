"""One URL of the API: its methods, and how whatever goes wrong in them is answered."""

from collections.abc import Callable, Mapping

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from seatkeeper.icws.auth import Handler
from seatkeeper.icws.errors import Failure, gone, internal, method_not_allowed, refused, timed_out, unavailable
from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import say
from seatkeeper.queries.reads import ReadTimeout
from seatkeeper.transport.asked import Asked
from seatkeeper.transport.faults import FaceFaults, Operation
from seatkeeper.transport.record import record_of

log = structlog.get_logger(__name__)


class Resource:
    """An ASGI application for one URL. `name` is its path without the session, `pattern` the whole path, with
    `{session}`; `retired`: whether it answers 410 now. `faults`: those that tests order, where they may."""

    def __init__(
        self,
        name: str,
        pattern: str,
        methods: Mapping[str, Handler],
        *,
        retired: Callable[[], bool],
        faults: FaceFaults[Failure] | None,
    ) -> None:
        self._name = name
        self._pattern = pattern
        self._methods = methods
        self._retired = retired
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        record_of(scope).route = self._pattern
        request = Asked(scope, receive)
        try:
            if self._faults is not None:
                session_id = request.path_params.get("session_id")
                await self._faults.befall(Operation(request.method, self._pattern), session_id)
            response = await self._handler(request)(request)
        except ClientDisconnect:
            return  # there is nobody to answer
        except Exception as error:  # noqa: BLE001 - each has an answer of its own
            failure = self._failure_of(error, request.method)
            record_of(scope).outcome = failure.body.error_id or None
            response = failure.render(scope)
        await response(scope, receive, send)

    def _failure_of(self, error: Exception, method: str) -> Failure:
        match error:
            case Failure():
                return error
            case Refusal():
                return refused(error)
            case Unavailable():
                return unavailable(error)
            case ReadTimeout():
                return timed_out(say("The request took too long. Try again."))
            case _:
                log.error("icws_request_failed", resource=self._name, method=method, exc_info=error)
                return internal()

    def _handler(self, request: Request) -> Handler:
        if self._retired():
            raise gone(self._name)
        handler = self._methods.get(request.method)
        if handler is None:
            raise method_not_allowed(request.method, self._methods)
        return handler
