"""Holding what was acknowledged against the journal: each acquisition of something free is an event there."""

from tests.torture.judge.case import Case
from tests.torture.judge.findings import Kind
from tests.torture.log import Recorded


class Recording:
    """What the journal says was acquired."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def recorded(self, entry: Recorded) -> None:
        """The journal was read on."""
        found_in_all = {(session, name): count for session, name, count in entry.acquired}
        for (session, name), count in self._case.fresh.items():
            found = found_in_all.get((session, name), 0)
            if found < count:
                user = self._case.user_of.get(session, "a user")
                text = f"session {session} of {user} was granted {name} {count} times, and the journal has {found}"
                self._case.find(Kind.LOST, text, entry.received)
        self._case.verdict.recorded += self._case.fresh.total()
        self._case.fresh.clear()
