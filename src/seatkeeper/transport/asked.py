"""What was asked, read the short way.

Starlette reads a body of any length through an asynchronous generator, and headers through an object that decodes
them all; here a body is bounded before anybody reads it, and a few headers are looked for. That is a tenth of a
request.
"""

from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

_NAMED: Final = "headers"


class Asked(Request):
    """Starlette's request. Behind `RequestLimits` only, which bound the body."""

    async def body(self) -> bytes:
        """The whole body, each time. Raises ClientDisconnect where the client leaves before its end."""
        if not hasattr(self, "_body"):
            body, more = b"", True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message.get("body", b"")
                more = message.get("more_body", False)
            self._body = body
        return self._body


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this name, which is in lower case; None where there is none."""
    value = by_name(scope).get(name)
    return None if value is None else value.decode("latin-1")


def headers(scope: Scope, name: bytes) -> list[str]:
    """All headers of this name, which is in lower case."""
    named = by_name(scope)
    if name not in named:
        return []
    if len(named) == len(scope["headers"]):
        return [named[name].decode("latin-1")]
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def by_name(scope: Scope) -> dict[bytes, bytes]:
    """The headers by their names, which are in lower case: of several of one name the first. Made once a request."""
    state = scope.setdefault("state", {})
    named: dict[bytes, bytes] | None = state.get(_NAMED)
    if named is None:
        named = state[_NAMED] = dict(reversed(scope["headers"]))
    return named
