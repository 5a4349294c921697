"""Runtimes and their applications over the admin face."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from seatkeeper.licensing.deployment_commands import SettleTokens
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from tests.admin.conftest import INVENTORY, PASSWORD
from tests.admin.world import TOKEN, World, opened

pytestmark = pytest.mark.anyio

TOKENS = """
[[licenses]]
owner = "MOBILEFIRST"
name = "ibmmfpfa"
applies_to = "applications"
assignable_seats = 1
[[runtimes]]
name = "mfp"
"""
VERSION = {"platform": "android", "version": "1.0", "display_name": "A"}
SEATS = (("POST", "/licenses/seats/plan"), ("PUT", "/licenses/seats"))
A = "/runtimes/mfp/applications/com.example.a"
B = "/runtimes/mfp/applications/com.example.b"


@pytest.fixture
async def counted(tmp_path: Path) -> AsyncIterator[World]:
    """A world where tokens are counted, with one."""
    async with opened(tmp_path / "counting", Policy(deployment=DeploymentPolicy(count_tokens=True))) as world:
        await world.apply(TOKENS)
        yield world


@pytest.fixture
async def counting(counted: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that world that holds the admin token."""
    async with counted.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


async def test_a_runtime_is_added_stopped_and_removed(admin: httpx.AsyncClient) -> None:
    mfp = {"name": "mfp", "running": True, "applications": 0}
    assert (await admin.put("/runtimes/mfp", json={})).json() == {"changed": True, "runtime": mfp}
    assert (await admin.put("/runtimes/mfp", json={"running": True})).json() == {"changed": False, "runtime": mfp}
    await admin.put("/runtimes/MFP", json={"running": False})
    stopped = {"name": "MFP", "running": False, "applications": 0}
    assert (await admin.get("/runtimes")).json() == {"runtimes": [stopped, mfp]}
    assert (await admin.get("/runtimes/MFP")).json() == stopped
    assert (await admin.delete("/runtimes/MFP")).status_code == 204
    assert (await admin.get("/runtimes")).json() == {"runtimes": [mfp]}


async def test_an_application_is_what_was_said_of_it(admin: httpx.AsyncClient) -> None:
    await admin.put("/runtimes/mfp", json={})
    said = {"configuration": {"category": "B2C", "license_type": "NON_PRODUCTION"}, "versions": [VERSION]}
    answer = (await admin.put(A, json=said)).json()
    deployed_at = answer["application"]["versions"][0].pop("deployed_at")
    assert deployed_at.endswith("Z")
    assert answer == {
        "changed": True,
        "application": {
            "runtime": "mfp",
            "name": "com.example.a",
            "blocked": False,
            "why_blocked": None,
            "tokens": [],
            **said,
        },
    }
    assert (await admin.put(A, json=said)).json()["changed"] is False
    assert (await admin.get(A)).json()["versions"] == [{**VERSION, "deployed_at": deployed_at}]
    listed = (await admin.get("/runtimes/mfp/applications")).json()["applications"]
    assert [each["name"] for each in listed] == ["com.example.a"]
    assert (await admin.get("/runtimes/mfp")).json()["applications"] == 1


async def test_what_is_left_out_of_an_application_goes(admin: httpx.AsyncClient) -> None:
    await admin.put("/runtimes/mfp", json={})
    await admin.put(A, json={"configuration": {}, "versions": [VERSION]})
    assert (await admin.get(A)).json()["configuration"] == {"category": "UNDEFINED", "license_type": "APPLICATION"}
    await admin.put(A, json={"versions": [VERSION]})
    assert (await admin.get(A)).json()["configuration"] is None
    refused = await admin.put(A, json={})
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_value")
    assert (await admin.delete(A)).status_code == 204
    gone = await admin.get(A)
    assert (gone.status_code, gone.json()["error"]) == (404, "unknown_application")


async def test_an_application_may_be_called_as_no_path_is(admin: httpx.AsyncClient) -> None:
    await admin.put("/runtimes/m%20p%C3%A4", json={})
    path = "/runtimes/m%20p%C3%A4/applications/a%2Fb%3F%23%252F"
    assert (await admin.put(path, json={"versions": [VERSION]})).json()["application"]["name"] == "a/b?#%2F"
    assert (await admin.get(path)).json()["runtime"] == "m pä"


