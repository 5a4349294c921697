"""Answers in gzip, for clients that accept it (contract 1.1)."""

from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.transport.asked import headers

_WORTH_COMPRESSING: Final = 500  # bytes
_COMPRESSION: Final = 1  # the quickest: other requests wait while an answer is compressed


class Compression:
    """An application whose answers are compressed where that is worth it and its client accepts gzip.

    Starlette's looks through the answers of other clients too, a twelfth of a short call: here these are told that
    theirs is one of two, and no more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, _WORTH_COMPRESSING, _COMPRESSION)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if "gzip" in ",".join(headers(scope, b"accept-encoding")):
            await self._compressed(scope, receive, send)
            return

        async def send_varying(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_worth_compressing(message):
                message["headers"] = [*message["headers"], (b"vary", b"Accept-Encoding")]
            await send(message)

        await self._app(scope, receive, send_varying)


def _is_worth_compressing(start: Message) -> bool:
    """Whether an answer that begins so would be compressed for another client. One that has no length has no body."""
    for name, value in start["headers"]:
        if name == b"content-length":
            return int(value) >= _WORTH_COMPRESSING
    return False
