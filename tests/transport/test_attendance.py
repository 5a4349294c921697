"""Requests that are given up, without a server."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.transport.limits import Limits, RequestLimits

pytestmark = pytest.mark.anyio


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await send({"type": "http.response.body", "body": b"last"})


def _refusal(_scope: Scope, status: int, _text: str, _facts: object) -> ASGIApp:
    return PlainTextResponse("", status)


@pytest.mark.parametrize("stuck", [b"first", b"last"])
async def test_a_client_that_reads_no_further_keeps_its_request_no_longer_than_any(stuck: bytes) -> None:
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))
        if message.get("body") == stuck:
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    async with asyncio.timeout(30):
        await RequestLimits(_answer, Limits(seconds=0.3), _refusal)(scope, receive, send)
    assert sent[-1] == stuck
