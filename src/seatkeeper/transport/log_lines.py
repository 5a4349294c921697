"""Lines of the log on their way out: those of one turn of the event loop by one write.

A write lets other threads run, and to get in again takes longer than the write: a line each cost a request a tenth of
its time. What a turn writes is out when it ends. What warns, and what other threads write, goes out at once.
"""

import asyncio
from threading import RLock
from typing import Final, TextIO


class Lines:
    """What structlog's loggers write to, and the standard library's handler: text that goes to `stream`, in order."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: Final = stream
        # Again in the same thread: what is collected as garbage while a line is written may have a line of its own.
        self._lock: Final = RLock()
        self._waiting: list[str] = []

    def later(self, line: str) -> None:
        """Write a line, in the event loop at the end of this turn."""
        with self._lock:
            is_first = not self._waiting
            self._waiting.append(line)
        if is_first:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:  # no event loop in this thread
                self.flush()

    def now(self, line: str) -> None:
        """Write a line, behind what waits."""
        self.write(f"{line}\n")

    def write(self, text: str) -> None:
        """Write text as it is, behind what waits."""
        with self._lock:
            self._write_waiting()
            self._stream.write(text)
            self._stream.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            self._write_waiting()
            self._stream.flush()

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._stream.write("\n".join([*waiting, ""]))

    # The methods of a logger, by the names of the levels.
    debug = info = msg = later
    warning = error = critical = exception = failure = fatal = log = err = now
