"""What is answered when a request fails: contract 1.4."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing

import httpx
import pytest

from tests.icws.client import DEADLINE, Session, log_on_body, open_http
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose database a test may stand in the way of. One command may wait, no more."""
    with start_server(tmp_path_factory.mktemp("errors") / "data", env={"SEATKEEPER_LEDGER_QUEUE": "1"}) as server:
        yield server


@pytest.mark.icws("1.4 404 error.request.unsupported: no such path")
@pytest.mark.parametrize("path", ["/icws", "/icws/", "/icws/nowhere", "/icws/1/nowhere", "/icws/connection/"])
def test_an_unknown_path_is_404_with_an_error_body(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert answer.json()["errorId"] == "error.request.unsupported"
    assert answer.json()["message"]


@pytest.mark.icws("1.4 405 error.request.accessDenied.httpMethodNotAllowed")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "connection", "POST"),
        ("PUT", "connection", "POST"),
        ("PATCH", "connection", "POST"),
        ("HEAD", "connection/version", "GET"),
        ("OPTIONS", "connection/version", "GET"),
    ],
)
def test_a_method_that_is_not_there_is_405_with_those_that_are(
    http: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = http.request(method, f"/icws/{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    if method != "HEAD":
        assert answer.json()["errorId"] == "error.request.accessDenied.httpMethodNotAllowed"


@pytest.mark.icws("1.4 405 error.request.accessDenied.httpMethodNotAllowed")
def test_a_method_that_is_not_there_within_a_session_is_405(session: Session) -> None:
    answer = session.call("DELETE", "messaging/messages")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.icws(
    "1.4 503 error.server.unavailable", "2.1 503 error.server.notAcceptingConnections with alternateHostList"
)
def test_a_server_that_can_take_no_more_is_503_with_retry_after(server: ServerProcess) -> None:
    world = World(server)
    login = world.user()
    with (
        world.log_on(login) as session,
        open_http(server.url) as http,
        closing(sqlite3.connect(server.data / "seatkeeper.db", isolation_level=None)) as database,
        ThreadPoolExecutor(8) as pool,
    ):
        database.execute("BEGIN IMMEDIATE")
        asked = [pool.submit(session.call, "DELETE", "licenses") for _ in range(8)]
        wait(asked, timeout=DEADLINE, return_when=FIRST_COMPLETED)
        connecting = http.post("/icws/connection", json=log_on_body(login), headers={"Accept-Language": "en"})
        database.execute("ROLLBACK")
        answers = [each.result() for each in asked]
    world.close()
    assert {answer.status_code for answer in answers} == {204, 503}, "what waited already is done all the same"
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["retry-after"] == "1"
    assert refused.json() == {
        "errorId": "error.server.unavailable",
        "message": "1 requests wait already; try again.",
    }
    assert (connecting.status_code, connecting.headers["retry-after"]) == (503, "1")
    assert connecting.json() == {
        "errorId": "error.server.notAcceptingConnections",
        "message": "1 requests wait already; try again.",
        "alternateHostList": [],
    }


@pytest.mark.icws("1.4 500 error.request.internalServerError", "3.5 500", "4.1 500")
def test_what_should_not_happen_is_500_and_tells_nothing_of_the_inside(server: ServerProcess) -> None:
    world = World(server)
    license_ = world.license()
    with world.log_on(world.user(license_)) as session:
        with closing(sqlite3.connect(server.data / "seatkeeper.db")) as database:
            database.execute("DROP TABLE holds")
            database.execute("DROP TABLE subscriptions")
        stage = {"stageName": "desktop", "stageFailureAction": 0, "licenseList": [license_]}
        for answer in (
            session.call("POST", "licenses/license-stages", {"licenseStageOperationList": [stage]}),
            session.subscribe(license_),
        ):
            assert answer.status_code == 500
            assert answer.json() == {
                "errorId": "error.request.internalServerError",
                "message": "Something went wrong in the server; its log says what.",
            }
    world.close()
    assert "no such table" in server.tail(), "what it was stands in the log"
