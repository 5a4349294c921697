"""Faults that tests order: real errors of the API, for as many requests as they say."""

import re
import time

import httpx
import pytest

from tests.icws.client import Session
from tests.testing_controls.process import AGENT, LICENSE, PASSWORD, Server

LOG_ON = "/icws/connection"
ACQUIRE = "/icws/{session}/licenses"
CRM_CALL = "/api/v1/Agents/License/GetShopUrl"
DEPLOYMENT = "/management-apis/2.0/runtimes/{runtime}/license"


def test_every_error_is_told_as_it_is_documented(server: Server, http: httpx.Client) -> None:
    told_of = server.admin.get("/testing").json()["errors"]
    errors = {name: error for name, error in told_of.items() if "." not in name}
    statuses = [error["status"] for error in errors.values()]
    assert set(statuses) == {400, 401, 403, 404, 405, 410, 413, 500, 503}
    for name, error in errors.items():
        server.order("POST", LOG_ON, error=name)
        answer = server.log_on_with(http)
        body = answer.json()
        assert answer.headers["content-type"].startswith("application/vnd.inin.icws+JSON")
        told = {"status": answer.status_code, "error_id": body["errorId"], "error_code": body.get("errorCode")}
        assert told == error, name
        assert body["message"], name
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401), name
        assert ("retry-after" in answer.headers) == (answer.status_code == 503), name
    assert server.faults() == []


def test_every_error_of_the_crm_is_told_as_it_is_documented(server: Server, http: httpx.Client) -> None:
    told_of = server.admin.get("/testing").json()["errors"]
    errors = {name: error for name, error in told_of.items() if name.startswith("superoffice.")}
    assert {error["status"] for error in errors.values()} == {400, 401, 403, 404, 413, 500, 503}
    for name, error in errors.items():
        server.order("POST", CRM_CALL, error=name)
        answer = http.post(f"/superoffice{CRM_CALL}", auth=(AGENT, PASSWORD), json={"OwnerName": "ININ"})
        body = answer.json()
        told = {"status": answer.status_code, "error_id": body.get("ErrorType", "ArgumentException")}
        assert {**told, "error_code": None} == error, name
        assert body["Message"], name
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401), name
        assert ("retry-after" in answer.headers) == (answer.status_code == 503), name
    assert server.faults() == []


def test_every_error_of_the_deployments_is_told_as_it_is_documented(server: Server, http: httpx.Client) -> None:
    told_of = server.admin.get("/testing").json()["errors"]
    errors = {name: error for name, error in told_of.items() if name.startswith("mobilefirst.")}
    assert {error["status"] for error in errors.values()} == {400, 401, 403, 404, 500, 503}
    for name, error in errors.items():
        server.order("POST", DEPLOYMENT, error=name)
        answer = http.post("/mfpadmin/management-apis/2.0/runtimes/mfp/license", auth=(AGENT, PASSWORD))
        [told] = answer.json()["errors"]
        code, there, _ = told["details"].partition(": ")
        assert (answer.status_code, code if there else None) == (error["status"], error["error_id"]), name
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401), name
        assert ("retry-after" in answer.headers) == (answer.status_code == 503), name
    assert server.faults() == []


def test_an_error_is_ordered_for_routes_of_its_own_api_only(server: Server) -> None:
    for route, error in ((LOG_ON, "superoffice.internal"), (CRM_CALL, "internal"), (DEPLOYMENT, "internal")):
        order = {"method": "POST", "route": route, "error": error}
        refused = server.admin.post("/testing/faults", json=order)
        assert (refused.status_code, refused.json()["error"]) == (422, "invalid_fault")
        assert route in refused.json()["message"]


def test_the_next_requests_fail_as_often_as_ordered_and_do_nothing(server: Server) -> None:
    with server.log_on() as session:
        server.order("POST", ACQUIRE, error="unavailable", times=2)
        codes = [session.call("POST", "licenses", {"licenseList": [LICENSE]}).status_code for _ in range(2)]
        assert codes == [503, 503]
        [told] = server.admin.get("/sessions").json()["sessions"]
        assert told["holds"] == []
        assert session.status(LICENSE) == 2


def test_a_fault_without_a_number_stays_until_it_is_cleared(server: Server, http: httpx.Client) -> None:
    fault = server.order("POST", LOG_ON, error="not_accepting_connections", times=None)
    for _ in range(3):
        answer = server.log_on_with(http)
        assert (answer.status_code, answer.json()["alternateHostList"]) == (503, [])
    assert server.faults() == [fault]
    assert server.admin.delete(f"/testing/faults/{fault['id']}").status_code == 204
    assert server.log_on_with(http).status_code == 201
    again = server.admin.delete(f"/testing/faults/{fault['id']}")
    assert (again.status_code, again.json()["error"]) == (404, "unknown_fault")


