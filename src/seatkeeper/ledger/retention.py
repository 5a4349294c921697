"""What becomes of the journal over the years (rule L11): old stretches are sealed, and deleted users are forgotten.

Both take long beside a server that serves. So they are work that goes on by itself, one at a time among all nodes:
reading and folding in a thread of its own, and what has to be written in many small transactions of the writer's.
Whenever it is cut off, nothing is lost and the journal is sound; asked for again it goes on.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import psycopg
import structlog
from msgspec import Struct

from seatkeeper.ledger.archive import (
    Archived,
    ArchiveError,
    archive_name,
    forget_in_archive,
    strangers,
    write_archive,
)
from seatkeeper.ledger.batch import Batches
from seatkeeper.ledger.database import Database, DatabaseUnreachable
from seatkeeper.ledger.denials import REPEATS_WITHIN
from seatkeeper.ledger.engines.engine import Engine, Forgotten, Reading, SaveFailed
from seatkeeper.ledger.journal import Entry, Head, JournalError, Seal
from seatkeeper.ledger.replay import Replay, from_snapshot, told_by
from seatkeeper.ledger.retention_steps import STEP, last_seal, next_rows, steps_of
from seatkeeper.ledger.snapshot import SnapshotDigest, SnapshotRow, rows_of
from seatkeeper.ledger.unavailable import Stopping, Unavailable
from seatkeeper.licensing.pseudonyms import pseudonym_of
from seatkeeper.licensing.state import Image

T = TypeVar("T")

_log = structlog.get_logger("seatkeeper.ledger")

_LOOKED_AT_ONCE: Final = 500
"""Events that are looked at between two pauses, each as long as that took: requests need the processor, too."""
_WAIT_SECONDS: Final = 5.0
_OTHERS_SAVE_WITHIN: Final = 3_600_000
"""Milliseconds after which every other node has saved how often its denials were repeated."""


class Attend(Protocol):
    """How the writer is asked to do something between two batches."""

    def __call__(self, do: Callable[[Batches], T]) -> Awaitable[T]:
        """What it comes to."""


class AtWork(Exception):
    """Other work on the journal is going on, at this node or at another; only one is at a time."""


class Sealed(Struct, frozen=True):
    """A stretch was sealed: `events` up to `position`, the last of which happened at `at`, into `archive`."""

    position: int
    at: int
    events: int
    archive: str


class Forgot(Struct, frozen=True):
    """A user was forgotten: so many events say the pseudonym now. `unreached`: archives that may name him still, and
    why."""

    user_id: int
    pseudonym: str
    events: int
    unreached: tuple[str, ...]


class Work(Struct):
    """Work on the journal, under way or ended.

    Of `total` events, `done` have been looked at. When it has ended, `failure` says why it failed, without a full stop,
    or `outcome` what it came to: None where there was nothing to do.
    """

    number: int
    running: bool = True
    done: int = 0
    total: int = 0
    outcome: Sealed | Forgot | None = None
    failure: str | None = None


_Do = Callable[[Work, Reading], Coroutine[Any, Any, Sealed | Forgot | None]]
_FAILURES: Final = (
    ArchiveError,
    JournalError,
    SaveFailed,
    Unavailable,
    DatabaseUnreachable,
    sqlite3.Error,
    psycopg.Error,
    OSError,
)


class _Drafted(NamedTuple):
    """A stretch that has been archived: what its events came to, and the file's name and digest."""

    image: Image
    archive: str
    digest: bytes


