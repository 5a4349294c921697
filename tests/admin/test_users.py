"""Users over the admin face: added, listed, given a password, deleted."""

import base64
import json
from contextlib import closing

import httpx
import pytest

from seatkeeper.ledger.door import DatabaseFile
from tests.admin.conftest import PASSWORD
from tests.admin.world import World

pytestmark = pytest.mark.anyio


async def logins(admin: httpx.AsyncClient) -> list[str]:
    return [each["login"] for each in (await admin.get("/users")).json()["users"]]


async def status_of(world: World, login: str, password: str) -> int:
    """What somebody is answered who asks for the sessions with this password."""
    credentials = base64.b64encode(f"{login}:{password}".encode()).decode()
    async with world.client(headers={"Authorization": f"Basic {credentials}"}) as client:
        return (await client.get("/sessions")).status_code


async def test_a_user_is_added_as_told(world: World, admin: httpx.AsyncClient) -> None:
    body = {
        "login": "new01",
        "display_name": "New",
        "language": "de-DE",
        "roles": ["operator"],
        "rights": ["assignments.write"],
        "stations": ["station01"],
        "user_type": "external",
        "group_id": 7,
        "secondary_groups": [8, 9],
        "password": "s3cret of mine",
    }
    added = await admin.post("/users", json=body)
    assert added.status_code == 201, added.text
    found = {each["login"]: each for each in (await admin.get("/users")).json()["users"]}
    assert found["new01"] == {
        "login": "new01",
        "user_id": added.json()["user_id"],
        "display_name": "New",
        "language": "de-DE",
        "roles": ["operator"],
        "rights": ["assignments.write"],
        "user_type": "external",
        "group_id": 7,
        "secondary_groups": [8, 9],
        "has_password": True,
        "enabled": True,
        "method": "assignable",
        "licenses": [],
    }
    assert await status_of(world, "new01", "s3cret of mine") == 200
    assert await status_of(world, "new01", "another") == 401


