"""Case 5: the staged acquisition of case 1 where there is much of everything, and where there is little."""

from typing import TYPE_CHECKING, Final

from bench.cases.acquire import SECONDS, acquire, warm
from bench.figures import Case, Figure, Goal, ratios
from bench.place import Place
from bench.servers import copied, seatkeeper
from bench.worlds import World

if TYPE_CHECKING:
    from bench.load import Load

LITTLE: Final = World(users=1_000, sessions=40, licenses=100, assigned=4)
MUCH: Final = World(users=100_000, sessions=1, licenses=10_000, assigned=10)
"""100,000 live sessions and 1,000,000 assignments. Users and licenses are 100 times as many."""

_CONNECTIONS: Final = 32


def measure(place: Place) -> Case:
    """Acquire from fresh sessions of both in turn. All of either's users are in memory."""
    little = copied(place.world(LITTLE), place.work / "little")
    much = copied(place.world(MUCH), place.work / "much")
    with seatkeeper(little) as of_little, seatkeeper(much) as of_much:
        warm(of_little)
        warm(of_much)
        used = {of_little: 1, of_much: 1}
        measured: dict[object, list[Load]] = {of_little: [], of_much: []}
        for _ in range(place.rounds):
            for served, world in ((of_little, LITTLE), (of_much, MUCH)):
                measured[served].append(acquire(served, world, skip=used[served], seconds=SECONDS))
                used[served] += measured[served][-1].requests + _CONNECTIONS
    few, many = measured[of_little], measured[of_much]
    return Case(
        5,
        "flatness: 100,000 users and sessions, 1,000,000 assignments, 10,000 licenses against 1,000 users",
        (
            Figure("acquisitions, 1,000 users", tuple(each.rate for each in few), "requests/s"),
            Figure("acquisitions, 100,000 users", tuple(each.rate for each in many), "requests/s"),
            ratios(
                "rate with much to rate with little",
                [each.rate for each in many],
                [each.rate for each in few],
                Goal("at least", 0.85, floor=0.85),
            ),
            Figure("p99, 1,000 users", tuple(each.p99 / 1000 for each in few), "ms"),
            Figure("p99, 100,000 users", tuple(each.p99 / 1000 for each in many), "ms"),
            ratios(
                "p99 with little to p99 with much",
                [float(each.p99) for each in few],
                [float(each.p99) for each in many],
                Goal("at least", 0.85, floor=0.85),
            ),
        ),
    )
