"""Many callers at once, and a server that is killed: judged by what the clients were answered."""

import random
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server_process import start_server
from tests.superoffice.client import PASSWORD
from tests.superoffice.clients.ledger import check, modules_of, pools
from tests.superoffice.seats import Call, certain, over_allocated
from tests.superoffice.world import World

CALLERS = 64
SEATS = 10
FREE = 5
ASSIGN = "/api/v1/Agents/License/AssignThirdPartyLicenses"
UNASSIGN = "/api/v1/Agents/License/UnassignThirdPartyLicenses"
NO_ANSWER_SECONDS = 10.0
NO_TLS = ssl.create_default_context()  # not used; making one for each client would take most of the time


@pytest.fixture(scope="module")
def callers(world: World) -> list[int]:
    """Associates, as many as call at once."""
    return [world.associate() for _ in range(CALLERS)]


def nine_modules(world: World, owner: str) -> list[str]:
    names = [f"PART_{number}" for number in range(9)]
    world.apply("licenses", *({"owner": owner, "name": name, "assignable_seats": 5} for name in names))
    return names


def credentials(world: World) -> httpx.BasicAuth:
    return httpx.BasicAuth(world.desk.login, PASSWORD)


def body(associate: int, owner: str, *modules: str) -> dict[str, Any]:
    return {"AssociateId": associate, "ModuleOwner": owner, "ModuleLicenseNames": list(modules)}


def as_agent(http: httpx.Client, associate: int, owner: str, module: str) -> httpx.Response:
    return http.post(ASSIGN, json=body(associate, owner, module))


def as_rest(http: httpx.Client, associate: int, owner: str, module: str) -> httpx.Response:
    return http.put(f"/api/v1/License/{owner}/{associate}", json=[module])


def each_on_its_own(
    world: World, way: Callable[..., httpx.Response], calls: list[tuple[int, str, str]]
) -> list[httpx.Response]:
    """Every caller has a connection of his own, and all let go at once."""
    together = threading.Barrier(len(calls))

    def call(asked: tuple[int, str, str]) -> httpx.Response:
        with httpx.Client(
            base_url=world.url, auth=credentials(world), timeout=30, verify=NO_TLS, trust_env=False
        ) as http:
            assert http.get("/api").status_code == 200  # it is connected
            together.wait(30)
            return way(http, *asked)

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(call, calls))


def over_few_connections(
    world: World, way: Callable[..., httpx.Response], calls: list[tuple[int, str, str]]
) -> list[httpx.Response]:
    """All callers share eight connections."""
    limits = httpx.Limits(max_connections=8)
    with (
        httpx.Client(base_url=world.url, auth=credentials(world), timeout=30, limits=limits, trust_env=False) as http,
        ThreadPoolExecutor(len(calls)) as callers,
    ):
        return list(callers.map(lambda asked: way(http, *asked), calls))


@pytest.mark.superoffice(
    "3 of 64 concurrent calls for the last 5 seats exactly 5 succeed", "3 400 SoLicenseException: no free license"
)
@pytest.mark.parametrize(("meet", "way"), [(each_on_its_own, as_agent), (over_few_connections, as_rest)])
def test_of_64_concurrent_calls_for_the_last_5_seats_exactly_5_succeed(
    world: World,
    callers: list[int],
    meet: Callable[..., list[httpx.Response]],
    way: Callable[..., httpx.Response],
) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=SEATS)
    before = {world.associate(f"{owner}:{module}") for _ in range(SEATS - FREE)}

    answers = meet(world, way, [(each, owner, module) for each in callers])

    granted = {caller for caller, answer in zip(callers, answers, strict=True) if answer.status_code == 200}
    assert len(granted) == FREE
    free = [answer.json()[0]["Free"] for answer in answers if answer.status_code == 200]
    assert sorted(free) == list(range(FREE)), "each answer counted its own seat"
    for answer in answers:
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["ErrorType"]) == (400, "SoLicenseException"), answer.text
            assert f"{SEATS}" in answer.json()["Message"]
    assert pools(world, owner)[module]["assigned"] == SEATS
    holders = {each for each in (*before, *callers) if world.desk.assigned(owner, each) == [module]}
    assert holders == before | granted


# By why it cannot be assigned, a module's members; each is given what it may require.
WRONG: dict[str, Callable[[str], dict[str, object]]] = {
    "full": lambda _needed: {"assignable_seats": 0},
    "without its prerequisite": lambda needed: {"prerequisite": needed},
    "site": lambda _needed: {"kind": "site"},
    "expired": lambda _needed: {"expires": date(2024, 6, 30), "grace_until": date(2024, 9, 30)},
}


