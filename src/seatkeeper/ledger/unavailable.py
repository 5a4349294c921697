"""Why the ledger could not take a command, or could not answer it."""

from seatkeeper.licensing.sentences import Fact, Sentence


class Unavailable(Exception):
    """The ledger cannot take the command, or cannot answer it. `said` says why, `retry_after` is in seconds."""

    def __init__(self, text: str, /, *, retry_after: int = 1, **facts: Fact) -> None:
        self.said = Sentence(text, facts)
        super().__init__(str(self.said))
        self.retry_after = retry_after


class QueueFull(Unavailable):
    """Too many commands wait already (rule L7). Nothing was changed."""


class Stopping(Unavailable):
    """The ledger is not running, or not any more. Nothing was changed."""


class Unanswered(Unavailable):
    """Whether the command was carried out is not known here, and cannot be found out now (rule L5): the connection was
    lost at its commit, or the writer ended while it had the command."""
