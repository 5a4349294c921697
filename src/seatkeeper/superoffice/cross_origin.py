"""What web pages of other origins may do (contract 5, CORS): those that `superoffice.allowed_origins` names everything,
the others nothing.

Most of it browsers see to: a page of another origin can send a ticket, a token or an XSRF value only after a preflight.
But the login and password that somebody has typed into a browser's own dialog go along with whatever any page asks.
"""

from collections.abc import Collection
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp

from seatkeeper.superoffice.errors import not_allowed
from seatkeeper.transport import origins

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_HARMLESS: Final = ("GET", "HEAD", "OPTIONS")
_SENT: Final = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "SO-AppToken",
    "SO-Browser-TZ-Offset",
    "SO-Culture",
    "SO-Language",
    "SO-TimeZone",
    "X-XSRF-TOKEN",
)
_READ: Final = ("SO-TimeZone", "WWW-Authenticate", "Retry-After")


def across_origins(app: ASGIApp, allowed: Collection[str]) -> ASGIApp:
    """`app`, which answers preflights and lets pages of the `allowed` origins read its answers, errors too."""
    return origins.across_origins(app, allowed, methods=_METHODS, sent=_SENT, read=_READ)


def cookie_attributes(request: Request, allowed: Collection[str]) -> str:
    """What a cookie says of where browsers may send it: below the application's path, and along with what pages of
    other sites ask only where one is allowed, which takes TLS."""
    path = f"; Path={request.scope.get('root_path') or '/'}"
    if request.url.scheme != "https":
        return f"{path}; SameSite=Lax"
    return f"{path}; Secure; SameSite=None; Partitioned" if allowed else f"{path}; Secure; SameSite=Lax"


def refuse_foreign_pages(request: Request, allowed: Collection[str]) -> None:
    """Raises Failure 403 where a page of another origin, which is not allowed, would change something."""
    if request.method not in _HARMLESS and origins.is_foreign(request, allowed):
        raise not_allowed(
            "Pages of other origins may do this only if the setting superoffice.allowed_origins names them."
        )
