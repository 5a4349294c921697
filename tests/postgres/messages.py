"""Just enough of PostgreSQL's protocol to know when a client commits a batch."""

import struct
from collections.abc import Iterator
from typing import Final

_REQUESTS_BEFORE: Final = {80877103, 80877104}
"""Requests for encryption, to which the server answers with one byte and waits for the next."""
_LOCK: Final = b"pg_advisory_xact_lock"


class Messages:
    """What one client sends, message by message. Only who has once taken the ledger's lock commits batches."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False
        self._writes = False
        self._commits: set[bytes] = set()
        """Names of prepared statements that commit."""

    def split(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """What has come so far as whole messages, each with whether it commits a batch."""
        self._rest += data
        while (length := self._length()) is not None and len(self._rest) >= length:
            piece, self._rest = self._rest[:length], self._rest[length:]
            yield piece, self._started_commits(piece)

    def _length(self) -> int | None:
        start = 1 if self._started else 0
        if len(self._rest) < start + 4:
            return None
        return start + int(struct.unpack_from("!i", self._rest, start)[0])

    def _started_commits(self, piece: bytes) -> bool:
        if not self._started:
            self._started = struct.unpack_from("!i", piece, 4)[0] not in _REQUESTS_BEFORE
            return False
        if piece[:1] == b"B":
            return self._writes and piece[5:].split(b"\0", 2)[1] in self._commits
        if piece[:1] not in {b"Q", b"P"}:
            return False
        self._writes = self._writes or _LOCK in piece
        name, text = (b"", piece[5:-1]) if piece[:1] == b"Q" else piece[5:].split(b"\0", 2)[:2]
        commits = text.strip().upper() == b"COMMIT"
        if piece[:1] == b"Q":
            return commits and self._writes
        (self._commits.add if commits else self._commits.discard)(name)
        return False
