"""`/metrics`: the page that Prometheus reads, for whoever has the admin token or the right `metrics.read`."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from seatkeeper.identity.credentials import CHALLENGE, Credentials, RightMissing, Unauthorized
from seatkeeper.identity.rights import Right
from seatkeeper.ledger.door import Unavailable
from seatkeeper.metrics.exposition import Metrics
from seatkeeper.queries.reads import ReadTimeout
from seatkeeper.transport.record import record_of

PATH: Final = "/metrics"


class Scraping:
    """An ASGI application for this one path. The admin token needs no disk, so a ledger that stands still is told."""

    def __init__(self, metrics: Metrics, credentials: Credentials) -> None:
        self._metrics = metrics
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if path.lower() != PATH:
            return _error(404, "not_found", f"There is nothing at {path}. The metrics are at {PATH}.")
        record_of(request.scope).route = PATH
        if request.method not in {"GET", "HEAD"}:
            return _error(405, "method_not_allowed", f"{PATH} can only be read.", {"Allow": "GET, HEAD"})
        try:
            await self._let_in(request)
        except Unauthorized as error:
            return _error(401, "unauthorized", str(error), {"WWW-Authenticate": CHALLENGE})
        except RightMissing as error:
            return _error(403, "forbidden", str(error))
        except ReadTimeout as error:
            return _error(503, "read_timeout", str(error), {"Retry-After": str(error.retry_after)})
        except Unavailable as error:
            return _error(503, "unavailable", str(error), {"Retry-After": str(error.retry_after)})
        page = await self._metrics.page(request.headers.get("accept", ""))
        return Response(page.body, headers={"Content-Type": page.content_type})

    async def _let_in(self, request: Request) -> None:
        address = request.client.host if request.client else ""
        caller = await self._credentials.caller(request.headers.get("authorization", ""), address)
        record_of(request.scope).user = caller.name
        caller.require(Right.METRICS_READ)


def _error(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error, "message": message}, status, headers)
