"""What the judge believes at the moment he has come to."""

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from tests.torture.inventory import Plan
from tests.torture.judge.findings import Kind, Verdict
from tests.torture.judge.ownership import Belief, Ownership
from tests.torture.log import Acquire, Operation

# 503: the server says that it cannot take the command, or does not know what became of it.
UNCERTAIN: Final = frozenset({None, 503})


@dataclass
class Pending:
    """An acquisition under way: what was believed when it was sent, and what somebody else may change meanwhile."""

    request: Acquire
    before: dict[str, Belief]
    entitled: dict[str, Belief]
    disturbed: set[str]


class Case:
    """Beliefs about sessions, holds and assignments, and what was found so far.

    `sessions` says of each known session whether it is live (held), ended (free) or unknown. `unclaimed` counts, by
    user, log-ons without an answer: each may have made a session that no client knows. `moving` are the (user,
    license) pairs whose assignment somebody is changing, with an outcome that is not known yet. `ending`
    are sessions whose clients have asked for their end. `fresh` counts, by session and license, acquisitions of what
    was certainly free.
    """

    def __init__(self, plan: Plan, patience: int | None = None) -> None:
        self.plan = plan
        self.verdict = Verdict()
        self.holds = Ownership(plan.seats, "certainly hold", self.verdict)
        self.assignments = Ownership(plan.seats, "are certainly assigned", self.verdict)
        self.sessions: dict[str, Belief] = {}
        self.user_of: dict[str, str] = {}
        self.sessions_of: dict[str, list[str]] = defaultdict(list)
        self.pending: dict[str, Pending] = {}
        self.moving: set[tuple[str, str]] = set()
        self.unclaimed: Counter[str] = Counter()
        self.ending: set[str] = set()
        self.fresh: Counter[tuple[str, str]] = Counter()
        self._patience = patience
        self._used: dict[str, int] = {}
        self._due: list[tuple[int, str]] = []
        self._lapsed: dict[str, int | None] = {}
        """When sessions that may have expired were first used again."""
        for user, license_ in plan.assigned:
            self.assignments.put(user, user, license_, Belief.HELD, 0)

    def find(self, kind: Kind, text: str, at: int | None) -> None:
        """Add a finding."""
        self.verdict.find(kind, text, at)

    def meet(self, session: str, user: str, at: int) -> None:
        """Believe from now on that a session is live; it was last used at `at`, or later."""
        self._know(session, user)
        self.sessions[session] = Belief.HELD
        self._use(session, at)

    def find_live(self, session: str, user: str, at: int) -> None:
        """A session was seen to live; one that has not been used for long may expire at any moment."""
        if self._patience is None or session in self._used:
            self.meet(session, user, self._used.get(session, at))
        else:
            self._know(session, user)
            self.sessions[session] = Belief.UNKNOWN

    def lapse(self, at: int) -> None:
        """Doubt the sessions that have not been used for so long that they may have expired by now."""
        while self._due and self._due[0][0] <= at and self._patience is not None:
            due, session = heapq.heappop(self._due)
            used = self._used[session] + self._patience
            if used > due:
                heapq.heappush(self._due, (used, session))
                continue
            del self._used[session]
            self._lapsed[session] = None
            if self.sessions[session] is Belief.HELD:
                self.sessions[session] = Belief.UNKNOWN
            for name in self.holds.of(session):
                self.holds.doubt(session, self.user_of[session], name, due)

    def free_all(self, session: str, user: str, at: int) -> None:
        """Believe that a session holds nothing."""
        for name in self.holds.of(session):
            self.holds.put(session, user, name, Belief.FREE, at)

    def answered(self, entry: Operation) -> None:
        """Count an answer. Statuses that no well-behaved client should ever get are findings."""
        self.verdict.operations[type(entry).__name__.lower()] += 1
        if entry.status in UNCERTAIN:
            self.verdict.refused_service += 1
        elif entry.status == 401:
            self.session_lost(entry)
        elif entry.status is None or not 200 <= entry.status < 300:
            self.find(Kind.FAULT, f"{entry.user} got {entry.status} as the answer to {entry}", entry.received)
        else:
            session = getattr(entry, "session", None)
            if session in self.user_of and session not in self.ending:
                self._used_by(entry, session)

    def session_lost(self, entry: Operation) -> None:
        """A session's credentials were refused: a finding where it was acknowledged and nobody ended it."""
        session = getattr(entry, "session", None)
        if session is None:
            self.find(Kind.FAULT, f"{entry.user} got 401 as the answer to {entry}", entry.received)
        elif self.sessions.get(session) is Belief.HELD:
            text = f"session {session} of {entry.user} was acknowledged and not ended, and is not known any more"
            self.find(Kind.SESSION_LOST, text, entry.received)
            self.sessions[session] = Belief.UNKNOWN

    def _used_by(self, entry: Operation, session: str) -> None:
        """Of a session that might have expired already, the node that expires it hears in time only if it goes on."""
        if session in self._lapsed:
            first = self._lapsed[session]
            if first is None or entry.sent - first < (self._patience or 0):
                self._lapsed[session] = entry.sent if first is None else first
                return
            del self._lapsed[session]
        self.meet(session, entry.user, entry.sent)

    def _know(self, session: str, user: str) -> None:
        if session not in self.user_of:
            self.user_of[session] = user
            self.sessions_of[user].append(session)

    def _use(self, session: str, at: int) -> None:
        if self._patience is None:
            return
        if session not in self._used:
            heapq.heappush(self._due, (at + self._patience, session))
        self._used[session] = max(at, self._used.get(session, at))