async def test_a_user_of_whom_nothing_is_told_has_the_defaults(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/users", json={"login": "bare01"})).status_code == 201
    [user] = [each for each in (await admin.get("/users")).json()["users"] if each["login"] == "bare01"]
    assert (user["display_name"], user["language"], user["roles"]) == ("bare01", "en-US", [])
    assert user["has_password"] is False


@pytest.mark.parametrize("login", ["agent01", "AGENT01"])
async def test_one_who_is_there_already_is_not_changed(login: str, admin: httpx.AsyncClient) -> None:
    before = (await admin.get("/users")).json()
    refused = await admin.post("/users", json={"login": login, "display_name": "Other", "password": "other"})
    assert (refused.status_code, refused.json()["error"]) == (409, "login_taken")
    assert login in refused.json()["message"]
    assert (await admin.get("/users")).json() == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "login"),
        ({"login": ""}, "login: must be a text of 1 to 200 characters"),
        ({"login": " new01"}, "without blanks around it"),
        ({"login": "new\u001b01"}, "on one line"),
        ({"login": "new\ud800"}, "login"),
        ({"login": "n" * 201}, "of 1 to 200 characters"),
        ({"login": 7}, "login"),
        ({"login": "new01", "language": "English, please"}, "language tag"),
        ({"login": "new01", "roles": ["king"]}, "king is no role; there are administrator, operator"),
        ({"login": "new01", "rights": ["all"]}, "all is no right"),
        ({"login": "new01", "password": ""}, "password"),
        ({"login": "new01", "password": "s3cret" * 200}, "password"),
        ({"login": "new01", "passwort": "s3cret"}, "passwort"),
    ],
)
async def test_what_cannot_be_a_user_is_refused_without_its_password(
    body: dict[str, object], said: str, admin: httpx.AsyncClient
) -> None:
    before = await logins(admin)
    # Half a surrogate pair can stand in JSON only as an escape.
    refused = await admin.post("/users", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert refused.status_code == 422, refused.text
    assert said in refused.json()["message"]
    assert "s3cret" not in refused.text
    assert await logins(admin) == before


async def test_a_station_that_is_not_there_is_named(admin: httpx.AsyncClient) -> None:
    refused = await admin.post("/users", json={"login": "new01", "stations": ["nowhere"]})
    assert (refused.status_code, refused.json()["error"]) == (404, "unknown_station")
    assert "nowhere" in refused.json()["message"]


async def test_a_password_is_replaced_at_once(world: World, admin: httpx.AsyncClient) -> None:
    assert await status_of(world, "operator01", PASSWORD) == 200
    done = await admin.put("/users/password", json={"login": "OPERATOR01", "password": "an0ther"})
    assert (done.status_code, done.content) == (204, b"")
    assert await status_of(world, "operator01", PASSWORD) == 401
    assert await status_of(world, "operator01", "an0ther") == 200
    assert isinstance(world.ledger.database, DatabaseFile)
    with closing(world.ledger.database.connect()) as database:
        assert "an0ther" not in "\n".join(database.iterdump())


async def test_nobody_is_given_a_password_who_is_not_there(admin: httpx.AsyncClient) -> None:
    refused = await admin.put("/users/password", json={"login": "nobody", "password": "s3cret"})
    assert (refused.status_code, refused.json()["error"]) == (404, "unknown_user")
    assert "s3cret" not in refused.text


async def test_a_deleted_user_leaves_nothing_but_his_number(world: World, admin: httpx.AsyncClient) -> None:
    await world.connect("agent01")
    before = {each["login"]: each["user_id"] for each in (await admin.get("/users")).json()["users"]}
    assert (await admin.post("/users/delete", json={"login": "Agent01"})).status_code == 204
    assert "agent01" not in await logins(admin)
    assert (await admin.get("/sessions")).json()["sessions"] == []
    assert {each["name"]: each["assigned"] for each in (await admin.get("/licenses")).json()["licenses"]}["A"] == 0
    again = (await admin.post("/users", json={"login": "agent01"})).json()
    assert again["user_id"] > max(before.values())
    gone = await admin.post("/users/delete", json={"login": "nobody"})
    assert (gone.status_code, gone.json()["error"]) == (404, "unknown_user")


async def test_users_are_listed_a_page_at_a_time(admin: httpx.AsyncClient) -> None:
    everybody = await logins(admin)
    assert everybody == ["agent01", "agent02", "assigner01", "operator01"]
    found: list[str] = []
    after: str | None = None
    while after is not None or not found:
        params = {"limit": "3"} | ({} if after is None else {"after": after})
        page = (await admin.get("/users", params=params)).json()
        found += [each["login"] for each in page["users"]]
        after = page["next"]
    assert found == everybody
    assert (await admin.get("/users", params={"limit": 1001})).status_code == 422
    assert (await admin.get("/users", params={"after": "zzz"})).json() == {"users": [], "next": None}


async def test_a_listed_user_has_his_licenses_by_the_shortest_name(admin: httpx.AsyncClient) -> None:
    holder = {"kind": "user", "name": "agent01"}
    assert (await admin.post("/assignments", json={"holder": holder, "licenses": ["CRM:B"]})).status_code == 200
    [user] = (await admin.get("/users", params={"limit": 1})).json()["users"]
    assert (user["login"], user["licenses"]) == ("agent01", ["A", "CRM:B"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/users", {"login": "new01"}),
        ("PUT", "/users/password", {"login": "agent02", "password": "x"}),
        ("POST", "/users/delete", {"login": "agent02"}),
    ],
)
async def test_users_are_changed_only_with_the_right_to_it(
    method: str, path: str, body: dict[str, str], world: World
) -> None:
    credentials = base64.b64encode(f"operator01:{PASSWORD}".encode()).decode()
    async with world.client(headers={"Authorization": f"Basic {credentials}"}) as operator:
        refused = await operator.request(method, path, json=body)
        assert (refused.status_code, refused.json()["detail"]) == (403, {"right": "inventory.write"})
        assert (await operator.get("/users")).status_code == 200
