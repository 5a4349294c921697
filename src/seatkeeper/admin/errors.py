"""What the admin face answers when it cannot do what was asked: one shape, one table of statuses."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.ledger.door import QueueFull, Stopping, Unavailable
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.queries.reads import ReadTimeout

log = structlog.get_logger(__name__)

STATUS: Final[Mapping[Code, int]] = {
    Code.SESSION_ENDED: 404,
    Code.UNKNOWN_USER: 404,
    Code.UNKNOWN_OWNER: 404,
    Code.UNKNOWN_LICENSE: 404,
    Code.UNKNOWN_STATION: 404,
    Code.UNKNOWN_RUNTIME: 404,
    Code.UNKNOWN_APPLICATION: 404,
    Code.UNKNOWN_VERSION: 404,
    Code.NO_CONFIGURATION: 404,
    Code.RUNTIME_NOT_RUNNING: 409,
    Code.TRANSACTION_UNFINISHED: 409,
    Code.LINE_FULL: 409,
    Code.STATION_NOT_PERMITTED: 409,
    Code.NO_STATION: 409,
    Code.LOGIN_TAKEN: 409,
    Code.USER_ID_TAKEN: 409,
    Code.USER_LIVES: 409,
    Code.NOT_ASSIGNABLE_TO: 409,
    Code.LICENSE_EXPIRED: 409,
    Code.SEATS_EXHAUSTED: 409,
    Code.SEATS_BELOW_USE: 409,
    Code.STILL_ASSIGNED: 409,
    Code.PREREQUISITE_MISSING: 409,
    Code.PREREQUISITE_NEEDED: 409,
    Code.PREREQUISITE_CIRCLE: 422,
    Code.CHANGED_SINCE: 409,
    Code.CONCURRENT_STATION: 422,
    Code.INVALID_VALUE: 422,
}
"""The HTTP status of every refusal of the rules."""

_UNAVAILABLE: Final[Mapping[type[Unavailable], str]] = {
    QueueFull: "queue_full",
    Stopping: "stopping",
}

_OF_STATUS: Final[Mapping[int, str]] = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}


class ErrorBody(BaseModel):
    """Every answer that is not a success."""

    error: str = Field(description="What kind of error, for programs: stable, in lower case.")
    message: str = Field(description="What is wrong, where, and what to do, for people.")
    detail: Any = Field(None, description="More of the same for programs; its form depends on `error`.")


class AdminError(Exception):
    """An answer that is not a success, ready to be sent."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        detail: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = ErrorBody(error=error, message=message, detail=detail)
        self.headers = headers


def refused(refusal: Refusal, *, where: str = "", detail: object = None) -> AdminError:
    """The answer to a refusal of the rules, told after `where` it arose."""
    message = f"{where}: {refusal.sentence}" if where else refusal.sentence
    return AdminError(STATUS[refusal.code], refusal.code.value, message, detail=detail)


def answer_errors(app: FastAPI) -> None:
    """Have every error of this application answered in the one shape."""

    @app.exception_handler(AdminError)
    async def _admin_error(_request: Request, error: AdminError) -> JSONResponse:
        return _response(error)

    @app.exception_handler(Refusal)
    async def _refusal(_request: Request, refusal: Refusal) -> JSONResponse:
        return _response(refused(refusal))

    @app.exception_handler(InvalidInventory)
    async def _invalid_inventory(_request: Request, invalid: InvalidInventory) -> JSONResponse:
        detail = [
            {
                "file": invalid.file,
                "place": each.place,
                "key": each.key,
                "problem": each.text,
                "line": each.line,
            }
            for each in invalid.problems
        ]
        return _response(AdminError(422, "invalid_inventory", str(invalid), detail=detail))

    @app.exception_handler(Unavailable)
    async def _unavailable(_request: Request, error: Unavailable) -> JSONResponse:
        return _response(_later(_UNAVAILABLE.get(type(error), "unavailable"), str(error), error.retry_after))

    @app.exception_handler(ReadTimeout)
    async def _read_timeout(_request: Request, error: ReadTimeout) -> JSONResponse:
        return _response(_later("read_timeout", str(error), error.retry_after))

    @app.exception_handler(RequestValidationError)
    async def _invalid_request(_request: Request, invalid: RequestValidationError) -> JSONResponse:
        # The offending input stays out: it may be a password in the wrong place.
        detail = [{"place": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in invalid.errors()]
        message = "; ".join(map(_problem, invalid.errors()))
        return _response(AdminError(422, "invalid_request", message, detail=detail))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{request.method} {request.url.path}: {error.detail}."
        if error.status_code in {404, 405}:
            message += f" The paths are listed in {request.scope.get('root_path', '')}/openapi.json."
        kind = _OF_STATUS.get(error.status_code, "http_error")
        return _response(AdminError(error.status_code, kind, message, headers=error.headers))

    @app.exception_handler(Exception)
    async def _fault(_request: Request, error: Exception) -> JSONResponse:
        log.error("admin_fault", exc_info=error)
        message = "The server failed to answer this; its log says why. Nothing can be said about what was done."
        return _response(AdminError(500, "internal", message))


def _problem(found: Mapping[str, Any]) -> str:
    """One thing that is wrong with a request, in words."""
    if found["type"] == "json_invalid":
        return f"The body is not valid JSON: {found['ctx']['error']}, at character {found['loc'][-1]}."
    if found["type"] == "missing" and found["loc"] == ("body",):
        return "The body is empty; a JSON object is expected."
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"


def render(_scope: Scope, status: int, text: str, facts: Mapping[str, str | int]) -> Response:
    """The answer to a request that a limit stopped before or while this face had it."""
    return _response(AdminError(status, "limit", text.format_map(facts)))


def _later(error: str, message: str, retry_after: int) -> AdminError:
    return AdminError(503, error, message, headers={"Retry-After": str(retry_after)})


def _response(error: AdminError) -> JSONResponse:
    return JSONResponse(error.body.model_dump(), error.status, error.headers)
