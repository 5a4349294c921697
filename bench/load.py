"""Load from wrk, which Debian and most other systems have: an established generator, written in C.

It sends the next request of a connection as soon as the one before is answered (a closed loop).
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

SCRIPTS: Final = Path(__file__).parent / "wrk"
_REPOSITORY: Final = Path(__file__).parents[1]
_MARK: Final = "JSON "


class LoadFailed(Exception):
    """The load did not run, or was not answered as it should be. The message says what was seen."""


class Load(Struct, frozen=True):
    """What wrk measured; times in microseconds. `not_2xx`: answers of a status of 400 or more."""

    requests: int
    microseconds: int
    p50: int
    p90: int
    p99: int
    worst: int
    not_2xx: int
    broken: int

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return self.requests * 1_000_000 / self.microseconds


def load(
    url: str, script: str, *args: object, connections: int = 32, seconds: int = 3, most: int | None = None
) -> Load:
    """Let `script` (in `bench/wrk`) send requests to `url` for so many whole seconds, by one thread.

    Raises LoadFailed where anything but success was answered, or more than `most` requests were: some would have been
    sent twice.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise LoadFailed("wrk is missing. On Debian and Ubuntu: apt install wrk")
    command = [wrk, "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--latency"]
    command += ["--timeout", "20s", "--script", str(SCRIPTS / script), url, "--", *map(str, args)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_REPOSITORY)  # noqa: S603 - ours
    reports = [line.removeprefix(_MARK) for line in ran.stdout.splitlines() if line.startswith(_MARK)]
    if ran.returncode or not reports:
        raise LoadFailed(f"wrk ended with {ran.returncode}: {ran.stdout[-500:]} {ran.stderr[-1000:]}")
    measured = msgspec.convert(json.loads(reports[0]), Load)
    if measured.not_2xx or measured.broken:
        raise LoadFailed(f"{url}: {measured.not_2xx} of {measured.requests} requests failed, {measured.broken} broke")
    if most is not None and measured.requests > most:
        raise LoadFailed(f"{url} answered {measured.requests} requests, but only {most} differ; shorten the run")
    return measured
