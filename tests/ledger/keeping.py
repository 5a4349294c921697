"""Sealing and forgetting, waited for; and archives, read by nothing but gzip and JSON."""

import asyncio
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from seatkeeper.ledger.door import Ledger
from seatkeeper.ledger.retention import Forgot, Sealed, Work
from seatkeeper.licensing.inventory_commands import ForgetUser
from tests.ledger.checking import check_file
from tests.ledger.watched import SECONDS
from tests.ledger.world import Clock, WatchedLedger

MINUTE: Final = 60_000
FAR: Final = 2**62
"""A time before which everything has happened; but what is younger than a minute is never sealed."""


async def worked(ledger: Ledger, work: Work) -> Work:
    """Wait until work on the journal has ended."""
    async with asyncio.timeout(SECONDS):
        while work.running:  # noqa: ASYNC110 - its end is polled by everybody
            await asyncio.sleep(0.005)
    assert ledger.retention.work is work
    return work


async def seal(ledger: WatchedLedger, before: int = FAR, archive: Path | None = None) -> Sealed | None:
    """Seal what is older than a minute and happened before this; None where there is nothing to seal."""
    work = await worked(ledger, await ledger.retention.seal(before, archive or archive_of(ledger)))
    assert work.failure is None, work.failure
    assert work.outcome is None or isinstance(work.outcome, Sealed)
    return work.outcome


async def seal_all(ledger: WatchedLedger, clock: Clock) -> Sealed:
    """Seal all that has happened so far."""
    head = ledger.head
    clock.now += MINUTE + 1
    sealed = await seal(ledger)
    assert sealed is not None
    assert sealed.position == head
    return sealed


async def forget(ledger: WatchedLedger, user_id: int) -> Forgot:
    """Forget a deleted user."""
    await ledger.submit(ForgetUser(user_id=user_id))
    work = await worked(ledger, await ledger.retention.forget(user_id, archive_of(ledger)))
    assert work.failure is None, work.failure
    assert isinstance(work.outcome, Forgot)
    return work.outcome


def archive_of(ledger: WatchedLedger) -> Path:
    """Where the archives of these tests go."""
    return ledger.file.parent / "archive"


def archives(folder: Path) -> list[Path]:
    """The files of events, oldest first."""
    return sorted(path for path in folder.glob("journal-*.jsonl.gz") if ".personal." not in path.name)


def personal_of(archive: Path) -> Path:
    """The file of the personal parts of an archive."""
    return archive.with_name(archive.name.replace(".jsonl.gz", ".personal.jsonl.gz"))


def lines(file: Path) -> list[dict[str, Any]]:
    """The lines of a file of an archive, decoded."""
    with gzip.open(file) as opened:
        return [json.loads(line) for line in opened]


def write_lines(file: Path, content: list[dict[str, Any]]) -> None:
    """Put other lines into a file of an archive, as compact as they were."""
    with gzip.open(file, "wb") as opened:
        for line in content:
            opened.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")


def journal_of(database: Path, folder: Path) -> list[tuple[int, str]]:
    """Number and hash of every event, those of the archives before those of the table; none may be there twice."""
    with closing(sqlite3.connect(database)) as connection:
        [(sealed,)] = connection.execute("SELECT coalesce(max(position), 0) FROM seals").fetchall()
        names = [name for (name,) in connection.execute("SELECT archive FROM seals ORDER BY position")]
        table = connection.execute("SELECT seq, hash FROM journal WHERE seq > ? ORDER BY seq", (sealed,)).fetchall()
    archived = [(line["seq"], line["hash"]) for name in names for line in lines(folder / name)]
    return archived + [(seq, digest.hex()) for seq, digest in table]


def assert_clean_with(database: Path, folder: Path) -> None:
    """The tables are what the journal says, and the archives come to it."""
    report = check_file(database, folder)
    assert not report.differences, report.differences
    assert report.archived + report.events == report.head.seq
