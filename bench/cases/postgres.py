"""Case 2: the staged acquisition of case 1 on PostgreSQL, beside one that has a transaction for each."""

from pathlib import Path
from typing import Final

from bench.cases.acquire import SECONDS, WARMED, WORLD, acquire, answer_bytes, warm
from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, load
from bench.place import Place
from bench.postgres import SCRIPTS, Postgres, postgres
from bench.servers import bare, seatkeeper
from bench.worlds import SESSIONS, write_sessions

_CLIENTS: Final = 32
_DURABLE: Final = "SELECT current_setting('fsync'), current_setting('synchronous_commit')"


def measure(place: Place) -> Case:
    """Acquire from fresh sessions in turn with the yardstick, and with pgbench on the same server."""
    data = place.work / "postgres"
    data.mkdir(parents=True)
    write_sessions(WORLD, data / SESSIONS)
    acquired: list[Load] = []
    frame: list[Load] = []
    singly: list[float] = []
    by_stage: list[float] = []
    with postgres(WORLD, place.shelf) as server:
        for _ in range(place.rounds):
            of_bare, of_seatkeeper = _side_by_side(server, data)
            frame.append(of_bare)
            acquired.append(of_seatkeeper)
            singly.append(_one_by_one(server, "acquire.sql"))
            by_stage.append(_one_by_one(server, "acquire_by_stage.sql"))
        [(fsync, synchronous)] = server.rows(_DURABLE, server.url())
    rates = [each.rate for each in acquired]
    return Case(
        2,
        "staged acquisition of two licenses, PostgreSQL",
        (
            Figure("acquisitions", tuple(rates), "requests/s", note=f"fsync {fsync}, synchronous_commit {synchronous}"),
            Figure("bare", tuple(each.rate for each in frame), "requests/s"),
            Figure("one transaction each (pgbench)", tuple(singly), "transactions/s"),
            Figure("of a statement a stage (pgbench)", tuple(by_stage), "transactions/s"),
            ratios("of bare", rates, [each.rate for each in frame], Goal("at least", 0.20, floor=0.15)),
            ratios("of one transaction each", rates, singly, Goal("at least", 10, floor=10)),
            Figure("p50", tuple(each.p50 / 1000 for each in acquired), "ms"),
            Figure("p99", tuple(each.p99 / 1000 for each in acquired), "ms"),
        ),
    )


def _side_by_side(server: Postgres, data: Path) -> tuple[Load, Load]:
    url = server.world()
    with seatkeeper(data, "--database", url) as served, bare("stages", answer=answer_bytes(served)) as beside:
        warm(served, 0, WARMED)
        measured = load(beside.url, "acquire.lua", data / SESSIONS, seconds=SECONDS), acquire(served, WORLD)
    server.drop(url)
    return measured


def _one_by_one(server: Postgres, script: str) -> float:
    """Transactions a second by as many clients, on tables of their own with a pool for each of the two licenses."""
    url = server.empty()
    server.execute((SCRIPTS / "tables.sql").read_text(), url)
    options = ("--protocol", "prepared", "--client", _CLIENTS, "--time", SECONDS, "--define", "n=0")
    rate = server.pgbench(url, script, *options)
    server.drop(url)
    return rate
