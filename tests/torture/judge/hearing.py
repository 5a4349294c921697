"""What subscribers heard: each folds its messages, and the fold must be what is so."""

from tests.torture.judge.case import UNCERTAIN, Case
from tests.torture.judge.findings import Kind
from tests.torture.judge.ownership import Belief
from tests.torture.log import Deaf, End, Message, Subscribe, Truth


class Hearing:
    """The folds of all subscribed sessions.

    Assigning and unassigning alternate for each user and license, so a message that changes nothing in the fold
    proves that the one before it was lost, or that one came twice.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._names: dict[str, frozenset[str]] = {}
        self._folds: dict[str, dict[str, bool]] = {}
        self._since: dict[str, int] = {}

    def subscribed(self, entry: Subscribe) -> None:
        """A subscription was asked for: whatever was heard before no longer counts."""
        self._names[entry.session] = frozenset(entry.names)
        self._folds.pop(entry.session, None)
        self._since[entry.session] = entry.sent

    def heard(self, message: Message) -> None:
        """Fold one message."""
        self._case.verdict.messages += 1
        if message.session not in self._names:
            return  # nobody knows for what it asked
        names = self._names[message.session]
        if message.full:
            self._folds[message.session] = dict(message.statuses)
            if names != {name for name, _ in message.statuses}:
                self._find(message, f"got a full message that does not name what it asked for: {message.statuses}")
            return
        fold = self._folds.get(message.session)
        if fold is None:
            self._find(message, f"got changes before any full message: {message.statuses}")
            return
        for name, assigned in message.statuses:
            if name not in names:
                self._find(message, f"heard of {name}, for which it did not ask")
            elif fold.get(name) is assigned:
                word = "assigned" if assigned else "not assigned"
                self._find(message, f"heard that {name} is {word}, as it had heard before: one message is missing")
            fold[name] = assigned

    def subscription_answered(self, entry: Subscribe) -> None:
        """A subscription was answered; where it is not known whether it was made, neither is what is to be heard."""
        self._case.answered(entry)
        if entry.status in UNCERTAIN:
            self._names.pop(entry.session, None)

    def deafened(self, entry: Deaf | End) -> None:
        """Nothing more is to be expected of what it hears, whether its end comes about or not."""
        self._names.pop(entry.session, None)

    def rewound(self, back_to: int) -> None:
        """Every subscription begins with a full message again; one that was made since is gone."""
        for session in [session for session, since in self._since.items() if since >= back_to]:
            self._names.pop(session, None)
        self._folds.clear()

    def truth(self, truth: Truth) -> None:
        """Hold the folds of the user's subscribed sessions, and his assignments, against what is so."""
        so = dict(truth.statuses)
        for name, assigned in so.items():
            believed = self._case.assignments.get(truth.user, name)
            if believed is not Belief.UNKNOWN and (believed is Belief.HELD) is not assigned:
                word = "assigned" if assigned else "not assigned"
                text = f"{name} is {word} to {truth.user}, and the last answer about it said otherwise"
                self._case.find(Kind.REVIVED if assigned else Kind.LOST, text, truth.received)
            belief = Belief.HELD if assigned else Belief.FREE
            self._case.assignments.put(truth.user, truth.user, name, belief, truth.received)
        for session in self._case.sessions_of[truth.user]:
            if session in self._names and self._case.sessions[session] is Belief.HELD:
                self._compare(session, truth.user, so, truth.received)

    def _compare(self, session: str, user: str, so: dict[str, bool], at: int) -> None:
        fold = self._folds.get(session)
        if fold is None:
            self._case.find(Kind.MESSAGE, f"session {session} of {user} subscribed and never got a full message", at)
        elif fold != so:
            self._case.find(Kind.MESSAGE, f"session {session} of {user} heard {fold}, and {so} is so", at)

    def _find(self, message: Message, text: str) -> None:
        self._case.find(Kind.MESSAGE, f"session {message.session} {text}", message.received)
