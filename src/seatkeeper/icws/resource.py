"""One URL of the API: its methods, and how whatever goes wrong in them is answered."""

from collections.abc import Callable, Mapping

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
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
        try:
            response = await self._answer(Asked(scope, receive))
        except ClientDisconnect:
            return  # there is nobody to answer
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if self._faults is not None:
                session_id = request.path_params.get("session_id")
                await self._faults.befall(Operation(request.method, self._pattern), session_id)
            return await self._handler(request)(request)
        except Failure as failure:
            return _told(request, failure)
        except Refusal as refusal:
            return _told(request, refused(refusal))
        except Unavailable as why:
            return _told(request, unavailable(why))
        except ReadTimeout:
            return _told(request, timed_out(say("The request took too long. Try again.")))
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("icws_request_failed", resource=self._name, method=request.method)
            return _told(request, internal())

    def _handler(self, request: Request) -> Handler:
        if self._retired():
            raise gone(self._name)
        handler = self._methods.get(request.method)
        if handler is None:
            raise method_not_allowed(request.method, self._methods)
        return handler


def _told(request: Request, failure: Failure) -> Response:
    record_of(request.scope).outcome = failure.body.error_id or None
    return failure.render(request.scope)
