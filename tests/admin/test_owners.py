"""Owners of licenses over the admin face: listed, shown, described, and refused where that cannot be."""

from typing import Any

import httpx
import pytest

from tests.admin.conftest import PASSWORD
from tests.admin.world import World

pytestmark = pytest.mark.anyio

SAID: dict[str, Any] = {
    "description": 'US:"Planning";NO:"Planlegging"',
    "company": "Contact Centre",
    "serial_number": "123",
    "version": "1",
    "product_type": "planning",
    "product_description": "Shifts",
    "deployment_type": 2,
    "license_url": "https://licenses.example",
    "shop_url": "https://shop.example",
    "extra_flags": -1,
    "extra_info": "x",
    "next_check": "2090-01-01T00:00:00Z",
    "warn_from": "2091-01-01T12:30:00.500000Z",
    "maintenance_until": None,
    "expires": "2092-01-01T00:00:00Z",
    "grace_until": "2093-01-01T00:00:00Z",
    "public_key": "k" * 10_000,
    "signature": "s",
}


async def test_what_is_said_of_an_owner_is_shown_as_it_was_said(admin: httpx.AsyncClient) -> None:
    answer = await admin.put("/owners/CRM", json=SAID)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"changed": True, "owner": {"name": "CRM", "licenses": 1, **SAID}}
    assert (await admin.get("/owners/crm")).json() == {"name": "CRM", "licenses": 1, **SAID}
    assert (await admin.put("/owners/crm", json=SAID)).json()["changed"] is False


async def test_owners_are_listed_by_name_whether_or_not_something_is_said_of_them(admin: httpx.AsyncClient) -> None:
    await admin.put("/owners/BARE", json={"company": "one"})
    found = (await admin.get("/owners")).json()["owners"]
    assert [(each["name"], each["company"], each["licenses"]) for each in found] == [
        ("BARE", "one", 0),
        ("CRM", "", 1),
        ("ININ", "", 2),
    ]


async def test_what_is_left_out_is_said_no_more(admin: httpx.AsyncClient) -> None:
    await admin.put("/owners/CRM", json=SAID)
    assert (await admin.put("/owners/CRM", json={"company": "two"})).json()["changed"] is True
    shown = (await admin.get("/owners/CRM")).json()
    assert (shown["company"], shown["serial_number"], shown["expires"]) == ("two", "", None)
    assert (await admin.put("/owners/BARE", json={"company": "one"})).json()["changed"] is True
    assert (await admin.put("/owners/BARE", json={})).json()["changed"] is True
    assert (await admin.get("/owners/BARE")).status_code == 404
    assert (await admin.put("/owners/BARE", json={})).json()["changed"] is False


async def test_an_owner_whose_licenses_have_expired_lets_none_be_assigned(admin: httpx.AsyncClient) -> None:
    assert (await admin.put("/owners/CRM", json={"expires": "2020-01-01"})).json()["owner"]["expires"] == (
        "2020-01-01T00:00:00Z"
    )
    body = {"holder": {"kind": "user", "name": "agent02"}, "licenses": ["CRM:B"]}
    refused = await admin.post("/assignments", json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "license_expired")
    assert (await admin.put("/owners/CRM", json={})).status_code == 200
    assert (await admin.post("/assignments", json=body)).json() == {"changed": ["CRM:B"], "unchanged": []}


async def test_an_owner_may_be_called_as_no_path_is(admin: httpx.AsyncClient) -> None:
    name = "A/B ä?#%2F"
    path = "/owners/A%2FB%20%C3%A4%3F%23%252F"
    assert (await admin.put(path, json={"company": "one"})).json()["owner"]["name"] == name
    assert (await admin.get(path)).json()["company"] == "one"


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("CRM", {"company": 7}, "company"),
        ("CRM", {"company": "\0"}, "company: must be a text of at most 2000 characters"),
        ("CRM", {"company": "x" * 2001}, "company"),
        ("CRM", {"signature": "a\0"}, "signature"),
        ("CRM", {"extra_flags": 2**31}, "extra_flags"),
        ("CRM", {"extra_flags": "1"}, "extra_flags"),
        ("CRM", {"expires": "never"}, "expires"),
        ("CRM", {"expires": "9999-01-01"}, "expires: must be of the years 1970 to 9998"),
        ("CRM", {"expires": "1969-12-31"}, "expires: must be of the years 1970 to 9998"),
        ("CRM", {"expires": "1970-01-01T00:00:00+14:00"}, "expires: must be of the years 1970 to 9998"),
        ("CRM", {"expires": "9998-12-31T23:00:00-02:00"}, "expires: must be of the years 1970 to 9998"),
        ("CRM", {"grace_until": "2030-01-01"}, "grace_until is before expires"),
        ("CRM", {"expires": "2031-01-01", "grace_until": "2030-01-01"}, "grace_until is before expires"),
        ("CRM", {"name": "CRM"}, "name"),
        ("A:B", {}, "without a colon"),
        ("%20A", {}, "without a colon or blanks around it"),
        ("x" * 240, {}, "239"),
    ],
)
async def test_what_cannot_be_said_is_refused_and_nothing_changes(
    path: str, body: dict[str, object], said: str, world: World, admin: httpx.AsyncClient
) -> None:
    head = world.ledger.head
    refused = await admin.put(f"/owners/{path}", json=body)
    assert refused.status_code == 422, refused.text
    assert said in refused.json()["message"]
    assert world.ledger.head == head


async def test_an_unknown_owner_is_not_found(admin: httpx.AsyncClient) -> None:
    missing = await admin.get("/owners/NONE")
    assert (missing.status_code, missing.json()["error"]) == (404, "unknown_owner")
    assert "NONE" in missing.json()["message"]


@pytest.mark.parametrize(("login", "listed", "described"), [("operator01", 200, 403), ("assigner01", 403, 403)])
async def test_owners_are_seen_and_described_by_whom_licenses_are(
    login: str, listed: int, described: int, world: World
) -> None:
    async with world.client(auth=(login, PASSWORD)) as client:
        assert (await client.get("/owners")).status_code == listed
        assert (await client.get("/owners/CRM")).status_code == listed
        assert (await client.put("/owners/CRM", json={})).status_code == described
