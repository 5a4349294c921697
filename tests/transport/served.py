"""A server process for the transport tests: every middleware over an application that misbehaves on request.

Prints its port on standard output; logs JSON to standard error.
"""

import argparse
import asyncio
import socket
from collections.abc import AsyncIterator, Mapping

import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from seatkeeper.transport.access_log import AccessLog
from seatkeeper.transport.limits import Limits, RequestLimits, allow
from seatkeeper.transport.logs import configure_logs
from seatkeeper.transport.protocol import bounded_protocol
from seatkeeper.transport.record import record_of

seen: dict[str, str] = {}


async def see(_request: Request) -> Response:
    return JSONResponse(seen)


async def echo(request: Request) -> Response:
    """The body, read after as many milliseconds as asked for; the request is allowed as many as it asks for."""
    record_of(request.scope).face = "echo"
    record_of(request.scope).user = "agent01"
    if "allowed" in request.query_params:
        allow(request.scope, int(request.query_params["allowed"]) / 1000)
    await asyncio.sleep(int(request.query_params.get("after", "0")) / 1000)
    return Response(await request.body())


async def wait(request: Request) -> Response:
    """Waits for ever, having read the body unless told not to."""
    name = request.query_params["name"]
    if "unread" not in request.query_params:
        await request.body()
    seen[name] = "waiting"
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        seen[name] = "cancelled"
        raise
    return Response()


async def upload(request: Request) -> Response:
    """Reads a body and notes how that ended."""
    name = request.query_params["name"]
    seen[name] = "reading"
    try:
        await request.body()
    except BaseException as error:
        seen[name] = type(error).__name__
        raise
    return Response()


async def stream(request: Request) -> Response:
    """An event stream that begins after a while and never ends."""
    name = request.query_params["name"]

    async def events() -> AsyncIterator[bytes]:
        seen[name] = "streaming"
        try:
            while True:
                yield b"data: tick\n\n"
                await asyncio.sleep(0.05)
        finally:
            seen[name] = "closed"

    await asyncio.sleep(int(request.query_params.get("after", "0")) / 1000)
    return StreamingResponse(events(), media_type="text/event-stream")


async def drip(_request: Request) -> Response:
    """An ordinary answer that never ends."""

    async def body() -> AsyncIterator[bytes]:
        while True:
            yield b"drop"
            await asyncio.sleep(0.05)

    return StreamingResponse(body(), media_type="text/plain")


async def afterwards(request: Request) -> Response:
    """Answers, and works on in the background for longer than it takes to notice a departure."""
    name = request.query_params["name"]

    async def work() -> None:
        seen[name] = "working"
        await asyncio.sleep(0.5)
        seen[name] = "done"

    return Response(background=BackgroundTask(work))


async def fail(request: Request) -> Response:
    password = (await request.body()).decode()
    raise RuntimeError(f"failed on {len(password)} bytes")


ROUTES = [
    Route("/seen", see),
    Route("/echo", echo, methods=["GET", "POST"]),
    Route("/wait", wait, methods=["GET", "POST"]),
    Route("/upload", upload, methods=["POST"]),
    Route("/stream", stream),
    Route("/drip", drip),
    Route("/afterwards", afterwards),
    Route("/fail", fail, methods=["POST"]),
]


def render(_scope: Scope, status: int, text: str, facts: Mapping[str, str | int]) -> ASGIApp:
    return PlainTextResponse(f"the face says: {text.format_map(facts)}", status_code=status)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--body", type=int, default=1024 * 1024)
    parser.add_argument("--headers", type=int, default=32 * 1024)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--head-seconds", type=float, default=60)
    given = parser.parse_args()
    configure_logs("json", "info")
    limits = Limits(body=given.body, headers=given.headers, seconds=given.seconds)
    app = AccessLog(RequestLimits(Starlette(routes=ROUTES), limits, render), observed=lambda *_: None)
    config = uvicorn.Config(
        app,
        http=bounded_protocol(given.headers, given.head_seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - how the test learns the port
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
