"""A real server process on a data directory of its own, as an operator would start it."""

import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest

from tests.certificates import NOBODY
from tests.forked import ForkedCommand

# Generous: a shared two-core machine may take seconds to import and to load.
START_SECONDS = 60.0
STOP_SECONDS = 60.0
_LOG_TAIL = 4_000


def command_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of Seatkeeper's, plus `extra`."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("SEATKEEPER_")}
    return {**rest, **(extra or {})}


class ServerProcess:
    """`seatkeeper serve` on `data`. What it writes to its terminal goes to `log`, over all restarts.

    `url` changes with every start where the port is left to the operating system. `urls` are all, HTTP first, and
    `certificate` is what it shows over HTTPS (PEM). `environment` is that of the server, and of commands on its data.
    """

    module = "seatkeeper"
    """What runs the command, as `python -m` does."""

    def __init__(self, data: Path, args: tuple[str, ...], env: Mapping[str, str] | None) -> None:
        self.data = data
        self.log = data.with_name(f"{data.name}.log")
        self.url = ""
        self.urls: list[str] = []
        self.certificate: str | None = None
        self.process: ForkedCommand
        self.environment = command_environment(env)
        self._args = args

    def start(self) -> Self:
        """Start it and wait until it is ready. Raises AssertionError with the end of its log where it is not."""
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Start it, ready or not."""
        given = ["serve", "--data", str(self.data), *self._args]
        if "--port" not in self._args and "SEATKEEPER_LISTEN_HTTP" not in self.environment:
            given += ["--port", "0"]
        self.process = ForkedCommand(
            given, stdin=None, stdout=self.log, stderr=self.log, environment=self.environment, module=self.module
        )

    def wait(self) -> Self:
        """Wait until it is ready. Raises AssertionError with the end of its log where it is not."""
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None:
                raise AssertionError(f"The server ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"The server was not ready in {START_SECONDS:g} s:\n{self.tail()}")
            time.sleep(0.02)
        return self

    def stop(self) -> int:
        """Ask it to stop, wait until it has, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The server did not stop in {STOP_SECONDS:g} s:\n{self.tail()}") from None

    def kill(self) -> None:
        """Kill it without warning (SIGKILL) and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> Self:
        """Stop it if it still runs, and start it again on the same data."""
        if self.process.poll() is None:
            self.stop()
        return self.start()

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-_LOG_TAIL:]

    def _ready(self) -> bool:
        try:
            written = json.loads((self.data / "server.json").read_text())
        except (FileNotFoundError, ValueError):
            return False
        if written["pid"] != self.process.pid:
            return False  # left behind by one that was killed
        self.url = written["url"]
        self.urls = written["urls"]
        self.certificate = written["certificate"]
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False, verify=trusting(self.certificate))
            return answer.status_code == 200 or answer.json()["status"] == "standby"
        except httpx.TransportError:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            print(f"The server's log ends:\n{self.tail()}")  # noqa: T201 - pytest shows it with the failure
        if self.process.poll() is None:
            self.stop()


def trusting(certificate: str | None) -> ssl.SSLContext:
    """What httpx is to verify a server by: exactly this certificate, or nothing where it speaks HTTP only."""
    if certificate is None:
        return NOBODY
    context = ssl.create_default_context(cadata=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it is no authority's
    return context


def start_server(data: Path, *args: str, env: Mapping[str, str] | None = None) -> ServerProcess:
    """Start `seatkeeper serve` on `data`, on a free port unless `args` name one, and wait until it is ready.

    Use it in a `with` statement: leaving it stops the server, however the test ended.
    """
    return ServerProcess(data, args, env).start()


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the demo inventory, shared by the tests of one module."""
    with start_server(tmp_path_factory.mktemp("demo") / "data", "--demo") as server:
        yield server
