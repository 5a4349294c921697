"""Logging on without a password: by a token of another session, and by single sign-on. Contract 2.1, 2.3."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.icws.client import PASSWORD, Session, open_http
from tests.icws.world import World
from tests.oidc_issuer import AUDIENCE, OpenIdIssuer
from tests.server_process import start_server

PREFIX = "urn:inin.com:connection:"
TOKEN_PATH = "connection/unique-auth-token"
SEED = "0f8fad5b-d9cb-469f-a165-70867728950e"
WRONG_CREDENTIALS = {
    "errorId": "error.request.connection.authenticationFailure",
    "errorCode": -2147221503,
    "message": "The log-on failed: the user, the password or the token is wrong.",
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[OpenIdIssuer]:
    with OpenIdIssuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, issuer: OpenIdIssuer) -> Iterator[World]:
    """A server that believes the issuer, and whose clock can be set."""
    environment = {
        "SEATKEEPER_SINGLE_SIGN_ON_ISSUER": issuer.url,
        "SEATKEEPER_SINGLE_SIGN_ON_AUDIENCE": AUDIENCE,
        "NO_PROXY": "127.0.0.1",
    }
    with start_server(tmp_path_factory.mktemp("log_on") / "data", "--testing", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    with open_http(world.url) as client:
        yield client


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    with world.log_on(world.user()) as session:
        yield session


def log_on(http: httpx.Client, kind: str, **members: object) -> httpx.Response:
    body = {"__type": PREFIX + kind, "applicationName": "Shift Desk", **members}
    return http.post("/icws/connection", json=body, headers={"Accept-Language": "en-us"})


def new_token(session: Session, seed: str = SEED) -> str:
    answer = session.call("POST", TOKEN_PATH, {"authTokenSeed": seed})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["authToken"]
    return token


def by_token(http: httpx.Client, session: Session, token: str, **members: object) -> httpx.Response:
    settings = {"authTokenSeed": SEED, "authToken": token, "authTokenSourceSession": session.id}
    return log_on(http, "authTokenConnectionRequestSettings", **{**settings, **members})


def state(session: Session) -> object:
    return session.call("GET", "connection").json()["connectionState"]


def assert_wrong_credentials(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (400, WRONG_CREDENTIALS)


@pytest.mark.icws(
    "2.3 POST connection/unique-auth-token",
    "2.3 unique-auth-token: authTokenSeed",
    "2.3 unique-auth-token: authToken",
    "2.1 authTokenConnectionRequestSettings.authTokenSeed",
    "2.1 authTokenConnectionRequestSettings.authToken",
    "2.1 authTokenConnectionRequestSettings.authTokenSourceSession",
    "2.1 authTokenConnectionRequestSettings.disconnectSourceSession",
)
def test_a_token_opens_another_session_of_the_same_user_and_leaves_the_first_alone(
    http: httpx.Client, session: Session
) -> None:
    with Session(http, by_token(http, session, new_token(session))) as other:
        assert other.id != session.id
        assert other.answer.json()["userID"] == session.answer.json()["userID"]
        assert (state(session), state(other)) == (1, 1)


@pytest.mark.icws("2.3 unique-auth-token: the token can be used once")
def test_a_token_can_be_used_once(http: httpx.Client, session: Session) -> None:
    token = new_token(session)
    assert by_token(http, session, token).status_code == 201
    assert_wrong_credentials(by_token(http, session, token))


@pytest.mark.icws("2.3 unique-auth-token: the token dies within seven seconds")
def test_a_token_is_dead_after_seven_seconds(world: World, http: httpx.Client, session: Session) -> None:
    """The clock goes on meanwhile, so to the millisecond this is shown where the clock stands still."""
    token, later = new_token(session), new_token(session)
    world.advance(1)
    assert by_token(http, session, token).status_code == 201
    world.advance(6)
    assert_wrong_credentials(by_token(http, session, later))


@pytest.mark.icws("2.3 unique-auth-token: the token is bound to its seed and its session")
@pytest.mark.parametrize("wrong", ["authTokenSeed", "authToken", "authTokenSourceSession"])
def test_a_token_is_worth_nothing_without_its_seed_and_its_session(
    world: World, http: httpx.Client, session: Session, wrong: str
) -> None:
    with world.log_on(world.user()) as stranger:
        others = {"authTokenSeed": str(uuid4()), "authToken": "guess", "authTokenSourceSession": stranger.id}
        assert_wrong_credentials(by_token(http, session, new_token(session), **{wrong: others[wrong]}))


@pytest.mark.icws("2.1 authTokenConnectionRequestSettings.authTokenSourceSession")
@pytest.mark.parametrize("source", ["", "0", "x", "9" * 30, "-1", "1000000001 "])
def test_a_source_that_is_no_session_is_told_as_wrong_credentials(
    http: httpx.Client, session: Session, source: str
) -> None:
    assert_wrong_credentials(by_token(http, session, new_token(session), authTokenSourceSession=source))


@pytest.mark.icws("2.3 unique-auth-token: the token dies with its session")
def test_a_token_dies_with_its_session(http: httpx.Client, session: Session) -> None:
    token = new_token(session)
    session.log_off()
    assert_wrong_credentials(by_token(http, session, token))


@pytest.mark.icws("2.1 authTokenConnectionRequestSettings.disconnectSourceSession")
def test_the_source_session_is_ended_when_asked_for_and_lets_go_of_what_it_held(world: World) -> None:
    license_ = world.license(concurrent_seats=1)
    login = world.user(license_, method="concurrent")
    with world.log_on(login) as session, open_http(world.url) as http:
        assert session.status(license_) == 2
        answer = by_token(http, session, new_token(session), disconnectSourceSession=True)
        with Session(http, answer) as other:
            assert (state(session), state(other)) == (2, 1)
            [told] = session.poll()
            assert (told["newConnectionState"], told["reason"]) == (2, "The user logged off.")
            assert world.holds(other) == set()
            with world.log_on(world.user(license_, method="concurrent")) as third:
                assert third.status(license_) == 2


@pytest.mark.icws("2.1 authTokenConnectionRequestSettings.disconnectSourceSession")
def test_a_log_on_that_fails_leaves_the_source_session_alone(http: httpx.Client, session: Session) -> None:
    token = new_token(session)
    failed = (
        by_token(http, session, token, authTokenSeed=str(uuid4()), disconnectSourceSession=True),
        by_token(http, session, new_token(session), disconnectSourceSession=True, applicationName=None),
    )
    assert [answer.status_code for answer in failed] == [400, 400]
    assert state(session) == 1


@pytest.mark.icws(
    "2.3 unique-auth-token: authTokenSeed",
    "2.1 400, a member missing or wrong",
    "1.4 400 error.request.invalidRepresentation.invalidProperty",
)
@pytest.mark.parametrize(
    "seed",
    [
        None,
        7,
        "",
        "seed",
        SEED[:-1],
        SEED + "0",
        f"{{{SEED}",
        SEED.replace("-", ""),
        "0f8fad5b_d9cb-469f-a165-70867728950e",
    ],
)
def test_a_seed_that_is_no_guid_is_400_and_named(http: httpx.Client, session: Session, seed: object) -> None:
    for answer in (
        session.call("POST", TOKEN_PATH, {"authTokenSeed": seed}),
        by_token(http, session, "token", authTokenSeed=seed),
    ):
        assert answer.status_code == 400
        assert answer.json()["__type"] == "urn:inin.com:common:invalidPropertyError"
        assert answer.json()["propertyName"] == "authTokenSeed"


@pytest.mark.icws("2.1 authTokenConnectionRequestSettings.authTokenSeed")
def test_a_guid_is_the_same_however_it_is_spelled(http: httpx.Client, session: Session) -> None:
    token = new_token(session, f"{{{SEED.upper()}}}")
    assert by_token(http, session, token).status_code == 201


@pytest.mark.icws("2.1 400, a member missing or wrong")
@pytest.mark.parametrize(
    ("member", "value", "kind"),
    [
        ("authToken", 7, "invalidPropertyError"),
        ("authTokenSourceSession", 1000000001, "invalidPropertyError"),
        ("disconnectSourceSession", "yes", "invalidPropertyError"),
        ("disconnectSourceSession", 1, "invalidPropertyError"),
    ],
)
def test_members_of_a_log_on_by_token_that_cannot_be_are_named(
    http: httpx.Client, session: Session, member: str, value: object, kind: str
) -> None:
    answer = by_token(http, session, new_token(session), **{member: value})
    assert answer.status_code == 400
    assert answer.json()["__type"] == f"urn:inin.com:common:{kind}"
    assert answer.json()["propertyName"] == member


@pytest.mark.icws("2.1 400, a member missing or wrong")
@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("authTokenConnectionRequestSettings", ["authTokenSeed", "authToken", "authTokenSourceSession"]),
        ("singleSignOnTokenConnectionRequestSettings", ["singleSignOnToken"]),
    ],
)
def test_members_that_are_missing_are_named(http: httpx.Client, kind: str, members: list[str]) -> None:
    whole: dict[str, Any] = {
        "authTokenSeed": SEED,
        "authToken": "x",
        "authTokenSourceSession": "1",
        "singleSignOnToken": "x",
    }
    for missing in members:
        answer = log_on(http, kind, **{name: value for name, value in whole.items() if name != missing})
        assert answer.status_code == 400
        assert answer.json()["__type"] == "urn:inin.com:common:missingPropertyError"
        assert answer.json()["propertyName"] == missing


@pytest.mark.icws("1.3 every method of a session demands the CSRF token and the cookie")
def test_nobody_but_the_session_gets_a_token(session: Session) -> None:
    for missing, code in (("ININ-ICWS-CSRF-Token", 2), ("Cookie", 4)):
        headers = {name: value for name, value in session.credentials.items() if name != missing}
        answer = session.call("POST", TOKEN_PATH, {"authTokenSeed": SEED}, headers)
        assert (answer.status_code, answer.json()["errorCode"]) == (401, code)


def by_single_sign_on(http: httpx.Client, token: object) -> httpx.Response:
    return log_on(http, "singleSignOnTokenConnectionRequestSettings", singleSignOnToken=token)


@pytest.mark.icws(
    "2.1 singleSignOnTokenConnectionRequestSettings.singleSignOnToken",
    "1.8 connection 5: default-workstation, single sign-on",
)
def test_a_token_of_the_issuer_opens_a_session_of_the_user_that_it_names(
    world: World, http: httpx.Client, issuer: OpenIdIssuer
) -> None:
    login = world.user(display_name="Agent of the day")
    with Session(http, by_single_sign_on(http, issuer.token(login.upper()))) as session:
        assert session.answer.json()["userID"] == login
        assert session.answer.json()["userDisplayName"] == "Agent of the day"
        assert state(session) == 1


@pytest.mark.icws("2.1 singleSignOnTokenConnectionRequestSettings.singleSignOnToken", "2.1 400, wrong user or password")
def test_a_token_that_is_not_good_is_told_as_wrong_credentials_and_only_the_log_says_why(
    world: World, http: httpx.Client, issuer: OpenIdIssuer
) -> None:
    login = world.user()
    with OpenIdIssuer() as other:
        foreign = other.token(login)
    header, claims, _ = issuer.token(login).split(".")
    for token in (
        "no token",
        foreign,
        f"{header}.{claims}.",
        issuer.token("nobody"),
        issuer.token(login, aud="another application"),
        issuer.token(login, exp=1_000_000_000),
        issuer.token(login, preferred_username=None),
    ):
        assert_wrong_credentials(by_single_sign_on(http, token))
    log = world.server.log.read_text()
    assert log.count("single_sign_on_refused") == 7
    assert "expired" in log
    assert claims not in log


@pytest.mark.icws("2.1 503, the issuer of single sign-on cannot be reached")
def test_an_issuer_that_cannot_be_reached_is_503_and_keeps_no_password_out(pair: World, issuer: OpenIdIssuer) -> None:
    login = pair.user()
    with open_http(pair.url) as http:
        answer = by_single_sign_on(http, issuer.token(login))
        assert answer.status_code == 503
        assert answer.json()["errorId"] == "error.server.unavailable"
        assert answer.json()["alternateHostList"] == ["ic2.example", "ic3.example"]
        assert "issuer of single sign-on" in answer.json()["message"]
        assert int(answer.headers["retry-after"]) >= 1
        password = {"userID": login, "password": PASSWORD}
        assert log_on(http, "icAuthConnectionRequestSettings", **password).status_code == 201


@pytest.mark.icws(
    "2.1 singleSignOnTokenConnectionRequestSettings.singleSignOnToken", "2.1 400, a member missing or wrong"
)
@pytest.mark.parametrize("token", [None, 7, "x" * 16_385])
def test_a_single_sign_on_token_that_cannot_be_one_is_named(http: httpx.Client, token: object) -> None:
    answer = by_single_sign_on(http, token)
    assert answer.status_code == 400
    assert answer.json()["propertyName"] == "singleSignOnToken"
