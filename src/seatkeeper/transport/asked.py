"""What was asked, read the short way.

Starlette reads a body of any length through an asynchronous generator, and headers through an object that decodes
them all; here a body is bounded before anybody reads it, and a few headers are looked for. That is a tenth of a
request.
"""

from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope


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
    value: bytes | None = dict(reversed(scope["headers"])).get(name)
    return None if value is None else value.decode("latin-1")


def headers(scope: Scope, name: bytes) -> list[str]:
    """All headers of this name, which is in lower case."""
    if name not in dict(scope["headers"]):  # which is found out sooner than each is looked at
        return []
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
