"""The page that Prometheus reads, in the format that it asks for."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from itertools import chain
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from seatkeeper.ledger.door import Ledger
from seatkeeper.metrics.reading import Reading, node_figures
from seatkeeper.metrics.requests import Requests
from seatkeeper.metrics.siblings import Figures, Siblings


class Page(NamedTuple):
    """The metrics, written out."""

    body: bytes
    content_type: str


class Metrics:
    """All metrics of one server: the catalogue's, and those of the process and its Python that every program has.

    `log_ons` gives how often credentials of a kind were right and wrong, `slow_calls` how often a route was slow.
    `states` are all that the server can be in, and `state` gives the one that it is in. `siblings`: the other workers
    of the server, whose metrics are told as well. Nothing here is shared between servers of one process.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        log_ons: Callable[[], Mapping[tuple[str, bool], int]],
        slow_calls: Callable[[], Mapping[str, int]],
        state: Callable[[], str],
        states: Iterable[str],
        siblings: Siblings | None = None,
    ) -> None:
        self.requests: Final = Requests()
        self._ledger = ledger
        self._log_ons = log_ons
        self._slow_calls = slow_calls
        self._state = state
        self._states = tuple(states)
        self._siblings = siblings
        self._version = version("seatkeeper")
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=self._process)
        GCCollector(registry=self._process)
        self._one_at_a_time = asyncio.Lock()

    async def page(self, accept: str) -> Page:
        """The metrics now, in the format that the `Accept` header asks for: OpenMetrics, else Prometheus's own.

        It is written in a thread, since there may be thousands of licenses, and waits for no batch and no disk.
        """
        async with self._one_at_a_time:
            others = {} if self._siblings is None else await self._siblings.ask()
            return await asyncio.to_thread(self._written, await self._reading(), others, accept)

    async def of_this_process(self) -> list[Family]:
        """The metrics of this process alone, as another worker asks for them."""
        reading = await self._reading()
        return await asyncio.to_thread(lambda: [*reading.families(), *self._process.collect()])

    async def _reading(self) -> Reading:
        ledger = self._ledger
        figures = await asyncio.to_thread(ledger.figures)
        state = self._state()
        return Reading(
            figures=figures,
            requests=self.requests.copy(),
            log_ons=dict(self._log_ons()),
            slow_calls=dict(self._slow_calls()),
            states={each: each == state for each in self._states},
            streams=ledger.feed.open_streams,
            healthy=ledger.healthy,
            node=node_figures(ledger),
            now=ledger.now(),
            version=self._version,
        )

    def _written(self, reading: Reading, others: Mapping[int, list[Figures] | None], accept: str) -> Page:
        encode, content_type = _encoder(accept)
        families: Iterable[Family] = chain(reading.families(), self._process.collect())
        if self._siblings is not None:
            families = self._siblings.together(families, others)
        return Page(encode(_Collected(families)), content_type)


class _Collected(Collector):
    """What is written out, as the library takes it."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        """Every family."""
        return self._families


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # what the library makes of a version that is none
        return generate_latest, CONTENT_TYPE_PLAIN_0_0_4
