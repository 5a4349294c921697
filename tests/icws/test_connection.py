"""Logging on and off, and what the server says of itself: contract 2.1 to 2.3, 1.8."""

import re

import httpx
import pytest

from tests.icws.client import Session, log_on_body
from tests.icws.world import World

ENGLISH = {"Accept-Language": "en-us"}
PREFIX = "urn:inin.com:connection:"


def log_on(
    http: httpx.Client, body: object, headers: dict[str, str] | None = None, include: str = ""
) -> httpx.Response:
    params = {"include": include} if include else None
    return http.post("/icws/connection", json=body, headers=ENGLISH if headers is None else headers, params=params)


@pytest.mark.icws(
    "1.1 HTTP",
    "1.3 session id, in body and header ININ-ICWS-Session-ID",
    "1.3 CSRF token, in body and header ININ-ICWS-CSRF-Token",
    "1.3 cookie icws_<sessionId>, with Path=/icws/<sessionId> and HttpOnly",
    "1.6 a log-on is known by 201",
    "2.1 POST connection",
    "2.1 request: __type",
    "2.1 request: applicationName",
    "2.1 icAuthConnectionRequestSettings.userID",
    "2.1 icAuthConnectionRequestSettings.password",
    "2.1 Set-Cookie",
    "2.1 ININ-ICWS-CSRF-Token",
    "2.1 ININ-ICWS-Session-ID",
    "2.1 Location",
    "2.1 connectionResponse.csrfToken",
    "2.1 connectionResponse.sessionId",
    "2.1 connectionResponse.alternateHostList",
    "2.1 connectionResponse.userID",
    "2.1 connectionResponse.userDisplayName",
    "2.1 connectionResponse.icServer",
)
def test_a_log_on_gives_the_credentials_in_body_and_headers(world: World, http: httpx.Client) -> None:
    login = world.user(display_name="Agent of the day")
    answer = log_on(http, log_on_body(login.upper()))
    assert answer.status_code == 201
    body = answer.json()
    session_id = body["sessionId"]
    assert re.fullmatch(r"\d{10}", session_id)
    assert body == {
        "csrfToken": answer.headers["ININ-ICWS-CSRF-Token"],
        "sessionId": answer.headers["ININ-ICWS-Session-ID"],
        "alternateHostList": [],
        "userID": login,
        "userDisplayName": "Agent of the day",
        "icServer": "seatkeeper",
    }
    assert answer.headers["location"] == f"/icws/{session_id}/connection"
    cookie = rf"icws_{session_id}=[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}; Path=/icws/{session_id}; HttpOnly"
    assert re.fullmatch(cookie, answer.headers["set-cookie"])


@pytest.mark.icws(
    "2.1 include",
    "2.1 include=version",
    "2.1 include=features",
    "2.1 include=server-time",
    "2.1 connectionResponse.version",
    "2.1 connectionResponse.features",
    "2.1 connectionResponse.serverTimeInfo",
    "2.1 an unknown word of include is ignored",
    "1.2 a time is a string in compact UTC, 20140501T064618Z",
    "1.8 connection 3: include, shouldReconnect",
)
def test_a_log_on_includes_what_it_is_asked_for_and_ignores_words_it_does_not_know(
    world: World, http: httpx.Client
) -> None:
    body = log_on(http, log_on_body(world.user()), include="features, version,server-time,tea").json()
    assert {each["featureId"]: each["version"] for each in body["features"]} == {
        "connection": 11,
        "licenses": 2,
        "messaging": 2,
        "configuration": 2,
    }
    assert all(isinstance(value, str) for value in body["version"].values())
    assert re.fullmatch(r"\d{8}T\d{6}Z", body["serverTimeInfo"]["serverUtcTime"])


@pytest.mark.icws(
    "2.1 400, wrong user or password",
    "1.4 400 error.request.connection.authenticationFailure, -2147221503: wrong user or password",
    "1.4 error.errorId",
    "1.4 error.message",
    "1.4 error.errorCode",
)
def test_wrong_credentials_are_400_and_do_not_tell_whether_the_user_exists(world: World, http: httpx.Client) -> None:
    wrong = log_on(http, log_on_body(world.user(), password="wrong"))
    unknown = log_on(http, log_on_body("nobody", password="wrong"))
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()
    assert wrong.json() == {
        "errorId": "error.request.connection.authenticationFailure",
        "errorCode": -2147221503,
        "message": "The log-on failed: the user, the password or the token is wrong.",
    }


