"""Sees to it that no PostgreSQL outlives the tests that started it, however they end.

A small process is told of every directory that holds a cluster. When its input ends, because the test process has
ended or was killed, it kills the postmasters there with their children, and removes the directories.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO


class Watchdog:
    """The process that waits for this one's end; started when there is something to watch."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._of = 0

    def watch(self, directory: Path) -> None:
        """Have the directory removed at the end, and the PostgreSQL in it killed."""
        self._tell(f"watch {directory}")

    def forget(self, directory: Path) -> None:
        """It has been removed."""
        self._tell(f"forget {directory}")

    def _tell(self, line: str) -> None:
        if self._process is None or self._of != os.getpid():  # not that of the process that this was forked from
            command = [sys.executable, "-I", "-S", __file__]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, text=True, start_new_session=True, cwd="/", bufsize=1
            )
            self._of = os.getpid()
            atexit.register(self._end)
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")

    def _end(self) -> None:
        if self._process is not None and self._of == os.getpid():
            self._process.communicate()


WATCHDOG = Watchdog()


def kill_tree(postmaster: int) -> list[int]:
    """Kill a process and its children (SIGKILL), which cannot make more of them meanwhile; the children."""
    children: list[int] = []
    with suppress(ProcessLookupError):
        os.kill(postmaster, signal.SIGSTOP)
        children = children_of(postmaster)
        os.kill(postmaster, signal.SIGKILL)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
    return children


def children_of(parent: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [pid for pid, (of, dead) in _processes().items() if of == parent and not dead]


def still_runs(pid: int) -> bool:
    """Whether a process is there and not dead; one that nobody has asked for its exit code yet is dead."""
    return pid in (found := _processes(pid)) and not found[pid][1]


def _processes(pid: int | None = None) -> dict[int, tuple[int, bool]]:
    """Processes with their parent's number and whether they are dead, all or one."""
    if not Path("/proc/self/stat").exists():
        which = ["-A"] if pid is None else ["-p", str(pid)]
        command = ["/bin/ps", *which, "-o", "pid=,ppid=,stat="]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        rows = [line.split() for line in ran.stdout.splitlines()]
        return {int(number): (int(parent), state.startswith("Z")) for number, parent, state in rows}
    found = {}
    for entry in Path("/proc").iterdir() if pid is None else [Path(f"/proc/{pid}")]:
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = (int(parent), state in {"Z", "X"})
    return found


def postmaster_of(data: Path) -> int | None:
    """The process that serves a data directory, by its own word."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _watch(lines: IO[str]) -> None:
    watched: dict[str, None] = {}
    for line in lines:
        word, _, directory = line.strip().partition(" ")
        if word == "watch":
            watched[directory] = None
        else:
            watched.pop(directory, None)
    for directory in watched:
        for data in [Path(directory), *Path(directory).glob("*")]:
            pid = postmaster_of(data)
            if pid is not None:
                kill_tree(pid)
    _remove([*watched])


def _remove(directories: list[str]) -> None:
    for _ in range(100):  # what was killed may still be writing its last
        for directory in directories:
            shutil.rmtree(directory, ignore_errors=True)
        if not any(Path(directory).exists() for directory in directories):
            return
        time.sleep(0.05)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _watch(sys.stdin)
