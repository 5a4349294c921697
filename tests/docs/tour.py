"""Tours in the documentation, read from Markdown and pasted into a shell as they stand.

A tour is a section of a document. Its ```bash blocks are what a reader pastes, one after the other into the same
shell; the ```text block after one is what it prints, and a block without one prints nothing. In a ```text block `…`
stands for some text of a line, and a line that is only `…` for any number of lines. The block `make serve` is typed in
the first terminal: it starts the server of the demo, or stops the one that runs and starts it again.
"""

import difflib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.server_process import ServerProcess, command_environment, start_server

SERVE = "make serve"
ADDRESS = "127.0.0.1:8018"  # what a document calls the server
BLOCK_SECONDS = 60.0
ANY = "…"


class Block(NamedTuple):
    """What to paste, what it prints, and where in the document it stands."""

    script: str
    printed: str
    line: int


class _Fence(NamedTuple):
    language: str
    text: str
    line: int


def read_tour(document: Path, heading: str) -> list[Block]:
    """The blocks of the section `heading`. Raises ValueError for one that would be neither pasted nor compared."""
    blocks: list[Block] = []
    last: str | None = None
    for fence in _fences(document.read_text(encoding="utf-8"), heading):
        if fence.language == "bash":
            blocks.append(Block(fence.text, "", fence.line))
        elif fence.language == "text" and last == "bash":
            blocks[-1] = blocks[-1]._replace(printed=fence.text)
        else:
            raise ValueError(f"{document.name}:{fence.line}: a block of {fence.language or 'nothing'} in a tour")
        last = fence.language
    if not blocks:
        raise ValueError(f"{document.name} has no tour under the heading {heading!r}")
    return blocks


def _fences(text: str, heading: str) -> Iterator[_Fence]:
    """The fenced blocks below `heading`, up to the next heading of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    inside, language, begun, lines = False, None, 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if language is not None and line != "```":
            lines.append(line)
        elif language is not None:
            if inside:
                yield _Fence(language, "".join(f"{each}\n" for each in lines), begun)
            language, lines = None, []
        elif line.startswith("```"):
            language, begun = line.removeprefix("```").strip(), number
        elif re.match(rf"#{{1,{level}}} ", line):
            inside = line == heading


def differences(printed: str, came: str) -> str:
    """How what came differs from what the document says is printed; empty where it does not."""
    pattern = "".join(
        r"(?:.*\n)*" if line == ANY else ".+".join(map(re.escape, line.split(ANY))) + r"\n"
        for line in printed.splitlines()
    )
    came = "".join(f"{line.expandtabs().rstrip()}\n" for line in came.splitlines())
    if re.fullmatch(pattern, came):
        return ""
    return "\n".join(difflib.ndiff(printed.splitlines(), came.splitlines()))


class Terminals:
    """The reader's two terminals: one for `make serve`, and a shell for all else. `folder` stands for the clone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._server: ServerProcess | None = None
        _install_command(folder / ".venv" / "bin" / "seatkeeper")
        self._shell = _Shell(folder)

    def paste(self, script: str) -> str:
        """Paste a block, and what it prints. Raises AssertionError where it fails or does not end."""
        if script.strip() == SERVE:
            self._serve()
            return ""
        return self._shell.run(script.replace(ADDRESS, f"127.0.0.1:{self._port}"))

    def _serve(self) -> None:
        if self._server is None:
            self._server = start_server(self._folder / "data", "--demo", "--port", str(self._port))
        else:
            assert self._server.stop() == 0
            self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shell.close()
        if self._server is not None:
            self._server.__exit__(error_type, error, traceback)


class _Shell:
    """One bash that runs script after script and keeps variables and functions in between."""

    def __init__(self, folder: Path) -> None:
        self._script = folder / "block.sh"
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607 - the reader's, from his PATH
            cwd=folder,
            env=command_environment({"TMPDIR": str(folder), "no_proxy": "127.0.0.1"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, script: str) -> str:
        """Run a script and return what it printed."""
        self._script.write_text(script, encoding="utf-8")
        mark = f"--- end of block {time.monotonic_ns()} ---"
        assert self._process.stdin is not None
        self._process.stdin.write(f'. ./{self._script.name} </dev/null; echo "{mark}$?"\n'.encode())
        self._process.stdin.flush()
        printed, _, status = self._read_to(mark).partition(mark)
        assert status.strip() == "0", f"the block ended with {status.strip()} after printing:\n{printed}"
        return printed

    def _read_to(self, mark: str) -> str:
        assert self._process.stdout is not None
        output, deadline = b"", time.monotonic() + BLOCK_SECONDS
        descriptor = self._process.stdout.fileno()
        while not re.search(re.escape(mark).encode() + rb"\d+\n", output):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            read = os.read(descriptor, 65536) if ready else b""
            assert read, f"the block did not end in {BLOCK_SECONDS:g} s; it printed:\n{output.decode()}"
            output += read
        return output.decode()

    def close(self) -> None:
        """End the shell and whatever it left running in the background."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _install_command(path: Path) -> None:
    """The command where a clone has it, run by the interpreter of these tests."""
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seatkeeper "$@"\n')
    path.chmod(0o755)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