@pytest.mark.icws("2.1 400, body malformed", "1.4 400 error.request.invalidRepresentation.malformed")
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is empty; a JSON object is expected."),
        (b"{a", "The body cannot be read: JSON is malformed: object keys must be strings (byte 1)."),
        (b"[]", "The body must be a JSON object."),
    ],
)
def test_a_body_that_cannot_be_read_is_told_once(http: httpx.Client, body: bytes, message: str) -> None:
    answer = http.post("/icws/connection", content=body, headers={"Accept-Language": "en-us"})
    assert answer.status_code == 400
    assert answer.json() == {"errorId": "error.request.invalidRepresentation.malformed", "message": message}


@pytest.mark.icws("2.1 Accept-Language", "2.1 400, Accept-Language missing")
@pytest.mark.parametrize("headers", [{}, {"Accept-Language": ""}, {"Accept-Language": ";q=1"}])
def test_a_log_on_without_a_language_is_400(world: World, http: httpx.Client, headers: dict[str, str]) -> None:
    answer = log_on(http, log_on_body(world.user()), headers)
    assert answer.status_code == 400
    assert answer.json()["errorId"] == "error.request.invalidRepresentation.missingRequiredParameter"
    assert answer.json()["propertyName"] == "Accept-Language"


@pytest.mark.icws("2.1 Accept-Language")
@pytest.mark.parametrize("language", ["*", "de", "en-US,en;q=0.8"])
def test_any_language_will_do(world: World, http: httpx.Client, language: str) -> None:
    assert log_on(http, log_on_body(world.user()), {"Accept-Language": language}).status_code == 201


@pytest.mark.icws(
    "2.1 400, a member missing or wrong",
    "1.2 a derived type that is sent must have its __type",
    "1.4 400 error.request.invalidRepresentation.missingRequiredParameter",
    "1.4 missingPropertyError.__type",
    "1.4 missingPropertyError.propertyName",
)
@pytest.mark.parametrize("member", ["__type", "applicationName", "userID", "password"])
def test_a_log_on_without_a_required_member_is_400_and_names_it(http: httpx.Client, member: str) -> None:
    body = log_on_body("agent")
    del body[member]
    answer = log_on(http, body)
    assert answer.status_code == 400
    assert answer.json()["__type"] == "urn:inin.com:common:missingPropertyError"
    assert answer.json()["propertyName"] == member


@pytest.mark.icws(
    "2.1 400, a member missing or wrong",
    "1.4 400 error.request.invalidRepresentation.invalidProperty",
    "1.4 invalidPropertyError.__type",
    "1.4 invalidPropertyError.propertyName",
)
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("__type", f"{PREFIX}other"),
        ("__type", 1),
        ("applicationName", None),
        ("applicationName", "x" * 257),
        ("applicationName", "Shift\x1b[2J"),
        ("userID", 7),
        ("password", ["secret"]),
    ],
)
def test_a_log_on_with_a_wrong_member_is_400_and_names_it(http: httpx.Client, member: str, value: object) -> None:
    answer = log_on(http, log_on_body("agent") | {member: value})
    assert answer.status_code == 400
    assert answer.json()["__type"] == "urn:inin.com:common:invalidPropertyError"
    assert answer.json()["propertyName"] == member
    assert "secret" not in answer.text


@pytest.mark.icws("1.2 unknown members are ignored")
def test_unknown_members_of_a_log_on_are_ignored(world: World, http: httpx.Client) -> None:
    extras = {"x-icws": None, "ininInternalUseOnly": True, "marketPlaceApplicationCode": "1"}
    assert log_on(http, log_on_body(world.user()) | extras).status_code == 201


@pytest.mark.icws(
    "2.2 GET connection/version",
    "2.2 versionInfo.majorVersion",
    "2.2 versionInfo.minorVersion",
    "2.2 versionInfo.su",
    "2.2 versionInfo.build",
    "2.2 versionInfo.productId",
    "2.2 versionInfo.codebaseId",
    "2.2 versionInfo.productReleaseDisplayString",
    "2.2 versionInfo.productPatchDisplayString",
    "1.6 version and features are asked for below the Location of the log-on",
)
def test_the_version_is_told_in_strings_with_and_without_a_session(http: httpx.Client, session: Session) -> None:
    answer = http.get("/icws/connection/version")
    assert answer.status_code == 200
    required = {"majorVersion", "minorVersion", "su", "build", "productId", "codebaseId"}
    assert required <= set(answer.json())
    assert all(isinstance(value, str) for value in answer.json().values())
    assert session.call("GET", "connection/version", headers={}).json() == answer.json()