async def test_the_token_that_an_application_holds_is_told_and_comes_back(counting: httpx.AsyncClient) -> None:
    assert (await counting.put(A, json={"versions": [VERSION]})).json()["application"]["tokens"] == [
        "MOBILEFIRST:ibmmfpfa"
    ]
    [license_] = (await counting.get("/licenses")).json()["licenses"]
    assert (license_["applies_to"], license_["assigned"]) == ("applications", 1)
    refused = await counting.put(B, json={"versions": [VERSION]})
    assert (refused.status_code, refused.json()["error"]) == (409, "seats_exhausted")
    assert (await counting.get(B)).status_code == 404
    await counting.delete("/runtimes/mfp")
    await counting.put("/runtimes/mfp", json={})
    assert (await counting.put(B, json={"versions": [VERSION]})).status_code == 200


async def test_what_a_plan_would_block_is_told_before_and_listed_with_its_reason_after(
    counted: World, counting: httpx.AsyncClient
) -> None:
    await counting.put(A, json={"versions": [VERSION]})
    none_left = (
        "No token of MOBILEFIRST:ibmmfpfa is left: 0 of 0 are taken. Buy more, or remove an application that has one."
    )
    blocks = [{"runtime": "mfp", "name": "com.example.a", "why": none_left}]
    none_bought = TOKENS.replace("seats = 1", "seats = 0")
    planned = await counting.post("/inventory/plan", content=none_bought, params={"allow_overcommit": "true"})
    assert (planned.json()["blocks"], planned.json()["unblocks"]) == (blocks, [])
    expired = await counting.post(
        "/inventory/plan", content=TOKENS.replace("seats = 1", "seats = 1\nexpires = 2020-01-01")
    )
    [blocked] = expired.json()["blocks"]
    assert blocked["why"] == "The tokens of MOBILEFIRST:ibmmfpfa expired on 2020-01-01. Renew them."
    harmless = (await counting.post("/inventory/plan", content=TOKENS.replace("seats = 1", "seats = 2"))).json()
    assert (harmless["total"], harmless["blocks"], harmless["unblocks"]) == (1, [], [])
    part = await counting.post("/inventory/plan", content=none_bought, params={"rehearse": "false"})
    assert (part.json()["blocks"], part.json()["unblocks"]) == (None, None)

    seats = {"license": "MOBILEFIRST:ibmmfpfa", "assignable": 0, "allow_overcommit": True}
    assert (await counting.post("/licenses/seats/plan", json=seats)).json() == {"blocks": blocks, "unblocks": []}
    assert (await counting.get(A)).json()["blocked"] is False
    assert (await counting.put("/licenses/seats", json=seats)).status_code == 200
    await counted.ledger.submit(SettleTokens())
    [listed] = (await counting.get("/runtimes/mfp/applications")).json()["applications"]
    assert (listed["blocked"], listed["why_blocked"]) == (True, none_left)
    again = await counting.post("/licenses/seats/plan", json={**seats, "assignable": 1})
    assert again.json() == {"blocks": [], "unblocks": [{"runtime": "mfp", "name": "com.example.a"}]}


async def test_seats_are_planned_as_they_are_set(counting: httpx.AsyncClient) -> None:
    await counting.put(A, json={"versions": [VERSION]})
    body = {"license": "MOBILEFIRST:ibmmfpfa", "assignable": 0}
    planned, done = [await counting.request(method, path, json=body) for method, path in SEATS]
    assert (planned.status_code, planned.json()) == (done.status_code, done.json())
    assert planned.json()["error"] == "seats_below_use"


