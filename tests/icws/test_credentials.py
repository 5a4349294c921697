"""Who may speak for a session: contract 1.3, 1.5, and what of 1.6 concerns credentials."""

import time

import httpx
import pytest

from tests.icws.client import DEADLINE, PASSWORD, Session, log_on_body
from tests.icws.world import World

CHALLENGE = 'ICWS realm="ICWS" location="/ICWS/connection"'
TOKEN = "ININ-ICWS-CSRF-Token"

SIGNED = [
    ("GET", "connection"),
    ("DELETE", "connection"),
    ("GET", "connection/station"),
    ("PUT", "connection/station"),
    ("DELETE", "connection/station"),
    ("POST", "licenses"),
    ("PUT", "licenses"),
    ("DELETE", "licenses"),
    ("POST", "licenses/license-stages"),
    ("POST", "messaging/heartbeat"),
    ("PUT", "messaging/subscriptions/licenses"),
    ("DELETE", "messaging/subscriptions/licenses"),
    ("GET", "configuration/license-allocations"),
    ("GET", "configuration/license-allocations/I3_ACCESS_CLIENT"),
    ("GET", "configuration/feature-licenses"),
    ("GET", "configuration/feature-licenses/I3_FEATURE_ICWS_SDK"),
    ("GET", "configuration/users"),
    ("GET", "configuration/users/agent01"),
    ("PUT", "configuration/users/agent01"),
    ("GET", "configuration/stations"),
    ("GET", "configuration/stations/station01"),
    ("PUT", "configuration/stations/station01"),
]


@pytest.mark.icws(
    "1.3 every method of a session demands the CSRF token and the cookie",
    "1.5 WWW-Authenticate",
    "1.5 401, 2: CSRF token missing or wrong",
)
@pytest.mark.parametrize(("method", "path"), SIGNED)
def test_a_request_without_the_csrf_token_is_401(session: Session, method: str, path: str) -> None:
    answer = session.call(method, path, headers={"Cookie": session.cookie})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 2)
    assert (
        answer.json()["message"] == "This request needs the session's CSRF token, in the header ININ-ICWS-CSRF-Token."
    )
    assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.icws(
    "1.3 every method of a session demands the CSRF token and the cookie",
    "1.3 GET messaging/messages demands the cookie alone",
    "1.5 WWW-Authenticate",
    "1.5 401, 4: cookie missing or wrong",
)
@pytest.mark.parametrize(("method", "path"), [*SIGNED, ("GET", "messaging/messages")])
def test_a_request_without_the_cookie_is_401(session: Session, method: str, path: str) -> None:
    answer = session.call(method, path, headers={TOKEN: session.token})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 4)
    assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.icws("1.5 WWW-Authenticate", "1.5 401, 1: no such session", "3.5 sessionId")
@pytest.mark.parametrize(("method", "path"), [*SIGNED, ("GET", "messaging/messages")])
@pytest.mark.parametrize("session_id", ["1999999999", "0", "abc", "-1", "9" * 40, "١٢٣", "connection"])
def test_a_session_id_that_names_no_session_is_401(session: Session, method: str, path: str, session_id: str) -> None:
    session.id = session_id
    answer = session.call(method, path)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 1)
    assert answer.json()["message"] == "No session has the id that stands in this URL."
    assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.icws("1.5 401, 1: no such session")
def test_a_session_id_has_one_spelling_only(session: Session) -> None:
    own = session.id
    for session.id in (f"0{own}", f"+{own}", f"{own}.0", f"{own}%20", f"0x{int(own):x}"):
        answer = session.call("GET", "connection")
        assert (answer.status_code, answer.json()["errorCode"]) == (401, 1), session.id