@pytest.mark.icws(
    "2.2 GET connection/features",
    "2.2 featureInfoList",
    "2.2 featureInfo.featureId",
    "2.2 featureInfo.version",
    "1.6 version and features are asked for below the Location of the log-on",
    "1.8 connection 1",
    "1.8 connection 4: server-time",
    "1.8 licenses 1",
    "1.8 licenses 2: licenseUnknown",
    "1.8 messaging 1",
    "1.8 messaging 2: event streams",
    "1.8 configuration 1",
    "1.8 configuration 2: identifiers of list errors",
)
def test_the_features_are_told_with_versions_that_are_numbers(http: httpx.Client, session: Session) -> None:
    answer = http.get("/icws/connection/features")
    assert answer.json()["featureInfoList"] == [
        {"featureId": "configuration", "version": 2},
        {"featureId": "connection", "version": 11},
        {"featureId": "licenses", "version": 2},
        {"featureId": "messaging", "version": 2},
    ]
    assert session.call("GET", "connection/features", headers={}).json() == answer.json()


@pytest.mark.icws("2.2 GET connection/features/{featureId}")
def test_one_feature_is_told_in_any_case(http: httpx.Client) -> None:
    assert http.get("/icws/connection/features/Licenses").json() == {"featureId": "licenses", "version": 2}


@pytest.mark.icws("2.2 400, unknown feature")
def test_an_unknown_feature_is_400(http: httpx.Client) -> None:
    assert http.get("/icws/connection/features/telepathy").status_code == 400


@pytest.mark.icws(
    "2.2 GET connection/server-time", "2.2 serverUtcTime", "1.2 a time is a string in compact UTC, 20140501T064618Z"
)
def test_the_servers_time_is_told(http: httpx.Client) -> None:
    assert re.fullmatch(r"\d{8}T\d{6}Z", http.get("/icws/connection/server-time").json()["serverUtcTime"])


@pytest.mark.icws(
    "2.3 GET connection",
    "2.3 connectionState",
    "2.3 connectionState: up 1",
    "1.2 an enumeration is a number",
)
def test_a_live_session_is_up(session: Session) -> None:
    answer = session.call("GET", "connection")
    assert (answer.status_code, answer.json()) == (200, {"connectionState": 1})


@pytest.mark.icws("2.3 DELETE connection", "2.3 a second DELETE is 401")
def test_logging_off_is_200_without_a_body_and_a_second_time_401(session: Session) -> None:
    first, second = session.log_off(), session.log_off()
    assert (first.status_code, first.content) == (200, b"")
    assert second.status_code == 401
    assert second.json()["errorId"] == "error.request.connection.authenticationFailure"
    assert second.json()["errorCode"] == -2147221499


@pytest.mark.icws(
    "2.3 connectionState",
    "2.3 reason",
    "2.3 shouldReconnect",
    "2.3 connectionState: down 2",
    "2.3 a connection that has ended can still be read",
    "1.8 connection 3: include, shouldReconnect",
)
def test_a_previous_connection_is_down_with_the_reason(world: World, session: Session) -> None:
    world.end_session(session)
    answer = session.call("GET", "connection")
    assert answer.status_code == 200
    assert answer.json() == {
        "connectionState": 2,
        "reason": "An administrator ended the session.",
        "shouldReconnect": False,
    }


@pytest.mark.icws(
    "2.3 DELETE frees what the session held",
    "6 a concurrent license takes its seat when it is used, and frees it with the session",
)
def test_logging_off_frees_what_the_session_held(world: World) -> None:
    license_ = world.license(concurrent_seats=1)
    first, second = (world.user(license_, method="concurrent") for _ in range(2))
    with world.log_on(first) as one, world.log_on(second) as two:
        assert (one.status(license_), two.status(license_)) == (2, 4)
        one.log_off()
        assert two.status(license_) == 2
