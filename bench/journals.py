"""Long journals: what sessions acquired and released again in years, written without deciding or folding any of it.

A world of `bench.worlds` has a journal as long as its rows are many. What is added here leaves no row behind, so only
the journal is written; `seatkeeper check` finds nothing wrong with it.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from bench import worlds
from bench.worlds import World
from seatkeeper.ledger.engines import selects
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.journal import Head, link
from seatkeeper.licensing.entities import HolderKind, Method
from seatkeeper.licensing.events import Acquired, Released, ReleaseReason

_UNHELD: Final = """
    SELECT s.id, s.user_id, a.license_id, max(a.id) FROM sessions s
    JOIN assignments a ON a.holder_kind = ? AND a.holder_id = s.user_id
    WHERE NOT EXISTS (SELECT 1 FROM holds h WHERE h.session_id = s.id AND h.license_id = a.license_id)
    GROUP BY s.id
"""
"""Of each session the license that its user was assigned last of those that it does not hold."""

_TURNS: Final = "CREATE TEMPORARY TABLE turns (number INTEGER PRIMARY KEY, kind TEXT, data BLOB)"

# By one statement for all of them, and a function for the hash alone: half the time of rows that come from outside.
_TAKE_TURNS: Final = """
    INSERT INTO journal (seq, at, batch, kind, version, data, hash)
    SELECT :seq + number, :at, :seq, kind, 1, data, follows(:seq + number, :at, :seq, kind, data)
    FROM turns WHERE number <= :left ORDER BY number
"""


def prepared(world: World, length: int, shelf: Path) -> Path:
    """The data directory of a world with a journal of so many events, on SQLite; written once and kept on the shelf.

    Too large to be copied for each run: it is served itself, by whoever changes next to nothing of it.
    """
    plain = worlds.prepared(world, shelf)
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    place = shelf / f"{plain.name}-{length}-{code}"
    if not place.exists():
        half = place.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(plain, half)
        lengthen(half, length)
        half.rename(place)
    return place


def lengthen(data: Path, length: int) -> None:
    """Let the sessions of a world, in turn, acquire and release one more license until its journal has so many events.

    An odd one is left out. What is cut off half-way is to be thrown away: only the end of it is on the disk for sure.
    """
    with closing(DatabaseFile.in_directory(data).connect()) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        head = Head(*connection.execute(selects.HEAD).fetchone())
        connection.execute(_TURNS)
        turns = [
            event for session in connection.execute(_UNHELD, (HolderKind.USER.value,)) for event in _turn(*session)
        ]
        connection.executemany("INSERT INTO turns (kind, data) VALUES (?, ?)", turns)
        connection.create_function("follows", 5, _Chain(head.hash).follows)
        for seq in range(head.seq, length, len(turns)):
            given = {"seq": seq, "at": head.at, "left": (length - seq) // 2 * 2}
            connection.execute(_TAKE_TURNS, given)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Chain:
    """What a row's hash is, one after the other."""

    def __init__(self, begin: bytes) -> None:
        self._last = begin

    def follows(self, seq: int, at: int, batch: int, kind: str, data: bytes) -> bytes:
        """The hash of the next row."""
        self._last = link(self._last, seq, at, batch, kind, 1, data, None)
        return self._last


def _turn(session_id: int, user_id: int, license_id: int, assignment_id: int) -> Iterator[tuple[str, bytes]]:
    """The two events of one session, each with its kind, as the journal has them: the same however often."""
    acquired = Acquired(
        session_id=session_id,
        user_id=user_id,
        license_id=license_id,
        ground=HolderKind.USER,
        assignment_id=assignment_id,
        method=Method.CONCURRENT,
        takes_seat=True,
    )
    released = Released(
        session_id=session_id, user_id=user_id, license_id=license_id, frees_seat=True, reason=ReleaseReason.CLIENT
    )
    for event in (acquired, released):
        yield str(event.__struct_config__.tag), msgspec.json.encode(event)
