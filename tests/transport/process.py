"""Starts `served.py` and speaks to it over sockets."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.certificates import NOBODY

DEADLINE = 20.0

T = TypeVar("T")


class Served:
    """A running server. `log` is the file of its standard error."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.log = log
        self.url = f"http://127.0.0.1:{port}"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=DEADLINE, trust_env=False, verify=NOBODY)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def seen(self, name: str) -> str | None:
        with self.client() as client:
            answer: dict[str, str] = client.get("/seen").json()
        return answer.get(name)

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log so far; one that is still being written is not yet one."""
        *complete, _rest = self.log.read_text().split("\n")
        return [json.loads(line) for line in complete]

    def line_of(self, path: str) -> dict[str, Any]:
        """The access log's line of the last request for `path`, once it is written."""

        def found() -> dict[str, Any] | None:
            return next((line for line in reversed(self.lines()) if line.get("path") == path), None)

        return eventually(found)


def eventually(look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def received(connection: socket.socket) -> bytes:
    """Everything the server sends until it closes the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"")
    return b"".join(parts)


def received_up_to(connection: socket.socket, ending: bytes) -> bytes:
    """What the server sends until it has sent `ending`."""
    answer = b""
    while not answer.endswith(ending):
        part = connection.recv(65536)
        assert part, f"the connection was closed after {answer!r}"
        answer += part
    return answer


@contextmanager
def serving(log: Path, *options: str) -> Iterator[Served]:
    """A server process with these options, ended afterwards."""
    command = [sys.executable, str(Path(__file__).with_name("served.py")), *options]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            yield Served(int(process.stdout.readline()), log)
        finally:
            process.terminate()
            process.wait(DEADLINE)
