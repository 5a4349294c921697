"""Inventories of any size to measure on, written by the ledger's own journal, fold and engine, without its batches.

What is written is what commands would have written, so `seatkeeper check` finds nothing wrong with it.
"""

import base64
import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from seatkeeper.identity.secrets import digest
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.engine import Engine, Memoranda
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.eviction import drop
from seatkeeper.ledger.journal import Head, write
from seatkeeper.ledger.schema import migrate, node_name
from seatkeeper.licensing.entities import (
    AppliesTo,
    Credential,
    Holder,
    HolderKind,
    LicenseKind,
    Method,
    SessionKeys,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import (
    Acquired,
    Assigned,
    Connected,
    LicenseDefined,
    PasswordChanged,
    ProfileChanged,
    SeatsChanged,
    UserDefined,
)
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.state import FIRST_SESSION, Image, State

OWNER: Final = "ININ"
ACCESS, MEDIA = "CLIENT_ACCESS", "MEDIA_SESSION"
"""The two licenses that everybody acquires."""

SESSIONS: Final = "sessions.txt"
"""The file, in the data directory of a prepared world, of what clients know of its sessions."""

_CHUNK: Final = 5_000  # users written in one transaction


class World(Struct, frozen=True):
    """An inventory. Every user has the first `assigned` licenses, and `sessions` live sessions, by the concurrent
    method; every session holds the first `held` of them. `seats` are those of each license.
    """

    users: int
    sessions: int = 1
    licenses: int = 100
    assigned: int = 10
    held: int = 0
    seats: int = 1_000_000
    password_hash: str = ""
    rights: tuple[str, ...] = ()

    @property
    def live(self) -> int:
        """How many sessions live."""
        return self.users * self.sessions


def license_name(number: int) -> str:
    """The name of a license by its number, from 1."""
    return {1: ACCESS, 2: MEDIA}.get(number, f"FEATURE_{number:05}")


def login(number: int) -> str:
    """The login of a user by his number, from 1."""
    return f"agent-{number:06}"


def credentials(session_id: int) -> tuple[str, str]:
    """The cookie and the CSRF token of a session: as long as real ones, but anybody can know them."""
    cookie = f"{session_id:08x}-0000-4000-8000-{session_id:012x}"
    csrf = base64.b64encode(session_id.to_bytes(24, "big")).decode("ascii")
    return cookie, csrf


def prepared(world: World, shelf: Path) -> Path:
    """The data directory of a world on SQLite, with its `sessions.txt`; built once and kept on the shelf.

    Not to be served: what is measured runs on a copy. Another schema or another code of this module makes another.
    """
    kind = hashlib.sha256(msgspec.json.encode(world) + Path(__file__).read_bytes() + node_name().encode())
    place = shelf / kind.hexdigest()[:16]
    if not place.exists():
        half = place.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        build(world, DatabaseFile.in_directory(half))
        write_sessions(world, half / SESSIONS)
        half.rename(place)
    return place


def build(world: World, database: Database, now: int | None = None) -> Head:
    """Write a world into an empty database; the last event of its journal."""
    migrate(database)
    now = now or time.time_ns() // 1_000_000
    engine = database.engine(lambda: now)
    writer = _Writer(engine, now)
    try:
        writer.write([*_licenses(world)])
        for first in range(1, world.users + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, world.users + 1))
            writer.write([event for number in numbers for event in _user(world, number)], world.password_hash)
    finally:
        engine.close()
    return writer.head


def write_sessions(world: World, path: Path) -> None:
    """Write what a client knows of each session, a line each: its id, cookie and CSRF token. Users take turns."""
    with path.open("w", encoding="ascii") as lines:
        for turn in range(world.sessions):
            for number in range(1, world.users + 1):
                session_id = _session_id(world, number, turn)
                cookie, csrf = credentials(session_id)
                lines.write(f"{session_id} {cookie} {csrf}\n")


class _Writer:
    """Writes events with the rows they change, some thousands in a transaction."""

    def __init__(self, engine: Engine, now: int) -> None:
        self._engine = engine
        self._now = now
        self._image = Image()
        self.head = Head()

    def write(self, events: list[Event], password_hash: str = "") -> None:
        """Write events about users of whom nothing has been written yet, or about licenses."""
        state = State(self._image)
        for event in events:
            fold(state, event, self._now)
            match event:
                case Connected():
                    cookie, csrf = map(digest, credentials(event.session_id))
                    state.session_keys.put(event.session_id, SessionKeys(event.session_id, cookie, csrf))
                case PasswordChanged():
                    state.credentials.put(event.user_id, Credential(event.user_id, password_hash))
        entries, self.head = write(events, self.head, self._now, self.head.seq + 1)
        self._engine.begin()
        self._engine.save(entries, state, Memoranda([], []))
        self._engine.commit()
        state.merge()
        for user_id in list(self._image.users):
            drop(self._image, user_id)


def _licenses(world: World) -> Iterator[Event]:
    for number in range(1, world.licenses + 1):
        yield LicenseDefined(
            license_id=number,
            owner=OWNER,
            name=license_name(number),
            display_name=license_name(number).replace("_", " ").title(),
            description="Lets an agent work with one part of the contact centre.",
            applies_to=AppliesTo.BOTH,
            license_kind=LicenseKind.USER,
            shared=True,
            expires=None,
            grace_until=None,
        )
        yield SeatsChanged(
            license_id=number,
            assignable_seats=world.seats,
            concurrent_seats=world.seats,
            unrestricted=False,
            assignable_excess=0,
            concurrent_excess=0,
            uncovered=(),
        )


def _user(world: World, number: int) -> Iterator[Event]:
    holder = Holder(HolderKind.USER, number)
    yield UserDefined(
        user_id=number,
        login=login(number),
        display_name=f"Agent {number}",
        language="en-US",
        roles=("agent",),
        rights=world.rights,
        stations=None,
    )
    if world.password_hash:
        yield PasswordChanged(user_id=number)
    yield ProfileChanged(holder=holder, owner=OWNER, enabled=True, method=Method.CONCURRENT, moves=())
    first_assignment = (number - 1) * world.assigned + 1
    for index, license_id in enumerate(_assigned(world, number)):
        yield Assigned(
            assignment_id=first_assignment + index, license_id=license_id, holder=holder, method=Method.CONCURRENT
        )
    for turn in range(world.sessions):
        yield from _session(world, number, turn, first_assignment)


def _assigned(world: World, number: int) -> Iterator[int]:
    """The two that everybody uses, and others in turn, so that all licenses are assigned to somebody."""
    yield from range(1, min(world.assigned, 2) + 1)
    rest = world.licenses - 2
    for index in range(world.assigned - 2):
        yield 3 + (number * 7 + index) % rest


def _session(world: World, number: int, turn: int, first_assignment: int) -> Iterator[Event]:
    session_id = _session_id(world, number, turn)
    yield Connected(
        session_id=session_id,
        user_id=number,
        application="Interaction Client",
        machine=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        language="en-US",
    )
    for index, license_id in enumerate(_assigned(world, number)):
        if index < world.held:
            yield Acquired(
                session_id=session_id,
                user_id=number,
                license_id=license_id,
                ground=HolderKind.USER,
                assignment_id=first_assignment + index,
                method=Method.CONCURRENT,
                takes_seat=turn == 0,
            )


def _session_id(world: World, number: int, turn: int) -> int:
    return FIRST_SESSION + (number - 1) * world.sessions + turn
