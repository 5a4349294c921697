"""Judging acquisitions and releases: what is certainly held, from which moment until which."""

from tests.torture.judge.case import Case, Pending
from tests.torture.judge.findings import Kind
from tests.torture.judge.ownership import Belief
from tests.torture.log import Acquire, End, How, Release


class Acquiring:
    """What clients acquire and give up."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def acquire_sent(self, entry: Acquire) -> None:
        """From here on what is asked for may be held, and what is replaced may be gone."""
        before = {name: self.case.holds.get(entry.session, name) for name in entry.asked}
        entitled = {name: self.case.assignments.get(entry.user, name) for name in entry.asked}
        disturbed = {name for name in entry.asked if (entry.user, name) in self.case.moving}
        self.case.pending[entry.session] = Pending(entry, before, entitled, disturbed)
        for name, belief in before.items():
            if belief is Belief.FREE:
                self.case.holds.put(entry.session, entry.user, name, Belief.UNKNOWN, entry.sent)
        if entry.how is How.REPLACE:
            for name in self.case.holds.of(entry.session):
                if name not in before:
                    self.case.holds.doubt(entry.session, entry.user, name, entry.sent)

    def acquired(self, entry: Acquire) -> None:
        """An acquisition was answered."""
        self.case.answered(entry)
        pending = self.case.pending.pop(entry.session, None)
        if pending is None or pending.request is not entry:
            return  # two clients share the session, which is a finding by itself
        if entry.status != 200 or entry.received is None:
            return
        at = entry.received
        for name in entry.granted:
            self._granted(pending, name, at)
        for name in entry.refused:
            self._refused(pending, name, at)
        for name in set(entry.asked).difference(entry.granted, entry.refused):
            if pending.before[name] is Belief.FREE:  # after an abort: nothing was done
                self.case.holds.put(entry.session, entry.user, name, Belief.FREE, at)
        if entry.how is How.REPLACE:
            for name in set(self.case.holds.of(entry.session)).difference(entry.asked):
                self.case.holds.put(entry.session, entry.user, name, Belief.FREE, at)

    def _granted(self, pending: Pending, name: str, at: int) -> None:
        request = pending.request
        self.case.verdict.granted += 1
        if name in pending.disturbed:
            self.case.holds.put(request.session, request.user, name, Belief.UNKNOWN, at)
            return
        if name in self.case.plan.movable and pending.entitled[name] is Belief.FREE:
            text = f"{request.user} was granted {name}, which was certainly not assigned to him"
            self.case.find(Kind.OVER_ALLOCATION, text, at)
        if pending.before[name] is Belief.FREE:
            self.case.fresh[request.session, name] += 1
        self.case.holds.put(request.session, request.user, name, Belief.HELD, at)

    def _refused(self, pending: Pending, name: str, at: int) -> None:
        request = pending.request
        if name not in pending.disturbed:
            if pending.before[name] is Belief.HELD:
                text = f"session {request.session} of {request.user} was refused {name}, which it certainly held"
                self.case.find(Kind.LOST, text, at)
            elif name in self.case.plan.movable and pending.entitled[name] is Belief.HELD:
                text = f"{request.user} was refused {name}, which was certainly assigned to him"
                self.case.find(Kind.LOST, text, at)
        self.case.holds.put(request.session, request.user, name, Belief.FREE, at)

    def give_up_sent(self, entry: Release | End) -> None:
        """From here on nothing of the session is certainly held."""
        for name in self.case.holds.of(entry.session):
            self.case.holds.doubt(entry.session, entry.user, name, entry.sent)
        if isinstance(entry, End):
            self.case.sessions[entry.session] = Belief.UNKNOWN
            self.case.ending.add(entry.session)

    def released(self, entry: Release) -> None:
        """A release was answered: nothing is held."""
        self.case.answered(entry)
        if entry.status in {200, 204} and entry.received is not None:
            self.case.free_all(entry.session, entry.user, entry.received)

    def ended(self, entry: End) -> None:
        """A log-off was answered: the session is gone for good."""
        self.case.answered(entry)
        if entry.status in {200, 204} and entry.received is not None:
            self.case.free_all(entry.session, entry.user, entry.received)
            self.case.sessions[entry.session] = Belief.FREE
