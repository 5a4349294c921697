"""What the operator sees and switches: the server's state, the overview, and the denials."""

from typing import Any

import httpx
import pytest

from seatkeeper.admin.denials import SENTENCES
from seatkeeper.licensing.commands import AcquireLicenses
from seatkeeper.licensing.deployment_commands import DefineRuntime
from seatkeeper.licensing.entities import LicenseName
from seatkeeper.licensing.verdicts import Reason
from seatkeeper.transport.availability import State
from tests.admin.conftest import PASSWORD
from tests.admin.world import World

pytestmark = pytest.mark.anyio


async def acquire(world: World, session: int, *names: str) -> None:
    await world.ledger.submit(
        AcquireLicenses(session_id=session, licenses=tuple(LicenseName("ININ", name) for name in names))
    )


async def denials(admin: httpx.AsyncClient, **params: int) -> list[dict[str, Any]]:
    answer = await admin.get("/denials", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["denials"]
    return found


async def overview(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.get("/overview")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_server_serves_until_it_is_told_otherwise(world: World, admin: httpx.AsyncClient) -> None:
    await world.connect("agent01")
    before = (await admin.get("/server")).json()
    assert before.pop("since").endswith("Z")
    assert before == {"state": "serving", "sessions": 1, "alternate_hosts": ["ic2.example"]}
    for state in ("draining", "standby", "serving"):
        set_ = await admin.put("/server", json={"state": state})
        assert (set_.status_code, set_.json()["state"]) == (200, state)
        assert world.availability.state == state
        assert (await admin.get("/server")).json() == set_.json()


async def test_being_told_the_same_again_does_not_change_since_when(admin: httpx.AsyncClient) -> None:
    first = (await admin.put("/server", json={"state": "draining"})).json()
    assert (await admin.put("/server", json={"state": "draining"})).json() == first


async def test_a_server_that_stops_is_told_nothing_else(world: World, admin: httpx.AsyncClient) -> None:
    world.availability.enter(State.STOPPING)
    refused = await admin.put("/server", json={"state": "serving"})
    assert (refused.status_code, refused.json()["error"]) == (503, "stopping")
    assert world.availability.state is State.STOPPING
    assert (await admin.get("/server")).json()["state"] == "stopping"


@pytest.mark.parametrize(
    "body", [{}, {"state": "stopping"}, {"state": "off"}, {"state": None}, {"state": "serving", "x": 1}]
)
async def test_a_state_that_nobody_can_order_is_refused(world: World, admin: httpx.AsyncClient, body: object) -> None:
    assert (await admin.put("/server", json=body)).status_code == 422
    assert world.availability.state is State.SERVING


async def test_an_operator_may_look_but_not_switch(world: World) -> None:
    async with world.client(auth=("operator01", PASSWORD)) as operator:
        for path in ("/server", "/overview", "/denials"):
            assert (await operator.get(path)).status_code == 200
        refused = await operator.put("/server", json={"state": "draining"})
    assert (refused.status_code, refused.json()["detail"]) == (403, {"right": "server.write"})
    assert world.availability.state is State.SERVING


async def test_the_overview_has_every_pool_with_what_is_taken_and_refused(
    world: World, admin: httpx.AsyncClient
) -> None:
    session = await world.connect("agent01", application="desk")
    await acquire(world, session, "A", "S", "S", "NOTHING")
    told = await overview(admin)
    assert told["newest"].pop("connected_at") <= told["at"]
    assert told["newest"] == {"user": "agent01", "application": "desk"}
    assert told["server"]["sessions"] == 1
    assert told["log_ons_a_minute"] == 1
    assert told["refused_unknown"] == 1
    assert [(each["owner"], each["license"], each["refused"]) for each in told["pools"]] == [
        ("CRM", "CRM:B", 0),
        ("ININ", "A", 0),
        ("ININ", "S", 1),  # the second is the same again, and only counted
    ]
    assert told["pools"][1] == {
        "owner": "ININ",
        "name": "A",
        "license": "A",
        "unrestricted": False,
        "assignable_seats": 1,
        "assigned": 1,
        "concurrent_seats": 1,
        "concurrent_in_use": 0,
        "refused": 0,
    }


async def test_the_overview_has_every_runtime_with_what_is_not_over(world: World, admin: httpx.AsyncClient) -> None:
    await world.ledger.submit(DefineRuntime(name="mfp"))
    await world.ledger.submit(DefineRuntime(name="old", running=False))
    nothing = {
        "applications": 0,
        "blocked_applications": 0,
        "unfinished_transactions": 0,
        "oldest_transaction_at": None,
    }
    told = await overview(admin)
    assert told["runtimes"] == [
        {"name": "mfp", "running": True, **nothing},
        {"name": "old", "running": False, **nothing},
    ]


async def test_an_overview_of_nothing_is_one_too(admin: httpx.AsyncClient) -> None:
    told = await overview(admin)
    assert (told["newest"], told["log_ons_a_minute"], told["server"]["sessions"]) == (None, 0, 0)
    assert told["runtimes"] == []


async def test_a_denial_tells_who_was_refused_what_and_why(world: World, admin: httpx.AsyncClient) -> None:
    session = await world.connect("agent02", application="desk", machine="127.0.0.9")
    await acquire(world, session, "a")
    [denial] = await denials(admin)
    assert denial.pop("at") == denial.pop("last_at")
    assert denial.pop("seq") == world.ledger.head
    assert denial == {
        "user": "agent02",
        "display_name": "agent02",
        "license": "a",
        "owner": "ININ",
        "reason": "not_assigned",
        "sentence": "a was assigned neither to agent02 nor to his station.",
        "session": str(session),
        "application": "desk",
        "machine": "127.0.0.9",
        "station": None,
        "repeats": 0,
    }


async def test_a_repeat_is_counted_as_soon_as_it_happens(world: World, admin: httpx.AsyncClient) -> None:
    session = await world.connect("agent02")
    for repeats in range(3):
        await acquire(world, session, "A")
        [denial] = await denials(admin)
        assert denial["repeats"] == repeats
    assert denial["last_at"] >= denial["at"]


async def test_only_news_are_told_to_whoever_knows_the_rest(world: World, admin: httpx.AsyncClient) -> None:
    session = await world.connect("agent02")
    await acquire(world, session, "A")
    [known] = await denials(admin)
    assert await denials(admin, after=known["seq"]) == []
    await acquire(world, session, "S")
    [new] = await denials(admin, after=known["seq"])
    assert (new["license"], new["seq"]) == ("S", known["seq"] + 1)
    assert [each["license"] for each in await denials(admin, limit=1)] == ["S"]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"after": -1}, {"after": 2**63}])
async def test_more_than_can_be_told_is_not_asked_for(admin: httpx.AsyncClient, params: dict[str, int]) -> None:
    assert (await admin.get("/denials", params=params)).status_code == 422


def test_every_reason_has_its_sentence_with_the_license() -> None:
    assert set(SENTENCES) == set(Reason)
    for sentence in SENTENCES.values():
        assert "LICENSE" in sentence.format(license="LICENSE", user="USER")
