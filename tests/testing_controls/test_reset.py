"""A reset: the server as it began, or with another inventory, as if nothing had happened."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.icws.client import open_http
from tests.server_process import start_server
from tests.testing_controls.process import AGENT, INVENTORY, LICENSE, PASSWORD, Server

ANOTHER = f"""
[[licenses]]
name = "I3_TEST_OTHER"
assignable_seats = 1
[[users]]
login = "other01"
password = "{PASSWORD}"
licenses = ["I3_TEST_OTHER"]
"""


def test_sessions_seats_and_assignments_are_gone_and_their_clients_get_401(server: Server) -> None:
    with server.log_on() as session, server.log_on("agent02") as streaming:
        assert streaming.status(LICENSE) == 2
        assert session.status(LICENSE) == 2
        assert session.subscribe(LICENSE).status_code == 200
        removed = {"holder": {"kind": "user", "name": AGENT}, "licenses": [LICENSE]}
        assert server.admin.post("/assignments/remove", json=removed).status_code == 200
        with streaming.stream() as events:
            server.reset()
            events.rest()
        for each in (session, streaming):
            answer = each.call("GET", "connection")
            assert (answer.status_code, answer.json()["errorCode"]) == (401, 1)
    assert server.sessions() == []
    with server.log_on() as session, server.log_on("agent02") as other:
        assert (session.status(LICENSE), other.status(LICENSE)) == (2, 2), "the one concurrent seat is free again"


def test_the_former_client_of_a_session_has_no_part_in_a_new_one_of_its_number(server: Server) -> None:
    with server.log_on() as former:
        server.reset()
        with server.log_on() as anew:
            assert anew.id == former.id
            assert former.call("GET", "connection").status_code == 401
            assert anew.call("GET", "connection").json() == {"connectionState": 1}
            assert anew.poll() == [], "as a first session's"


def test_the_journal_begins_anew(server: Server) -> None:
    began = httpx.get(f"{server.url}/readyz", trust_env=False).json()
    with server.log_on() as session:
        session.acquire(LICENSE, "I3_NOT_THERE")
    assert httpx.get(f"{server.url}/readyz", trust_env=False).json()["head"] > began["head"]
    assert server.admin.get("/denials").json()["denials"] != []
    server.reset()
    assert httpx.get(f"{server.url}/readyz", trust_env=False).json() == began
    assert server.admin.get("/denials").json()["denials"] == []


def test_nothing_that_a_test_ordered_stays(server: Server) -> None:
    server.advance(3600)
    server.order("POST", "/icws/connection", error="internal", times=None)
    assert server.admin.put("/testing/retired", json={"retired": ["messaging"]}).status_code == 200
    assert server.admin.put("/server", json={"state": "draining"}).status_code == 200
    server.reset()
    state = server.admin.get("/testing").json()
    assert (state["clock"]["ahead_seconds"], state["faults"], state["retired"]) == (0, [], [])
    with server.log_on() as session:
        assert session.poll() == []


def test_failed_log_ons_of_a_former_test_slow_nobody_down(server: Server) -> None:
    with open_http(server.url) as http:
        wrong = {"json": {"__type": "urn:inin.com:connection:icAuthConnectionRequestSettings", "applicationName": "x",
                          "userID": AGENT, "password": "wrong"}, "headers": {"Accept-Language": "en"}}  # fmt: skip
        for _ in range(5):
            assert http.post("/icws/connection", **wrong).status_code == 400  # type: ignore[arg-type]
        assert server.kept()["counted_failures"] > 0
        server.reset()
        assert server.kept()["counted_failures"] == 0


def test_another_inventory_is_all_there_is_and_the_next_reset_is_back_at_the_start(server: Server) -> None:
    for _ in range(2):
        server.reset(ANOTHER)
        assert [each["login"] for each in server.admin.get("/users").json()["users"]] == ["other01"]
        with server.log_on("other01") as session:
            assert session.status("I3_TEST_OTHER") == 2
            assert session.status(LICENSE) == 9
    server.reset()
    assert [each["login"] for each in server.admin.get("/users").json()["users"]] == [AGENT, "agent02"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "error"),
    [
        ("[[users]]\nlogin = ''\n", "application/toml", 422, "invalid_inventory"),
        ("[[", "application/toml", 422, "invalid_inventory"),
        (INVENTORY.replace("assignable_seats = 2", "assignable_seats = 0"), "", 409, "seats_exhausted"),
        ("{}", "application/pdf", 415, "unsupported_media_type"),
    ],
)
def test_an_inventory_that_cannot_be_changes_nothing(
    server: Server, body: str, content_type: str, status: int, error: str
) -> None:
    with server.log_on() as session:
        assert session.status(LICENSE) == 2
        refused = server.admin.post("/testing/reset", content=body, headers={"Content-Type": content_type})
        assert (refused.status_code, refused.json()["error"]) == (status, error)
        assert session.call("GET", "connection").json() == {"connectionState": 1}
        assert server.sessions() == [session.id]


def test_resets_among_clients_at_work_leave_a_server_that_works(server: Server) -> None:
    """Whatever a client is told in between is an answer of the API, and afterwards everything is as at the start."""

    def work(number: int) -> set[int]:
        statuses = set()
        with open_http(server.url) as http:
            for _ in range(25):
                answer = server.log_on_with(http, application=f"application {number}")
                statuses.add(answer.status_code)
                headers = {
                    "ININ-ICWS-CSRF-Token": answer.json()["csrfToken"],
                    "Cookie": answer.headers["set-cookie"].split(";")[0],
                }
                http.cookies.clear()
                path = f"/icws/{answer.json()['sessionId']}/licenses"
                statuses.add(http.post(path, json={"licenseList": [LICENSE]}, headers=headers).status_code)
        return statuses

    with ThreadPoolExecutor() as pool:
        working = [pool.submit(work, number) for number in range(4)]
        resets = 0
        while not all(each.done() for each in working):
            server.reset(None if resets % 2 else INVENTORY)
            resets += 1
    assert resets > 5
    for each in working:
        assert each.result() <= {201, 200, 401}
    server.reset()
    kept = server.kept()
    assert {kept[each] for each in ("sessions", "session_keys", "holds", "last_seen", "mailboxes", "ended")} == {0}


def test_a_reset_is_fast(server: Server) -> None:
    took = []
    for number in range(10):
        with server.log_on() as session:
            session.acquire(LICENSE)
        begun = time.perf_counter()
        server.reset(INVENTORY if number % 2 else None)
        took.append(time.perf_counter() - begun)
    assert sorted(took)[len(took) // 2] < 0.05


def test_a_data_directory_is_never_emptied(tmp_path_factory: pytest.TempPathFactory) -> None:
    with start_server(tmp_path_factory.mktemp("kept") / "data", "--testing", "--demo") as server:
        headers = {"Authorization": f"Bearer {(server.data / 'admin-token').read_text().strip()}"}
        with httpx.Client(base_url=f"{server.url}/v1", headers=headers, trust_env=False, timeout=10) as admin:
            before = admin.get("/inventory").text
            assert admin.get("/testing").json()["can_reset"] is False
            refused = admin.post("/testing/reset")
            assert (refused.status_code, refused.json()["error"]) == (409, "not_ephemeral")
            assert admin.get("/inventory").text == before
        assert "testing_is_on" in server.tail()