def test_only_the_session_that_is_named_is_befallen(server: Server) -> None:
    with server.log_on() as one, server.log_on() as other:
        server.order("GET", "/icws/{session}/messaging/messages", error="session_ended", session=one.id)
        assert other.poll() == []
        assert one.call("GET", "messaging/messages").status_code == 401
        assert one.poll() == [], "it was a fault, and the session lives"


def test_the_oldest_fault_comes_first_and_all_can_be_cleared(server: Server, http: httpx.Client) -> None:
    for error in ("internal", "gone", "malformed"):
        server.order("POST", LOG_ON, error=error)
    assert [server.log_on_with(http).status_code for _ in range(2)] == [500, 410]
    assert [each["error"] for each in server.faults()] == ["malformed"]
    assert server.admin.delete("/testing/faults").status_code == 204
    assert server.log_on_with(http).status_code == 201


def test_a_request_takes_longer_and_then_succeeds_or_fails(server: Server, http: httpx.Client) -> None:
    server.order("POST", LOG_ON, delay=0.3)
    server.order("POST", LOG_ON, delay=0.3, error="timed_out")
    for status in (201, 500):
        begun = time.monotonic()
        assert server.log_on_with(http).status_code == status
        assert time.monotonic() - begun >= 0.3


def test_a_client_that_gives_up_a_delayed_request_has_changed_nothing(server: Server, http: httpx.Client) -> None:
    server.order("POST", LOG_ON, delay=60)
    http.timeout = 0.3
    with pytest.raises(httpx.ReadTimeout):
        server.log_on_with(http)
    assert server.sessions() == []
    http.timeout = 10
    assert server.log_on_with(http).status_code == 201


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"method": "POST", "route": "/icws/nowhere", "error": "internal"}, "POST /icws/connection"),
        ({"method": "POST", "route": "/icws/conection", "error": "internal"}, "The nearest is POST /icws/connection. "),
        ({"method": "PATCH", "route": LOG_ON, "error": "internal"}, "POST /icws/connection"),
        ({"method": "POST", "route": "/v1/users", "error": "internal"}, "POST /icws/connection"),
        ({"method": "POST", "route": LOG_ON, "error": "flood"}, "not_accepting_connections"),
        ({"method": "POST", "route": LOG_ON}, "an error, a delay, or both"),
        ({"method": "POST", "route": LOG_ON, "error": "internal", "session": "1"}, "no session in its path"),
        ({"method": "POST", "route": LOG_ON, "error": "internal", "times": 0}, "times"),
        ({"method": "POST", "route": LOG_ON, "delay": -1}, "delay"),
        ({"method": "POST", "route": LOG_ON, "delay": 1e9}, "delay"),
        ({"method": "POST", "route": LOG_ON, "error": "internal", "status": 500}, "status"),
        ({"route": LOG_ON, "error": "internal"}, "method"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_what_can(server: Server, fault: dict[str, object], named: str) -> None:
    refused = server.admin.post("/testing/faults", json=fault)
    assert refused.status_code == 422
    assert named in refused.json()["message"]
    assert server.faults() == []


def test_every_operation_that_is_listed_can_be_made_to_fail(server: Server) -> None:
    operations = server.admin.get("/testing").json()["operations"]
    assert f"POST {ACQUIRE}" in operations
    with server.log_on() as session:
        for operation in operations:
            method, route = operation.split(" ")
            below, error = _face_of(route)
            server.order(method, route, error=error)
            path = f"{below}{route}".replace("{session}", session.id).replace("{feature_id}", "licenses")
            path = re.sub(r"\{(\w*[iI]d)\}", "1", path).replace("{", "").replace("}", "")
            assert _asked(session, method, path) == 500, operation
        assert server.faults() == []
        assert session.poll() == []


def _face_of(route: str) -> tuple[str, str]:
    """Below what a route is asked for, and the name of the error that is 500 there."""
    if route.startswith("/icws/"):
        return "", "internal"
    if route.startswith("/management-apis/"):
        return "/mfpadmin", "mobilefirst.internal"
    return "", "superoffice.internal"


def _asked(session: Session, method: str, path: str) -> int:
    return session.http.request(method, path, headers=session.credentials).status_code
