"""Transactions that tests hold in a status: seen from outside, and over as soon as they are let go."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.icws.client import DEADLINE
from tests.testing_controls.process import PASSWORD, Server

INVENTORY = f"""
[[runtimes]]
name = "mfp"
[[runtimes]]
name = "other"
[[users]]
login = "deployer01"
password = "{PASSWORD}"
roles = ["mfpadmin"]
"""
LOCK_WAIT, LONGEST_LOCK = 1200, 1800


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    server.reset(INVENTORY)
    with httpx.Client(
        base_url=f"{server.url}/mfpadmin/management-apis/2.0/runtimes",
        auth=("deployer01", PASSWORD),
        timeout=DEADLINE,
        trust_env=False,
    ) as http:
        yield http


def pause(server: Server, status: str, **whose: str) -> int:
    answer = server.admin.post("/testing/pauses", json={"status": status, **whose})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def paused(server: Server) -> list[tuple[int, str]]:
    listed = server.admin.get("/testing/pauses").json()["paused"]
    return [(each["transaction"], each["status"]) for each in listed]


def go_on(server: Server) -> None:
    assert server.admin.delete("/testing/pauses").status_code == 204


def post(client: httpx.Client, application: str, runtime: str = "mfp", *, queued: bool = True) -> dict[str, Any]:
    body = {"appID": application, "category": "B2C"}
    answer = client.post(f"/{runtime}/license", json=body, params={"async": str(queued).lower()})
    assert answer.status_code == 200, answer.text
    transaction: dict[str, Any] = answer.json()["transaction"]
    return transaction


def status(client: httpx.Client, number: int, runtime: str = "mfp") -> str:
    found: str = client.get(f"/{runtime}/transactions/{number}").json()["status"]
    return found


def is_busy(client: httpx.Client) -> bool:
    return bool(client.get("/mfp/lock").json()["busy"])


def test_a_transaction_stays_in_each_status_that_it_goes_through(server: Server, client: httpx.Client) -> None:
    for state, busy in (("PENDING", False), ("PREPARING", True), ("COMMITTING", True)):
        pause(server, state, runtime="mfp")
        number = post(client, f"app.{state.lower()}")["id"]
        assert paused(server) == [(number, state)]
        assert (status(client, number), is_busy(client)) == (state, busy)
        go_on(server)
        assert (status(client, number), is_busy(client)) == ("SUCCESS", False), "it is over when the pause is"
        assert paused(server) == []


def test_one_pause_after_another_takes_it_on_step_by_step(server: Server, client: httpx.Client) -> None:
    first, second = pause(server, "PREPARING"), pause(server, "COMMITTING")
    number = post(client, "app")["id"]
    assert paused(server) == [(number, "PREPARING")]
    assert server.admin.delete(f"/testing/pauses/{first}").status_code == 204
    assert paused(server) == [(number, "COMMITTING")]
    assert server.admin.delete(f"/testing/pauses/{second}").status_code == 204
    assert status(client, number) == "SUCCESS"
    unknown = server.admin.delete(f"/testing/pauses/{first}")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "unknown_pause")


def test_who_would_be_answered_at_once_waits_too(server: Server, client: httpx.Client) -> None:
    pause(server, "PREPARING", application="app")
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(post, client, "app", queued=False)
        while not paused(server):
            assert not asked.done(), asked.result()
        assert post(client, "app", "other")["status"] == "PENDING", "an application of this name, in any runtime"
        assert len(paused(server)) == 2
        go_on(server)
        assert asked.result(DEADLINE)["status"] == "SUCCESS"


def test_whatever_is_not_meant_goes_its_way(server: Server, client: httpx.Client) -> None:
    pause(server, "PREPARING", runtime="mfp", application="app")
    assert post(client, "app", "other", queued=False)["status"] == "SUCCESS"
    assert post(client, "another", queued=False)["status"] == "SUCCESS"
    assert paused(server) == []


def test_those_behind_wait_too_long_when_the_clock_says_so(server: Server, client: httpx.Client) -> None:
    """Whatever cannot be taken on holds up none of those behind it."""
    pause(server, "PREPARING", application="first")
    stuck = pause(server, "PENDING", application="second")
    first, second, third = (post(client, name)["id"] for name in ("first", "second", "third"))
    assert paused(server) == [(first, "PREPARING"), (second, "PENDING")]
    server.advance(LOCK_WAIT + 1)
    assert [status(client, each) for each in (first, second, third)] == ["PREPARING", "PENDING", "FAILURE"]
    assert server.admin.delete(f"/testing/pauses/{stuck}").status_code == 204
    for each in (second, third):
        [error] = client.get(f"/mfp/transactions/{each}").json()["errors"]
        assert error["details"].startswith("FWLSE3021E")
    last = post(client, "last")["id"]
    server.advance(LONGEST_LOCK - LOCK_WAIT)
    assert [status(client, each) for each in (first, last)] == ["FAILURE", "SUCCESS"], "the lock fell to the next"


def test_what_has_the_lock_is_broken_off(server: Server, client: httpx.Client) -> None:
    pause(server, "COMMITTING")
    number = post(client, "app")["id"]
    assert paused(server) == [(number, "COMMITTING")]
    assert client.delete("/mfp/lock").json() == {"busy": False}
    assert (status(client, number), paused(server)) == ("FAILURE", [])


def test_a_reset_ends_pauses_and_what_they_held(server: Server, client: httpx.Client) -> None:
    pause(server, "PREPARING")
    for _ in range(3):  # its runtime has the same number each time
        post(client, "app")
        assert len(paused(server)) == 1
        server.reset(INVENTORY)
        assert server.admin.get("/testing/pauses").json() == {"pauses": [], "paused": []}
        assert server.admin.get("/testing").json()["pauses"] == []
        assert client.get("/mfp/transactions").json()["items"] == []
        pause(server, "PREPARING")
    go_on(server)
    assert post(client, "app", queued=False)["status"] == "SUCCESS"


def test_what_cannot_be_paused_is_refused(server: Server, client: httpx.Client) -> None:
    assert client.get("/mfp/lock").status_code == 200
    for body, code, said in (
        ({"status": "SUCCESS"}, 422, "PENDING"),
        ({"status": "PENDING", "runtime": "MFP"}, 404, "no runtime named MFP"),
        ({"runtime": "mfp"}, 422, "status"),
        ({"status": "PENDING", "session": "1"}, 422, "session"),
    ):
        answer = server.admin.post("/testing/pauses", json=body)
        assert (answer.status_code, said in answer.json()["message"]) == (code, True), answer.text
    assert server.admin.get("/testing").json()["pauses"] == []
