"""What settings change: names that are not disclosed, resources that are retired, limits, and a short time-out."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.icws.client import DEADLINE, log_on_body, open_http
from tests.icws.world import World
from tests.server_process import start_server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that discloses no names, has retired some of its API, and takes little at once."""
    env = {
        "SEATKEEPER_ICWS_DISCLOSE_UNKNOWN": "false",
        "SEATKEEPER_ICWS_RETIRED": "/licenses/license-stages,/messaging/subscriptions/licenses",
        "SEATKEEPER_LIMITS_BODY": "2048",
        "SEATKEEPER_LIMITS_REQUEST_SECONDS": "2",
        "SEATKEEPER_LISTEN_TRUSTED_PROXIES": "127.0.0.1",
    }
    with start_server(tmp_path_factory.mktemp("strict") / "data", env=env) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose sessions expire after three seconds."""
    env = {"SEATKEEPER_ICWS_IDLE_TIMEOUT": "3", "SEATKEEPER_ICWS_PING_INTERVAL": "0.2"}
    with start_server(tmp_path_factory.mktemp("impatient") / "data", env=env) as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.icws("4.3 with icws.disclose_unknown off, it is told like one that is not assigned", "1.8 licenses 1")
def test_an_undisclosed_name_is_told_exactly_like_one_that_is_not_assigned(strict: World) -> None:
    known = strict.license()
    with strict.log_on(strict.user()) as session:
        real, invented = session.acquire(known, "I3_INVENTED")
        assert (real["licenseStatus"], invented["licenseStatus"]) == (3, 3)
        assert invented["errorDetails"] == real["errorDetails"].replace(known, "I3_INVENTED")
        features = session.http.get("/icws/connection/features/licenses")
        assert features.json() == {"featureId": "licenses", "version": 1}


@pytest.mark.icws("1.4 410", "3.5 410", "4.1 410")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "licenses/license-stages"),
        ("PUT", "messaging/subscriptions/licenses"),
        ("DELETE", "messaging/subscriptions/licenses"),
    ],
)
def test_a_retired_resource_is_410_with_an_error_body(strict: World, method: str, path: str) -> None:
    with strict.log_on(strict.user()) as session:
        answer = session.call(method, path, {"licenseList": ["I3_ACCESS_CLIENT"]})
        assert answer.status_code == 410
        assert answer.json()["errorId"]
        assert path in answer.json()["message"]


def test_what_is_not_retired_works(strict: World) -> None:
    license_ = strict.license()
    with strict.log_on(strict.user(license_)) as session:
        assert session.status(license_) == 2


@pytest.mark.icws("1.3 cookie is Secure over HTTPS, also to a trusted proxy")
def test_behind_a_trusted_proxy_the_cookie_is_secure_where_the_client_speaks_https(strict: World) -> None:
    headers = {"Accept-Language": "en", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with open_http(strict.url) as http:
        answer = http.post("/icws/connection", json=log_on_body(strict.user()), headers=headers)
    assert answer.headers["set-cookie"].endswith("; HttpOnly; Secure")


@pytest.mark.icws("1.4 431, headers beyond the limit")
def test_headers_beyond_the_limit_are_431_with_an_error_body(strict: World) -> None:
    with open_http(strict.url) as http:
        answer = http.get("/icws/connection/version", headers={"X-Padding": "x" * 40_000})
    assert (answer.status_code, answer.json()["errorId"]) == (431, "error.request.tooLarge")


@pytest.mark.icws("1.4 413, a body beyond the limit")
def test_a_body_beyond_the_limit_is_413_with_an_error_body(strict: World) -> None:
    with strict.log_on(strict.user()) as session:
        answer = session.call("POST", "licenses", b" " * 3000)
        assert (answer.status_code, answer.json()["errorId"]) == (413, "error.request.tooLarge")


@pytest.mark.icws("1.4 500 error.request.timeout")
def test_a_request_that_takes_too_long_is_500_with_its_own_identifier(strict: World) -> None:
    url = urlsplit(strict.url)
    with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=DEADLINE) as connection:
        connection.sendall(
            b"POST /icws/connection HTTP/1.1\r\nHost: server\r\nAccept-Language: en\r\nContent-Length: 100\r\n\r\n{"
        )
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 500")
        while b"error.request.timeout" not in answer:
            more = connection.recv(65536)
            assert more, answer
            answer += more


@pytest.mark.icws(
    "1.6 a client leaves without ending its session",
    "2.5 a session without activity ends, and what it held is free",
    "2.3 shouldReconnect",
)
def test_an_idle_session_expires_and_lets_go_of_what_it_held(impatient: World) -> None:
    license_ = impatient.license(concurrent_seats=1)
    idle, waiting = (impatient.user(license_, method="concurrent") for _ in range(2))
    with impatient.log_on(idle) as session, impatient.log_on(waiting) as other:
        assert (session.status(license_), other.status(license_)) == (2, 4)
        deadline = time.monotonic() + DEADLINE
        while other.status(license_) == 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert other.status(license_) == 2
        answer = session.call("GET", "connection")
        assert answer.json() == {
            "connectionState": 2,
            "reason": "The session was idle for too long.",
            "shouldReconnect": True,
        }


@pytest.mark.icws(
    "2.5 an open event stream is activity", "3.3 :ping keeps the stream alive, and no blank line follows it"
)
def test_an_open_stream_is_activity_and_is_kept_alive_by_pings(impatient: World) -> None:
    with impatient.log_on(impatient.user()) as session:
        with session.stream() as events:
            began = time.monotonic()
            for line in events.lines():
                assert line == ":ping"
                if time.monotonic() - began > 5:
                    break
        assert session.call("GET", "connection").json() == {"connectionState": 1}


@pytest.mark.icws("2.5 a request is activity", "2.5 a poll is activity", "2.5 a heartbeat is activity")
def test_requests_polls_and_heartbeats_are_activity(impatient: World) -> None:
    asked, polling, beating = (impatient.log_on(impatient.user()) for _ in range(3))
    with asked, polling, beating:
        began = time.monotonic()
        while time.monotonic() - began < 5:
            assert asked.call("DELETE", "licenses").status_code == 204
            assert polling.call("GET", "messaging/messages").status_code == 200
            assert beating.call("POST", "messaging/heartbeat").status_code == 200
            time.sleep(0.1)
        for session in (asked, polling, beating):
            assert session.call("GET", "connection").json() == {"connectionState": 1}


@pytest.mark.icws("4.2 licenseStatus: unknownError 0")
def test_a_pool_whose_records_cannot_be_true_grants_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    with start_server(tmp_path_factory.mktemp("broken") / "data") as server:
        world = World(server)
        license_ = world.license()
        login = world.user(license_)
        world.close()
        server.stop()
        with sqlite3.connect(server.data / "seatkeeper.db") as database:
            database.execute("PRAGMA ignore_check_constraints = ON")
            database.execute("UPDATE pools SET concurrent_in_use = 99")
        database.close()
        server.start()
        with open_http(server.url) as http:
            answer = http.post("/icws/connection", json=log_on_body(login), headers={"Accept-Language": "en"})
            world = World(server)
            with world.log_on(login) as session:
                [told] = session.acquire(license_)
            world.close()
        assert answer.status_code == 201
        assert (told["licenseStatus"], told["isAvailable"]) == (0, False)
        assert "seatkeeper check" in told["errorDetails"]


def test_a_retired_name_that_there_is_not_is_refused_at_start_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"icws.retired: there is no 'licences'.*/licenses/license-stages"):
        start_server(tmp_path / "data", env={"SEATKEEPER_ICWS_RETIRED": "licences"})
