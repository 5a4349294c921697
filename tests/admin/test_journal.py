"""The journal over the admin face: sealing and forgetting, and who may."""

import base64
import json

import httpx
import pytest

from seatkeeper.admin.journal import months_before
from seatkeeper.admin.times import moment
from seatkeeper.ledger.door import Work
from tests.admin.conftest import PASSWORD
from tests.admin.world import World

pytestmark = pytest.mark.anyio


async def ended(admin: httpx.AsyncClient) -> dict[str, object]:
    """The work on the journal, once it has ended."""
    while True:
        work: dict[str, object] = (await admin.get("/journal", params={"wait": 10})).json()["work"]
        if not work["running"]:
            return work


async def test_a_journal_of_which_nothing_was_sealed_begins_with_its_first_event(
    world: World, admin: httpx.AsyncClient
) -> None:
    told = (await admin.get("/journal")).json()
    assert told == {"first": 1, "last": world.ledger.head, "archives": [], "work": None}


async def test_what_is_too_young_is_not_sealed_and_that_is_no_failure(world: World, admin: httpx.AsyncClient) -> None:
    begun = await admin.post("/journal/seal", json={"before": "2099-01-01T00:00:00Z"})
    assert begun.status_code == 202, begun.text
    work = await ended(admin)
    assert (work["sealed"], work["forgot"], work["failure"]) == (None, None, None)
    assert (await admin.get("/journal")).json()["last"] == world.ledger.head


async def test_a_deleted_user_is_forgotten_by_login_or_associate_id(admin: httpx.AsyncClient) -> None:
    await admin.post("/users/delete", json={"login": "agent02"})
    begun = await admin.post("/journal/forget", json={"user": "AGENT02"})
    assert begun.status_code == 202, begun.text
    forgot = (await ended(admin))["forgot"]
    assert isinstance(forgot, dict)
    pseudonym = f"former-user-{forgot['user_id']}"
    assert forgot == {"user_id": forgot["user_id"], "pseudonym": pseudonym, "events": 1, "unreached": []}
    for user in (pseudonym, str(forgot["user_id"])):
        assert (await admin.post("/journal/forget", json={"user": user})).status_code == 202
        assert (await ended(admin))["failure"] is None


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("forget", {"user": "agent01"}, (409, "agent01 is not deleted. Only a deleted user can be forgotten")),
        ("forget", {"user": "nobody"}, (404, "There is no deleted user nobody.")),
        ("forget", {"user": "nobody\x00"}, (404, "There is no deleted user")),
        ("forget", {"user": ""}, (422, "user")),
        ("forget", {}, (422, "user")),
        ("forget", {"user": "agent01", "archive": "relative"}, (422, "archive: There is no directory relative")),
        ("seal", {"archive": "/no/such/directory"}, (422, "archive: There is no directory /no/such/directory")),
        ("seal", {"archive": "/\x00"}, (422, "archive: There is no directory")),
        ("seal", {"archive": "/" + "a" * 4_000}, (422, "archive: There is no directory")),
        ("seal", {"archive": "/" + "a" * 5_000}, (422, "archive: String should have at most 4096 characters")),
        ("seal", {"archive": "/\ud800"}, (422, "archive: Input should be a valid string")),
        ("seal", {"before": "2020-01-01T00:00:00"}, (422, "before")),
        ("seal", {"before": "yesterday"}, (422, "before")),
        ("seal", {"befor": None}, (422, "befor")),
    ],
)
async def test_what_cannot_be_done_is_told_and_changes_nothing(
    world: World, admin: httpx.AsyncClient, path: str, body: dict[str, object], answer: tuple[int, str]
) -> None:
    status, message = answer
    head = world.ledger.head
    response = await admin.post(
        f"/journal/{path}", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, message in response.json()["message"]) == (status, True), response.text
    assert (world.ledger.head, world.ledger.retention.work) == (head, None)


async def test_while_something_is_done_nothing_else_is_begun(world: World, admin: httpx.AsyncClient) -> None:
    await admin.post("/users/delete", json={"login": "agent02"})
    head = world.ledger.head
    world.ledger.retention.work = Work(number=7)
    for path, body in (("seal", {}), ("forget", {"user": "agent02"})):
        response = await admin.post(f"/journal/{path}", json=body)
        assert (response.status_code, response.json()["error"]) == (409, "at_work")
    assert world.ledger.head == head


@pytest.mark.parametrize("login", ["operator01", "assigner01"])
async def test_only_administrators_may(world: World, login: str) -> None:
    credentials = base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
    async with world.client(headers={"Authorization": f"Basic {credentials}"}) as client:
        for response in (
            await client.get("/journal"),
            await client.post("/journal/seal", json={}),
            await client.post("/journal/forget", json={"user": "agent01"}),
        ):
            assert response.status_code == 403
            assert response.json()["detail"] == {"right": "journal.write"}


@pytest.mark.parametrize(
    ("months", "then"),
    [(13, "2025-02-28T12:00"), (1, "2026-02-28T12:00"), (3, "2025-12-31T12:00"), (12 * 2025, "0001-03-31T12:00")],
)
def test_months_ago_is_the_same_day_or_the_last_of_its_month(months: int, then: str) -> None:
    assert months_before(moment(1_774_958_400_000), months).isoformat().startswith(then)
