"""Whether this server takes log-ons, and where else there are servers that may."""

from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """What a server does for clients. Live sessions go on working in every one; only `SERVING` takes log-ons.

    `DRAINING` lets sessions end by themselves, so that it can be stopped without cutting anybody off. `STANDBY` leaves
    the clients to another server. `STOPPING` answers what was asked and ends.
    """

    SERVING = "serving"
    DRAINING = "draining"
    STANDBY = "standby"
    STOPPING = "stopping"


class Availability:
    """The state of this process, which begins anew with each start: `standby`, where a setting says so, else serving.

    `alternate_hosts`: where clients are sent instead, in the order in which they are to try. `now` gives the time in
    milliseconds since 1970-01-01T00:00Z.
    """

    def __init__(self, alternate_hosts: tuple[str, ...], now: Callable[[], int], *, standby: bool) -> None:
        self.alternate_hosts = alternate_hosts
        self._now = now
        self._state = State.STANDBY if standby else State.SERVING
        self._since = now()

    @property
    def state(self) -> State:
        """The state now."""
        return self._state

    @property
    def since(self) -> int:
        """Since when, in milliseconds since 1970-01-01T00:00Z."""
        return self._since

    def enter(self, state: State) -> bool:
        """Be in this state from now on; whether it is so: a server that stops does nothing else any more."""
        if self._state is State.STOPPING:
            return state is State.STOPPING
        if state is not self._state:
            self._state, self._since = state, self._now()
        return True
