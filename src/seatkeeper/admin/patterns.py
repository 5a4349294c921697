"""By which pattern a request's path was found, for its record: `/v1/users/{login}`, whoever the login is."""

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.transport.record import record_of


class NotedPatterns:
    """Notes the pattern before the application answers, so that all that happens to the request knows it.

    A path of the application whose method is wrong has its pattern too; one that is none of its has none.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, Route | Mount)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        pattern = next((each.path for each in self._routes if each.matches(scope)[0] is not Match.NONE), None)
        if pattern is not None:
            record_of(scope).route = scope["root_path"].lower() + pattern
        await self._app(scope, receive, send)