@pytest.mark.icws("1.5 401, 2: CSRF token missing or wrong", "1.5 401, 4: cookie missing or wrong")
def test_anothers_credentials_are_401(world: World, session: Session) -> None:
    with world.log_on(world.user()) as other:
        wrong_token = session.call("GET", "connection", headers={TOKEN: other.token, "Cookie": session.cookie})
        assert (wrong_token.status_code, wrong_token.json()["errorCode"]) == (401, 2)
        own, others = (each.cookie.partition("=")[2] for each in (session, other))
        for cookie in (other.cookie, f"icws_{session.id}={others}", f"icws_{session.id}=", f"icws_{other.id}={own}"):
            wrong_cookie = session.call("GET", "connection", headers={TOKEN: session.token, "Cookie": cookie})
            assert (wrong_cookie.status_code, wrong_cookie.json()["errorCode"]) == (401, 4)


@pytest.mark.icws("1.3 GET messaging/messages demands the cookie alone", "3.2 only the cookie is demanded")
def test_polling_needs_only_the_cookie(session: Session) -> None:
    assert session.call("GET", "messaging/messages", headers={"Cookie": session.cookie}).status_code == 200


@pytest.mark.icws("1.6 Cookie holds the whole line of Set-Cookie, or others' cookies too")
def test_a_cookie_header_may_hold_the_whole_set_cookie_line(session: Session) -> None:
    line = session.answer.headers["set-cookie"]
    assert "; Path=" in line
    assert session.call("GET", "connection", headers={TOKEN: session.token, "Cookie": line}).status_code == 200


@pytest.mark.icws(
    "1.6 Cookie holds the whole line of Set-Cookie, or others' cookies too",
    "1.6 ININ-ICWS-Session-ID is repeated in every request",
)
def test_a_cookie_header_may_hold_others_cookies_and_repeat_the_session_id(session: Session) -> None:
    cookie = f"theme=dark; icws_1=other; {session.cookie}"
    headers = {TOKEN: session.token, "Cookie": cookie, "ININ-ICWS-Session-ID": session.id}
    assert session.call("GET", "connection", headers=headers).status_code == 200


@pytest.mark.icws(
    "1.5 401 error.request.connection.authenticationFailure, -2147221499: the session has ended", "1.5 WWW-Authenticate"
)
@pytest.mark.parametrize(("method", "path"), [each for each in SIGNED if each != ("GET", "connection")])
def test_an_ended_session_is_401_with_its_own_code(session: Session, method: str, path: str) -> None:
    session.log_off()
    bodies = {
        "connection/station": {"__type": "urn:inin.com:connection:stationlessSettings"},
        "licenses/license-stages": None,
    }
    answer = session.call(method, path, bodies.get(path, {"licenseList": ["I3_ACCESS_CLIENT"]}))
    assert answer.status_code == 401
    assert answer.json()["errorCode"] == -2147221499
    assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.icws("1.6 ININ-ICWS-CSRF-Token is empty where none is needed")
def test_an_empty_token_is_no_matter_where_none_is_needed(world: World, http: httpx.Client) -> None:
    headers = {TOKEN: "", "Accept-Language": "en-us"}
    assert http.post("/icws/connection", json=log_on_body(world.user()), headers=headers).status_code == 201
    assert http.get("/icws/connection/features", headers=headers).status_code == 200


@pytest.mark.icws("1.3 no credential stands in the server's log")
def test_no_secret_stands_in_the_log(world: World, session: Session) -> None:
    session.call("GET", "connection")
    deadline = time.monotonic() + DEADLINE
    while session.id not in (log := world.server.log.read_text()):
        assert time.monotonic() < deadline, "the request itself is logged, a moment after its answer"
        time.sleep(0.01)
    for secret in (PASSWORD, session.token, session.cookie.partition("=")[2]):
        assert secret not in log


@pytest.mark.icws("1.5 401, 4: cookie missing or wrong")
def test_that_a_session_has_ended_is_told_only_to_its_own_client(session: Session) -> None:
    session.log_off()
    stranger = {TOKEN: session.token, "Cookie": f"icws_{session.id}=guess"}
    assert session.call("GET", "connection", headers=stranger).json()["errorCode"] == 4
