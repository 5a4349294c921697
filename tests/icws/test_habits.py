"""What clients in use send that a strict server would choke on (contract 1.6), byte by byte as they send it."""

import json

import pytest

from tests.icws.client import MEDIA_TYPE, Session, log_on_body
from tests.icws.raw import asked
from tests.icws.world import World

TOKEN = "ININ-ICWS-CSRF-Token"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.icws("1.6 Cookie holds the whole line of Set-Cookie, or others' cookies too")
def test_a_client_that_sends_the_whole_set_cookie_line_as_its_cookie(world: World, session: Session) -> None:
    line = session.answer.headers["set-cookie"]
    for cookie in (line, f"{line}, {line}", f"path=/; {line};", line.replace("; ", ";")):
        headers = {TOKEN: session.token, "Cookie": cookie}
        assert asked(world, "GET", f"/icws/{session.id}/connection", headers).status == 200, cookie


@pytest.mark.icws(
    "1.6 JSON comes as application/x-www-form-urlencoded",
    "1.6 JSON comes as text/plain",
    "1.6 JSON comes without Content-Type",
)
@pytest.mark.parametrize("content_type", [FORM, "text/plain;charset=UTF-8", "", "nonsense", None])
def test_a_client_whose_library_names_another_content_type_or_none(
    world: World, session: Session, content_type: str | None
) -> None:
    named = {} if content_type is None else {"Content-Type": content_type}
    acquired = json.dumps({"licenseList": [world.license()]}).encode()
    for target, headers, body, status in (
        (f"/icws/{session.id}/licenses", session.credentials, acquired, 200),
        ("/icws/connection", {"Accept-Language": "en"}, json.dumps(log_on_body(world.user())).encode(), 201),
    ):
        assert asked(world, "POST", target, headers | named, body).status == status


@pytest.mark.icws("1.6 Content-Type, {} or an empty string on a request that has no body")
@pytest.mark.parametrize("body", [b"", b"{}", b'""', b"null", b"not even JSON"])
def test_a_client_that_describes_or_sends_a_body_where_none_is_read(
    world: World, session: Session, body: bytes
) -> None:
    headers = session.credentials | {"Content-Type": f"{MEDIA_TYPE};charset=utf-8"}
    for method, path, status in (
        ("GET", "connection", 200),
        ("GET", "messaging/messages", 200),
        ("DELETE", "licenses", 204),
    ):
        assert asked(world, method, f"/icws/{session.id}/{path}", headers, body).status == status


@pytest.mark.icws("1.6 Accept is missing, */*, application/json, or a mixture")
@pytest.mark.parametrize(
    "accept", [None, "*/*", f"*/*, {MEDIA_TYPE}", "application/json", "application/json, */*;q=0.1"]
)
def test_a_client_that_accepts_nothing_anything_or_plain_json(
    world: World, session: Session, accept: str | None
) -> None:
    headers = session.credentials | ({} if accept is None else {"Accept": accept})
    answer = asked(world, "GET", f"/icws/{session.id}/connection", headers)
    assert answer.status == 200
    expected = "application/json" if accept == "application/json" else f"{MEDIA_TYPE}; charset=utf-8"
    assert answer.headers["content-type"] == expected
    assert json.loads(answer.body)["connectionState"] == 1


@pytest.mark.icws("1.6 ININ-ICWS-CSRF-Token is empty where none is needed")
def test_a_client_that_has_no_token_yet_and_sends_it_all_the_same(world: World) -> None:
    headers = {"Accept-Language": "en-us", TOKEN: ""}
    body = json.dumps(log_on_body(world.user())).encode()
    assert asked(world, "POST", "/icws/connection", headers, body).status == 201
    assert asked(world, "GET", "/icws/connection/version", headers).status == 200
    assert asked(world, "GET", "/icws/connection/features", headers).status == 200


@pytest.mark.icws("1.6 ININ-ICWS-Session-ID is repeated in every request")
@pytest.mark.parametrize("repeated", ["own", "", "1234"])
def test_a_client_that_repeats_its_session_id_as_a_header(world: World, session: Session, repeated: str) -> None:
    """The one in the URL counts, whatever stands there."""
    headers = session.credentials | {"ININ-ICWS-Session-ID": session.id if repeated == "own" else repeated}
    assert asked(world, "GET", f"/icws/{session.id}/connection", headers).status == 200


@pytest.mark.icws(
    "1.6 version and features are asked for below the Location of the log-on", "1.6 a log-on is known by 201"
)
def test_a_client_that_goes_on_from_the_location_of_its_log_on(world: World) -> None:
    body = json.dumps(log_on_body(world.user())).encode()
    created = asked(world, "POST", "/icws/connection", {"Accept-Language": "en-us"}, body)
    assert created.status == 201
    location = created.headers["location"]
    assert location == f"/icws/{json.loads(created.body)['sessionId']}/connection"
    for path in ("/version", "/features"):
        assert asked(world, "GET", location + path, {TOKEN: ""}).status == 200
    credentials = {TOKEN: created.headers["inin-icws-csrf-token"], "Cookie": created.headers["set-cookie"]}
    assert asked(world, "GET", f"{location}/station", credentials).status == 404, "it sits nowhere yet"


def test_a_client_that_does_not_encode_the_blanks_of_a_query_gets_400(world: World, session: Session) -> None:
    """That is no HTTP request, so the answer is the parser's; encoded in any way it is one (decision 11)."""
    users = f"/icws/{session.id}/configuration/users?where=configurationId.id"
    for blank, status in ((" ", 400), ("%20", 200), ("+", 200)):
        answer = asked(world, "GET", f"{users}{blank}sw{blank}X", session.credentials)
        assert answer.status == status, blank
    assert session.call("GET", "connection").status_code == 200


def test_a_client_that_leaves_out_the_ampersand_is_told_which_parameter_is_wrong(
    world: World, session: Session
) -> None:
    target = f"/icws/{session.id}/configuration/users?orderBy=configurationId.idrightsFilter=admin"
    answer = asked(world, "GET", target, session.credentials)
    assert answer.status == 400
    assert json.loads(answer.body)["orderBy"] == "configurationId.idrightsFilter=admin"
