"""Judging a database that was put back on purpose: nothing is certain until the next snapshot."""

from collections.abc import Callable
from typing import Any

from tests.torture.judge.case import UNCERTAIN, Case
from tests.torture.judge.findings import Kind
from tests.torture.judge.hearing import Hearing
from tests.torture.judge.ownership import Belief
from tests.torture.log import Connect, Operation, Rewound


class Rewinding:
    """A restored backup, or a standby that was promoted without the last commits."""

    def __init__(self, case: Case, hearing: Hearing) -> None:
        self._case = case
        self._hearing = hearing
        self._at = 0

    def rewound(self, entry: Rewound) -> None:
        """Sessions may live again that had ended, and be gone that were acknowledged; so with all that they held."""
        case = self._case
        self._at = entry.received
        case.pending.clear()
        case.moving.clear()
        case.fresh.clear()
        for session, user in case.user_of.items():
            case.sessions[session] = Belief.UNKNOWN
            for name in case.holds.of(session):
                case.holds.put(session, user, name, Belief.UNKNOWN, entry.received)
        for user in case.plan.movers:
            for name in case.plan.movable:
                case.assignments.put(user, user, name, Belief.UNKNOWN, entry.received)
        self._hearing.rewound(entry.back_to)

    def unless_void(self, handle: Callable[[Any], None], entry: Operation) -> None:
        """Judge an answer, unless what was asked before a rewinding may have been undone by it."""
        if entry.sent >= self._at:
            handle(entry)
            return
        self._case.verdict.operations[type(entry).__name__.lower()] += 1
        if isinstance(entry, Connect):
            self._case.unclaimed[entry.user] += 1
        if entry.status not in {*UNCERTAIN, 401, 409} and not 200 <= (entry.status or 0) < 300:
            self._case.find(Kind.FAULT, f"{entry.user} got {entry.status} as the answer to {entry}", entry.received)
