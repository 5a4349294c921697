"""What web pages of other origins may do (contract 1.7): those that `icws.allowed_origins` names everything, the others
nothing.

The CSRF token sees to that nearly everywhere: a page can send it only after a preflight. But the messages of a session
are read with its cookie alone, and reading takes them from the queue.
"""

from collections.abc import Collection
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from seatkeeper.icws.auth import CSRF_HEADER, SESSION_HEADER, Handler
from seatkeeper.icws.errors import not_allowed
from seatkeeper.transport import origins

_METHODS: Final = ("GET", "POST", "PUT", "DELETE")
_SENT: Final = (
    "Accept",
    "Accept-Language",
    "Content-Type",
    "Range",
    CSRF_HEADER,
    SESSION_HEADER,
    "X-ICWS-DevTools-CorrelationId",
)
_READ: Final = (CSRF_HEADER, SESSION_HEADER, "Location", "Content-Range")


def across_origins(app: ASGIApp, allowed: Collection[str]) -> ASGIApp:
    """`app`, which answers preflights and lets pages of the `allowed` origins read its answers, errors too."""
    return origins.across_origins(app, allowed, methods=_METHODS, sent=_SENT, read=_READ)


def cookie_attributes(request: Request, allowed: Collection[str]) -> str:
    """What a session's cookie says of where browsers may send it (contract 1.3).

    They send it along with what pages of other sites ask only if it says so (`SameSite=None`), which they believe only
    over TLS; and it says so only where a page of another site is allowed. One that blocks the cookies of third parties,
    as Debian's Chromium does, keeps it all the same for pages of the site that logged on, if it is `Partitioned`.
    """
    if request.scope["scheme"] != "https":
        return "; HttpOnly"
    return "; HttpOnly; Secure; SameSite=None; Partitioned" if allowed else "; HttpOnly; Secure"


def not_for_foreign_pages(handler: Handler, allowed: Collection[str]) -> Handler:
    """`handler`, which refuses with 403 what a page of another origin asks for that is not allowed."""

    async def guarded(request: Request) -> Response:
        if origins.is_foreign(request, allowed):
            raise not_allowed(
                "Pages of other origins may read this only if the setting icws.allowed_origins names them."
            )
        return await handler(request)

    return guarded
