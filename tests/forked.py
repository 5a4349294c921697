"""The command `seatkeeper` in a process of its own that need not import anything: it is forked from one that has.

A test run starts hundreds of commands and servers, and most of the time that each takes is the interpreter's start and
the imports. What is forked is a process as any other: it has its own environment, output, memory and signals.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_context: Final = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.imported"])
_READ_AT_START: Final = ("PYTHON", "LANG", "LC_")
"""How variables begin that an interpreter reads when it starts, or never."""


def can_be_forked(environment: Mapping[str, str]) -> bool:
    """Whether a forked process would be as one that is started with this environment."""
    return all(os.environ.get(name) == value for name, value in environment.items() if name.startswith(_READ_AT_START))


class ForkedCommand:
    """`seatkeeper` with these arguments, reading and writing these files (output is appended). As `subprocess.Popen`,
    as far as tests use that. `module` is what runs it, as `python -m` does."""

    def __init__(
        self,
        args: list[str],
        *,
        stdin: Path | None,
        stdout: Path,
        stderr: Path,
        environment: Mapping[str, str],
        module: str = "seatkeeper",
    ) -> None:
        files = (str(stdin or os.devnull), str(stdout), str(stderr))
        self._args = args
        self._process = _context.Process(target=_run, args=(module, args, files, dict(environment), str(Path.cwd())))
        self._process.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or the number of the signal that ended it, negative; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code if it has ended."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; its exit code. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self._args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it without warning."""
        self._process.kill()


def _run(
    module: str, args: list[str], files: tuple[str, str, str], environment: dict[str, str], directory: str
) -> None:
    """In the forked process: become the command."""
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    appending = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for descriptor, (file, flags) in enumerate(zip(files, (os.O_RDONLY, appending, appending), strict=True)):
        opened = os.open(file, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - of the whole process
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.argv = ["seatkeeper", *args]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
