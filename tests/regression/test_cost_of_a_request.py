"""What a request costs the interpreter, counted and not timed: calls of Python functions, all the way through."""

import asyncio
import gc
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from bench.worlds import ACCESS, MEDIA, World, build, credentials
from seatkeeper.ledger.door import DatabaseFile
from seatkeeper.licensing.commands import ReleaseLicenses
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import FIRST_SESSION
from seatkeeper.server.house import House
from seatkeeper.server.opening import opened
from seatkeeper.settings import Settings

pytestmark = pytest.mark.anyio

MOST_CALLS: Final = 620
"""Of Python functions, for one staged acquisition that is alone in its batch: in the event loop and in the writer,
from the request's head to its answer's last byte. A step of a coroutine or a generator counts as a call.

A sixth more than it takes now, for the versions of Python differ in what they call at all."""

_REQUESTS: Final = 20  # so that what goes on by itself meanwhile hardly counts
_BODY: Final = json.dumps(
    {
        "licenseStageOperationList": [
            {"stageName": "access", "stageFailureAction": 1, "licenseList": [ACCESS]},
            {"stageName": "media", "stageFailureAction": 0, "licenseList": [MEDIA]},
        ]
    }
).encode()


async def test_an_acquisition_calls_few_functions_from_its_request_to_its_answer(tmp_path: Path) -> None:
    build(World(users=_REQUESTS + 1, assigned=4), DatabaseFile.in_directory(tmp_path))
    with counting() as calls:
        async with opened(Settings(data=tmp_path)) as house:
            first, *others = range(FIRST_SESSION, FIRST_SESSION + _REQUESTS + 1)
            for session_id in (first, *others):
                await look(house, session_id)  # as after a log-on, its user is in memory
            await acquire(house, first)  # what is made once and kept is made by now
            before = sum(calls.values())
            for session_id in others:
                await acquire(house, session_id)
            each = (sum(calls.values()) - before) / _REQUESTS
    assert each <= MOST_CALLS


async def test_a_request_leaves_nothing_to_the_garbage_collector(tmp_path: Path) -> None:
    """What holds itself stays until a collector has looked through it: a tenth of all time, and pauses of 50 ms."""
    build(World(users=_REQUESTS + 1, assigned=4), DatabaseFile.in_directory(tmp_path))
    refused = ReleaseLicenses(session_id=FIRST_SESSION - 1)
    async with opened(Settings(data=tmp_path)) as house:
        first, *others = range(FIRST_SESSION, FIRST_SESSION + _REQUESTS + 1)
        for session_id in (first, *others):
            await look(house, session_id)
        await acquire(house, first)
        with left_to_the_collector() as left:
            for session_id in others:
                await acquire(house, session_id)
        assert left[0] < _REQUESTS
        with left_to_the_collector() as left:
            for _ in others:
                with pytest.raises(Refusal):
                    await house.ledger.submit(refused)
        assert left[0] < _REQUESTS


@contextmanager
def left_to_the_collector() -> Iterator[list[int]]:
    """How many objects only the garbage collector ends, of those that are made within."""
    left: list[int] = []
    gc.collect()
    gc.disable()
    try:
        yield left
        left.append(gc.collect())
    finally:
        gc.enable()


@contextmanager
def counting() -> Iterator[dict[int, int]]:
    """Calls of Python functions so far, by the thread: of this one, and of those that begin within."""
    calls: dict[int, int] = {}

    def count(_frame: FrameType, event: str, _given: Any) -> None:  # noqa: ANN401 - whatever the event is about
        if event == "call":
            thread = threading.get_ident()
            calls[thread] = calls.get(thread, 0) + 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


async def look(house: House, session_id: int) -> None:
    """Ask how a session is connected."""
    await answer(house, "GET", f"/icws/{session_id}/connection", session_id)


async def acquire(house: House, session_id: int) -> None:
    """Acquire for a session, and see that all is granted."""
    told = await answer(house, "POST", f"/icws/{session_id}/licenses/license-stages", session_id, _BODY)
    assert told.count(b'"licenseStatus":2') == 2, told


async def answer(house: House, method: str, path: str, session_id: int, body: bytes = b"") -> bytes:
    """The body of the answer to a request of a session, whose client stays connected."""
    cookie, csrf = credentials(session_id)
    headers = {
        "host": "127.0.0.1:8018",
        "accept-language": "en-US",
        "cookie": f"icws_{session_id}={cookie}",
        "inin-icws-csrf-token": csrf,
        **({"content-type": "application/vnd.inin.icws+JSON", "content-length": str(len(body))} if body else {}),
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 50_000),
        "server": ("127.0.0.1", 8018),
        "state": {},
    }
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return asked.pop() if asked else await asyncio.Future()

    async def send(message: Any) -> None:  # noqa: ANN401 - as the server takes it
        sent.append(message)

    await house(scope, receive, send)
    assert sent[0]["status"] == 200
    return b"".join(message.get("body", b"") for message in sent[1:])
