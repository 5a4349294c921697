"""Case 7: the first 200 of 10,000 allocations, whole, and what assignments and holds add to that."""

from typing import Final

import httpx

from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, LoadFailed, load
from bench.place import Place
from bench.servers import Served, bare, copied, seatkeeper
from bench.worlds import SESSIONS, World, credentials
from seatkeeper.identity.rights import Right
from seatkeeper.licensing.state import FIRST_SESSION

FEW: Final = World(users=1_000, licenses=10_000, assigned=4, rights=(Right.INVENTORY_WRITE,))
MANY: Final = World(users=10_000, licenses=10_000, assigned=40, held=10, rights=(Right.INVENTORY_WRITE,))
"""With 4,000 assignments and no hold, and with 400,000 and 100,000."""

SECONDS: Final = 2


def measure(place: Place) -> Case:
    """List the allocations of few assignments and of many, in turn with the yardstick."""
    few_data = copied(place.world(FEW), place.work / "few")
    many_data = copied(place.world(MANY), place.work / "many")
    of_few: list[Load] = []
    of_many: list[Load] = []
    frame: list[Load] = []
    with seatkeeper(few_data) as few, seatkeeper(many_data) as many, bare(answer=answer_bytes(few)) as beside:
        for asked in (few, many):
            ask(asked, asked, 1)
        for _ in range(place.rounds):
            frame.append(ask(beside, few))
            of_few.append(ask(few, few))
            of_many.append(ask(many, many))
    return Case(
        7,
        "the first 200 of 10,000 allocations",
        (
            Figure("lists", tuple(each.rate for each in of_few), "requests/s"),
            Figure(
                "lists beside 400,000 assignments, 100,000 holds", tuple(each.rate for each in of_many), "requests/s"
            ),
            Figure("bare", tuple(each.rate for each in frame), "requests/s"),
            ratios("of bare", [each.rate for each in of_few], [each.rate for each in frame], Goal("at least", 0.4)),
            ratios(
                "many assignments and holds, of few",
                [each.rate for each in of_many],
                [each.rate for each in of_few],
                Goal("at least", 0.9),
            ),
        ),
    )


def ask(served: Served, sessions: Served, seconds: int = SECONDS) -> Load:
    """List allocations at a server, by the sessions of one."""
    return load(served.url, "allocations.lua", sessions.data / SESSIONS, 0, 1_000, seconds=seconds)


def answer_bytes(served: Served) -> int:
    """The length of the list, as the first session gets it."""
    cookie, csrf = credentials(FIRST_SESSION)
    answer = httpx.get(
        f"{served.url}/icws/{FIRST_SESSION}/configuration/license-allocations",
        params={"select": "*"},
        headers={
            "ININ-ICWS-CSRF-Token": csrf,
            "Cookie": f"icws_{FIRST_SESSION}={cookie}",
            "Range": "items=0-199",
        },
        trust_env=False,
    )
    answer.raise_for_status()
    if answer.headers["Content-Range"] != f"items 0-199/{FEW.licenses}":
        raise LoadFailed(f"The list is not the one that is to be measured: {answer.headers['Content-Range']}")
    return len(answer.content)
