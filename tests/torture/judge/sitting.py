"""Judging sessions: acknowledged ones stay, ended ones do not come back, and a restart changes nothing of either."""

from tests.torture.judge.case import UNCERTAIN, Case
from tests.torture.judge.findings import Kind
from tests.torture.judge.ownership import Belief
from tests.torture.log import Connect, Kill, Operation, Snapshot, Use


class Sitting:
    """Log-ons, the use of sessions, and what was found after a restart."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def unanswered(self, entry: Operation) -> None:
        """A request got no answer; a log-on may have made a session all the same."""
        self.case.verdict.unanswered += 1
        if isinstance(entry, Connect):
            self.case.unclaimed[entry.user] += 1

    def connected(self, entry: Connect) -> None:
        """A log-on was answered."""
        self.case.answered(entry)
        if entry.session is None:
            if entry.status in UNCERTAIN:
                self.case.unclaimed[entry.user] += 1
            return
        if entry.session in self.case.user_of:
            other = self.case.user_of[entry.session]
            text = f"{entry.user} was given session {entry.session}, which had been given to {other} before"
            self.case.find(Kind.SESSION_LOST, text, entry.received)
        self.case.meet(entry.session, entry.user, entry.sent)

    def used(self, entry: Use) -> None:
        """A session's old credentials were shown."""
        if entry.status == 200 and not entry.up:
            self.case.verdict.operations["use"] += 1
            self.case.session_lost(entry)
        else:
            self.case.answered(entry)

    def killed(self, entry: Kill) -> None:
        """The server was killed."""
        self.case.verdict.kills[entry.moment] += 1

    def snapshot(self, entry: Snapshot) -> None:
        """Hold every belief against what is so; what was unknown is known from here on."""
        at = entry.received
        self.case.pending.clear()
        self.case.moving.clear()
        seen = {session: (user, frozenset(held)) for session, user, held in entry.sessions}
        for session in [known for known, belief in self.case.sessions.items() if belief is not Belief.FREE]:
            if session not in seen:
                self._missing(session, at)
        for session, (user, held) in seen.items():
            if session not in self.case.user_of:
                self._stranger(session, user, at)
            elif self.case.sessions[session] is Belief.FREE:
                self.case.find(Kind.REVIVED, f"session {session} of {user} is live, and had certainly ended", at)
            self.case.find_live(session, user, at)
            for name in sorted(held.union(self.case.holds.of(session))):
                self._compare(session, name, held=name in held, at=at)

    def _missing(self, session: str, at: int) -> None:
        user = self.case.user_of[session]
        if self.case.sessions[session] is Belief.HELD:
            text = f"session {session} of {user} was acknowledged, and is gone after the restart"
            self.case.find(Kind.SESSION_LOST, text, at)
        self.case.sessions[session] = Belief.FREE
        for name, belief in self.case.holds.of(session).items():
            if belief is Belief.HELD:
                text = f"session {session} of {user} certainly held {name}, and is gone after the restart"
                self.case.find(Kind.LOST, text, at)
        self.case.free_all(session, user, at)

    def _stranger(self, session: str, user: str, at: int) -> None:
        if not self.case.unclaimed[user]:
            self.case.find(Kind.REVIVED, f"session {session} of {user} is live, and nobody asked for it", at)
        self.case.unclaimed[user] -= 1

    def _compare(self, session: str, name: str, *, held: bool, at: int) -> None:
        user, believed = self.case.user_of[session], self.case.holds.get(session, name)
        self.case.verdict.confirmed += believed is Belief.HELD
        if believed is Belief.HELD and not held:
            text = f"session {session} of {user} certainly held {name}, and does not after the restart"
            self.case.find(Kind.LOST, text, at)
        elif believed is Belief.FREE and held:
            text = f"session {session} of {user} holds {name} after the restart, and certainly did not before"
            self.case.find(Kind.REVIVED, text, at)
        belief = self.case.sessions[session] if held else Belief.FREE  # of one that may expire it is not certain
        self.case.holds.put(session, user, name, belief, at)
