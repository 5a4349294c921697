"""Rules L4 and L5 of the ledger: the head of the journal, answers after the commit."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.ledger.backup import back_up
from seatkeeper.ledger.door import Stopping, Unanswered, Unavailable
from seatkeeper.ledger.engines.engine import FateUnknown, NoSpace
from seatkeeper.ledger.feed import LicensesChanged
from seatkeeper.licensing.commands import EndReason, EndSession, ExpireSession, Subscribe
from seatkeeper.licensing.entities import Session
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from tests.ledger.world import (
    OWNER,
    Clock,
    Place,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    rows,
    running,
    tamper,
    until,
)

pytestmark = pytest.mark.anyio


def restore(backup: Path, database: Path) -> None:
    """Put a backup in the place of a database that is in use."""
    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(database)) as target:
        source.backup(target)


async def test_l4_a_restored_backup_drops_the_image_and_starts_subscriptions_afresh(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock, policy=Policy(idle_timeout=60_000)) as ledger:
        await ledger.submit(inventory())
        back = (await ledger.submit(connect(1))).session_id
        await ledger.submit(Subscribe(session_id=back, owner=OWNER, names=("Agent",)))
        back_up(ledger.file, tmp_path / "copy.db")
        await ledger.submit(assign(1, "Agent"))
        assert len(await ledger.feed.poll(back)) == 2
        lost = (await ledger.submit(connect(2))).session_id
        stream = await ledger.feed.open_stream(lost)
        for session_id in (lost, back):
            await ledger.submit(EndSession(session_id=session_id, reason=EndReason.LOGGED_OFF))
        restore(tmp_path / "copy.db", ledger.file)
        assert (await ledger.submit(connect(3))).session_id == lost  # the number is free again
        assert await stream.next() is None or await stream.next() is None
        assert await ledger.recently_ended(back) is None
        assert await ledger.live_session(back) is not None
        told = await ledger.feed.poll(back)
        assert [each for each in told if isinstance(each, LicensesChanged)] == [
            LicensesChanged(full=True, statuses=(("Agent", False),))
        ]
        assert not any(isinstance(each, LicensesChanged) for each in await ledger.feed.poll(lost))
        clock.now += 60_000
        assert await ledger.submit(ExpireSession(session_id=back))
    assert_clean(ledger.file)


async def test_l4_a_head_of_another_hash_drops_the_image(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        before = ledger.image
        tamper(ledger.database, "UPDATE journal SET hash = ? WHERE seq = (SELECT max(seq) FROM journal)", bytes(32))
        await ledger.submit(connect(1))
        assert ledger.image is not before


async def test_l4_the_feed_hears_of_a_dropped_image_even_if_the_batch_that_found_it_fails(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        back_up(ledger.file, tmp_path / "copy.db")
        stream = await ledger.feed.open_stream(session_id)
        assert await stream.next() == []
        await ledger.submit(connect(2))
        restore(tmp_path / "copy.db", ledger.file)
        ledger.engine.refuse = lambda _entries: NoSpace("the disk is full")
        with pytest.raises(Unavailable):
            await ledger.submit(connect(2))
        ledger.engine.refuse = lambda _entries: None
        await ledger.submit(connect(2))
        assert await stream.next() is None


async def test_l5_nobody_is_answered_before_the_commit_has_returned(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        waiting = asyncio.create_task(ledger.submit(connect(1)))
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, 20)
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done
        assert rows(ledger.database, "SELECT count(*) FROM sessions") == [(0,)]
        ledger.engine.may_commit.set()
        await waiting
        assert rows(ledger.database, "SELECT count(*) FROM sessions") == [(1,)]


async def test_l5_a_commit_of_unknown_fate_ends_the_writer_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    fatal: list[Exception] = []
    async with running(tmp_path, on_fatal=fatal.append) as ledger:
        await ledger.submit(inventory())
        plug = await ledger.while_busy()
        ledger.engine.commit_fails = lambda: FateUnknown("the disk went away")
        waiting = [asyncio.create_task(ledger.submit(connect(1))) for _ in range(3)]
        await asyncio.sleep(0)
        ledger.go_on()
        assert [type(outcome) for outcome in await all_of([plug, *waiting])] == [Unanswered] + 3 * [Stopping]
        assert [type(error) for error in fatal] == [FateUnknown]
        assert not ledger.healthy
        with pytest.raises(Stopping):
            await ledger.submit(connect(1))


class Unwritable(dict[int, Session]):
    """A table of an image that takes no rows."""

    def __setitem__(self, key: int, row: Session) -> None:
        raise MemoryError


async def test_l5_a_committed_batch_that_does_not_get_into_memory_is_not_run_again(tmp_path: Path) -> None:
    fatal: list[Exception] = []
    async with running(tmp_path, on_fatal=fatal.append) as ledger:
        await ledger.submit(inventory())
        ledger.image.sessions = Unwritable()
        with pytest.raises(Unanswered):
            await ledger.submit(connect(1))
        await until(lambda: len(fatal) == 1)
    assert rows(ledger.file, "SELECT count(*) FROM sessions") == [(1,)]


def test_l5_a_commit_of_unknown_fate_ends_the_process_with_74(tmp_path: Path) -> None:
    script = """
        import asyncio, pathlib, sys
        from seatkeeper.ledger.engines.engine import FateUnknown
        from tests.ledger.world import inventory, running

        async def main():
            async with running(pathlib.Path(sys.argv[1])) as ledger:
                ledger.engine.commit_fails = lambda: FateUnknown("the disk went away")
                await ledger.submit(inventory())

        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "data")]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, timeout=60, check=False)
    assert ended.returncode == 74, ended.stderr.decode()
    assert b"the disk went away" in ended.stdout + ended.stderr


async def test_a_refusal_is_answered_without_a_commit(place: Place) -> None:
    async with running(place) as ledger:
        before = ledger.engine.commits
        with pytest.raises(Refusal) as refused:
            await ledger.submit(connect(9))
        assert refused.value.code is Code.UNKNOWN_USER
        assert (ledger.engine.commits, ledger.head) == (before, 0)
