"""What the clients asked, what they were answered and when: the only evidence that the judge looks at.

It is kept in a file outside the server's data directory, one JSON object a line. An entry is written when its
answer has been read or has been given up. `sent` is read from the harness's clock before the first byte leaves,
`received` after the last byte was read, both in nanoseconds; `received` None means that no answer came.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct


class How(StrEnum):
    """The three ways to acquire (ICWS contract section 4)."""

    STAGES = "stages"
    ADD = "add"
    REPLACE = "replace"


class Operation(Struct, frozen=True, kw_only=True, tag_field="what"):
    """A request and its answer. `status` is the HTTP status, None where no answer came; `node`: of several, which."""

    user: str
    sent: int
    received: int | None
    status: int | None
    node: int = 0


class Connect(Operation, frozen=True, tag="connect"):
    """A log-on; `session` is what the 201 named."""

    session: str | None


class Acquire(Operation, frozen=True, tag="acquire"):
    """Licenses asked for, and those that were answered as available and as not available."""

    session: str
    how: How
    asked: tuple[str, ...]
    granted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Release(Operation, frozen=True, tag="release"):
    """Everything that the session holds is given back."""

    session: str


class End(Operation, frozen=True, tag="end"):
    """The session logs off."""

    session: str


class Use(Operation, frozen=True, tag="use"):
    """The session's old cookie and token are shown; `up` is whether it was told that its connection is up."""

    session: str
    up: bool


class Move(Operation, frozen=True, tag="move"):
    """The administrator assigns a license to the user, or takes it from him."""

    license: str
    assigned: bool


class Subscribe(Operation, frozen=True, tag="subscribe"):
    """The session wants to hear of these licenses."""

    session: str
    names: tuple[str, ...]


class Message(Struct, frozen=True, tag_field="what", tag="message"):
    """A license message as a session read it, in the order in which it read them."""

    session: str
    received: int
    full: bool
    statuses: tuple[tuple[str, bool], ...]


class Snapshot(Struct, frozen=True, tag_field="what", tag="snapshot"):
    """Every live session with its user and what it holds, read while no request was under way.

    Whatever was sent before and not answered has happened by then, or never will.
    """

    received: int
    sessions: tuple[tuple[str, str, tuple[str, ...]], ...]


class Truth(Struct, frozen=True, tag_field="what", tag="truth"):
    """What a subscription that was made at the very end says of the user, when nobody assigns any more."""

    user: str
    received: int
    statuses: tuple[tuple[str, bool], ...]


class Deaf(Struct, frozen=True, tag_field="what", tag="deaf"):
    """The session's client listens no more, though the session may live."""

    session: str
    received: int


class Rewound(Struct, frozen=True, tag_field="what", tag="rewound"):
    """The database was put back to what it was at `back_to`, on purpose: what was acknowledged since may be gone.

    Whoever was told of it is told afresh, unless his subscription is gone, too. `received`: from when on it was used.
    """

    received: int
    back_to: int


class Recorded(Struct, frozen=True, tag_field="what", tag="recorded"):
    """How often the journal says that a session acquired a license, beyond what the last such entry counted."""

    received: int
    acquired: tuple[tuple[str, str, int], ...]


class Fault(Struct, frozen=True, tag_field="what", tag="fault"):
    """Something was done to the nodes or to their database; the clients went on until `received`.

    `node`: the one that it was done to; 0 for the database, which is all of them.
    """

    kind: str
    node: int
    began: int
    received: int


class Kill(Struct, frozen=True, tag_field="what", tag="kill"):
    """The server was killed. `moment` says where it certainly was."""

    received: int
    moment: str


Entry = (
    Connect
    | Acquire
    | Release
    | End
    | Use
    | Move
    | Subscribe
    | Message
    | Snapshot
    | Truth
    | Kill
    | Deaf
    | Rewound
    | Recorded
    | Fault
)


class Log:
    """Writes entries to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb", buffering=1 << 20)
        self._encoder = msgspec.json.Encoder()

    def write(self, entry: Entry) -> None:
        """Add one entry."""
        self._file.write(self._encoder.encode(entry) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()


def read(path: Path) -> Iterator[Entry]:
    """The entries of a file, in the order of writing."""
    decoder = msgspec.json.Decoder(Entry)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
