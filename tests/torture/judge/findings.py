"""What can be found against a server, and what a run amounted to."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What sort of promise was broken."""

    OVER_ALLOCATION = "over-allocation"
    LOST = "lost"
    REVIVED = "revived"
    SESSION_LOST = "session lost"
    MESSAGE = "message"
    JOURNAL = "journal"
    FAULT = "fault"
    CHECK = "check"


@dataclass(frozen=True)
class Finding:
    """One broken promise. `at` is the harness's clock in nanoseconds, None where no moment can be named."""

    kind: Kind
    text: str
    at: int | None = None


@dataclass
class Verdict:
    """What the log shows: every finding, and how much was looked at.

    `operations` are requests that were answered; `unanswered` those that were not.
    """

    findings: list[Finding] = field(default_factory=list)
    operations: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    refused_service: int = 0
    granted: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    """Acknowledged holds that were looked for after a restart."""
    messages: int = 0
    recorded: int = 0
    """Acquisitions that were acknowledged and looked for in the journal."""
    faults: Counter[str] = field(default_factory=Counter)
    unserved: dict[str, int] = field(default_factory=dict)
    """By kind of fault, the longest time in which nobody was answered, in nanoseconds."""
    node_unserved: dict[str, int] = field(default_factory=dict)
    """By kind of fault, the longest time in which a node that it was done to answered nobody."""
    fullest: Counter[str] = field(default_factory=Counter)
    """By license, the most users that certainly held one at the same time."""

    def find(self, kind: Kind, text: str, at: int | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, text, at))

    def count(self, kind: Kind) -> int:
        """How many findings of one kind there are."""
        return sum(finding.kind is kind for finding in self.findings)
