"""Case 1: staged acquisition of two licenses, each by another session, with the full credential check, on SQLite."""

from typing import Final

import httpx

from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, LoadFailed, load
from bench.place import Place
from bench.servers import Served, bare, copied, seatkeeper
from bench.worlds import SESSIONS, World, credentials
from seatkeeper.licensing.state import FIRST_SESSION

WORLD: Final = World(users=40_000, assigned=4)
SECONDS: Final = 3
_WARM_SECONDS: Final = 15


def measure(place: Place) -> Case:
    """Acquire from fresh sessions in turn with the yardstick."""
    world = place.world(WORLD)
    acquired: list[Load] = []
    frame: list[Load] = []
    for _ in range(place.rounds):
        data = copied(world, place.work / "acquire")
        with seatkeeper(data) as served, bare("stages", answer=answer_bytes(served)) as beside:
            warm(served, WORLD)
            frame.append(load(beside.url, "acquire.lua", data / SESSIONS, seconds=SECONDS))
            acquired.append(acquire(served, WORLD))
    return Case(
        1,
        "staged acquisition of two licenses, SQLite",
        (
            Figure("acquisitions", tuple(each.rate for each in acquired), "requests/s"),
            Figure("bare", tuple(each.rate for each in frame), "requests/s"),
            ratios(
                "of bare",
                [each.rate for each in acquired],
                [each.rate for each in frame],
                Goal("at least", 0.25, floor=0.20),
            ),
            Figure("p50", tuple(each.p50 / 1000 for each in acquired), "ms"),
            Figure("p99", tuple(each.p99 / 1000 for each in acquired), "ms"),
        ),
    )


def acquire(served: Served, world: World, *, connections: int = 32, seconds: int = SECONDS, skip: int = 1) -> Load:
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


def warm(served: Served, world: World) -> None:
    """Let every session be heard of once, as one that has logged on has been: the server has its user in memory."""
    if load(served.url, "look.lua", served.data / SESSIONS, seconds=_WARM_SECONDS).requests < world.live:
        raise LoadFailed("Not every session was asked for in time.")


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
