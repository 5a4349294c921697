"""Calls that take longer than the vendor's documentation calls slow (contract 1.4): counted, and logged."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import structlog

SLOW_SECONDS: Final = 5.0
"""What the vendor calls NsApiSlow, of each method of the License agent. It is no time-out."""

log = structlog.get_logger(__name__)


class SlowCalls:
    """How many calls of each route were slow since the start."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> Mapping[str, int]:
        """By route, those that were never slow too."""
        return self._counts

    def know(self, routes: Iterable[str]) -> None:
        """These are the routes; none was slow yet."""
        self._counts.update(dict.fromkeys(routes, 0))

    def ended(self, route: str, began: float) -> None:
        """A call has ended, however it did, that began at this `time.perf_counter()`."""
        seconds = time.perf_counter() - began
        if seconds > SLOW_SECONDS:
            self._counts[route] += 1
            log.warning("slow_call", route=route, seconds=round(seconds, 3), slow_from=SLOW_SECONDS)
