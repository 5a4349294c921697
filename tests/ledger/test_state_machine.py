"""The ledger, driven at random: interleavings, failing saves, clients that leave, evictions, restarts; on SQLite, and
several nodes at once on PostgreSQL.

Judged from outside: by counts of the answers that were given, by statements of its own on the tables, and by `check`.
"""

import asyncio
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
from tests.ledger.world import (
    Clock,
    Place,
    Tables,
    WatchedLedger,
    all_of,
    assert_clean,
    connect,
    inventory,
    rows,
    running,
)
from tests.postgres.fixtures import postgres_server

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


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
    SELECT * FROM (
        SELECT p.license_id, p.concurrent_seats, p.assignable_seats,
            (SELECT count(DISTINCT user_id) FROM holds WHERE license_id = p.license_id AND method = 1) AS used,
            (SELECT count(*) FROM assignments a
                LEFT JOIN profiles f ON f.holder_kind = a.holder_kind AND f.holder_id = a.holder_id
                WHERE a.license_id = p.license_id AND coalesce(f.enabled, true) AND coalesce(f.method, 0) = 0) AS taken
        FROM pools p
    ) AS counted WHERE used > concurrent_seats OR taken > assignable_seats
"""
"""Pools with more use than seats, counted from the rows that take seats."""


def answered(tables: Tables) -> Counter[str]:
    """How many events there are of each kind, without assignments to applications."""
    of_application = re.compile(rb'"holder":\[3,')
    events = rows(tables, "SELECT kind, data FROM journal")
    return Counter(kind for kind, data in events if kind != "assigned" or not of_application.search(data))


class LedgerMachine(RuleBasedStateMachine):
    """One data directory through many batches, faults and restarts."""

    nodes = 1
    place: Place

    @initialize(cached=st.integers(1, 6), seats=st.integers(1, 2))
    def begin(self, cached: int, seats: int) -> None:
        self.data = Path(tempfile.mkdtemp())
        self.place = self._place()
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.connected = self.assigned = self.copies = 0
        self.runnings: dict[int, AbstractAsyncContextManager[WatchedLedger]] = {}
        self.ledgers: dict[int, WatchedLedger] = {}
        for number in range(self.nodes):
            self._start(number, cached + number)
        self.runner.run(self.ledger.submit(inventory(users=USERS, seats=seats)))
        self._serve([connect(1 + number % USERS) for number in range(2 * USERS)], set(), "")

    def _place(self) -> Place:
        return self.data

    @property
    def ledger(self) -> WatchedLedger:
        """One of the nodes."""
        return self.ledgers[0]

    def _start(self, node: int, cached: int) -> None:
        bounds, policy = Bounds(cached_users=cached, batch=5), Policy(idle_timeout=600_000, deployment=TOKENS)
        self.runnings[node] = running(self.place, clock=self.clock, bounds=bounds, policy=policy)
        self.ledgers[node] = self.runner.run(self.runnings[node].__aenter__())

    @rule(
        seeds=st.lists(st.integers(0, 2**32), min_size=1, max_size=6),
        fault=st.sampled_from([""] * 6 + sorted(FAULTS)),
    )
    def at_once(self, seeds: list[int], fault: str) -> None:
        """Several clients at once, some of whom leave before they are served, while the database may fail."""
        for seed in seeds:
            users = [
                number for (number,) in rows(self.ledger.database, "SELECT id FROM users WHERE deleted_at IS NULL")
            ]
            sessions = [number for (number,) in rows(self.ledger.database, "SELECT id FROM sessions")]
            work = Work(seed, users, sessions)
            self._serve(work.commands(12), work.some(12), fault)

    @rule(milliseconds=st.sampled_from((-5_000, 1, 60_000, 250_000)), active=st.sets(st.integers(0, 20)))
    def time_passes(self, milliseconds: int, active: set[int]) -> None:
        """Some are active, and some clocks go back."""
        self.clock.now += milliseconds
        for number in active:
            self.ledgers[number % self.nodes].touch(1_000_000_001 + number)

    @rule(cached=st.integers(1, 6), node=st.integers(0, 2))
    def restart(self, cached: int, node: int) -> None:
        """Stop it and start it again."""
        self.runner.run(self.runnings[node % self.nodes].__aexit__(None, None, None))
        self._start(node % self.nodes, cached)

    @precondition(lambda self: self.nodes == 1 and self.copies < 2)
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
        assert rows(self.ledger.database, OVER) == []

    @invariant()
    def what_was_answered_is_in_the_journal_and_nothing_else(self) -> None:
        """No answer without its event, and no event of which nobody was told. Tokens go without being asked for."""
        counts = answered(self.ledger.database)
        assert (counts["connected"], counts["assigned"]) == (self.connected, self.assigned)

    def teardown(self) -> None:
        if hasattr(self, "runnings"):
            for each in self.runnings.values():
                self.runner.run(each.__aexit__(None, None, None))
            self.runner.close()
            assert_clean(self.ledger.database)
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
        """The first node stands still until all have asked; then all go on at once."""
        plug = await self.ledger.while_busy()
        waiting = [asyncio.create_task(self._node(number).submit(each)) for number, each in enumerate(given)]
        await asyncio.sleep(0)
        for number in leaving:
            waiting[number].cancel()
        for ledger in self.ledgers.values():
            ledger.engine.refuse = FAULTS[fault]
        self.ledger.go_on()
        outcomes = await all_of([*waiting, plug])
        for ledger in self.ledgers.values():
            ledger.engine.refuse = FAULTS[""]
        return outcomes[:-1]

    def _node(self, number: int) -> WatchedLedger:
        """That which the client of this number asks: some of each half dozen ask the same."""
        return self.ledgers[number * 7 // 4 % self.nodes]

    def _count(self, command: Command[Any], outcome: Any) -> None:  # noqa: ANN401 - of any command
        """Count what was answered, to be found in the journal."""
        if isinstance(command, Together):
            for each, part in zip(command.commands, outcome, strict=True):
                self._count(each, part)
        elif isinstance(command, Connect):
            self.connected += 1
        elif isinstance(command, Assign):
            self.assigned += len(outcome)


class NodesMachine(LedgerMachine):
    """The same with three nodes on one database of PostgreSQL."""

    nodes = 3

    def _place(self) -> Place:
        return postgres_server().empty_url()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=16, stateful_step_count=12, deadline=None)
TestNodesMachine = NodesMachine.TestCase
TestNodesMachine.settings = settings(max_examples=8, stateful_step_count=10, deadline=None)
