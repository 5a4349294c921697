"""Why the ledger could not take a command, or could not answer it."""


class Unavailable(Exception):
    """The ledger cannot take the command, or cannot answer it. `retry_after` is in seconds."""

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class QueueFull(Unavailable):
    """Too many commands wait already (rule L7). Nothing was changed."""


class Stopping(Unavailable):
    """The ledger is not running, or not any more. Nothing was changed."""


class Unanswered(Unavailable):
    """The writer ended while it had the command: whether it was carried out, the next start finds out (rule L5)."""
