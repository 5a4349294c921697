"""One node under torture: a server process on a data directory of its own."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.forked import ForkedCommand
from tests.server_process import START_SECONDS, STOP_SECONDS, command_environment
from tests.torture.process import ServerFailed
from tests.torture.wire import Address, Line, NoAnswer

_LAUNCHER: Final = "tests.torture.nodes.launcher"


class Node:
    """The process, started through the launcher. `number` counts from 1; `log` is what all its processes wrote."""

    def __init__(self, number: int, directory: Path, plant: str, settings: Mapping[str, str], address: Address) -> None:
        self.number: Final = number
        self.data: Final = directory / f"node{number}"
        self.log: Final = directory / f"node{number}.log"
        self._plant = plant
        self._settings = settings
        self._address = address
        self._process: ForkedCommand | None = None

    @property
    def token(self) -> str:
        """The administrator's token; there from the first start on."""
        return (self.data / "admin-token").read_text().strip()

    def launch(self) -> None:
        """Start it, ready or not."""
        given = [str(os.getpid()), self._plant, "serve", "--data", str(self.data), "--port", "0"]
        self._process = ForkedCommand(
            given,
            stdin=None,
            stdout=self.log,
            stderr=self.log,
            environment=command_environment(self._settings),
            module=_LAUNCHER,
        )

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises ServerFailed."""
        self.launch()
        await self.ready()

    async def ready(self) -> None:
        """Wait until it takes requests and can carry them out. Raises ServerFailed."""
        deadline = time.monotonic() + START_SECONDS
        while not await self.is_ready():
            if self._process is None or self._process.poll() is not None:
                raise ServerFailed(f"Node {self.number} ended by itself. Its log ends:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"Node {self.number} did not become ready. Its log ends:\n{self.tail()}")
            await asyncio.sleep(0.02)

    async def is_ready(self) -> bool:
        """Whether it says that it is."""
        try:
            written = json.loads((self.data / "server.json").read_text())
        except (FileNotFoundError, ValueError):
            return False
        if self._process is None or written["pid"] != self._process.pid:
            return False  # left behind by one that was killed
        url = urlsplit(written["url"])
        if self._address.port != url.port:
            self._address.host, self._address.port = url.hostname or "", url.port or 0
            self._address.starts += 1
        line = Line(self._address)
        line.patience = 2.0
        try:
            return (await line.ask("GET", "/readyz", {})).status == 200
        except NoAnswer:
            return False
        finally:
            line.hang_up()

    def pause(self) -> None:
        """Let it stand still, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it without warning (SIGKILL); its connections are gone when this returns."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def stop(self) -> None:
        """Ask it to stop and wait until it has. Raises ServerFailed where it takes too long or fails."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            code: int | None = await asyncio.to_thread(self._process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        self.kill()
        if code != 0:
            raise ServerFailed(f"The stop of node {self.number} ended with {code}. Its log ends:\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3_000:] if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
