"""`GET /api/state/{ContextIdentifier}`: whether this installation runs, as clients of the vendor's cloud ask (1.3)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.superoffice.urls import application_url
from seatkeeper.superoffice.wire.rendering import render
from seatkeeper.transport.availability import Availability, State

_VALID_MILLISECONDS: Final = 60_000


class TenantState(Struct, frozen=True, rename="pascal"):
    """An installation and how it is. `valid_until`: until then a client need not ask again."""

    context_identifier: str
    endpoint: str
    state: str
    is_running: bool
    valid_until: str
    api: str
    version: str = "v1"


class Tenant:
    """This installation. `context` is what it calls itself; `now` gives the time in milliseconds."""

    def __init__(self, context: str, availability: Availability, now: Callable[[], int]) -> None:
        self._context = context
        self._availability = availability
        self._now = now

    async def state(self, request: Request) -> Response:
        """Its state, without credentials: under maintenance while no log-ons are taken. Of another: Unknown."""
        until = datetime.fromtimestamp((self._now() + _VALID_MILLISECONDS) / 1000, UTC)
        valid_until = f"{until:%Y-%m-%dT%H:%M:%S.%f}0Z"
        asked = request.path_params["context"]
        if asked.casefold() != self._context.casefold():
            return render(request, TenantState(asked, "", "Unknown", is_running=False, valid_until=valid_until, api=""))
        here = application_url(request)
        state = "Running" if self._availability.state is State.SERVING else "OnlineMaintenance"
        told = TenantState(
            self._context, f"{here}/", state, is_running=True, valid_until=valid_until, api=f"{here}/api"
        )
        return render(request, told)
