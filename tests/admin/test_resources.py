"""Assignments, sessions, explanations and licenses over the admin face."""

import re

import httpx
import pytest
import tomli_w

from seatkeeper.licensing.commands import AcquireLicenses, SetStation
from seatkeeper.licensing.entities import LicenseName, StationSetting
from tests.admin.world import World

pytestmark = pytest.mark.anyio

AGENT = {"kind": "user", "name": "AGENT01"}


async def change(admin: httpx.AsyncClient, path: str, *licenses: str) -> list[str]:
    response = await admin.post(path, json={"holder": AGENT, "licenses": licenses})
    assert response.status_code == 200, response.text
    changed: list[str] = response.json()["changed"]
    return changed


async def test_assigning_tells_what_was_new_as_stored(admin: httpx.AsyncClient) -> None:
    body = {"holder": AGENT, "licenses": ["a", "inin:A", "crm:b"]}
    told = (await admin.post("/assignments", json=body)).json()
    assert told == {"changed": ["CRM:B"], "unchanged": ["a", "inin:A"]}
    assert await change(admin, "/assignments", "a", "crm:b") == []


async def test_licenses_that_go_by_one_name_are_told_apart_by_their_owner(
    world: World, admin: httpx.AsyncClient
) -> None:
    await world.apply('[[licenses]]\nowner = "CRM"\nname = "A"\nassignable_seats = 1')
    body = {"holder": AGENT, "licenses": ["A", "CRM:A"]}
    assert (await admin.post("/assignments", json=body)).json() == {"changed": ["CRM:A"], "unchanged": ["A"]}
    taken = (await admin.post("/assignments/remove", json=body)).json()
    assert taken == {"changed": ["A", "CRM:A"], "unchanged": []}


async def test_unassigning_tells_what_was_assigned(admin: httpx.AsyncClient) -> None:
    assert await change(admin, "/assignments/remove", "a", "CRM:B") == ["A"]
    assert await change(admin, "/assignments/remove", "a") == []


async def test_assigning_is_all_or_none(admin: httpx.AsyncClient) -> None:
    response = await admin.post("/assignments", json={"holder": AGENT, "licenses": ["CRM:B", "S"]})
    assert response.status_code == 409
    assert await change(admin, "/assignments/remove", "CRM:B") == []


async def test_a_station_is_assigned_its_own(admin: httpx.AsyncClient) -> None:
    body = {"holder": {"kind": "station", "name": "Station01"}, "licenses": ["S"]}
    assert (await admin.post("/assignments", json=body)).json() == {"changed": ["S"], "unchanged": []}


async def test_a_session_is_listed_with_what_it_holds(world: World, admin: httpx.AsyncClient) -> None:
    number = await world.connect("agent01", application="desk", machine="127.0.0.7")
    await world.ledger.submit(SetStation(session_id=number, setting=StationSetting.WORKSTATION, station="station01"))
    await world.ledger.submit(AcquireLicenses(session_id=number, licenses=(LicenseName("ININ", "A"),)))
    [session] = (await admin.get("/sessions")).json()["sessions"]
    [hold] = session.pop("holds")
    since = hold.pop("since")
    assert hold == {"owner": "ININ", "name": "A", "method": "assignable", "ground": "user"}
    assert since >= session.pop("connected_at")
    assert session.pop("last_seen").endswith("Z")
    assert session == {
        "id": str(number),
        "user": "agent01",
        "display_name": "agent01",
        "application": "desk",
        "machine": "127.0.0.7",
        "station": "station01",
        "remote_number": None,
    }


async def test_sessions_are_listed_for_one_user(world: World, admin: httpx.AsyncClient) -> None:
    await world.connect("agent01")
    number = await world.connect("agent02")
    found = (await admin.get("/sessions", params={"user": "AGENT02"})).json()["sessions"]
    assert [each["id"] for each in found] == [str(number)]


async def test_ending_a_session_takes_it_off_the_list(world: World, admin: httpx.AsyncClient) -> None:
    number = await world.connect("agent01")
    response = await admin.delete(f"/sessions/{number}")
    assert (response.status_code, response.content) == (204, b"")
    assert (await admin.get("/sessions")).json() == {"sessions": []}
    assert (await admin.delete(f"/sessions/{number}")).status_code == 404


async def test_an_explanation_tells_the_verdict_and_every_ground(admin: httpx.AsyncClient) -> None:
    params = {"user": "agent01", "license": "a", "station": "station01", "machine": "127.0.0.1"}
    told = (await admin.get("/explain", params=params)).json()
    assert told["verdict"] == {
        "license": "a",
        "granted": True,
        "status": 2,
        "reason": None,
        "sentence": "none",
        "ground": {"kind": "user", "method": "assignable"},
    }
    assert told["tried"] == [told["verdict"]]


