"""Judging assignments: who is certainly assigned a seat, and whose holds may go with it."""

from tests.torture.judge.case import UNCERTAIN, Case
from tests.torture.judge.findings import Kind
from tests.torture.judge.ownership import Belief
from tests.torture.log import Move


class Moving:
    """What the administrator assigns and takes away, one license after the other."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def move_sent(self, entry: Move) -> None:
        """From here on the assignment, and what is held on it, is in doubt."""
        self.case.moving.add((entry.user, entry.license))
        if not entry.assigned:
            self.case.assignments.doubt(entry.user, entry.user, entry.license, entry.sent)
        elif self.case.assignments.get(entry.user, entry.license) is Belief.FREE:
            self.case.assignments.put(entry.user, entry.user, entry.license, Belief.UNKNOWN, entry.sent)
        for session in self.case.sessions_of[entry.user]:
            if not entry.assigned:
                self.case.holds.doubt(session, entry.user, entry.license, entry.sent)
            if session in self.case.pending:
                self.case.pending[session].disturbed.add(entry.license)

    def moved(self, entry: Move) -> None:
        """An assignment or its end was answered."""
        if entry.status not in UNCERTAIN:
            self.case.moving.discard((entry.user, entry.license))
        if entry.status == 409 and entry.received is not None:
            self._seat_refused(entry, entry.received)
            return
        self.case.answered(entry)
        if entry.status != 200 or entry.received is None:
            return
        belief = Belief.HELD if entry.assigned else Belief.FREE
        self.case.assignments.put(entry.user, entry.user, entry.license, belief, entry.received)
        if not entry.assigned:
            for session in self.case.sessions_of[entry.user]:
                asked = self.case.pending[session].request.asked if session in self.case.pending else ()
                if entry.license not in asked:
                    self.case.holds.put(session, entry.user, entry.license, Belief.FREE, entry.received)

    def _seat_refused(self, entry: Move, at: int) -> None:
        self.case.verdict.operations["move"] += 1
        self.case.assignments.put(entry.user, entry.user, entry.license, Belief.FREE, at)
        if self.case.assignments.possible(entry.license) < self.case.plan.seats[entry.license]:
            text = f"no seat of {entry.license} could be assigned to {entry.user}, though one was certainly free"
            self.case.find(Kind.LOST, text, at)
