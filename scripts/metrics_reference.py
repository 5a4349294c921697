"""Write docs/metrics.md from the catalogue of metrics itself."""

import sys
from collections.abc import Iterator
from pathlib import Path

from written_page import keep

from seatkeeper.metrics.catalogue import CATALOGUE, LABELS

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
INTRODUCTION = """\
<!-- Written by scripts/metrics_reference.py; a test says when it is out of date. -->

# Metrics

`GET /metrics` is what Prometheus reads, in its own format or as OpenMetrics, whichever it asks for. It takes the admin
token (`Authorization: Bearer`), or login and password (Basic) of a user with the right `metrics.read`. It is told from
memory: all that is told of licenses, sessions, runtimes and the ledger is as one commit left it, and neither a slow
disk nor a batch under way holds it up.

Counters begin at zero with each start of the server; `rate` and `increase` know that. Durations are in seconds. No
label has a value that a client can make up, so the number of series is bounded: about seven for each license, five for
each runtime, and sixteen for each combination of route, method and class of status that occurs. With 10,000 licenses a
page has 6 MB and costs between half a second and a second of one core, in a thread beside the requests; scrape that
every minute.

Each node of a PostgreSQL database tells what it did itself: sums over the nodes are those of all. What is told of
licenses, seats, sessions and runtimes is of the inventory and the same at every node: take the `max` over the nodes,
never the sum. With several workers at one address a scrape reaches any of them, which asks the others: every metric
has the label `worker` then, except those of the inventory, which are given once. A worker that does not answer within
two seconds is missing from that page, and `seatkeeper_worker_up` is 0 for it.

`deploy/prometheus/` has an example of how to scrape it, and alert rules; `deploy/grafana/seatkeeper.json` is a
dashboard. Besides those below, every program's `process_…` and `python_…` metrics are there, as Prometheus' client
library for Python defines them.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_metrics(), "", *_labels(), ""])


def _metrics() -> Iterator[str]:
    yield "| metric | kind | labels | what it is |"
    yield "|---|---|---|---|"
    for metric in CATALOGUE:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.exposed}` | {metric.kind} | {labels} | {metric.help} |"


def _labels() -> Iterator[str]:
    yield "| label | what its values are |"
    yield "|---|---|"
    for label, meaning in LABELS.items():
        yield f"| `{label}` | {meaning} |"


if __name__ == "__main__":
    sys.exit(keep(PAGE, page()))
