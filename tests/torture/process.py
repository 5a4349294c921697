"""The server under torture: started through the launcher, killed where the harness wants it, started again."""

import asyncio
import json
import os
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from tests.server_process import START_SECONDS, STOP_SECONDS, command_environment
from tests.torture.wire import Address, Line, NoAnswer

_HALT_SECONDS = 10.0


class Moment(StrEnum):
    """Where the server is when it is killed."""

    ANYWHERE = "at any moment"
    BEFORE_COMMIT = "rows written, not committed"
    AFTER_COMMIT = "committed, not answered"


_ORDERS = {Moment.BEFORE_COMMIT: b"before\n", Moment.AFTER_COMMIT: b"after\n"}


class ServerFailed(Exception):
    """The server did not start, did not stop, or ended by itself."""


class Server:
    """One data directory and the process on it. `log` is what all its processes wrote."""

    def __init__(self, data: Path, plant: str, address: Address) -> None:
        self.data = data
        self.log = data.with_name("server.log")
        self._plant = plant
        self._address = address
        self._started = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._orders = self._reports = -1

    @property
    def token(self) -> str:
        """The administrator's token; there from the first start on."""
        return (self.data / "admin-token").read_text().strip()

    @property
    def ended(self) -> int | None:
        """The exit code of a process that has ended by itself; None while it runs."""
        return None if self._process is None else self._process.poll()

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises ServerFailed."""
        self._started += 1
        theirs_orders, self._orders = os.pipe()
        self._reports, theirs_reports = os.pipe()
        os.set_blocking(self._reports, False)
        fds = (theirs_orders, theirs_reports)
        command = [sys.executable, "-m", "tests.torture.launcher", *map(str, fds), self._plant]
        command += ["serve", "--data", str(self.data), "--port", "0"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at once; the wait for it is below
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=command_environment(), pass_fds=fds
            )
        for fd in fds:
            os.close(fd)
        deadline = time.monotonic() + START_SECONDS
        while not await self._ready(self._process):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"The server did not start. Its log ends:\n{self.tail()}")
            await asyncio.sleep(0.02)

    async def halt(self, moment: Moment) -> bool:
        """Let the next commit with events halt at the moment, and wait for it; whether it did."""
        os.write(self._orders, _ORDERS[moment])
        deadline = time.monotonic() + _HALT_SECONDS
        while time.monotonic() < deadline:
            try:
                return os.read(self._reports, 100) != b""
            except BlockingIOError:
                await asyncio.sleep(0.001)
        return False

    def kill(self) -> None:
        """Kill it without warning (SIGKILL); its connections are gone when this returns."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._orders)
            os.close(self._reports)

    async def stop(self) -> None:
        """Ask it to stop and wait until it has. Raises ServerFailed where it takes too long or fails."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            code: int | None = await asyncio.to_thread(self._process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        self.kill()
        if code != 0:
            raise ServerFailed(f"The server's stop ended with {code}. Its log ends:\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3_000:]

    async def _ready(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            written = json.loads((self.data / "server.json").read_text())
        except (FileNotFoundError, ValueError):
            return False
        if written["pid"] != process.pid:
            return False  # left behind by one that was killed
        url = urlsplit(written["url"])
        self._address.host, self._address.port = url.hostname or "", url.port or 0
        self._address.starts = self._started
        line = Line(self._address)
        try:
            return (await line.ask("GET", "/readyz", {})).status == 200
        except NoAnswer:
            return False
        finally:
            line.hang_up()


def run_command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command `seatkeeper` to its end."""
    command = [sys.executable, "-m", "seatkeeper", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=command_environment(), check=False)
