"""Who certainly has what: (session, license) and (user, license) pairs, counted against the seats at every change."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from enum import Enum

from tests.torture.judge.findings import Kind, Verdict


class Belief(Enum):
    """What the log proves at a moment."""

    HELD = "held"
    FREE = "free"
    UNKNOWN = "unknown"


class Ownership:
    """What each owner has, believed free until something else is known; `noun` is what having it is called.

    An owner belongs to a user. A license is over-allocated where more users certainly have it than it has seats.
    """

    def __init__(self, seats: Mapping[str, int], noun: str, verdict: Verdict) -> None:
        self._seats = seats
        self._noun = noun
        self._verdict = verdict
        self._beliefs: dict[str, dict[str, Belief]] = defaultdict(dict)
        self._users: dict[str, Counter[str]] = defaultdict(Counter)

    def get(self, owner: str, license_: str) -> Belief:
        """What is believed of one owner and license."""
        return self._beliefs[owner].get(license_, Belief.FREE)

    def of(self, owner: str) -> dict[str, Belief]:
        """All beliefs about one owner that were ever other than free."""
        return dict(self._beliefs[owner])

    def holders(self, license_: str) -> frozenset[str]:
        """The users that certainly have the license."""
        return frozenset(self._users[license_])

    def possible(self, license_: str) -> int:
        """How many owners are not certainly without the license."""
        return sum(beliefs.get(license_, Belief.FREE) is not Belief.FREE for beliefs in self._beliefs.values())

    def put(self, owner: str, user: str, license_: str, belief: Belief, at: int) -> None:
        """Believe something else from `at` on."""
        before = self.get(owner, license_)
        if before is belief:
            return
        self._beliefs[owner][license_] = belief
        users = self._users[license_]
        if before is Belief.HELD:
            users[user] -= 1
            if not users[user]:
                del users[user]
        elif belief is Belief.HELD:
            users[user] += 1
            if users[user] == 1:
                self._count(license_, at)

    def doubt(self, owner: str, user: str, license_: str, at: int) -> None:
        """What was certainly held is unknown from `at` on."""
        if self.get(owner, license_) is Belief.HELD:
            self.put(owner, user, license_, Belief.UNKNOWN, at)

    def _count(self, license_: str, at: int) -> None:
        users = self._users[license_]
        fullest = self._verdict.fullest
        fullest[license_] = max(fullest[license_], len(users))
        seats = self._seats[license_]
        if len(users) > seats:
            text = f"{license_} has {seats} seats and {len(users)} users {self._noun} one: {', '.join(sorted(users))}"
            self._verdict.find(Kind.OVER_ALLOCATION, text, at)
