"""Simulates nine o'clock: a million agents log on, subscribe, acquire two licenses and open an event stream.

Each agent is followed by himself through two queues of his site: for a core that hashes his password, and then for the
one writer of the site's database. docs/scale.md says what is assumed, and what comes of it.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from bench.costs import EVENT_BYTES, EVENTS_A_DAY, STATED, Costs, NotMeasured, costs_of
from bench.report import shown, table
from bench.results import Unreadable, read
from seatkeeper.settings import Settings

AGENTS: Final = 1_000_000
SOON: Final = 10  # seconds, within which somebody wants to be logged on
ENOUGH: Final = 0.99  # of all agents

_DRAWN: Final = Path(__file__).parents[1] / "docs" / "images" / "storm.svg"
_SEED: Final = 9
_MOST_CORES: Final = 1024  # that hash, of all sites together, where it is asked how many are needed
_BIN: Final = 10  # seconds, of the plot
_SHOWN: Final = (-15, 30)  # minutes from nine, of the plot
_WIDTHS: Final = (1.0, 3.5, 1.5)  # of the lines: what lies upon another hides it not

Seconds = NDArray[np.float64]
"""For each agent a time, in seconds from nine."""


class Setup(Struct, frozen=True):
    """Sites among which the agents are divided, each with its own database: so many nodes, and cores that hash.

    Every node has one more core for its process. One node has SQLite, several have PostgreSQL, whose cores are not
    counted.
    """

    sites: int
    nodes: int
    hashing: int

    @property
    def cores(self) -> int:
        """Of all sites together."""
        return self.sites * (self.nodes + self.hashing)


class Outcome(Struct, frozen=True):
    """What became of each agent. `logged_on`: when his log-on was answered; `at_work`: when his stream was open."""

    arrived: Seconds
    logged_on: Seconds
    at_work: Seconds

    @property
    def waits(self) -> Seconds:
        """How long each waited for his log-on to be answered."""
        return self.logged_on - self.arrived

    def waiting(self, edges: Seconds) -> NDArray[np.int64]:
        """How many wait for their log-on, at each of these times."""
        arrived, answered = np.sort(self.arrived), np.sort(self.logged_on)
        return np.searchsorted(arrived, edges, side="right") - np.searchsorted(answered, edges, side="right")

    @property
    def soon(self) -> float:
        """The part of all that were logged on soon."""
        return float(np.mean(self.waits <= SOON))


STORMS: Final = {"sigma of 5 minutes": 300.0, "sigma of 1 minute": 60.0}
"""Within how many seconds of nine two thirds of all agents come, by the name of the storm."""

SETUPS: Final = (Setup(1, 50, 150), Setup(10, 5, 15), Setup(50, 1, 3))
"""The same 50 processes and 200 cores each time, divided otherwise."""


def simulate(setup: Setup, sigma: float, costs: Costs, agents: int = AGENTS) -> Outcome:
    """What becomes of all agents, who arrive normally distributed about nine. Raises ValueError for more event streams
    than the nodes can keep alive."""
    random = np.random.default_rng(_SEED)
    shares = [len(each) for each in np.array_split(np.arange(agents), setup.sites)]
    sites = [_site(setup, np.sort(random.normal(0, sigma, share)), costs) for share in shares]
    return Outcome(*(np.concatenate(times) for times in zip(*sites, strict=True)))


def begun(arrived: Seconds, servers: int, seconds: float) -> Seconds:
    """When each is begun with, of those who came at these times, in this order; every server takes as long for each.

    All take equally long, so who is nth gets the server of the one who is so many places before him.
    """
    turns = -(-len(arrived) // servers)
    seats = np.full(turns * servers, np.inf)
    seats[: len(arrived)] = arrived
    busy = np.arange(turns)[:, np.newaxis] * seconds
    starts: Seconds = np.maximum.accumulate(seats.reshape(turns, servers) - busy, axis=0) + busy
    return starts.ravel()[: len(arrived)]


def needed(setup: Setup, sigma: float, costs: Costs, agents: int = AGENTS) -> Setup | None:
    """The set-up with the fewest cores that hash by which enough agents are logged on soon; None if none is enough."""
    too_few, enough = 0, _MOST_CORES // setup.sites
    if simulate(replace(setup, hashing=enough), sigma, costs, agents).soon < ENOUGH:
        return None
    while enough - too_few > 1:
        between = (too_few + enough) // 2
        if simulate(replace(setup, hashing=between), sigma, costs, agents).soon < ENOUGH:
            too_few = between
        else:
            enough = between
    return replace(setup, hashing=enough)


def _site(setup: Setup, arrived: Seconds, costs: Costs) -> tuple[Seconds, Seconds, Seconds]:
    """One site: when its agents arrive, are logged on, and are at work."""
    left = 1 - _heartbeats(len(arrived) / setup.nodes, costs)
    if left <= 0:
        raise ValueError(f"{len(arrived):,} event streams are too many for {setup.nodes} processes.")
    hashed = begun(arrived, setup.hashing, costs.hash_seconds) + costs.hash_seconds
    written = begun(hashed, 1, costs.writer_seconds(setup.nodes) / left)
    log_on = costs.log_on_seconds(setup.nodes) / left
    return arrived, written + log_on, written + costs.writer_seconds(setup.nodes) / left


def _heartbeats(streams: float, costs: Costs) -> float:
    """The part of a process's time that it takes to keep so many event streams alive."""
    return streams * costs.message_seconds / Settings().icws.ping_interval