@pytest.mark.superoffice("3 all or nothing")
@pytest.mark.parametrize("place", [0, 4, 9], ids=["first", "in the middle", "last"])
@pytest.mark.parametrize("bad", ["unknown", *WRONG])
def test_one_bad_name_among_ten_changes_nothing(world: World, bad: str, place: int) -> None:
    owner = world.owner()
    needed = world.module(owner)
    names = nine_modules(world, owner)
    wrong = "NO_SUCH_MODULE" if bad == "unknown" else world.module(owner, **WRONG[bad](f"{owner}:{needed}"))
    associate = world.associate(f"{owner}:{names[0]}")
    before = pools(world, owner)

    answer = world.desk.assign(owner, *names[:place], wrong, *names[place:], to=associate)

    assert answer.status_code == 400, answer.text
    assert wrong in answer.json()["Message"]
    assert pools(world, owner) == before
    assert modules_of(world, world.login_of(associate), owner) == {names[0]}
    assert len(world.desk.assign(owner, *names, to=associate).json()) == 9, "without it all are assigned"


@pytest.mark.superoffice("3 all or nothing")
@pytest.mark.parametrize("place", [0, 9], ids=["first", "last"])
def test_one_unknown_name_among_ten_takes_nothing_away(world: World, place: int) -> None:
    owner = world.owner()
    names = nine_modules(world, owner)
    associate = world.associate(*(f"{owner}:{name}" for name in names))
    answer = world.desk.unassign(owner, *names[:place], "NO_SUCH_MODULE", *names[place:], of=associate)
    assert (answer.status_code, answer.json()["ErrorType"]) == (400, "SoNotFoundException")
    assert sorted(world.desk.assigned(owner, associate)) == sorted(names)


class Customer(threading.Thread):
    """Assigns and unassigns modules to one associate, one call after the other, and writes down each answer."""

    def __init__(self, world: World, owner: str, modules: list[str], associate: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.calls: list[Call] = []
        self.leave = threading.Event()
        self._world, self._owner, self._modules, self._associate = world, owner, modules, associate
        self._chance = random.Random(seed)  # noqa: S311 - which call comes next

    def run(self) -> None:
        with httpx.Client(auth=credentials(self._world), timeout=NO_ANSWER_SECONDS, trust_env=False) as http:
            while not self.leave.is_set():
                try:
                    self._call(http)
                except httpx.TransportError:
                    time.sleep(0.1)  # it was killed; its address is another when it is back

    def _call(self, http: httpx.Client) -> None:
        assign, module = self._chance.random() < 0.6, self._chance.choice(self._modules)
        url = f"{self._world.server.url}{ASSIGN if assign else UNASSIGN}"
        sent = time.monotonic_ns()
        received: int | None = None
        status: int | None = None
        try:
            status = http.post(url, json=body(self._associate, self._owner, module)).status_code
            received = time.monotonic_ns()
        finally:
            self.calls.append(Call(assign, self._associate, module, sent, received, status))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_that_was_answered_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        world = World(server)
        owner = world.owner()
        seats = {world.module(owner, assignable_seats=number): number for number in (1, 3, 5)}
        customers = [
            Customer(world, owner, list(seats), associate, seed)
            for seed, associate in enumerate([world.associate() for _ in range(16)])
        ]
        for customer in customers:
            customer.start()
        for _ in range(8):
            time.sleep(1.0)  # so that there is something to lose; nothing is awaited here
            server.kill()
            server.start()
        for customer in customers:
            customer.leave.set()
        for customer in customers:
            customer.join(60)

        calls = [call for customer in customers for call in customer.calls]
        assert sum(call.status == 200 for call in calls) > 500, "enough was granted to prove something"
        assert sum(call.status is None for call in calls) > 0, "some were in flight when it was killed"
        assert {call.status for call in calls} <= {200, 400, 503, None}
        assert over_allocated(calls, seats) == []
        after = World(server)  # its address is another one
        has = {
            (customer.calls[0].associate, module): module in after.desk.assigned(owner, customer.calls[0].associate)
            for customer in customers
            for module in seats
        }
        known = certain(calls)
        assert known
        assert {key: has[key] for key in known} == known
        assert "agree" in check(after)
        for each in (world, after):
            each.close()


def test_the_judge_sees_a_seat_given_out_twice() -> None:
    calls = [Call(True, 1, "A", 10, 20, 200), Call(True, 2, "A", 15, 30, 200), Call(False, 1, "A", 40, 50, 200)]
    assert over_allocated(calls, {"A": 1}) == ["A: 2 of 1 seats assigned at 30"]
    assert over_allocated(calls, {"A": 2}) == []
    calls[2] = Call(False, 1, "A", 25, 50, 200)
    assert over_allocated(calls, {"A": 1}) == [], "from the sending of what may end it nothing is certain"


def test_the_judge_knows_what_must_be_there() -> None:
    calls = [
        Call(True, 1, "A", 10, 20, 200),
        Call(True, 1, "B", 30, 40, 200),
        Call(False, 1, "B", 50, None, None),
        Call(True, 2, "A", 10, 20, 400),
        Call(True, 2, "B", 30, 40, 200),
        Call(False, 2, "B", 50, 60, 200),
    ]
    assert certain(calls) == {(1, "A"): True, (2, "B"): False}