async def test_an_explanation_of_a_refusal_says_why(admin: httpx.AsyncClient) -> None:
    told = (await admin.get("/explain", params={"user": "agent02", "license": "A"})).json()["verdict"]
    assert (told["granted"], told["status"], told["reason"], told["ground"]) == (False, 3, "not_assigned", None)
    assert "A is assigned neither to agent02" in told["sentence"]


async def test_an_explanation_of_an_unknown_license_names_the_owner_that_was_asked(admin: httpx.AsyncClient) -> None:
    told = (await admin.get("/explain", params={"user": "agent01", "license": "XX:A"})).json()["verdict"]
    assert told["sentence"] == "There is no license named A of owner XX."


async def test_a_machine_may_be_spelled_in_any_way_that_is_an_address(world: World, admin: httpx.AsyncClient) -> None:
    await world.apply('[[stations]]\nname = "station01"\nlicenses = ["S"]')
    session = await world.connect("agent01", machine="2001:db8::1")
    workstation = StationSetting.WORKSTATION
    await world.ledger.submit(SetStation(session_id=session, setting=workstation, station="station01"))
    params = {"user": "agent01", "license": "S", "station": "station01"}
    for machine, status in (("2001:0DB8:0::1", 2), ("2001:db8::2", 6)):
        told = await admin.get("/explain", params={**params, "machine": machine})
        assert told.json()["verdict"]["status"] == status


async def test_an_explanation_changes_nothing(world: World, admin: httpx.AsyncClient) -> None:
    head = world.ledger.head
    await admin.get("/explain", params={"user": "agent02", "license": "A"})
    assert world.ledger.head == head


async def test_licenses_are_listed_with_their_seats_and_use(admin: httpx.AsyncClient) -> None:
    found = (await admin.get("/licenses")).json()["licenses"]
    assert [(each["owner"], each["name"]) for each in found] == [("CRM", "B"), ("ININ", "A"), ("ININ", "S")]
    assert found[1] == {
        "owner": "ININ",
        "name": "A",
        "display_name": "Alpha",
        "kind": "user",
        "applies_to": "both",
        "unrestricted": False,
        "assignable_seats": 1,
        "assigned": 1,
        "concurrent_seats": 1,
        "concurrent_assigned": 0,
        "concurrent_in_use": 0,
        "expires": "2099-01-01T00:00:00Z",
        "grace_until": None,
        "tooltip": "",
        "version": "",
        "hidden": False,
        "sort_order": 0,
        "user_type": "any",
        "extra_flags": 0,
        "extra_info": "",
        "signature": "",
    }


async def test_a_license_is_listed_with_what_its_document_says(world: World, admin: httpx.AsyncClient) -> None:
    said = {"tooltip": "t", "version": "1", "hidden": True, "sort_order": -3, "user_type": "external"}
    said |= {"extra_flags": 1, "extra_info": "set=A", "signature": "s"}
    await world.apply(f'[[licenses]]\nname = "A"\n{tomli_w.dumps(said)}')
    [found] = [each for each in (await admin.get("/licenses")).json()["licenses"] if each["name"] == "A"]
    assert {key: found[key] for key in said} == said


async def test_the_documentation_says_how_to_authorize_and_has_a_title_for_every_call(admin: httpx.AsyncClient) -> None:
    document = (await admin.get("/openapi.json")).json()
    assert "`admin-token`" in document["info"]["description"]
    titles = [call["summary"] for calls in document["paths"].values() for call in calls.values()]
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if title == title.title()], "made of a function's name"


async def test_the_documentation_is_generated_and_names_every_call(admin: httpx.AsyncClient) -> None:
    document = (await admin.get("/openapi.json")).json()
    assert sorted(document["paths"]) == [
        "/assignments",
        "/assignments/remove",
        "/denials",
        "/explain",
        "/inventory",
        "/inventory/limits",
        "/inventory/plan",
        "/journal",
        "/journal/forget",
        "/journal/seal",
        "/licenses",
        "/licenses/seats",
        "/licenses/seats/plan",
        "/overview",
        "/owners",
        "/owners/{name}",
        "/runtimes",
        "/runtimes/{runtime}",
        "/runtimes/{runtime}/applications",
        "/runtimes/{runtime}/applications/{name}",
        "/server",
        "/sessions",
        "/sessions/{session}",
        "/users",
        "/users/delete",
        "/users/password",
    ]
    assert document["servers"] == [{"url": "/v1"}]
    assert set(document["components"]["securitySchemes"]) == {"basic", "bearer"}


async def test_the_documentation_page_needs_nothing_from_elsewhere(admin: httpx.AsyncClient) -> None:
    page = (await admin.get("/docs")).text
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', page))
    assert '"validatorUrl": null' in page  # else the viewer may ask a validator on the internet
    for address in ("swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css", "swagger-ui/favicon-32x32.png"):
        assert address in page
        assert (await admin.get(f"/{address}")).status_code == 200
