"""Whose request it is where trusted proxies pass it on: X-Forwarded-For and X-Forwarded-Proto."""

from collections.abc import Sequence
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


class Forwarded:
    """Middleware that believes `proxies`, and nobody else, about the client and the scheme of a request.

    The client is the last address of the chain that is not a trusted proxy's: what stands before it, any client can
    have written. A word that is no IP address is not believed of a proxy either: the proxy is the client then. An
    address is spelled in one way, so that a machine stays the same machine.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._believing = ProxyHeadersMiddleware(self._only_addresses, list(proxies))  # type: ignore[arg-type]  # its types are uvicorn's own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["peer"] = scope.get("client")
        await self._believing(scope, receive, send)  # type: ignore[arg-type]  # as above

    async def _only_addresses(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.pop("peer")
        if scope["client"] != peer:
            scope["client"] = _addressed(scope["client"]) or peer
        await self._app(scope, receive, send)


def _addressed(client: tuple[str, int]) -> tuple[str, int] | None:
    host, port = client
    try:
        address = ip_address(host)
    except ValueError:
        return None
    # Where a proxy listens for both kinds by one IPv6 socket, its clients of IPv4 are told as ::ffff:192.0.2.7.
    return str(getattr(address, "ipv4_mapped", None) or address), port