def told(costs: Costs, outcomes: dict[str, list[Outcome]]) -> str:
    """The tables of docs/scale.md: what was counted with, what each site has, and what comes of it."""
    return "\n\n".join(
        [
            told_costs(costs),
            table(
                ("databases", "agents each", "events a day", "database, a day", "memory of a process for its agents"),
                [_size(setup, costs) for setup in SETUPS],
            ),
            table(
                (
                    "agents arrive with a",
                    "databases",
                    "cores",
                    "most acquisitions a second",
                    "most log-ons waiting",
                    "log-on, p50",
                    "log-on, p99",
                    "longest",
                    f"within {SOON} s",
                    f"cores for {ENOUGH:.0%} within {SOON} s",
                ),
                [
                    _row(name, setup, outcome, needed(setup, STORMS[name], costs))
                    for name, of_setups in outcomes.items()
                    for setup, outcome in zip(SETUPS, of_setups, strict=True)
                ],
            ),
        ]
    )


def told_costs(costs: Costs) -> str:
    """The first of these tables."""
    return table(("what", "costs"), list(_costs(costs)))


def _costs(costs: Costs) -> Iterator[tuple[str, str]]:
    yield "measured", costs.measured
    yield "log-on, cold: one password hashed", shown(costs.hash_seconds * 1000, "ms of a core")
    yield "log-on, remembered", shown(costs.log_ons, "a second")
    yield "staged acquisition, SQLite", shown(costs.acquisitions, "a second")
    yield "staged acquisition, PostgreSQL, one node", shown(costs.acquisitions_postgres, "a second")
    yield "staged acquisition, PostgreSQL, two nodes", shown(costs.acquisitions_two_nodes, "a second")
    yield "poll with nothing queued", shown(costs.polls, "a second")
    yield "message or heartbeat of an event stream", shown(costs.message_seconds * 1_000_000, "µs of a process")
    yield "idle event stream, memory", shown(costs.stream_bytes / 1000, "kB")
    yield "idle session, memory", shown(costs.session_bytes / 1000, "kB")
    yield "event, in the database", shown(EVENT_BYTES, "bytes")
    yield "an agent's day, in the database", f"{EVENTS_A_DAY} events, {EVENTS_A_DAY * EVENT_BYTES:,} bytes"
    for nodes, where in ((1, "SQLite"), (2, "PostgreSQL")):
        yield f"agents that the writer takes, {where}", shown(1 / costs.writer_seconds(nodes), "a second")


def _size(setup: Setup, costs: Costs) -> tuple[str, ...]:
    agents = AGENTS // setup.sites
    events = agents * EVENTS_A_DAY
    memory = agents * (costs.session_bytes + costs.stream_bytes / setup.nodes)  # every node knows every session
    day, gigabytes = shown(events * EVENT_BYTES / 1e6, "MB"), shown(memory / 1e9, "GB")
    return str(setup.sites), f"{agents:,}", f"{events:,}", day, gigabytes


def _row(name: str, setup: Setup, outcome: Outcome, enough: Setup | None) -> tuple[str, ...]:
    middle, most, longest = np.percentile(outcome.waits, (50, 99, 100))
    edges = np.arange(np.floor(outcome.arrived.min()), np.ceil(outcome.at_work.max()) + 1)
    return (
        name,
        str(setup.sites),
        str(setup.cores),
        f"{np.histogram(outcome.at_work, edges)[0].max():,}",
        f"{outcome.waiting(edges).max():,}",
        *(shown(float(each), "s") for each in (middle, most, longest)),
        f"{outcome.soon:.1%}",
        "none are enough" if enough is None else str(enough.cores),
    )


def draw(outcomes: dict[str, list[Outcome]], drawn: Path) -> None:
    """Draw, for each storm, who waits, what is acquired and how long a log-on takes, as SVG."""
    edges = np.arange(_SHOWN[0] * 60, _SHOWN[1] * 60 + 1, _BIN).astype(np.float64)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "storm"}):
        sheet = Sheet(figsize=(10, 8), layout="constrained")
        axes = sheet.subplots(3, len(outcomes), sharex=True, sharey="row", squeeze=False)
        for column, (name, of_setups) in enumerate(outcomes.items()):
            for setup, outcome, width in zip(SETUPS, of_setups, _WIDTHS, strict=True):
                with mpl.rc_context({"lines.linewidth": width}):
                    _lines(axes[:, column], edges, outcome, f"{setup.sites} database{'s' * (setup.sites > 1)}")
            axes[0, column].set_title(f"{AGENTS:,} agents, {name}")
            axes[2, column].set_xlabel("minutes from nine")
        labels = ("log-ons waiting", "acquisitions a second", "log-on, p99 of who arrives then, s")
        for first, label in zip(axes[:, 0], labels, strict=True):
            first.set_ylabel(label)
        axes[0, 0].legend()
        sheet.savefig(drawn, metadata={"Date": None})


def _lines(axes: NDArray[np.object_], edges: Seconds, outcome: Outcome, label: str) -> None:
    waiting, acquiring, lasting = axes
    minutes = edges / 60
    _line(waiting, minutes, outcome.waiting(edges).astype(np.float64), label)
    waiting.set_yscale("symlog", linthresh=1)
    _line(acquiring, minutes[:-1], np.histogram(outcome.at_work, edges)[0] / _BIN, label)
    order = np.argsort(outcome.arrived)
    places = np.searchsorted(outcome.arrived[order], edges)
    bins = np.split(outcome.waits[order], places)[1:-1]
    _line(lasting, minutes[:-1], np.array([np.percentile(each, 99) if len(each) else np.nan for each in bins]), label)
    lasting.set_yscale("log")


def _line(axes: Axes, across: Seconds, up: Seconds, label: str) -> None:
    axes.plot(across, up, label=label)
    axes.grid(alpha=0.3)


def main() -> int:
    """0, or 2 for a file that is no result of a run of all cases."""
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__)
    parser.add_argument("result", nargs="?", type=Path, help="whose costs to count with, if not those stated")
    asked = parser.parse_args()
    try:
        costs = costs_of(read(asked.result)) if asked.result else STATED
    except (Unreadable, NotMeasured) as error:
        print(error, file=sys.stderr)  # noqa: T201 - its output
        return 2
    outcomes = {name: [simulate(setup, sigma, costs) for setup in SETUPS] for name, sigma in STORMS.items()}
    draw(outcomes, _DRAWN)
    print(told(costs, outcomes))  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
