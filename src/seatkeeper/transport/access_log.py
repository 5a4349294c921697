"""One line in the log for each request: id, face, user, method, path, status, outcome, milliseconds, and why it was
refused and whom it was about, where the face says so.

What asks again and again whether a server is well, and hears that it is, has one at the level `debug`.

The path is logged as it came, percent-encoded and without its query; headers and bodies never are.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.transport.asked import header
from seatkeeper.transport.record import RequestRecord, begin_record

CLIENT_LEFT = 499
"""The status that is logged for a request whose client left before it was answered; nobody receives it."""

Observed = Callable[[RequestRecord, str, int, float], None]
"""Is told of each request when its answer begins, or when its client has left: its record, method and status, and the
seconds since it came. So an event stream counts with the time to its beginning, not with its length."""

_LONGEST_TEXT = 500  # characters; both may repeat a name that a client made up
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("seatkeeper.access")


class AccessLog:
    """Outermost middleware, for HTTP only. It answers with `X-Request-ID`, the client's own if that is a plain name.

    What a face lets through as an exception is logged here, under the request's id, and goes no further: the server
    would close the connection under a client that has its answer and is about to send the next request.
    """

    def __init__(self, app: ASGIApp, observed: Observed) -> None:
        self._app = app
        self._observed = observed
        self._ended: list[_Ended] = []
        self._writing: asyncio.Handle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = begin_record(scope, _request_id(scope))
        began = time.perf_counter()
        status = CLIENT_LEFT

        def send_noting_status(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._observed(record, scope["method"], status, time.perf_counter() - began)
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", record.id.encode("ascii"))]
            return send(message)

        try:
            await self._app(scope, receive, send_noting_status)
        except Exception:  # noqa: BLE001 - the last place where any fault can be told and answered
            record.outcome = record.outcome or "failed"
            _log.exception("a request failed", request_id=record.id)
            if status == CLIENT_LEFT:
                await PlainTextResponse("Internal Server Error", 500)(scope, receive, send_noting_status)
        finally:
            seconds = time.perf_counter() - began
            if status == CLIENT_LEFT:
                self._observed(record, scope["method"], status, seconds)
            self._ended.append(_Ended(scope, record, status, seconds))
            if status >= 500:
                self._write_ended()
            elif self._writing is None:
                self._write_soon()

    def _write_soon(self) -> None:
        """Write when all have been answered that are answered in this turn of the loop."""
        try:
            self._writing = asyncio.get_running_loop().call_soon(self._write_ended)
        except RuntimeError:  # the loop has ended before its request
            self._write_ended()

    def _write_ended(self) -> None:
        self._writing = None
        ended, self._ended = self._ended, []
        for each in ended:
            _write(*each)


class _Ended(NamedTuple):
    """A request of which a line is to be written."""

    scope: Scope
    record: RequestRecord
    status: int
    seconds: float


def _write(scope: Scope, record: RequestRecord, status: int, seconds: float) -> None:
    refusal: dict[str, Any] = {}
    if record.why is not None:
        about = None if record.about is None else record.about[:_LONGEST_TEXT]
        refusal = {"about": about, "why": record.why[:_LONGEST_TEXT]}
    if status >= 500:
        write, outcome = _log.warning, "failed"
    elif status >= 400:
        write, outcome = _log.info, "refused"
    else:
        write, outcome = _log.debug if record.routine else _log.info, "ok"
    write(
        "request",
        outcome=record.outcome or outcome,
        request_id=record.id,
        face=record.face,
        user=record.user,
        method=scope["method"],
        path=scope["raw_path"].decode("ascii", "replace"),
        status=status,
        ms=round(seconds * 1000, 2),
        **refusal,
    )


def _request_id(scope: Scope) -> str | None:
    said = header(scope, b"x-request-id")
    return None if said is None or _REQUEST_ID.fullmatch(said) is None else said
