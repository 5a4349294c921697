"""Rule L11 at random: work, seals at any position, forgetting, restarts; then tampering.

Judged from outside: nothing of the tables changes by a seal, every event stays in its place, `check` finds nothing
wrong with and without the archives, and finds whatever was changed in them.
"""

import asyncio
import gzip
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.licensing.inventory_commands import DeleteUser
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import SAVED
from tests.ledger.checking import check_file
from tests.ledger.keeping import (
    MINUTE,
    archive_of,
    archives,
    assert_clean_with,
    forget,
    journal_of,
    personal_of,
    seal,
)
from tests.ledger.random_work import USERS, Work
from tests.ledger.world import Clock, WatchedLedger, all_of, assert_clean, inventory, rows, running, until

STEP = st.one_of(
    st.tuples(st.just("work"), st.integers(0, 2**32)),
    st.tuples(st.just("work"), st.integers(0, 2**32)),
    st.tuples(st.just("seal"), st.integers(0, 8)),
    st.tuples(st.just("forget"), st.integers(0, 3)),
    st.tuples(st.just("restart"), st.just(0)),
)


class House:
    """A ledger in a directory, and what has come of it so far."""

    def __init__(self, data: Path, ledger: WatchedLedger, clock: Clock) -> None:
        self.data = data
        self.ledger = ledger
        self.clock = clock
        self.events: list[tuple[int, str]] = []

    async def work(self, seed: int) -> None:
        """Twenty commands at random, ten minutes after what was before."""
        self.clock.now += 10 * MINUTE
        database = self.ledger.file
        users = [number for (number,) in rows(database, "SELECT id FROM users WHERE deleted_at IS NULL")]
        sessions = [number for (number,) in rows(database, "SELECT id FROM sessions")]
        outcomes = await all_of(self.ledger.submit(each) for each in Work(seed, users, sessions).commands(20))
        assert all(not isinstance(each, BaseException) or isinstance(each, Refusal) for each in outcomes), outcomes
        await until(lambda: not self.ledger.image.unfinished)

    async def seal(self, back: int) -> None:
        """Seal what is older than so many pieces of work; nothing that counts changes by it."""
        self.clock.now += 2 * MINUTE
        before = self._tables()
        await seal(self.ledger, self.clock.now - back * 10 * MINUTE, archive_of(self.ledger))
        assert self._tables() == before

    async def forget(self, which: int) -> None:
        """Forget one of those who are deleted, or delete somebody for it."""
        deleted = rows(self.ledger.file, "SELECT id FROM users WHERE deleted_at IS NOT NULL ORDER BY id")
        if not deleted:
            login = f"agent{which % USERS + 1:02}"
            await self.ledger.submit(DeleteUser(login=login))
            deleted = rows(self.ledger.file, "SELECT id FROM users WHERE deleted_at IS NOT NULL")
        await forget(self.ledger, deleted[which % len(deleted)][0])

    def judge(self) -> None:
        """Every event is where it was, and everything is as they say."""
        events = journal_of(self.ledger.file, archive_of(self.ledger))
        assert events[: len(self.events)] == self.events
        assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
        self.events = events
        assert_clean(self.ledger.file)
        assert_clean_with(self.ledger.file, archive_of(self.ledger))

    def _tables(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: sorted(rows(self.ledger.file, f"SELECT * FROM {name}"), key=repr) for name in SAVED}  # noqa: S608


async def _live(data: Path, steps: list[tuple[str, int]]) -> Path:
    clock = Clock()
    events: list[tuple[int, str]] = []
    remaining = list(steps)
    first = True
    while remaining or first:
        async with running(data, clock=clock) as ledger:
            house = House(data, ledger, clock)
            house.events = events
            if first:
                await ledger.submit(inventory(users=USERS))
                first = False
            while remaining:
                act, number = remaining.pop(0)
                if act == "restart":
                    break
                await getattr(house, act)(number)
                house.judge()
            events = house.events
    return data / "seatkeeper.db"


def _spoil(file: Path, random: Random) -> None:
    """Change one byte of what is packed in a file, or lose a line of it."""
    with gzip.open(file) as opened:
        content = bytearray(opened.read())
    if random.random() < 0.3:
        lines = content.splitlines(keepends=True)
        del lines[random.randrange(len(lines))]
        content = bytearray(b"".join(lines))
    else:
        content[random.randrange(len(content))] ^= 1 << random.randrange(
            5
        )  # not the bit of upper case: salts are the same in either
    with gzip.open(file, "wb") as opened:
        opened.write(content)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEP, min_size=3, max_size=9), seed=st.integers(0, 2**32))
def test_l11_whatever_is_sealed_and_forgotten_the_journal_is_sound_and_tampering_found(
    steps: list[tuple[str, int]], seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - to be the same again
    with tempfile.TemporaryDirectory() as folder:
        steps = [("work", seed), *steps, ("seal", 1)]
        database = asyncio.run(_live(Path(folder), steps))
        there = archives(Path(folder) / "archive")
        spoiled = random.choice([*there, *map(personal_of, there)])
        if spoiled in there or spoiled.stat().st_size > 60:  # one of nobody has nothing to be changed
            _spoil(spoiled, random)
            assert not check_file(database, Path(folder) / "archive").clean, spoiled.name
