"""The time that a ledger goes by: the host's, or one that tests set (rule L8)."""

import time

_MILLISECONDS = 1000


def host_clock() -> int:
    """The host's time in milliseconds since 1970-01-01T00:00Z."""
    return time.time_ns() // 1_000_000


class SettableClock:
    """A clock that goes as the host's does, as far ahead of it as it has been set."""

    def __init__(self) -> None:
        self._ahead = 0
        self._advanced = 0

    def __call__(self) -> int:
        """The time in milliseconds since 1970-01-01T00:00Z."""
        return host_clock() + self._ahead

    @property
    def ahead(self) -> int:
        """Milliseconds by which it is ahead of the host's."""
        return self._ahead

    def steady(self) -> float:
        """Seconds that never go back, by which delays and what is remembered for a while are measured."""
        return time.monotonic() + self._advanced / _MILLISECONDS

    def advance(self, milliseconds: int) -> None:
        """Set it forward. Raises ValueError for a time before its own: the journal's times never go back."""
        if milliseconds < 0:
            raise ValueError("The clock cannot be set back.")
        self._ahead += milliseconds
        self._advanced += milliseconds

    def follow_host(self) -> None:
        """Show the host's time again. Only where what was dated by this clock is gone."""
        self._ahead = 0


class DatabaseClock:
    """The database's clock, as far as this host's tells it: the same for all nodes, whatever their hosts think."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        """The time in milliseconds since 1970-01-01T00:00Z."""
        return host_clock() + self._ahead

    def set(self, now: int) -> None:
        """The database has just said what time it is."""
        self._ahead = now - host_clock()
