"""Seats of licenses over the admin face."""

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def seats_of(admin: httpx.AsyncClient, name: str) -> tuple[int, int, bool]:
    [found] = [each for each in (await admin.get("/licenses")).json()["licenses"] if each["name"] == name]
    return found["assignable_seats"], found["concurrent_seats"], found["unrestricted"]


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"assignable": 5}, (5, 1, False)),
        ({"concurrent": 0}, (1, 0, False)),
        ({"unrestricted": True}, (1, 1, True)),
        ({"assignable": 2, "concurrent": 3, "unrestricted": None}, (2, 3, False)),
    ],
)
async def test_what_is_not_given_stays_as_it_is(
    given: dict[str, object], after: tuple[int, int, bool], admin: httpx.AsyncClient
) -> None:
    answer = await admin.put("/licenses/seats", json={"license": "a", **given})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["changed"] is True
    assert (told["license"]["owner"], told["license"]["name"]) == ("ININ", "A")
    assert await seats_of(admin, "A") == after
    [listed] = [each for each in (await admin.get("/licenses")).json()["licenses"] if each["name"] == "A"]
    assert told["license"] == listed


async def test_seats_that_are_so_already_are_told_to_be(admin: httpx.AsyncClient) -> None:
    for body in ({"license": "CRM:B", "assignable": 1}, {"license": "crm:b"}):
        assert (await admin.put("/licenses/seats", json=body)).json()["changed"] is False


async def test_seats_fall_below_what_is_assigned_only_where_that_is_allowed(admin: httpx.AsyncClient) -> None:
    refused = await admin.put("/licenses/seats", json={"license": "A", "assignable": 0})
    assert (refused.status_code, refused.json()["error"]) == (409, "seats_below_use")
    assert await seats_of(admin, "A") == (1, 1, False)
    body = {"license": "A", "assignable": 0, "allow_overcommit": True}
    assert (await admin.put("/licenses/seats", json=body)).status_code == 200
    assert await seats_of(admin, "A") == (0, 1, False)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"license": "NONE", "assignable": 1}, 404, "NONE"),
        ({"license": "A", "assignable": -1}, 422, "assignable"),
        ({"license": "A", "assignable": 1_000_000_001}, 422, "assignable"),
        ({"license": "A", "assignable": "5"}, 422, "assignable"),
        ({"license": "A", "assignable": True}, 422, "assignable"),
        ({"license": "A", "asignable": 1}, 422, "asignable"),
        ({"assignable": 1}, 422, "license"),
    ],
)
async def test_seats_that_cannot_be_are_refused(
    body: dict[str, object], status: int, said: str, admin: httpx.AsyncClient
) -> None:
    refused = await admin.put("/licenses/seats", json=body)
    assert refused.status_code == status, refused.text
    assert said in refused.json()["message"]
    assert await seats_of(admin, "A") == (1, 1, False)
