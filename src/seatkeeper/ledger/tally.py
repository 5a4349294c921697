"""What the ledger has done since its start, in plain counts, for those who watch over it."""

from bisect import bisect_left
from threading import Lock
from typing import Final, NamedTuple

from seatkeeper.ledger.deployed import RuntimeFigures
from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.entities import License, Pool
from seatkeeper.licensing.verdicts import Reason

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds for durations, from a fast disk's commit to an inventory of a million entries."""

_COMMANDS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Distribution:
    """How often which values were measured, sorted by rising `bounds`; a value belongs below the bound it equals.

    `counts` has one more item than there are bounds, for the values above all of them.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def copy(self) -> "Distribution":
        """The counts as they are now."""
        copied = Distribution(self.bounds)
        copied.counts, copied.sum = list(self.counts), self.sum
        return copied


class DenialCount(NamedTuple):
    """What denials are counted by. `license_id` is None for names that nobody knows; `repeated`: rule L10 took it for
    the same refusal again."""

    license_id: int | None
    reason: Reason
    repeated: bool


class Tally:
    """The counts. The writer's thread changes them under `lock`, together with the image, for no longer than that
    takes: whoever has the lock sees all that a batch did, or nothing.

    `commands`: by what they came to. `unsaved`: batches that the database did not take, by why; one that was taken
    apart to find the culprit counts with that. `transactions`: those that ended, by how. `turned_away`: commands that
    a full queue refused; changed by the event loop alone.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.batch_commands = Distribution(_COMMANDS)
        self.batch_seconds = Distribution(SECONDS)
        self.commit_seconds = Distribution(SECONDS)
        self.commands = {"done": 0, "refused": 0, "failed": 0}
        self.unsaved = {"no_space": 0, "busy": 0, "disconnected": 0, "unknown": 0, "fault": 0}
        self.turned_away = 0
        self.followed = 0
        self.reconnects = 0
        self.fates = {"saved": 0, "unsaved": 0, "unanswered": 0}
        self.connected = 0
        self.ended = dict.fromkeys(EndReason, 0)
        self.transactions = dict.fromkeys((each for each in TransactionStatus if each.over), 0)
        self.denials: dict[DenialCount, int] = {}

    def denied(self, what: DenialCount) -> None:
        """One more denial."""
        self.denials[what] = self.denials.get(what, 0) + 1

    def forget_licenses(self, numbers: set[int]) -> None:
        """These licenses were removed, and with them what was counted of each."""
        self.denials = {what: count for what, count in self.denials.items() if what.license_id not in numbers}

    def copy(self) -> "Tally":
        """The counts as they are now; the caller has the lock."""
        copied = Tally()
        copied.batch_commands = self.batch_commands.copy()
        copied.batch_seconds = self.batch_seconds.copy()
        copied.commit_seconds = self.commit_seconds.copy()
        copied.commands = self.commands.copy()
        copied.unsaved = self.unsaved.copy()
        copied.turned_away = self.turned_away
        copied.followed = self.followed
        copied.reconnects = self.reconnects
        copied.fates = self.fates.copy()
        copied.connected = self.connected
        copied.ended = self.ended.copy()
        copied.transactions = self.transactions.copy()
        copied.denials = self.denials.copy()
        return copied


class Figures(NamedTuple):
    """What there is, and what was done since the start, all as one commit left it; what waits, as it is now.

    `sessions`: how many live. `runtimes`: by name. `queue`: how many commands may wait.
    """

    head: int
    licenses: dict[int, License]
    pools: list[Pool]
    sessions: int
    runtimes: list[RuntimeFigures]
    tally: Tally
    waiting: int
    queue: int
