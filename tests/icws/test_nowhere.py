"""What is not there: methods that a resource does not have are 405, other paths 404, each with an error body."""

from collections.abc import Iterator

import httpx
import pytest

from tests.icws.client import Session
from tests.icws.raw import Answer, asked, connected, received
from tests.icws.world import World

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "REPORT")

SESSIONLESS = {
    "connection": {"POST"},
    "connection/version": {"GET"},
    "connection/features": {"GET"},
    "connection/features/licenses": {"GET"},
    "connection/server-time": {"GET"},
    "connection/server-info": {"GET"},
}
WITHIN_A_SESSION = {
    "connection": {"GET", "DELETE"},
    "connection/version": {"GET"},
    "connection/features": {"GET"},
    "connection/features/licenses": {"GET"},
    "connection/server-time": {"GET"},
    "connection/station": {"GET", "PUT", "DELETE"},
    "connection/server-info": {"GET"},
    "connection/switchover-status": {"GET"},
    "connection/unique-auth-token": {"POST"},
    "licenses": {"POST", "PUT", "DELETE"},
    "licenses/license-stages": {"POST"},
    "messaging/messages": {"GET"},
    "messaging/heartbeat": {"POST"},
    "messaging/subscriptions/licenses": {"PUT", "DELETE"},
    "configuration/license-allocations": {"GET"},
    "configuration/license-allocations/I3_ACCESS_CLIENT": {"GET"},
    "configuration/feature-licenses": {"GET"},
    "configuration/feature-licenses/I3_FEATURE_ICWS_SDK": {"GET"},
    "configuration/users": {"GET"},
    "configuration/users/agent01": {"GET", "PUT"},
    "configuration/stations": {"GET"},
    "configuration/stations/station01": {"GET", "PUT"},
}


def assert_405(answer: httpx.Response, methods: set[str]) -> None:
    assert answer.status_code == 405, answer.request
    assert set(answer.headers["allow"].split(", ")) == methods, answer.request
    assert answer.headers["content-type"] == "application/vnd.inin.icws+JSON; charset=utf-8"
    if answer.request.method == "HEAD":
        assert answer.content == b""
    else:
        assert answer.json()["errorId"] == "error.request.accessDenied.httpMethodNotAllowed"
        assert answer.request.method in answer.json()["message"]


@pytest.mark.icws("1.4 405 error.request.accessDenied.httpMethodNotAllowed")
@pytest.mark.parametrize("path", SESSIONLESS)
def test_every_other_method_of_a_sessionless_resource_is_405(http: httpx.Client, path: str) -> None:
    for method in set(METHODS) - SESSIONLESS[path]:
        assert_405(http.request(method, f"/icws/{path}"), SESSIONLESS[path])


@pytest.mark.icws("1.4 405 error.request.accessDenied.httpMethodNotAllowed")
@pytest.mark.parametrize("path", WITHIN_A_SESSION)
def test_every_other_method_of_a_sessions_resource_is_405(session: Session, path: str) -> None:
    for method in set(METHODS) - WITHIN_A_SESSION[path]:
        assert_405(session.call(method, path), WITHIN_A_SESSION[path])
        assert_405(session.call(method, path, headers={}), WITHIN_A_SESSION[path])
    assert session.call("GET", "connection").json()["connectionState"] == 1, "nothing has become of the session"


@pytest.mark.icws("1.4 404 error.request.unsupported: no such path")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/connection/",
        "/connection/features/",
        "//connection/version",
        "/connection//version",
        "/connection/version/more",
        "/Connection/version",
        "/connection/VERSION",
        "/connection/version%2f",
        "/connection%00",
        "/connection/%2e%2e/version",
        "/%00%ff%fe",
        "/%zz",
        "/connection;jsessionid=1",
        "/connection/" + "x" * 8000,
        "/" + "a/" * 2000,
    ],
    ids=lambda path: path[:40],
)
@pytest.mark.parametrize("method", METHODS)
def test_a_path_that_is_not_there_is_404(world: World, method: str, path: str) -> None:
    assert_404(asked(world, method, f"/icws{path}"), method)


@pytest.mark.icws("1.4 404 error.request.unsupported: no such path")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nowhere",
        "/licenses/",
        "//licenses",
        "/licenses/license-stages/",
        "/Licenses",
        "/licenses%2flicense-stages/",
        "/messaging",
        "/messaging/subscriptions",
        "/messaging/subscriptions/users",
        "/configuration",
        "/configuration/roles",
        "/configuration/users2",
        "/connection/../licenses",
        "/" + "%41" * 2000,
    ],
    ids=lambda path: path[:40],
)
@pytest.mark.parametrize("method", METHODS)
def test_a_path_that_is_not_there_within_a_session_is_404(
    world: World, watched: Session, method: str, path: str
) -> None:
    assert_404(asked(world, method, f"/icws/{watched.id}{path}", watched.credentials), method)


@pytest.fixture(scope="module")
def watched(world: World) -> Iterator[Session]:
    """A session that outlives all that is asked of it."""
    with world.log_on(world.user()) as session:
        yield session
        assert session.call("GET", "connection").json()["connectionState"] == 1


@pytest.mark.parametrize("path", ["/", "//", "//icws/connection", "/icws2", "/%69cws2", "/..", "/.well-known/x"])
def test_a_path_of_no_api_is_404_with_where_the_apis_are(world: World, path: str) -> None:
    answer = asked(world, "GET", path)
    assert answer.status == 404
    assert b"below /icws, /v1" in answer.body


@pytest.mark.parametrize(
    "line",
    [
        b"BREW /icws/connection HTTP/1.1",
        b"get /icws/connection HTTP/1.1",
        b"GET /icws/connection HTTP/9.9",
        b"GET\t/icws/connection HTTP/1.1",
        b"\xff\xfe /icws/connection HTTP/1.1",
    ],
)
def test_what_is_no_http_request_is_400_and_harms_nobody(world: World, watched: Session, line: bytes) -> None:
    with connected(world) as connection:
        connection.sendall(line + b"\r\nHost: server\r\n\r\n")
        assert received(connection).startswith(b"HTTP/1.1 400 ")
    assert watched.call("GET", "connection").status_code == 200


def assert_404(answer: Answer, method: str) -> None:
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/vnd.inin.icws+JSON; charset=utf-8"
    assert method == "HEAD" or b'"errorId":"error.request.unsupported"' in answer.body
