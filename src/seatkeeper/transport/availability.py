"""Whether this server takes log-ons, and where else there are servers that may."""

from collections.abc import Callable
from enum import StrEnum
from mmap import mmap
from struct import Struct
from typing import Final


class State(StrEnum):
    """What a server does for clients. Live sessions go on working in every one; only `SERVING` takes log-ons.

    `DRAINING` lets sessions end by themselves, so that it can be stopped without cutting anybody off. `STANDBY` leaves
    the clients to another server. `STOPPING` answers what was asked and ends.
    """

    SERVING = "serving"
    DRAINING = "draining"
    STANDBY = "standby"
    STOPPING = "stopping"


class SharedState:
    """A state that processes have in common which are forked from the one that made it."""

    def __init__(self) -> None:
        self._memory = mmap(-1, _ENTRY.size)

    def read(self) -> tuple[State, int] | None:
        """The state, and since when; None before the first was written."""
        [entry] = _ENTRY.unpack_from(self._memory)
        return None if entry == 0 else (_STATES[entry % len(_STATES)], entry // len(_STATES))

    def write(self, state: State, since: int) -> None:
        """Be in this state, all of them. One number, so that nobody reads half of it."""
        _ENTRY.pack_into(self._memory, 0, since * len(_STATES) + _STATES.index(state))


_ENTRY: Final = Struct("=Q")
_STATES: Final = tuple(State)


class Availability:
    """The state of this process, which begins anew with each start: `standby`, where a setting says so, else serving.

    `alternate_hosts`: where clients are sent instead, in the order in which they are to try. `now` gives the time in
    milliseconds since 1970-01-01T00:00Z. With `shared`, the state is that of all workers of one server; each stops by
    itself.
    """

    def __init__(
        self,
        alternate_hosts: tuple[str, ...],
        now: Callable[[], int],
        *,
        standby: bool,
        shared: SharedState | None = None,
    ) -> None:
        self.alternate_hosts = alternate_hosts
        self._now = now
        self._shared = shared
        self._own = (State.STANDBY if standby else State.SERVING, now())

    @property
    def state(self) -> State:
        """The state now."""
        return self._entry[0]

    @property
    def since(self) -> int:
        """Since when, in milliseconds since 1970-01-01T00:00Z."""
        return self._entry[1]

    def enter(self, state: State) -> bool:
        """Be in this state from now on; whether it is so: a server that stops does nothing else any more."""
        if self.state is State.STOPPING:
            return state is State.STOPPING
        if state is not self.state:
            self._own = (state, self._now())
            if self._shared is not None and state is not State.STOPPING:
                self._shared.write(*self._own)
        return True

    @property
    def _entry(self) -> tuple[State, int]:
        if self._shared is None or self._own[0] is State.STOPPING:
            return self._own
        return self._shared.read() or self._own
