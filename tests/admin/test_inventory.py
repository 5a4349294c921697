"""Applying an inventory over the admin face."""

import httpx
import pytest

from tests.admin.world import World

pytestmark = pytest.mark.anyio

NOTHING = {"licenses": 0, "seats": 0, "stations": 0, "users": 0, "profiles": 0, "assignments": 0}


async def test_what_was_new_is_counted(admin: httpx.AsyncClient) -> None:
    text = '[[licenses]]\nname = "C"\nassignable_seats = 2\n[[users]]\nlogin = "agent02"\nlicenses = ["C"]'
    response = await admin.post("/inventory", content=text)
    assert response.status_code == 200
    assert response.json() == {**NOTHING, "licenses": 1, "seats": 1, "assignments": 1}


async def test_the_same_file_twice_is_no_event(world: World, admin: httpx.AsyncClient) -> None:
    text = '[[users]]\nlogin = "agent03"\npassword = "demo-agent03"'
    await admin.post("/inventory", content=text)
    head = world.ledger.head
    assert (await admin.post("/inventory", content=text)).json() == NOTHING
    assert world.ledger.head == head


async def test_an_empty_file_is_nothing(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/inventory", content=b"")).json() == NOTHING


async def test_every_problem_is_told_with_file_place_and_key(admin: httpx.AsyncClient) -> None:
    text = '[[users]]\nlogin = "agent02"\nlicenses = ["AA"]\nage = 3'
    response = await admin.post("/inventory", content=text, params={"file": "site.toml"})
    assert response.status_code == 422
    told = response.json()
    assert told["error"] == "invalid_inventory"
    place = 'users[1] "agent02"'
    assert [(each["file"], each["place"], each["key"]) for each in told["detail"]] == [
        ("site.toml", place, '"age"'),
        ("site.toml", place, "licenses"),
    ]
    assert told["message"].splitlines()[1].startswith(f'site.toml: {place}: licenses: there is no license "AA"')


async def test_a_refusal_is_told_with_file_place_and_key(admin: httpx.AsyncClient) -> None:
    text = '[[users]]\nlogin = "agent02"\nlicenses = ["A"]'
    response = await admin.post("/inventory", content=text, params={"file": "site.toml"})
    assert response.status_code == 409
    told = response.json()
    assert told["error"] == "seats_exhausted"
    assert told["detail"] == {"file": "site.toml", "place": 'users[1] "agent02"', "key": "licenses"}
    assert told["message"].startswith('site.toml: users[1] "agent02": licenses: All 1 assignable seats of A')


@pytest.mark.parametrize(("allowed", "status"), [("false", 409), ("true", 200)])
async def test_seats_fall_below_what_is_assigned_only_where_allowed(
    admin: httpx.AsyncClient, allowed: str, status: int
) -> None:
    text = '[[licenses]]\nname = "A"\nassignable_seats = 0'
    response = await admin.post("/inventory", content=text, params={"allow_overcommit": allowed})
    assert response.status_code == status


async def test_a_password_is_in_no_answer(admin: httpx.AsyncClient) -> None:
    text = '[[users]]\nlogin = "agent02"\npassword = "hunter2"\npassword_hash = "hunter3"\nlicenses = ["A"]'
    response = await admin.post("/inventory", content=text)
    assert response.status_code == 422
    assert "hunter" not in response.text
