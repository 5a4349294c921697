"""The processes that are measured: Seatkeeper as it is shipped, and the yardstick beside it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class NotServing(Exception):
    """A server did not start. The message has the end of its log."""


class Served:
    """A server that runs: where it is, and what it takes of the machine."""

    def __init__(self, url: str, process: "subprocess.Popen[Any]", data: Path = Path(os.devnull)) -> None:
        """`data`: its data directory; the yardstick has none."""
        self.url: Final = url
        self.process: Final = process
        self.data: Final = data

    @property
    def cpu_seconds(self) -> float:
        """Processor time it has used, of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def resident_bytes(self) -> int:
        """Memory it has."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE

    @property
    def admin_token(self) -> str:
        """What its admin API asks for."""
        return (self.data / "admin-token").read_text().strip()


@contextmanager
def seatkeeper(data: Path, *options: str) -> Iterator[Served]:
    """`seatkeeper serve` on a data directory, with its settings as shipped and its log in a file beside that."""
    command = [sys.executable, "-m", "seatkeeper", "serve", "--data", str(data), "--port", "0", *options]
    log = data.with_name(f"{data.name}.log")
    with log.open("wb") as written, _running(command, written, subprocess.DEVNULL) as process:
        yield Served(_ready(process, data, log), process, data)


@contextmanager
def bare(body: str = "none", *, answer: int, status: int = 200) -> Iterator[Served]:
    """The yardstick (`bench.bare`), for a kind of body and an answer of so many bytes."""
    command = [sys.executable, "-m", "bench.bare", "--body", body, "--answer", str(answer), "--status", str(status)]
    with _running(command, None, subprocess.PIPE) as process:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            raise NotServing("The yardstick did not start; what it says stands above.")
        yield Served(json.loads(line)["url"], process)


def copied(world: Path, to: Path) -> Path:
    """A fresh copy of a data directory."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(world, to)
    return to


@contextmanager
def _running(command: list[str], errors: Any, output: Any) -> Iterator["subprocess.Popen[Any]"]:  # noqa: ANN401 - files
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEATKEEPER_")}
    with subprocess.Popen(command, stdout=output, stderr=errors, env=environment, text=True) as process:  # noqa: S603 - ours
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _ready(process: "subprocess.Popen[Any]", data: Path, log: Path) -> str:
    """Its URL, when it is ready."""
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            written = json.loads((data / "server.json").read_text())
            if written["pid"] == process.pid and httpx.get(f"{written['url']}/readyz", trust_env=False).is_success:
                return str(written["url"])
        except (OSError, ValueError, httpx.TransportError):
            pass
        time.sleep(0.02)
    raise NotServing(f"The server is not ready:\n{log.read_text(errors='replace')[-2000:]}")
