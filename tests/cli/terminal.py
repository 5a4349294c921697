"""The command line on a terminal, as somebody sits before it."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.server_process import command_environment

PATIENCE_SECONDS = 60.0
_AGAIN_SECONDS = 5.0
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """`seatkeeper` with these arguments on a terminal of its own, `columns` wide.

    Use it in a `with` statement: leaving it ends the command, however the test ended.
    """

    def __init__(self, *args: str | Path, data: Path, columns: int = 200, env: Mapping[str, str] | None = None) -> None:
        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "seatkeeper", *map(str, args), "--data", str(data)]
        environment = command_environment({"COLUMNS": str(columns), "LINES": "50", "TERM": "xterm", **(env or {})})
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self._shown = ""
        self._waited_for = 0

    @property
    def written(self) -> str:
        """All that the terminal was sent until now."""
        return self._shown

    @property
    def shown(self) -> str:
        """All that was printed until now, without colours and movements."""
        return _CONTROL.sub("", self._shown).replace("\r\n", "\n")

    def until(self, text: str) -> str:
        """Wait until `text` has been printed, after what was waited for before; all that was printed by then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (at := self.shown.find(text, self._waited_for)) < 0:
            assert self._read(deadline), f"{text!r} was not printed, but:\n{self.shown}"
        self._waited_for = at + len(text)
        return self.shown

    def enter(self, text: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{text}\n".encode())

    def interrupt(self) -> None:
        """What Ctrl-C does, until the command has ended.

        It is done again where nothing comes of it: a signal that arrives just before a read begins is not seen by it.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            self.process.send_signal(signal.SIGINT)
            again = time.monotonic() + _AGAIN_SECONDS
            while self._read(again):
                pass
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, again - time.monotonic()))

    def end_input(self) -> None:
        """What Ctrl-D does on an empty line."""
        os.write(self._ours, b"\x04")

    def end(self) -> int:
        """Wait until the command has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def _read(self, deadline: float) -> bool:
        """Take what was printed meanwhile; False at the end of it, or when the time is up."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            read = os.read(self._ours, 65536)
        except OSError:  # how Linux tells that nobody has the terminal open any more
            return False
        self._shown += read.decode(errors="replace")
        return bool(read)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
