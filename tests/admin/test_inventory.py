"""Planning and applying an inventory over the admin face."""

import asyncio
import json
import re
from typing import Any

import httpx
import pytest

from seatkeeper.inventory.demo import demo_text
from seatkeeper.licensing.inventory_commands import DefineUser
from tests.admin.conftest import PASSWORD
from tests.admin.world import World

pytestmark = pytest.mark.anyio

NONE = {"added": 0, "changed": 0, "removed": 0}
KINDS = ("owner", "license", "runtime", "application", "station", "user", "assignment")
NOTHING = dict.fromkeys(KINDS, NONE)
AGENT02 = '[[users]]\nlogin = "agent02"\n'


async def planned(admin: httpx.AsyncClient, text: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own
    response = await admin.post("/inventory/plan", content=text, params=params)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def test_a_plan_tells_what_would_change_and_changes_nothing(world: World, admin: httpx.AsyncClient) -> None:
    text = (
        '[[licenses]]\nname = "A"\nassignable_seats = 12\nexpires = "never"\n'
        '[[licenses]]\nname = "C"\nassignable_seats = 2\n'
        + AGENT02
        + 'licenses = ["C"]\npassword = "hunter2"\nprofiles.CRM.method = "concurrent"'
    )
    head = world.ledger.head
    told = await planned(admin, text)
    assert world.ledger.head == head
    assert told["position"] == head
    assert told["plan"].startswith(f"{head}-")
    assert told["total"] == told["weight"] == 4
    assert told["counts"] == NOTHING | {
        "license": {**NONE, "added": 1, "changed": 1},
        "user": {**NONE, "changed": 1},
        "assignment": {**NONE, "added": 1},
    }
    assert told["changes"] == [
        {
            "action": "changed",
            "kind": "license",
            "name": "A",
            "place": 'licenses[1] "A"',
            "fields": [
                {"name": "expires", "before": "2099-01-01", "after": "never"},
                {"name": "assignable_seats", "before": 1, "after": 12},
            ],
        },
        {
            "action": "added",
            "kind": "license",
            "name": "C",
            "place": 'licenses[2] "C"',
            "fields": [{"name": "assignable_seats", "before": None, "after": 2}],
        },
        {
            "action": "changed",
            "kind": "user",
            "name": "agent02",
            "place": 'users[1] "agent02"',
            "fields": [
                {"name": "password", "before": None, "after": "(set)"},
                {"name": "profiles.CRM.method", "before": "assignable", "after": "concurrent"},
            ],
        },
        {"action": "added", "kind": "assignment", "name": "agent02 C", "place": 'users[1] "agent02"', "fields": []},
    ]


async def test_what_changes_can_be_told_of_every_key_that_a_file_may_have(admin: httpx.AsyncClient) -> None:
    told = await planned(admin, AGENT02 + "secondary_groups = [10, 20]\n")
    assert told["changes"][0]["fields"] == [{"name": "secondary_groups", "before": [], "after": [10, 20]}]
    without_numbers = re.sub("(?m)^user_id = .*$", "", demo_text())  # which some have here already
    assert (await planned(admin, without_numbers))["total"] > 100


async def test_a_plan_is_applied_as_it_was_looked_at(world: World, admin: httpx.AsyncClient) -> None:
    text = AGENT02 + 'display_name = "Agent 02"\nroles = ["operator"]'
    told = await planned(admin, text)
    response = await admin.post("/inventory", content=text, params={"plan": told["plan"]})
    assert response.status_code == 200
    assert response.json() == {"position": world.ledger.head, "total": 1, "counts": told["counts"]}
    assert world.ledger.head > told["position"]


async def test_a_plan_that_no_longer_holds_is_refused(world: World, admin: httpx.AsyncClient) -> None:
    text = AGENT02 + 'display_name = "Agent 02"'
    told = await planned(admin, text)
    await world.ledger.submit(DefineUser(login="agent02", display_name="other"))
    response = await admin.post("/inventory", content=text, params={"plan": told["plan"], "file": "site.toml"})
    assert (response.status_code, response.json()["error"]) == (409, "changed_since")
    assert response.json()["message"].startswith(f"site.toml: this is not the plan made at {told['position']} ")
    assert (await world.inventory()).accounts["agent02"].user.display_name == "other"


async def test_what_is_no_plan_is_refused_as_a_request(admin: httpx.AsyncClient) -> None:
    response = await admin.post("/inventory", content=AGENT02, params={"plan": "12"})
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")


async def test_without_a_plan_a_file_is_applied_at_once_and_twice_is_no_event(
    world: World, admin: httpx.AsyncClient
) -> None:
    text = '[[users]]\nlogin = "agent03"\npassword = "demo-agent03"'
    first = await admin.post("/inventory", content=text)
    assert first.json()["counts"] == NOTHING | {"user": {**NONE, "added": 1}}
    head = world.ledger.head
    again = await admin.post("/inventory", content=text)
    assert again.json() == {"position": head, "total": 0, "counts": NOTHING}
    assert world.ledger.head == head


async def test_an_empty_file_is_nothing(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/inventory", content=b"")).json()["total"] == 0


async def test_only_the_first_thousand_changes_are_told(admin: httpx.AsyncClient) -> None:
    told = await planned(admin, "".join(f'[[stations]]\nname = "new{each}"\n' for each in range(1001)))
    assert (told["total"], len(told["changes"])) == (1001, 1000)


async def test_a_file_prunes_where_that_is_asked_for(admin: httpx.AsyncClient) -> None:
    told = await planned(admin, '[[stations]]\nname = "station02"\n', prune="true")
    assert [(each["action"], each["kind"], each["name"], each["place"]) for each in told["changes"]] == [
        ("added", "station", "station02", 'stations[1] "station02"'),
        ("removed", "station", "station01", ""),
    ]


@pytest.mark.parametrize(
    ("content_type", "params"), [("text/csv", {}), ("application/jsonl", {"first_line": 2}), (None, {"first_line": 7})]
)
async def test_a_part_of_an_inventory_prunes_nothing(
    admin: httpx.AsyncClient, content_type: str | None, params: dict[str, int]
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    asked: dict[str, str | int] = {"prune": "true", **params}
    response = await admin.post("/inventory/plan", content=b"", params=asked, headers=headers)
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv; charset=utf-8", 'user,license\nagent02,"CRM:B"\n'),
        ("application/jsonl", '{"entry": "assignment", "user": "agent02", "license": "CRM:B"}\n'),
        ("application/toml", AGENT02 + 'licenses = ["CRM:B"]'),
        ("application/x-www-form-urlencoded", AGENT02 + 'licenses = ["CRM:B"]'),
    ],
)
async def test_each_format_says_the_same(admin: httpx.AsyncClient, content_type: str, body: str) -> None:
    response = await admin.post("/inventory/plan", content=body, headers={"Content-Type": content_type})
    assert [each["name"] for each in response.json()["changes"]] == ["agent02 CRM:B"]


async def test_another_format_is_refused_with_those_there_are(admin: httpx.AsyncClient) -> None:
    response = await admin.post("/inventory", content="{}", headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")
    assert "application/jsonl" in response.json()["message"]


async def test_an_import_makes_users_only_where_that_is_asked_for(admin: httpx.AsyncClient) -> None:
    rows = "user,license,method\nnewcomer,CRM:B,concurrent\n"
    headers = {"Content-Type": "text/csv"}
    refused = await admin.post("/inventory", content=rows, headers=headers, params={"first_line": 41})
    assert refused.status_code == 422
    assert [(each["line"], each["key"]) for each in refused.json()["detail"]] == [(42, "user")]
    made = await admin.post("/inventory", content=rows, headers=headers, params={"create_users": "true"})
    assert made.json()["counts"] == NOTHING | {"user": {**NONE, "added": 1}, "assignment": {**NONE, "added": 1}}


async def test_every_problem_is_told_with_file_place_and_key(admin: httpx.AsyncClient) -> None:
    text = AGENT02 + 'licenses = ["AA"]\nage = 3'
    response = await admin.post("/inventory", content=text, params={"file": "site.toml"})
    assert response.status_code == 422
    told = response.json()
    assert told["error"] == "invalid_inventory"
    place = 'users[1] "agent02"'
    assert [(each["file"], each["place"], each["key"], each["line"]) for each in told["detail"]] == [
        ("site.toml", place, '"age"', None),
        ("site.toml", place, "licenses", None),
    ]
    assert told["message"].splitlines()[1].startswith(f'site.toml: {place}: licenses: there is no license "AA"')


async def test_a_refusal_is_told_with_file_place_and_key(admin: httpx.AsyncClient) -> None:
    text = AGENT02 + 'licenses = ["A"]'
    response = await admin.post("/inventory", content=text, params={"file": "site.toml"})
    assert response.status_code == 409
    told = response.json()
    assert told["error"] == "seats_exhausted"
    assert told["detail"] == {"file": "site.toml", "place": 'users[1] "agent02"', "key": "licenses", "line": None}
    assert told["message"].startswith('site.toml: users[1] "agent02": licenses: No assignable seat of A is free: ')


async def test_a_plan_that_the_rules_would_refuse_is_refused_as_applying_it_would_be(
    world: World, admin: httpx.AsyncClient
) -> None:
    text, head = AGENT02 + 'password = "hunter2"\nlicenses = ["A"]', world.ledger.head
    planned_, applied = [
        await admin.post(path, content=text, params={"file": "site.toml"}) for path in ("/inventory/plan", "/inventory")
    ]
    assert planned_.status_code == applied.status_code == 409
    assert planned_.json() == applied.json()
    assert world.ledger.head == head
    assert (await planned(admin, text, rehearse="false"))["total"] == 2


async def test_a_plan_that_the_rules_allow_has_left_nothing_behind(world: World, admin: httpx.AsyncClient) -> None:
    text, head = AGENT02 + 'password = "hunter2"\nlicenses = ["CRM:B"]', world.ledger.head
    told = await planned(admin, text)
    assert world.ledger.head == head
    assert await planned(admin, text) == told
    applied = await admin.post("/inventory", content=text, params={"plan": told["plan"]})
    assert applied.json()["counts"] == told["counts"]


async def test_a_refused_row_is_told_by_its_line_in_the_file(admin: httpx.AsyncClient) -> None:
    rows, headers = "user,license\nagent02,CRM:B\nagent02,A\n", {"Content-Type": "text/csv"}
    response = await admin.post("/inventory", content=rows, params={"first_line": 1001}, headers=headers)
    assert response.json()["detail"] == {"file": "inventory", "place": "line 1003", "key": "license", "line": 1003}


@pytest.mark.parametrize(("allowed", "status"), [("false", 409), ("true", 200)])
async def test_seats_fall_below_what_is_assigned_only_where_allowed(
    admin: httpx.AsyncClient, allowed: str, status: int
) -> None:
    text = '[[licenses]]\nname = "A"\nassignable_seats = 0'
    response = await admin.post("/inventory", content=text, params={"allow_overcommit": allowed})
    assert response.status_code == status


@pytest.mark.parametrize("path", ["/inventory", "/inventory/plan"])
async def test_a_password_is_in_no_answer(admin: httpx.AsyncClient, path: str) -> None:
    wrong = AGENT02 + 'password = "hunter2"\npassword_hash = "hunter3"\nlicenses = ["A"]'
    right = AGENT02 + 'password = "hunter2"'
    for text, status in ((wrong, 422), (right, 200)):
        response = await admin.post(path, content=text)
        assert response.status_code == status
        assert "hunter" not in response.text
        assert "argon2" not in response.text


async def test_more_changes_than_the_setting_allows_are_planned_and_not_applied(
    world: World, admin: httpx.AsyncClient
) -> None:
    limits = (await admin.get("/inventory/limits")).json()
    assert limits == {"changes_at_once": 10_000, "step": 1_000, "body": 16 * 1024 * 1024}
    lines = "".join(json.dumps({"entry": "station", "name": f"s{each}"}) + "\n" for each in range(10_001))
    headers, head = {"Content-Type": "application/jsonl"}, world.ledger.head
    assert (await admin.post("/inventory/plan", content=lines, headers=headers)).json()["total"] == 10_001
    response = await admin.post("/inventory", content=lines, headers=headers)
    assert (response.status_code, response.json()["error"]) == (409, "too_many_changes")
    assert response.json()["detail"] == {"total": 10_001, "limit": 10_000}
    assert "inventory.changes_at_once" in response.json()["message"]
    assert "--in-steps" in response.json()["message"]
    assert world.ledger.head == head


async def test_whoever_may_not_write_the_inventory_neither_plans_nor_applies(world: World) -> None:
    async with world.client(auth=("operator01", PASSWORD)) as client:
        for path in ("/inventory", "/inventory/plan"):
            response = await client.post(path, content="not even TOML")
            assert response.status_code == 403


async def test_others_are_served_while_a_large_file_is_planned(world: World, admin: httpx.AsyncClient) -> None:
    text = "".join(f'[[stations]]\nname = "s{each}"\n' for each in range(20_000))
    planning = asyncio.create_task(admin.post("/inventory/plan", content=text))
    served = 0
    while not planning.done():
        assert (await admin.get("/inventory/limits")).status_code == 200
        served += 1
    assert (await planning).json()["total"] == 20_000
    assert served > 5
    assert world.ledger.healthy
