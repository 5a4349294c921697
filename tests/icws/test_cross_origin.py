"""Pages of other origins: those that a setting names may use the API, the others nothing (contract 1.7)."""

import re
import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.certificates import Authority
from tests.icws.client import DEADLINE, Session, log_on_body
from tests.icws.world import World
from tests.server_process import start_server

DESK = "https://desk.example"
LOCAL = "http://localhost:3000"
FOREIGN = "https://elsewhere.example"
CREDENTIALS = {"Origin": DESK}
READ = "ININ-ICWS-CSRF-Token, ININ-ICWS-Session-ID, Location, Content-Range"
SENT = [
    "accept-language",
    "content-type",
    "accept",
    "range",
    "inin-icws-csrf-token",
    "inin-icws-session-id",
    "x-icws-devtools-correlationid",
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def open_world(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[World]:
    """A server that pages of two other origins may use, with TLS and without."""
    env = {
        "SEATKEEPER_ICWS_ALLOWED_ORIGINS": f"{DESK}, {LOCAL}",
        "SEATKEEPER_ICWS_RETIRED": "/licenses/license-stages",
        "SEATKEEPER_LIMITS_BODY": "2048",
    }
    certificate, key = authority.issue("localhost", "127.0.0.1")
    tls = ("--https", "127.0.0.1:0", "--certificate", str(certificate), "--key", str(key))
    with start_server(tmp_path_factory.mktemp("open") / "data", *tls, env=env) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture
def page(open_world: World) -> Iterator[httpx.Client]:
    """What a page of an allowed origin asks."""
    with httpx.Client(base_url=open_world.url, headers={"Origin": DESK}, timeout=DEADLINE, trust_env=False) as http:
        yield http


def preflight(http: httpx.Client, path: str, method: str, *headers: str, origin: str = DESK) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(headers)
    return http.options(path, headers=asked)


def may_read(answer: httpx.Response) -> bool:
    """Whether a browser gives this answer to a page of an allowed origin that sent credentials."""
    allowed = answer.headers.get("access-control-allow-origin"), answer.headers.get("access-control-allow-credentials")
    return allowed == (DESK, "true") and "Origin" in re.split(", *", answer.headers["vary"])


@pytest.mark.icws(
    "1.7 OPTIONS (preflight)",
    "1.7 Access-Control-Allow-Origin",
    "1.7 Access-Control-Allow-Credentials",
    "1.7 Access-Control-Allow-Headers",
    "1.7 Access-Control-Allow-Methods",
)
@pytest.mark.parametrize("path", ["connection", "1234/licenses", "1234/messaging/messages", "ICWS/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_preflight_is_answered_with_what_real_clients_send(page: httpx.Client, path: str, method: str) -> None:
    answer = preflight(page, f"/icws/{path}", method, *SENT)
    assert answer.status_code == 200
    assert may_read(answer)
    assert {"GET", "POST", "PUT", "DELETE"} == set(answer.headers["access-control-allow-methods"].split(", "))
    allowed = {name.lower() for name in answer.headers["access-control-allow-headers"].split(", ")}
    assert set(SENT) <= allowed
    assert "set-cookie" not in answer.headers


@pytest.mark.icws("1.7 OPTIONS (preflight)", "1.7 pages of other origins can neither read answers nor take messages")
@pytest.mark.parametrize(
    "origin", [FOREIGN, "null", "http://desk.example", "https://desk.example:8443", f"{DESK}.evil"]
)
def test_a_preflight_of_another_origin_is_refused(page: httpx.Client, origin: str) -> None:
    answer = preflight(page, "/icws/connection", "POST", origin=origin)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.icws("1.7 OPTIONS (preflight)")
def test_a_preflight_for_what_no_client_needs_is_refused(page: httpx.Client) -> None:
    assert preflight(page, "/icws/connection", "PATCH").status_code == 400
    assert preflight(page, "/icws/connection", "POST", "x-other").status_code == 400


def test_a_page_of_the_internet_may_be_allowed_on_a_server_of_the_intranet(page: httpx.Client) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    answer = page.options("/icws/connection", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-private-network"] == "true"


@pytest.mark.icws(
    "1.7 Access-Control-Allow-Origin", "1.7 Access-Control-Allow-Credentials", "1.7 Access-Control-Expose-Headers"
)
@pytest.mark.parametrize("origin", [DESK, LOCAL])
def test_an_allowed_page_reads_answers_and_the_headers_that_it_needs(open_world: World, origin: str) -> None:
    with httpx.Client(base_url=open_world.url, headers={"Origin": origin}, trust_env=False) as http:
        answer = http.get("/icws/connection/version")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-expose-headers"] == READ


@pytest.mark.icws("1.7 errors of every status can be read by allowed pages")
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/icws/connection", b"{", 400),
        ("GET", "/icws/1234/connection", b"", 401),
        ("GET", "/icws/nowhere", b"", 404),
        ("DELETE", "/icws/connection", b"", 405),
        ("OPTIONS", "/icws/connection", b"", 405),
        ("POST", "/icws/1234/licenses/license-stages", b"", 410),
        ("POST", "/icws/connection", b" " * 3000, 413),
        ("GET", f"/icws/connection/version?{'x' * 40_000}", b"", 431),
    ],
)
def test_an_allowed_page_reads_errors(page: httpx.Client, method: str, path: str, body: bytes, status: int) -> None:
    answer = page.request(method, path, content=body)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert may_read(answer)


@pytest.mark.icws("1.7 errors of every status can be read by allowed pages", "1.7 Access-Control-Allow-Origin")
def test_an_allowed_page_receives_messages(open_world: World) -> None:
    with open_world.log_on(open_world.user()) as session:
        headers = {"Cookie": session.cookie, "Origin": DESK, "Accept": "text/event-stream"}
        with session.http.stream("GET", f"/icws/{session.id}/messaging/messages", headers=headers) as stream:
            assert stream.status_code == 200
            assert may_read(stream)


@pytest.mark.icws("1.7 pages of other origins can neither read answers nor take messages")
@pytest.mark.parametrize(
    "page",
    [
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_another_page_cannot_take_a_sessions_messages(open_world: World, page: dict[str, str], accept: str) -> None:
    license_ = open_world.license()
    with open_world.log_on(open_world.user(license_)) as session:
        session.subscribe(license_)
        refused = session.call(
            "GET", "messaging/messages", headers={"Cookie": session.cookie, "Accept": accept, **page}
        )
        assert (refused.status_code, refused.json()["errorCode"]) == (403, 7)
        assert "icws.allowed_origins" in refused.json()["message"]
        assert "access-control-allow-origin" not in refused.headers
        assert len(session.poll()) == 1, "what was queued is still there"


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"Origin": DESK, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://here.example", "Host": "here.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_allowed_pages_own_pages_and_programs_take_messages(open_world: World, page: dict[str, str]) -> None:
    with open_world.log_on(open_world.user()) as session:
        answer = session.call("GET", "messaging/messages", headers={"Cookie": session.cookie, **page})
        assert answer.status_code == 200


@pytest.mark.icws("1.3 cookie has SameSite=None over HTTPS where pages of other sites are allowed")
def test_the_cookie_works_across_sites_over_tls(open_world: World, authority: Authority) -> None:
    plain, secure = open_world.server.urls
    cookies = {}
    with httpx.Client(verify=ssl.create_default_context(cafile=str(authority.certificate)), trust_env=False) as http:
        for url in (plain, secure):
            headers = {"Accept-Language": "en-us", "Origin": DESK}
            answer = http.post(f"{url}/icws/connection", json=log_on_body(open_world.user()), headers=headers)
            session = Session(http, answer)
            assert may_read(answer)
            assert answer.headers["location"] == f"/icws/{session.id}/connection"
            cookies[url] = answer.headers["set-cookie"].partition("; ")[2].replace(session.id, "*")
            assert (
                session.http.get(f"{url}/icws/{session.id}/connection", headers=session.credentials).status_code == 200
            )
    assert cookies == {
        plain: "Path=/icws/*; HttpOnly",
        secure: "Path=/icws/*; HttpOnly; Secure; SameSite=None; Partitioned",
    }


@pytest.mark.icws("1.7 pages of other origins can neither read answers nor take messages")
def test_by_default_no_page_of_another_origin_is_allowed(world: World) -> None:
    with world.log_on(world.user()) as session:
        assert preflight(session.http, "/icws/connection", "POST").status_code == 405
        answer = session.http.get("/icws/connection/version", headers=CREDENTIALS)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        messages = session.call("GET", "messaging/messages", headers={"Cookie": session.cookie, **CREDENTIALS})
        assert messages.status_code == 403


def test_other_faces_are_not_opened_to_pages(open_world: World) -> None:
    with httpx.Client(base_url=open_world.url, trust_env=False) as http:
        for path in ("/v1/sessions", "/healthz"):
            answer = http.get(path, headers=CREDENTIALS)
            assert not [name for name in answer.headers if name.startswith("access-control-")], path
