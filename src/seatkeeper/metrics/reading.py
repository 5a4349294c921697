"""One reading of all metrics, as the families that the library writes out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family

from seatkeeper.ledger.door import Ledger, RuntimeFigures
from seatkeeper.ledger.tally import Distribution, Figures, Tally
from seatkeeper.licensing.entities import License, Pool
from seatkeeper.licensing.verdicts import Reason
from seatkeeper.metrics import catalogue
from seatkeeper.metrics.catalogue import UNKNOWN, Metric
from seatkeeper.metrics.requests import RequestKind

Row = tuple[tuple[str, ...], float]

_FAMILIES: Mapping[str, Callable[..., Any]] = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


class NodeFigures(NamedTuple):
    """What a node knows of itself. `behind`: seconds since it last knew that it had all of the journal."""

    number: int
    leads: bool
    connected: bool
    behind: float


def node_figures(ledger: Ledger) -> NodeFigures:
    """Those of this process."""
    presence = ledger.presence
    return NodeFigures(presence.node, presence.leads, ledger.connected, ledger.behind)


class Reading(NamedTuple):
    """What is told at one moment. `figures` are the ledger's; the rest was taken in the event loop.

    `log_ons`: by what was shown and whether it was right. `slow_calls`: by route. `states`: every state, and whether
    the server is in it. `now`: the ledger's time, in milliseconds.
    """

    figures: Figures
    requests: Mapping[RequestKind, Distribution]
    log_ons: Mapping[tuple[str, bool], int]
    slow_calls: Mapping[str, int]
    states: Mapping[str, bool]
    streams: int
    healthy: bool
    node: NodeFigures
    now: int
    version: str

    def families(self) -> Iterator[Family]:
        """Every metric of the catalogue, in its order."""
        tally = self.figures.tally
        yield from _pools(self.figures)
        yield from _dates(self.figures.licenses.values())
        yield from _denials(self.figures)
        yield from _sessions(self.figures)
        yield _family(catalogue.STREAMS, [((), self.streams)])
        log_ons = (((kind, "succeeded" if right else "failed"), count) for (kind, right), count in self.log_ons.items())
        yield _family(catalogue.LOG_ONS, log_ons)
        yield from _runtimes(self.figures.runtimes, self.now)
        ended = tally.transactions.items()
        yield _family(catalogue.TRANSACTIONS_ENDED, (((status.lower(),), count) for status, count in ended))
        yield from _ledger(self.figures, tally)
        yield _family(catalogue.HEALTHY, [((), self.healthy)])
        yield from _node(self.node, tally)
        yield _family(catalogue.WORKER_UP, [((), 1)])
        yield _family(catalogue.HEAD, [((), self.figures.head)])
        yield _family(catalogue.STATE, (((state,), is_in) for state, is_in in self.states.items()))
        yield _family(catalogue.BUILD, [((self.version,), 1)])
        yield _histogram(catalogue.REQUESTS, self.requests.items())
        yield _family(catalogue.SLOW_CALLS, (((route,), count) for route, count in self.slow_calls.items()))


def _pools(figures: Figures) -> Iterator[Family]:
    pools = [(_names(figures.licenses[pool.license_id]), pool) for pool in figures.pools]
    yield _family(
        catalogue.SEATS, (row for names, pool in pools if not pool.unrestricted for row in _seats(names, pool))
    )
    yield _family(catalogue.IN_USE, (row for names, pool in pools for row in _in_use(names, pool)))
    yield _family(catalogue.ASSIGNED, (row for names, pool in pools for row in _assigned(names, pool)))
    yield _family(catalogue.UNRESTRICTED, ((names, 1) for names, pool in pools if pool.unrestricted))


def _names(license_: License) -> tuple[str, str]:
    return license_.owner, license_.name


def _seats(names: tuple[str, str], pool: Pool) -> Iterator[Row]:
    yield (*names, "assignable"), pool.assignable_seats
    yield (*names, "concurrent"), pool.concurrent_seats


def _in_use(names: tuple[str, str], pool: Pool) -> Iterator[Row]:
    yield (*names, "assignable"), pool.assigned
    yield (*names, "concurrent"), pool.concurrent_in_use


def _assigned(names: tuple[str, str], pool: Pool) -> Iterator[Row]:
    yield (*names, "assignable"), pool.assigned
    yield (*names, "concurrent"), pool.concurrent_assigned


def _dates(licenses: Iterable[License]) -> Iterator[Family]:
    expiring = [each for each in licenses if each.expires is not None]
    usable = [(each, each.grace_until or each.expires) for each in expiring]
    yield _family(catalogue.EXPIRES, ((_names(each), (each.expires or 0) / 1000) for each in expiring))
    yield _family(catalogue.USABLE_UNTIL, ((_names(each), (until or 0) / 1000) for each, until in usable))


def _denials(figures: Figures) -> Iterator[Family]:
    denials: dict[tuple[str, ...], int] = {
        (*_names(figures.licenses[pool.license_id]), Reason.ALL_IN_USE.value): 0
        for pool in figures.pools
        if pool.concurrent_seats and not pool.unrestricted
    }
    retries: dict[tuple[str, ...], int] = {}
    for what, count in figures.tally.denials.items():
        license_ = None if what.license_id is None else figures.licenses.get(what.license_id)
        names = (UNKNOWN, UNKNOWN) if license_ is None else _names(license_)
        (retries if what.repeated else denials)[*names, what.reason.value] = count
    yield _family(catalogue.DENIALS, denials.items())
    yield _family(catalogue.RETRIES, retries.items())


def _sessions(figures: Figures) -> Iterator[Family]:
    yield _family(catalogue.SESSIONS, [((), figures.sessions)])
    yield _family(catalogue.SESSIONS_STARTED, [((), figures.tally.connected)])
    ended = figures.tally.ended.items()
    yield _family(catalogue.SESSIONS_ENDED, (((reason.name.lower(),), count) for reason, count in ended))


def _runtimes(runtimes: list[RuntimeFigures], now: int) -> Iterator[Family]:
    yield _family(catalogue.RUNTIME_RUNNING, (((each.name,), each.running) for each in runtimes))
    yield _family(catalogue.RUNTIME_APPLICATIONS, (((each.name,), each.applications) for each in runtimes))
    yield _family(catalogue.RUNTIME_BLOCKED, (((each.name,), each.blocked) for each in runtimes))
    yield _family(catalogue.RUNTIME_UNFINISHED, (((each.name,), each.unfinished) for each in runtimes))
    ages = (((each.name,), 0 if each.oldest_at is None else max(now - each.oldest_at, 0) / 1000) for each in runtimes)
    yield _family(catalogue.RUNTIME_OLDEST, ages)


def _ledger(figures: Figures, tally: Tally) -> Iterator[Family]:
    yield _family(catalogue.COMMANDS, (((outcome,), count) for outcome, count in tally.commands.items()))
    yield _family(catalogue.TURNED_AWAY, [((), tally.turned_away)])
    yield _family(catalogue.WAITING, [((), figures.waiting)])
    yield _family(catalogue.QUEUE, [((), figures.queue)])
    yield _histogram(catalogue.BATCH_COMMANDS, [((), tally.batch_commands)])
    yield _histogram(catalogue.BATCH_SECONDS, [((), tally.batch_seconds)])
    yield _histogram(catalogue.COMMIT_SECONDS, [((), tally.commit_seconds)])
    yield _family(catalogue.UNSAVED, (((cause,), count) for cause, count in tally.unsaved.items()))


def _node(node: NodeFigures, tally: Tally) -> Iterator[Family]:
    yield _family(catalogue.CONNECTED, [((), node.connected)])
    yield _family(catalogue.RECONNECTS, [((), tally.reconnects)])
    yield _family(catalogue.NODE, [((), node.number)])
    yield _family(catalogue.LEADS, [((), node.leads)])
    yield _family(catalogue.FOLLOWED, [((), tally.followed)])
    yield _family(catalogue.BEHIND, [((), node.behind)])
    yield _family(catalogue.FATES, (((outcome,), count) for outcome, count in tally.fates.items()))


def _family(metric: Metric, rows: Iterable[Row]) -> Family:
    family: Any = _FAMILIES[metric.kind](metric.name, metric.help, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    told: Family = family
    return told


def _histogram(metric: Metric, rows: Iterable[tuple[tuple[str, ...], Distribution]]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, distribution in rows:
        bounds = [*(f"{bound:g}" for bound in distribution.bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(distribution.counts), strict=True))
        family.add_metric(labels, buckets, distribution.sum)
    return family