async def test_a_token_is_nothing_that_somebody_is_assigned(world: World, admin: httpx.AsyncClient) -> None:
    await world.apply(TOKENS)
    head = world.ledger.head
    body = {"holder": {"kind": "user", "name": "agent01"}, "licenses": ["MOBILEFIRST:ibmmfpfa"]}
    refused = await admin.post("/assignments", json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_assignable_to")
    assert "ibmmfpfa" in refused.json()["message"]
    assert world.ledger.head == head


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/runtimes/mfp", {"running": "yes"}, "running"),
        ("/runtimes/mfp", {"name": "mfp"}, "name"),
        (f"/runtimes/{'x' * 255}", {}, "254"),
        ("/runtimes/%20x", {}, "blanks around it"),
        (A, {"configuration": {"category": "b2c"}}, "category"),
        (A, {"configuration": {"licenseType": "APPLICATION"}}, "licenseType"),
        (A, {"versions": [{"platform": "android"}]}, "versions.0.version"),
        (A, {"versions": [VERSION | {"platform": "\0"}]}, "versions.0.platform"),
        (A, {"versions": [VERSION | {"display_name": "\u0007"}]}, "without control characters"),
        (A, {"versions": [VERSION, VERSION]}, "more than once"),
        (f"{A}%00", {"versions": [VERSION]}, "blanks around it"),
        (f"/runtimes/mfp/applications/{'x' * 255}", {"versions": [VERSION]}, "254"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_changes(
    path: str, body: dict[str, object], said: str, world: World, admin: httpx.AsyncClient
) -> None:
    await admin.put("/runtimes/mfp", json={})
    head = world.ledger.head
    refused = await admin.put(path, json=body)
    assert refused.status_code == 422, refused.text
    assert said in refused.json()["message"]
    assert world.ledger.head == head


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("GET", "/runtimes/none", "unknown_runtime"),
        ("DELETE", "/runtimes/none", "unknown_runtime"),
        ("GET", "/runtimes/none/applications", "unknown_runtime"),
        ("GET", "/runtimes/none/applications/a", "unknown_runtime"),
        ("DELETE", "/runtimes/none/applications/a", "unknown_runtime"),
        ("DELETE", A, "unknown_application"),
    ],
)
async def test_what_is_not_there_is_named(method: str, path: str, error: str, admin: httpx.AsyncClient) -> None:
    await admin.put("/runtimes/mfp", json={})
    missing = await admin.request(method, path)
    assert (missing.status_code, missing.json()["error"]) == (404, error)
    assert ("none" if "none" in path else "com.example.a") in missing.json()["message"]


@pytest.mark.parametrize(
    ("rights", "seen", "changed"),
    [
        ('roles = ["mfpmonitor"]', 200, 403),
        ('roles = ["mfpdeployer"]', 200, 403),
        ('roles = ["administrator"]', 200, 204),
        ('roles = ["operator"]', 403, 403),
    ],
)
async def test_applications_are_seen_by_their_people_and_changed_by_administrators(
    rights: str, seen: int, changed: int, world: World
) -> None:
    password = next(line for line in INVENTORY.splitlines() if line.startswith("password_hash"))
    await world.apply(f'[[users]]\nlogin = "other01"\n{password}\n{rights}\n{TOKENS}')
    await world.apply('[[applications]]\nruntime = "mfp"\nname = "com.example.a"\ncategory = "B2C"')
    async with world.client(auth=("other01", PASSWORD)) as client:
        for path in ("/runtimes", "/runtimes/mfp", "/runtimes/mfp/applications", A):
            assert (await client.get(path)).status_code == seen
        assert (await client.delete(A)).status_code == changed


async def test_the_documentation_tells_which_answers_there_are_beside_the_usual(admin: httpx.AsyncClient) -> None:
    paths = (await admin.get("/openapi.json")).json()["paths"]
    one = paths["/runtimes/{runtime}"]
    applications = paths["/runtimes/{runtime}/applications/{name}"]
    documented = {
        (name, method): {"404", "409"} & operation["responses"].keys()
        for name, operations in (("runtime", one), ("application", applications))
        for method, operation in operations.items()
    }
    assert documented == {
        ("runtime", "get"): {"404"},
        ("runtime", "put"): set(),
        ("runtime", "delete"): {"404", "409"},
        ("application", "get"): {"404"},
        ("application", "put"): {"404", "409"},
        ("application", "delete"): {"404", "409"},
    }


async def test_whoever_misses_a_runtime_or_an_application_is_told_what_lists_them(admin: httpx.AsyncClient) -> None:
    await admin.put("/runtimes/mfp", json={})
    for path, says in (
        ("MFP", "'seatkeeper runtime list'"),
        ("mfp/applications/a", "'seatkeeper application list mfp'"),
    ):
        answer = await admin.get(f"/runtimes/{path}")
        assert (answer.status_code, says in answer.json()["message"]) == (404, True), answer.text
