"""The command line as somebody types it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.forked import ForkedCommand, can_be_forked
from tests.server_process import command_environment

_SECONDS: Final = 60


def seatkeeper(
    *args: str | Path, data: Path | None = None, env: Mapping[str, str] | None = None, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `seatkeeper` with these arguments, on `data` where it is given, with `typed` on its standard input."""
    given = [*map(str, args), *([] if data is None else ["--data", str(data)])]
    environment = command_environment(env)
    if not can_be_forked(environment):
        command = [sys.executable, "-m", "seatkeeper", *given]
        return subprocess.run(
            command, input=typed or "", capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment
        )
    with TemporaryDirectory() as directory:
        stdin, stdout, stderr = (Path(directory) / name for name in ("stdin", "stdout", "stderr"))
        stdin.write_text(typed or "", encoding="utf-8")
        process = ForkedCommand(given, stdin=stdin, stdout=stdout, stderr=stderr, environment=environment)
        try:
            code = process.wait(_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(given, code, stdout.read_text("utf-8"), stderr.read_text("utf-8"))


def sentence_of(result: subprocess.CompletedProcess[str], exit_code: int) -> str:
    """What a command that was to fail with `exit_code` said: plain text on standard error, and no traceback."""
    assert result.returncode == exit_code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr
