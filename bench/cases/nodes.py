"""Case 3: two nodes on one PostgreSQL and one hot pool, beside one node; and not one seat too many."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx

from bench.cases.acquire import SECONDS, WARMED, WORLD, warm
from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, LoadFailed, load
from bench.place import Place
from bench.postgres import Postgres, postgres
from bench.servers import Served, seatkeeper
from bench.worlds import ACCESS, SESSIONS, write_sessions

_CONNECTIONS: Final = 64
"""Of all nodes together."""
_LAST_SEATS: Final = 200
_POOL: Final = """
    SELECT concurrent_in_use, concurrent_seats, (SELECT count(*) FROM holds WHERE holds.license_id = pools.license_id)
    FROM pools JOIN licenses ON id = license_id WHERE name = %s
"""


def measure(place: Place) -> Case:
    """Acquire at one node and at two, in turn."""
    data = [place.work / f"node-{number}" for number in (1, 2)]
    for each in data:
        each.mkdir(parents=True)
        write_sessions(WORLD, each / SESSIONS)
    alone: list[float] = []
    together: list[float] = []
    with postgres(WORLD, place.shelf) as server:
        for _ in range(place.rounds):
            alone.append(_rate(server, data[:1]))
            together.append(_rate(server, data))
    kept = f"and of the last {_LAST_SEATS} seats, for which {_CONNECTIONS} clients then ran, each was given once"
    return Case(
        3,
        "two nodes on one PostgreSQL and one hot pool",
        (
            Figure("one node", tuple(alone), "requests/s", note=kept),
            Figure("two nodes", tuple(together), "requests/s", note=kept),
            ratios("of one node", together, alone, Goal("at least", 1.0)),
        ),
    )


def _rate(server: Postgres, data: Sequence[Path]) -> float:
    """Requests a second of so many nodes together, each with sessions of its own."""
    url = server.world()
    with _nodes(url, data) as nodes:
        share = WORLD.live // len(nodes)
        for number, node in enumerate(nodes):
            warm(node, number * share, WARMED // len(nodes))
        measured = _acquire(nodes, used=0, seconds=SECONDS)
        _let_run_out(server, url, nodes, used=max(each.requests for each in measured) + _CONNECTIONS)
    server.drop(url)
    return sum(each.rate for each in measured)


@contextmanager
def _nodes(url: str, data: Sequence[Path]) -> Iterator[list[Served]]:
    with ExitStack() as stack:
        yield [stack.enter_context(seatkeeper(each, "--database", url)) for each in data]


def _acquire(nodes: Sequence[Served], *, used: int, seconds: int) -> list[Load]:
    """Let sessions acquire at each node, but for the first of its share, which have been `used`."""
    share = WORLD.live // len(nodes)

    def at(number: int) -> Load:
        return load(
            nodes[number].url,
            "acquire.lua",
            nodes[number].data / SESSIONS,
            number * share + used,
            share - used,
            connections=_CONNECTIONS // len(nodes),
            seconds=seconds,
            most=share - used,
        )

    with ThreadPoolExecutor(len(nodes)) as threads:
        return list(threads.map(at, range(len(nodes))))


def _let_run_out(server: Postgres, url: str, nodes: Sequence[Served], used: int) -> None:
    """Have more want seats than there are. Raises LoadFailed where they are not given exactly, none twice."""
    [(in_use, _, _)] = server.rows(_POOL, url, ACCESS)
    seats = {"license": ACCESS, "concurrent": in_use + _LAST_SEATS}
    headers = {"Authorization": f"Bearer {nodes[0].admin_token}"}
    httpx.put(f"{nodes[0].url}/v1/licenses/seats", json=seats, headers=headers, trust_env=False).raise_for_status()
    wanted = sum(each.requests for each in _acquire(nodes, used=used, seconds=1))
    [(in_use, seats_there, held)] = server.rows(_POOL, url, ACCESS)
    if not in_use == seats_there == held == seats["concurrent"] or wanted <= _LAST_SEATS:
        raise LoadFailed(
            f"of {seats['concurrent']} seats {in_use} are counted and {held} held, after {wanted} requests for the last"
            f" {_LAST_SEATS} of them"
        )
