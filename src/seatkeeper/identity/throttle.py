"""Failed log-ons slow the next ones down: by user and address, by user, and by address.

An attempt counts against its user from its beginning, so that many at once gain nothing over one after the other;
a success takes that back. Against its address only a failure counts: a whole site may log on at nine from one.
Nothing here knows whether a user exists, so nothing here can tell.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from seatkeeper.licensing.entities import fold


class Allowances(Struct, frozen=True):
    """When and how much log-ons are slowed.

    `pair`, `user`, `address`: failures that are free for one user from one address, for one user from anywhere, and
    for one address. `first_delay`: seconds for the first attempt beyond; each further one doubles it, up to
    `longest_delay` seconds. `forget_after`: seconds without a failure after which the count starts afresh.
    `waiting_pair`, `waiting_address`: attempts that may wait at once; more fail at once, unverified.
    `capacity`: users, addresses and pairs that are counted, each; the longest unseen are forgotten first.
    """

    pair: int = 5
    user: int = 20
    address: int = 100
    first_delay: float = 0.5
    longest_delay: float = 8.0
    forget_after: float = 900.0
    waiting_pair: int = 4
    waiting_address: int = 64
    capacity: int = 50_000


class Throttle:
    """Counts attempts and makes the next ones wait. `clock` gives monotonic seconds, `sleep` waits some."""

    def __init__(
        self,
        allowances: Allowances | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._allowances = allowances or Allowances()
        self._sleep = sleep
        self._pairs = _Counts(self._allowances, clock)
        self._users = _Counts(self._allowances, clock)
        self._addresses = _Counts(self._allowances, clock)
        self._waiting_pairs: dict[str, int] = {}
        self._waiting_addresses: dict[str, int] = {}

    def __len__(self) -> int:
        """How many users, addresses and pairs are counted; those whose time is over are forgotten by asking."""
        return len(self._pairs) + len(self._users) + len(self._addresses)

    def forget(self) -> None:
        """Count afresh for everybody."""
        for counts in (self._pairs, self._users, self._addresses):
            counts.forget()

    def delay(self, login: str, address: str) -> float:
        """Seconds that an attempt beginning now would wait."""
        user, pair = _keys(login, address)
        return max(
            self._pairs.delay(pair, self._allowances.pair),
            self._users.delay(user, self._allowances.user),
            self._addresses.delay(address, self._allowances.address),
        )

    async def admit(self, login: str, address: str) -> bool:
        """Begin an attempt: wait as long as it has to. False: too many wait already, take this one as failed.

        After True, exactly one of `failed` and `succeeded` is to be called with the same login and address, unless
        the attempt was given up, which leaves it counted against the user.
        """
        user, pair = _keys(login, address)
        delay = self.delay(login, address)
        self._pairs.add(pair)
        self._users.add(user)
        if delay <= 0:
            return True
        if (
            self._waiting_pairs.get(pair, 0) >= self._allowances.waiting_pair
            or self._waiting_addresses.get(address, 0) >= self._allowances.waiting_address
        ):
            self._addresses.add(address)
            return False
        with _counted(self._waiting_pairs, pair), _counted(self._waiting_addresses, address):
            await self._sleep(delay)
        return True

    def failed(self, login: str, address: str) -> None:  # noqa: ARG002 - login and pair were counted by `admit`
        """The admitted attempt was wrong."""
        self._addresses.add(address)

    def succeeded(self, login: str, address: str) -> None:
        """The admitted attempt was right: its user is at this address, so what failed there is forgotten."""
        user, pair = _keys(login, address)
        self._pairs.clear(pair)
        self._users.take_back(user)


class _Counts:
    """Recent failures by key."""

    def __init__(self, allowances: Allowances, clock: Callable[[], float]) -> None:
        self._allowances = allowances
        self._clock = clock
        self._entries: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        self._drop_expired()
        return len(self._entries)

    def forget(self) -> None:
        self._entries.clear()

    def delay(self, key: str, free: int) -> float:
        beyond = self._count(key) - free
        if beyond < 0:
            return 0.0
        # Beyond 2**32 the delay has long reached its bound; a larger power would only cost time.
        return min(self._allowances.first_delay * 2.0 ** min(beyond, 32), self._allowances.longest_delay)

    def add(self, key: str) -> None:
        self._drop_expired()
        self._entries[key] = (self._count(key) + 1, self._clock())
        self._entries.move_to_end(key)
        if len(self._entries) > self._allowances.capacity:
            self._entries.popitem(last=False)

    def take_back(self, key: str) -> None:
        count, at = self._entries.get(key, (0, 0.0))
        if count <= 1:
            self.clear(key)
        else:
            self._entries[key] = (count - 1, at)

    def clear(self, key: str) -> None:
        self._entries.pop(key, None)

    def _drop_expired(self) -> None:
        # Entries stand in the order of their last failures, so this looks at no more than it drops, and one.
        until = self._clock() - self._allowances.forget_after
        while self._entries and next(iter(self._entries.values()))[1] <= until:
            self._entries.popitem(last=False)

    def _count(self, key: str) -> int:
        count, at = self._entries.get(key, (0, 0.0))
        return count if count and self._clock() - at < self._allowances.forget_after else 0


def _keys(login: str, address: str) -> tuple[str, str]:
    user = fold(login)
    return user, f"{address} {user}"


@contextmanager
def _counted(counts: dict[str, int], key: str) -> Iterator[None]:
    counts[key] = counts.get(key, 0) + 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]
