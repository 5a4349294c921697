"""A call of a method, from the request to the answer."""

import asyncio
import time
from collections.abc import Mapping
from http import HTTPStatus
from types import NoneType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.licensing.refusals import Refusal
from seatkeeper.superoffice.authentication.auth import Gate
from seatkeeper.superoffice.errors import Missing, of_refusal
from seatkeeper.superoffice.places import Place
from seatkeeper.superoffice.rights import shown_to
from seatkeeper.superoffice.slow_calls import SlowCalls
from seatkeeper.superoffice.wire import bodies
from seatkeeper.superoffice.wire.binding import bind
from seatkeeper.superoffice.wire.negotiation import XML, accepted
from seatkeeper.superoffice.wire.rendering import render
from seatkeeper.transport.record import record_of

_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})


class Calls:
    """Calls of the method at a place. `slow` counts those that are."""

    def __init__(self, place: Place, gate: Gate, slow: SlowCalls) -> None:
        self._place = place
        self._route = place.route
        self._of_agent = place.of_agent
        self._response = place.method.response
        self._gate = gate
        self._slow = slow

    async def call(self, request: Request) -> Response:
        """What the method answers. Raises Failure."""
        began = time.perf_counter()
        try:
            caller = await self._gate.identify(request)
            asked = await _asked(self._place, request)
            record_of(request.scope).about = _about(asked)
            try:
                answer = await self._place.method.answer(caller, asked)
            except Refusal as refusal:
                raise of_refusal(refusal, rest=not self._of_agent) from None
            except Missing:
                if not self._of_agent:
                    raise
                answer = self._place.method.nothing
        finally:
            self._slow.ended(self._route, began)
        if self._response is NoneType:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        shown = shown_to(caller, answer)
        if accepted(request.headers) in XML:  # of some thousand licenses it takes half a second
            return await asyncio.to_thread(render, request, shown, shape=self._response)
        return render(request, shown, shape=self._response)


async def _asked(place: Place, request: Request) -> object:
    """The request as the method takes it; None where it takes none. Raises Failure 400 or 415."""
    shape = place.method.request
    if shape is None:
        return None
    in_url = request.path_params
    if place.query:
        in_url = {**_parameters(request, place.query), **in_url}
    sent = None if request.scope["method"] in _WITHOUT_BODY else await bodies.read(request)
    if place.body is not None and sent is not None:
        sent = {place.body: sent}
    if sent is None or (in_url and isinstance(sent, Mapping)):
        sent = {**(sent or {}), **in_url}
    return bind(sent, shape)


def _about(asked: object) -> str | None:
    """Whom a request is about, for the log: mostly one account asks on behalf of everybody."""
    associate_id = getattr(asked, "associate_id", None)
    return None if associate_id is None else f"associate {associate_id}"


def _parameters(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """Those parameters of the query, in whatever case they were sent."""
    wanted = {name.casefold() for name in names}
    return {name: value for name, value in request.query_params.items() if name.casefold() in wanted}
