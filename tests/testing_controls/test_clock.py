"""The clock that tests set: what is due by then has happened when they are answered."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.testing_controls.process import LICENSE, Server

IDLE = 900.0
"""The default of `icws.idle_timeout`."""


def now(server: Server) -> datetime:
    return datetime.fromisoformat(server.admin.get("/testing/clock").json()["now"])


def server_time(http: httpx.Client) -> datetime:
    told = http.get("/icws/connection/server-time").json()["serverUtcTime"]
    return datetime.strptime(told, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def test_the_clock_is_set_forward_and_goes_on(server: Server, http: httpx.Client) -> None:
    before = now(server)
    server.advance(7200.5)
    assert timedelta(hours=2) <= now(server) - before < timedelta(hours=2, minutes=1)
    until = before + timedelta(days=3)
    answer = server.admin.post("/testing/clock", json={"set": until.isoformat()})
    assert answer.status_code == 200
    assert until <= now(server) < until + timedelta(minutes=1)
    assert abs(server_time(http) - until) < timedelta(minutes=1)


def test_an_idle_session_has_expired_when_the_call_answers(server: Server) -> None:
    with server.log_on("agent02") as idle, server.log_on("agent02", application="another") as busy:
        assert idle.status(LICENSE) == 2
        server.advance(IDLE - 30)
        assert busy.call("POST", "messaging/heartbeat").status_code == 200
        assert server.sessions() == [idle.id, busy.id]
        server.advance(31)
        assert server.sessions() == [busy.id]
        down = idle.call("GET", "connection").json()
        assert (down["connectionState"], down["shouldReconnect"]) == (2, True)
        assert busy.status(LICENSE) == 2, "the only seat came back"


def test_an_open_stream_keeps_its_session_whatever_the_clock_says(server: Server) -> None:
    with server.log_on() as session:
        with session.stream():
            for _ in range(3):
                server.advance(10 * IDLE)
            assert server.sessions() == [session.id]
        server.advance(1)
        kept = server.kept()
        while kept["streams"]:  # that its client has gone is noticed a moment later
            kept = server.kept()
        server.advance(IDLE)
        assert server.sessions() == []


def test_what_is_remembered_for_a_while_is_forgotten_by_the_same_clock(server: Server) -> None:
    with server.log_on() as session:
        assert session.log_off().status_code == 200
        assert session.call("GET", "connection").status_code == 200
        assert server.kept()["remembered_credentials"] > 0
        server.advance(599)
        assert session.call("GET", "connection").status_code == 200
        assert server.kept()["remembered_credentials"] == 0
        server.advance(2)
        assert session.call("GET", "connection").status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"set": "2020-01-01T00:00:00Z"}, 409, "clock_backwards"),
        ({"advance": -1}, 422, "invalid_request"),
        ({"advance": 1e300}, 422, "invalid_request"),
        ({"set": "9999-12-31T23:59:59Z"}, 422, "invalid_request"),
        ({"set": "2030-01-01T00:00:00"}, 422, "invalid_request"),
        ({"set": "tomorrow"}, 422, "invalid_request"),
        ({"advance": 1, "set": "2030-01-01T00:00:00Z"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"forward": 1}, 422, "invalid_request"),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_the_clock_goes_on(
    server: Server, body: dict[str, object], status: int, error: str
) -> None:
    refused = server.admin.post("/testing/clock", json=body)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert server.admin.get("/testing/clock").json()["ahead_seconds"] == 0


def test_the_clock_ends_before_a_time_that_cannot_be_told(server: Server, http: httpx.Client) -> None:
    century = {"advance": 100 * 365 * 86_400}
    assert server.admin.post("/testing/clock", json=century).status_code == 200
    refused = server.admin.post("/testing/clock", json=century)
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_request")
    assert "2200" in refused.json()["message"]
    assert server_time(http).year < 2200
