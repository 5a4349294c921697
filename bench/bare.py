"""The yardstick: an ASGI callable that does nothing, on the settings of uvicorn that the server itself has.

It reads a body, parses it with a compiled decoder and writes an answer of so many bytes: what HTTP in Python costs when
nothing is done. Whatever is measured is measured beside it, in the same run.
"""

import argparse
import json
import socket
from typing import Any, Final

import uvicorn
from msgspec import Struct, field
from msgspec.json import Decoder
from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.server.running import uvicorn_config
from seatkeeper.settings import Settings


class _Stage(Struct, rename="camel"):
    stage_name: str
    stage_failure_action: int
    license_list: list[str]


class _Stages(Struct, rename="camel"):
    license_stage_operation_list: list[_Stage]


class _LogOn(Struct, rename={"type": "__type"}):
    type: str
    applicationName: str  # noqa: N815 - as the wire has it
    userID: str  # noqa: N815 - as above
    password: str


class _Modules(Struct, rename="pascal"):
    associate_id: int
    module_owner: str
    module_license_names: list[str]


class _Configuration(Struct, rename="camel"):
    app_id: str = field(name="appID")
    category: str
    license_type: str


BODIES: Final[dict[str, Decoder[Any] | None]] = {
    "none": None,
    "stages": Decoder(_Stages),
    "log-on": Decoder(_LogOn),
    "modules": Decoder(_Modules),
    "configuration": Decoder(_Configuration),
}
"""What can be read, by name; `none` has no body."""


def application(decoder: Decoder[Any] | None, answer: bytes, status: int) -> ASGIApp:
    """The callable. Every answer is the same."""
    headers = [
        (b"content-length", str(len(answer)).encode()),
        (b"content-type", b"application/vnd.inin.icws+JSON; charset=utf-8"),
    ]

    async def bare(_scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if decoder is not None:
            decoder.decode(body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return bare


def main() -> None:
    """Serve on a free port, and say on standard output at which URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--body", choices=BODIES, default="none")
    parser.add_argument("--answer", type=int, default=0, help="bytes of the answer's body")
    parser.add_argument("--status", type=int, default=200)
    asked = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    app = application(BODIES[asked.body], b"x" * asked.answer, asked.status)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)  # noqa: T201 - its output
    uvicorn.Server(uvicorn_config(app, Settings().limits)).run(sockets=[listener])


if __name__ == "__main__":
    main()
