"""The file that an inventory is applied from: which format it has, and reading it whole or in chunks of rows.

Chunks are made of the file's own bytes, cut between rows, so that nothing is understood here that the server would
understand otherwise; and no more of the file is in memory than one chunk.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from seatkeeper.cli.failure import ExitCode, Failure

STANDARD_INPUT: Final = "-"
_ROWS_SUFFIX: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


class Format(StrEnum):
    """What a file may be written in."""

    TOML = "toml"
    JSONL = "jsonl"
    CSV = "csv"

    @property
    def content_type(self) -> str:
        """As the admin API is told."""
        return {"toml": "application/toml", "jsonl": "application/jsonl", "csv": "text/csv"}[self]


class Chunk(NamedTuple):
    """Some rows of a file. `line`: where the first stands. `head`: what goes before them, the header of a CSV."""

    head: bytes
    rows: tuple[bytes, ...]
    line: int

    @property
    def content(self) -> bytes:
        """The body of the request."""
        return self.head + b"".join(self.rows)

    @property
    def first_line(self) -> int:
        """The number in the file that the body's first line is to have, so that its rows have theirs."""
        return self.line - self.head.count(b"\n")

    @property
    def size(self) -> int:
        """How many bytes of the file it is; the head stands there once."""
        head = self.head if self.first_line == 1 else b""
        return len(head) + sum(map(len, self.rows))

    def halves(self) -> "tuple[Chunk, Chunk]":
        """The same rows in two chunks."""
        first, second = self.rows[: len(self.rows) // 2], self.rows[len(self.rows) // 2 :]
        below = self.line + sum(row.count(b"\n") for row in first)
        return Chunk(self.head, first, self.line), Chunk(self.head, second, below)


class Source(NamedTuple):
    """A file, or standard input, and its format."""

    path: Path
    format: Format

    @property
    def is_input(self) -> bool:
        """Whether it is standard input, which can be read once."""
        return str(self.path) == STANDARD_INPUT

    @property
    def name(self) -> str:
        """By which messages call it."""
        return "standard input" if self.is_input else os.fsencode(self.path).decode(errors="replace")

    def whole(self, limit: int) -> bytes:
        """All of it. Failure where that is more than `limit` bytes."""
        with self.opened() as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise Failure(
                ExitCode.REFUSED,
                f"{self.name} has more than {limit:,} bytes, which one request may not carry; add --in-steps,"
                " or raise the server's setting limits.inventory_body.",
            )
        return content

    def chunks(self, rows: int, limit: int) -> Iterator[Chunk]:
        """Its rows, at most so many and in at most `limit` bytes. Failure where one alone has more."""
        with self.opened() as file:
            if self.format is Format.CSV:
                lines = _Lines(file, self.name, limit)
                head = lines.record()
                yield from chunks_of(head, lines.records(), rows, limit)
            else:
                yield from chunks_of(b"", _Lines(file, self.name, limit).lines(), rows, limit)

    def size(self) -> int | None:
        """How many bytes it has, where that is known."""
        try:
            found = None if self.is_input else self.path.stat()
        except OSError:
            return None  # opening it tells why
        return found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open for reading. Failure where it cannot be read."""
        try:
            if not self.is_input:
                with self.path.open("rb") as file:
                    yield file
            elif sys.stdin is None:  # it was closed before this began
                raise Failure(ExitCode.USAGE, "Nothing can be read from standard input: it is closed.")
            else:
                yield sys.stdin.buffer
        except OSError as error:
            raise Failure(ExitCode.USAGE, f"{self.name} cannot be read: {error.strerror}.") from None


def source_of(path: Path, format: Format | None) -> Source:  # noqa: A002 - what the option is called
    """The file that a command was given. Without a format it goes by the suffix: .csv, .jsonl, and all else TOML."""
    if format is None and str(path) == STANDARD_INPUT:
        raise Failure(ExitCode.USAGE, "Say what comes on standard input: --format toml, csv or jsonl.")
    return Source(path, format or Format(_ROWS_SUFFIX.get(path.suffix.lower(), "toml")))


class _Lines:
    """The lines of a file, and the records of a CSV, which may go over several lines."""

    def __init__(self, file: BinaryIO, name: str, limit: int) -> None:
        self._file = file
        self._name = name
        self._limit = limit
        self._line = 0

    def lines(self) -> Iterator[bytes]:
        while line := self._next(self._limit):
            yield line

    def records(self) -> Iterator[bytes]:
        while record := self.record():
            yield record

    def record(self) -> bytes:
        """The next record; empty at the end. A line break within quotes is part of it."""
        record = self._next(self._limit)
        begun, quotes = self._line, record.count(b'"')
        lines = [record]
        left = self._limit - len(record)
        while quotes % 2:
            line = self._next(left, begun)
            if not line:
                break  # the server tells what is wrong with it
            lines.append(line)
            quotes += line.count(b'"')
            left -= len(line)
        return b"".join(lines)

    def _next(self, limit: int, begun: int = 0) -> bytes:
        line = self._file.readline(limit + 1)
        self._line += 1
        if len(line) > limit:
            why = " Is a quotation mark missing?" if begun else ""
            raise Failure(
                ExitCode.REFUSED,
                f"{self._name}: line {begun or self._line}: the row has more than {self._limit:,} bytes, which one"
                f" request may not carry.{why}",
            )
        return line


def chunks_of(head: bytes, rows: Iterator[bytes], most: int, limit: int) -> Iterator[Chunk]:
    """Rows in at least one chunk: at most `most` each, and in at most `limit` bytes, unless one row alone has more."""
    line = 1 + head.count(b"\n")
    taken: list[bytes] = []
    size = len(head)
    for row in rows:
        if taken and (len(taken) == most or size + len(row) > limit):
            yield Chunk(head, tuple(taken), line)
            line += sum(each.count(b"\n") for each in taken)
            taken, size = [], len(head)
        taken.append(row)
        size += len(row)
    if taken or line == 1 + head.count(b"\n"):  # a file without rows is sent all the same: the server judges it
        yield Chunk(head, tuple(taken), line)