class Retention:
    """Seals and forgets, one thing at a time. Used in the event loop. `clock` is in milliseconds."""

    def __init__(self, database: Database, attend: Attend, clock: Callable[[], int]) -> None:
        self._database = database
        self._attend = attend
        self._clock = clock
        self._stopping = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self.work: Work | None = None
        """What is under way, or ended last."""

    async def seal(self, before: int, archive: Path) -> Work:
        """Begin to seal what happened before this time, into this directory. Nothing of the last minute is sealed, nor
        of the last hour where other nodes may use the database.

        A directory that does not exist is made, in one that does. Raises AtWork.
        """
        return await self._begin(lambda work, reading: self._seal(work, reading, before, archive))

    async def forget(self, user_id: int, archive: Path) -> Work:
        """Begin to replace what says who a user is, whom an event says to be forgotten. `archive`: where the archives
        are. Raises AtWork.
        """
        return await self._begin(lambda work, reading: self._forget(work, reading, user_id, archive))

    def require_idle(self) -> None:
        """Raises AtWork where something is under way at this node."""
        if self.work is not None and self.work.running:
            raise AtWork("The journal is being worked on already; wait for the end of that.")

    async def ended(self, seconds: float) -> None:
        """Wait so long, or until nothing is under way."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)

    async def stop(self) -> None:
        """Cut off what is under way, and wait until it has let go of everything."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _begin(self, do: _Do) -> Work:
        self.require_idle()
        former, loop = self.work, asyncio.get_running_loop()
        work = self.work = Work(number=1 if former is None else former.number + 1)
        taken: asyncio.Future[bool] = loop.create_future()
        self._task = loop.create_task(self._run(work, do, taken), name="seatkeeper-retention")
        if not await asyncio.shield(taken):
            self.work = former
            raise AtWork("Another node is working on the journal; wait for the end of that.")
        return work

    async def _run(self, work: Work, do: _Do, taken: "asyncio.Future[bool]") -> None:
        reading = None
        try:
            reading = await asyncio.to_thread(self._database.reading, _WAIT_SECONDS)
            if not await asyncio.to_thread(reading.take_journal):
                taken.set_result(False)
                return
            taken.set_result(True)
            work.outcome = await do(work, reading)
        except _FAILURES as error:
            work.failure = str(error).removesuffix(".")
        except Exception as error:  # noqa: BLE001 - nobody awaits it; whoever looks after it is told
            _log.exception("retention_failed")
            work.failure = f"{error!r}; the server's log has more"
        finally:
            work.running = False
            if reading is not None:
                reading.close()
            if not taken.done():
                taken.set_result(True)
        _log.info("retention_ended", failure=work.failure, outcome=work.outcome and repr(work.outcome))

    async def _seal(self, work: Work, reading: Reading, before: int, folder: Path) -> Sealed | None:
        await self._remove_sealed()
        # What is older than this is not repeated any more, so that no repeats of it come after these.
        youngest = self._clock() - REPEATS_WITHIN - (_OTHERS_SAVE_WITHIN if self._database.shared else 0)
        await self._attend(Batches.save_memoranda)
        last = await asyncio.to_thread(last_seal, reading)
        until = await asyncio.to_thread(reading.last_before, min(before, youngest))
        if until is None or (last is not None and until.seq <= last.position):
            return None
        work.total = until.seq - (0 if last is None else last.position)
        drafted = await asyncio.to_thread(self._draft, work, reading, last, until, folder)
        digest, rows = SnapshotDigest(), rows_of(drafted.image, until)
        stored = 0
        while step := await asyncio.to_thread(next_rows, rows, digest, STEP):
            await self._write(partial(_store, until.seq, step))
            stored += len(step)
        seal = Seal(*until, drafted.archive, drafted.digest, digest.digest(), 0)
        await self._attend(
            lambda batches: batches.record(
                told_by(seal), lambda engine, number: engine.seal(seal._replace(event=number), stored)
            )
        )
        await self._remove_sealed()
        return Sealed(until.seq, until.at, work.total, str(folder / drafted.archive))

    def _draft(self, work: Work, reading: Reading, last: Seal | None, until: Head, folder: Path) -> _Drafted:
        """In a thread: fold the stretch behind the last seal and archive it."""
        replay = Replay() if last is None else from_snapshot(reading, last)
        name = archive_name(replay.head.seq + 1, until.seq)
        digest = write_archive(folder, name, self._folded(work, reading, replay, until))
        if replay.head != until:
            raise JournalError(f"the journal ends with event {replay.head.seq} on the way to {until.seq}")
        return _Drafted(replay.image, name, digest)

    def _folded(self, work: Work, reading: Reading, replay: Replay, until: Head) -> Iterator[Archived]:
        for entry in self._paced(work, reading.entries(replay.head.seq, until.seq)):
            for wrong in replay.take(entry):
                raise JournalError(f"{wrong}; nothing was sealed, and 'seatkeeper check' says what else is wrong")
            repeats = reading.repeats(entry.seq, entry.seq).get(entry.seq) if entry.kind == "denied" else None
            yield Archived(entry, repeats)

    async def _forget(self, work: Work, reading: Reading, user_id: int, folder: Path) -> Forgot:
        await self._remove_sealed()  # in it, he would be named on
        unreached: list[str] = []
        replaced = 0
        seals = await asyncio.to_thread(reading.seals)
        work.total = seals[-1].position if seals else 0
        unreached += [
            f"{name} in {folder} is no archive of this journal and was not looked into; remove it"
            for name in await asyncio.to_thread(strangers, folder, [seal.archive for seal in seals])
        ]
        for seal in seals:
            of_archive = (folder, seal.archive, seal.archive_digest, user_id, partial(self._paced, work))
            try:
                replaced += await asyncio.to_thread(forget_in_archive, *of_archive)
            except ArchiveError as error:
                unreached.append(str(error))
        naming = await asyncio.to_thread(reading.naming, user_id)
        work.total = work.done + len(naming.events)
        for forgotten in steps_of(naming, user_id, STEP):
            await self._write(partial(_forget, forgotten))
            work.done += len(forgotten.events)
        replaced += len(naming.events)
        try:
            await self._attend(Batches.rebuild)
        except SaveFailed as error:
            raise SaveFailed(
                f"the name is replaced everywhere, but traces of it may be left in unused space of the database, which"
                f" could not be written anew: {error}; run the command again"
            ) from error
        return Forgot(user_id, pseudonym_of(user_id), replaced, tuple(unreached))

    async def _remove_sealed(self) -> None:
        """Remove what an archive or a later snapshot has, and what a sealing that was cut off left behind."""
        while await self._write(lambda engine: engine.remove_sealed(STEP)):
            pass

    async def _write(self, write: Callable[[Engine], T]) -> T:
        self._go_on()
        return await self._attend(lambda batches: batches.beside(write))

    def _paced(self, work: Work, entries: Iterable[Entry]) -> Iterator[Entry]:
        """In a thread: events to be looked at, with pauses as long as that takes. Raises Stopping."""
        began = time.monotonic()
        for entry in entries:
            yield entry
            work.done += 1
            if work.done % _LOOKED_AT_ONCE == 0:
                self._go_on(after=time.monotonic() - began)
                began = time.monotonic()

    def _go_on(self, *, after: float = 0.0) -> None:
        """Wait for so many seconds. Raises Stopping where the server stops."""
        if self._stopping.wait(after):
            raise Stopping("The server is stopping; run the command again when it is back.")


def _store(position: int, rows: list[SnapshotRow], engine: Engine) -> None:
    engine.store_snapshot(position, rows)


def _forget(forgotten: Forgotten, engine: Engine) -> None:
    engine.forget(forgotten)
