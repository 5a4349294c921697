"""What web pages of other origins may do: whether a request comes from one, and who may read the answers."""

from collections.abc import Collection, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp

from seatkeeper.transport.asked import header


def is_foreign(request: Request, allowed: Collection[str]) -> bool:
    """Whether a browser says that a page asks which is neither of this server nor of an `allowed` origin; other clients
    do not say."""
    scope = request.scope
    origin = header(scope, b"origin")
    if origin in allowed:
        return False
    site = header(scope, b"sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and origin != f"{scope['scheme']}://{header(scope, b'host') or ''}"


def across_origins(
    app: ASGIApp, allowed: Collection[str], *, methods: Sequence[str], sent: Sequence[str], read: Sequence[str]
) -> ASGIApp:
    """`app`, which answers preflights and lets pages of the `allowed` origins read its answers, errors too.

    They may use these `methods`, send these headers, and read those.
    """
    if not allowed:
        return app
    return CORSMiddleware(
        app,
        allow_origins=allowed,
        allow_methods=methods,
        allow_headers=sent,
        expose_headers=read,
        allow_credentials=True,
        # A page of the Internet may be allowed on a server of the intranet; browsers ask for that separately.
        allow_private_network=True,
    )
