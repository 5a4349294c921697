"""Case 1: staged acquisition of two licenses, each by another session, with the full credential check, on SQLite.

Case 4, its latency, is measured with it.
"""

import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, load
from bench.place import Place
from bench.servers import Served, bare, copied, seatkeeper
from bench.worlds import SESSIONS, World, credentials
from seatkeeper.ledger.clock import host_clock
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.licensing.state import FIRST_SESSION

WORLD: Final = World(users=50_000, assigned=4)
SECONDS: Final = 2
WARMED: Final = 24_000
"""Sessions that are warmed where a server is begun for one measurement: more than acquire in it."""
_CONNECTIONS: Final = 32
_WARM_SECONDS: Final = 60  # at most
_COMMITS: Final = 300


def measure(place: Place) -> tuple[Case, Case]:
    """Acquire from fresh sessions in turn with the yardstick, by many connections and by one alone."""
    data = copied(place.world(WORLD), place.work / "acquire")
    frame: list[Load] = []
    acquired: list[Load] = []
    alone: list[Load] = []
    commits: list[float] = []
    used = 1
    with seatkeeper(data) as served, bare("stages", answer=answer_bytes(served)) as beside:
        warm(served)
        for _ in range(place.rounds):
            frame.append(load(beside.url, "acquire.lua", data / SESSIONS, seconds=SECONDS))
            acquired.append(acquire(served, WORLD, skip=used, seconds=SECONDS))
            used += acquired[-1].requests + _CONNECTIONS
            commits.append(commit_milliseconds(place.work))
            alone.append(acquire(served, WORLD, skip=used, seconds=1, connections=1))
            used += alone[-1].requests + 1
    rates = [each.rate for each in acquired]
    return (
        Case(
            1,
            "staged acquisition of two licenses, SQLite",
            (
                Figure("acquisitions", tuple(rates), "requests/s"),
                Figure("bare", tuple(each.rate for each in frame), "requests/s"),
                ratios("of bare", rates, [each.rate for each in frame], Goal("at least", 0.25, floor=0.20)),
            ),
        ),
        Case(
            4,
            "latency of a staged acquisition, SQLite",
            (
                Figure("p50", tuple(each.p50 / 1000 for each in acquired), "ms"),
                Figure("p99", tuple(each.p99 / 1000 for each in acquired), "ms"),
                ratios(
                    "p99 to p50",
                    [float(each.p99) for each in acquired],
                    [float(each.p50) for each in acquired],
                    Goal("at most", 3, floor=3),
                ),
                Figure("one connection alone, p50", tuple(each.p50 / 1000 for each in alone), "ms"),
                Figure(
                    "one commit", tuple(commits), "ms", note="two rows, SQLite as the ledger opens it, nothing else"
                ),
                ratios(
                    "one connection alone to one commit",
                    [each.p50 / 1000 for each in alone],
                    commits,
                    Goal("at most", 3, floor=3),
                ),
            ),
        ),
    )


def acquire(
    served: Served, world: World, *, connections: int = _CONNECTIONS, seconds: int = SECONDS, skip: int = 1
) -> Load:
    """Let sessions acquire that have not yet, but for the first `skip`. Raises LoadFailed where they do not suffice."""
    return load(
        served.url,
        "acquire.lua",
        served.data / SESSIONS,
        skip,
        connections=connections,
        seconds=seconds,
        most=world.live - skip,
    )


def warm(served: Served, *sessions: int) -> None:
    """Let every session be heard of once, as one that has logged on has been: the server has its user in memory.

    `sessions`: how many of them to pass over, and how many to take, if not all.
    """
    load(served.url, "each_once.lua", served.data / SESSIONS, *sessions, connections=128, seconds=_WARM_SECONDS)


def commit_milliseconds(folder: Path) -> float:
    """What a commit of two rows takes on this disk, by the median: SQLite opened as the ledger opens it."""
    database = DatabaseFile(folder / "commits.db")
    with closing(database.connect()) as connection:
        SqliteEngine(connection, host_clock)
        connection.execute("CREATE TABLE IF NOT EXISTS written (number INTEGER PRIMARY KEY, text TEXT)")
        took: list[float] = []
        for _ in range(_COMMITS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO written (text) VALUES (?), (?)", ("x" * 200, "y" * 200))
            began = time.perf_counter()
            connection.execute("COMMIT")
            took.append(time.perf_counter() - began)
    return median(took) * 1000


def answer_bytes(served: Served) -> int:
    """The length of the answer, as the first session gets it."""
    cookie, csrf = credentials(FIRST_SESSION)
    stages = [
        {"stageName": "access", "stageFailureAction": 1, "licenseList": ["CLIENT_ACCESS"]},
        {"stageName": "media", "stageFailureAction": 0, "licenseList": ["MEDIA_SESSION"]},
    ]
    answer = httpx.post(
        f"{served.url}/icws/{FIRST_SESSION}/licenses/license-stages",
        json={"licenseStageOperationList": stages},
        headers={"ININ-ICWS-CSRF-Token": csrf, "Cookie": f"icws_{FIRST_SESSION}={cookie}"},
        trust_env=False,
    )
    answer.raise_for_status()
    return len(answer.content)
