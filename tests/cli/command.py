"""The command line as somebody types it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.server_process import command_environment


def seatkeeper(
    *args: str | Path, data: Path | None = None, env: Mapping[str, str] | None = None, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `seatkeeper` with these arguments, on `data` where it is given, with `typed` on its standard input."""
    command = [sys.executable, "-m", "seatkeeper", *map(str, args)]
    if data is not None:
        command += ["--data", str(data)]
    return subprocess.run(
        command,
        input=typed or "",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=command_environment(env),
    )


def sentence_of(result: subprocess.CompletedProcess[str], exit_code: int) -> str:
    """What a command that was to fail with `exit_code` said: plain text on standard error, and no traceback."""
    assert result.returncode == exit_code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr
