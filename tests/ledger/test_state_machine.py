"""The ledger, driven at random: interleavings, failing saves, clients that leave, evictions, restarts.

Judged from outside: by counts of the answers that were given, by statements of its own on the tables, and by `check`.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from seatkeeper.ledger.backup import back_up
from seatkeeper.ledger.door import Bounds, Unavailable
from seatkeeper.ledger.engines.engine import NoSpace, SaveFailed
from seatkeeper.ledger.journal import Entry
from seatkeeper.licensing.commands import Assign, Command, Connect, Together
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Refusal
from tests.ledger.random_work import TOKENS, USERS, Work
from tests.ledger.world import Clock, all_of, assert_clean, connect, inventory, rows, running


def _refusing(kind: str) -> Callable[[list[Entry]], Exception | None]:
    return lambda entries: SaveFailed("planted") if any(entry.kind == kind for entry in entries) else None


_REFUSED: Final = (
    "assigned",
    "connected",
    "acquired",
    "released",
    "license_removed",
    "transaction_begun",
    "transaction_moved",
    "application_defined",
)

FAULTS: Final[dict[str, Callable[[list[Entry]], Exception | None]]] = {
    "": lambda _entries: None,
    "full": lambda _entries: NoSpace("planted"),
    **{kind: _refusing(kind) for kind in _REFUSED},
}
"""What keeps the database from saving: nothing, no room, or an event of a kind that it does not take."""

faults = st.sampled_from([""] * 6 + sorted(FAULTS))

OVER: Final = """
    SELECT p.license_id,
        (SELECT count(DISTINCT user_id) FROM holds WHERE license_id = p.license_id AND method = 1) used,
        (SELECT count(*) FROM assignments a
            LEFT JOIN profiles f ON f.holder_kind = a.holder_kind AND f.holder_id = a.holder_id
            WHERE a.license_id = p.license_id AND coalesce(f.enabled, 1) AND coalesce(f.method, 0) = 0) taken
    FROM pools p WHERE used > concurrent_seats OR taken > assignable_seats
"""
"""Pools with more use than seats, counted from the rows that take seats."""


ANSWERED: Final = """
    SELECT kind, count(*) FROM journal
    WHERE NOT (kind = 'assigned' AND json_extract(CAST(data AS TEXT), '$.holder[0]') = 3) GROUP BY kind
"""
"""How many events there are of each kind, without assignments to applications."""


class LedgerMachine(RuleBasedStateMachine):
    """One data directory through many batches, faults and restarts."""

    @initialize(cached=st.integers(1, 6), seats=st.integers(1, 2))
    def begin(self, cached: int, seats: int) -> None:
        self.data = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.connected = self.assigned = self.copies = 0
        self._start(cached)
        self.runner.run(self.ledger.submit(inventory(users=USERS, seats=seats)))
        self._serve([connect(1 + number % USERS) for number in range(2 * USERS)], set(), "")

    def _start(self, cached: int) -> None:
        bounds, policy = Bounds(cached_users=cached, batch=5), Policy(idle_timeout=600_000, deployment=TOKENS)
        self.running = running(self.data, clock=self.clock, bounds=bounds, policy=policy)
        self.ledger = self.runner.run(self.running.__aenter__())

    @rule(
        seeds=st.lists(st.integers(0, 2**32), min_size=1, max_size=6), fault=st.sampled_from([""] * 6 + sorted(FAULTS))
    )
    def at_once(self, seeds: list[int], fault: str) -> None:
        """Several clients at once, some of whom leave before they are served, while the database may fail."""
        for seed in seeds:
            users = [number for (number,) in rows(self.ledger.file, "SELECT id FROM users WHERE deleted_at IS NULL")]
            sessions = [number for (number,) in rows(self.ledger.file, "SELECT id FROM sessions")]
            work = Work(seed, users, sessions)
            self._serve(work.commands(12), work.some(12), fault)

    @rule(milliseconds=st.sampled_from((-5_000, 1, 60_000, 250_000)), active=st.sets(st.integers(0, 20)))
    def time_passes(self, milliseconds: int, active: set[int]) -> None:
        """Some are active, and some clocks go back."""
        self.clock.now += milliseconds
        for number in active:
            self.ledger.touch(1_000_000_001 + number)

    @rule(cached=st.integers(1, 6))
    def restart(self, cached: int) -> None:
        """Stop it and start it again."""
        self.runner.run(self.running.__aexit__(None, None, None))
        self._start(cached)

    @precondition(lambda self: self.copies < 2)
    @rule()
    def back_up(self) -> None:
        """A backup is as sound as what it was taken from."""
        self.copies += 1
        copy = self.data / f"copy{self.copies}.db"
        back_up(self.ledger.file, copy)
        assert_clean(copy)

    @invariant()
    def no_pool_is_over_its_seats(self) -> None:
        """No command raises use above the seats."""
        assert rows(self.ledger.file, OVER) == []

    @invariant()
    def what_was_answered_is_in_the_journal_and_nothing_else(self) -> None:
        """No answer without its event, and no event of which nobody was told. Tokens go without being asked for."""
        counts = dict(rows(self.ledger.file, ANSWERED))
        assert (counts.get("connected", 0), counts.get("assigned", 0)) == (self.connected, self.assigned)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.runner.run(self.running.__aexit__(None, None, None))
            self.runner.close()
            assert_clean(self.ledger.file)
            shutil.rmtree(self.data)

    def _serve(self, given: list[Command[Any]], leaving: set[int], fault: str) -> None:
        outcomes = self.runner.run(self._served(given, leaving, fault))
        for command, outcome in zip(given, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                allowed = (Refusal, asyncio.CancelledError) + ((Unavailable, SaveFailed) if fault else ())
                assert isinstance(outcome, allowed), repr(outcome)
            else:
                self._count(command, outcome)

    async def _served(self, given: list[Command[Any]], leaving: set[int], fault: str) -> list[Any]:
        plug = await self.ledger.while_busy()
        waiting = [asyncio.create_task(self.ledger.submit(each)) for each in given]
        await asyncio.sleep(0)
        for number in leaving:
            waiting[number].cancel()
        self.ledger.engine.refuse = FAULTS[fault]
        self.ledger.go_on()
        outcomes = await all_of([*waiting, plug])
        self.ledger.engine.refuse = FAULTS[""]
        return outcomes[:-1]

    def _count(self, command: Command[Any], outcome: Any) -> None:  # noqa: ANN401 - of any command
        """Count what was answered, to be found in the journal."""
        if isinstance(command, Together):
            for each, part in zip(command.commands, outcome, strict=True):
                self._count(each, part)
        elif isinstance(command, Connect):
            self.connected += 1
        elif isinstance(command, Assign):
            self.assigned += len(outcome)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
