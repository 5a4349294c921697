"""What settings make of the ways to say who asks: switches, application tokens, single sign-on, pages of other origins.
Contract 5."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.oidc_issuer import AUDIENCE, OpenIdIssuer
from tests.server_process import start_server
from tests.superoffice.client import PASSWORD
from tests.superoffice.login import ME, SESSION_COOKIE, Visitor, cookie_of, refusal
from tests.superoffice.world import World

APP_TOKEN = "application-secret-of-the-integration"
PAGE = "https://desk.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[OpenIdIssuer]:
    with OpenIdIssuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, issuer: OpenIdIssuer) -> Iterator[World]:
    """A server that knows one application token, believes an issuer, and allows pages of one other origin."""
    environment = {
        "SEATKEEPER_SUPEROFFICE_APP_TOKENS": hashlib.sha256(APP_TOKEN.encode()).hexdigest(),
        "SEATKEEPER_SUPEROFFICE_ALLOWED_ORIGINS": PAGE,
        "SEATKEEPER_SINGLE_SIGN_ON_ISSUER": issuer.url,
        "SEATKEEPER_SINGLE_SIGN_ON_AUDIENCE": AUDIENCE,
        "NO_PROXY": "127.0.0.1",
    }
    with start_server(tmp_path_factory.mktemp("strict") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture
def visitor(strict: World) -> Iterator[Visitor]:
    with strict.employ() as desk, strict.stranger() as http:
        yield Visitor(http, desk)


@pytest.mark.superoffice("5 SO-AppToken is needed with a ticket where application tokens are set", "10 SO-AppToken")
def test_a_ticket_needs_an_application_token_where_some_are_known(visitor: Visitor) -> None:
    ticket = visitor.by_ticket()
    assert visitor.ask({**ticket, "SO-AppToken": APP_TOKEN}).status_code == 200
    assert refusal(visitor.ask(ticket)) == (
        "SoSessionException",
        "A ticket needs an application token, in the header SO-AppToken.",
    )
    assert visitor.ask(visitor.by_cookie()).status_code == 200


@pytest.mark.superoffice("5 SO-AppToken is needed with a ticket where application tokens are set")
def test_a_wrong_application_token_is_refused_with_any_credential(strict: World, visitor: Visitor) -> None:
    wrong = {"SO-AppToken": APP_TOKEN[:-1]}
    said = ("SoSessionException", "The application token is not known here.")
    for headers in (visitor.by_ticket(), visitor.by_cookie(), {}):
        assert refusal(visitor.ask({**headers, **wrong})) == said
    assert refusal(strict.desk.http.get("/User/currentAssociate", headers=wrong)) == said
    body = {"user": visitor.login, "password": PASSWORD}
    assert refusal(visitor.http.post("/Login", json=body, headers=wrong)) == said
    for app_token, status in ((APP_TOKEN, 200), ("wrong", 401), ("", 200)):
        request = {"AppToken": app_token, "IncludeCsSession": False}
        assert strict.desk.post("User/GetAccessToken", request).status_code == status


def test_without_known_ones_application_tokens_are_passed_over(world: World) -> None:
    assert world.desk.http.get("/User/currentAssociate", headers={"SO-AppToken": "any"}).status_code == 200


@pytest.mark.superoffice("5 Bearer with a token of the issuer of single sign-on")
def test_a_token_of_the_issuer_says_who_asks(strict: World, issuer: OpenIdIssuer) -> None:
    with strict.employ() as desk, strict.stranger() as http:
        for login in (desk.login, desk.login.upper()):
            answer = http.get(ME, headers={"Authorization": f"Bearer {issuer.token(login)}"})
            assert (answer.status_code, answer.json()["AssociateId"]) == (200, desk.id)
        assert strict.sessions_of(desk.login) == []


@pytest.mark.parametrize(
    "claims", [{"aud": "another"}, {"iss": "https://other.example"}, {"exp": 1}, {"exp": None}, {"login": "nobody"}]
)
def test_a_token_that_is_not_good_is_refused_whatever_is_wrong_with_it(
    strict: World, issuer: OpenIdIssuer, claims: dict[str, Any]
) -> None:
    login = claims.pop("login", strict.desk.login)
    token = issuer.token(login, **claims)
    with strict.stranger() as http:
        said = refusal(http.get(ME, headers={"Authorization": f"Bearer {token}"}))
        assert said == ("SoSessionException", "There is no such access token, or it has ended. Get another one.")


def test_a_token_that_nobody_signed_is_refused(strict: World, issuer: OpenIdIssuer) -> None:
    parts = ({"alg": "none"}, issuer.claims(strict.desk.login))
    unsigned = ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts)
    with strict.stranger() as http:
        for token in (f"{unsigned}.", f"{unsigned}.AAAA"):
            assert refusal(http.get(ME, headers={"Authorization": f"Bearer {token}"}))[0] == "SoSessionException"


def test_without_an_issuer_no_token_but_our_own_is_believed(world: World, issuer: OpenIdIssuer) -> None:
    with world.stranger() as http:
        token = issuer.token(world.desk.login)
        assert refusal(http.get(ME, headers={"Authorization": f"Bearer {token}"}))[0] == "SoSessionException"


@pytest.mark.superoffice("5 pages of other sites may ask where they are allowed to (CORS)")
def test_a_page_of_an_allowed_origin_may_ask_and_log_in_and_read_the_answers(strict: World, visitor: Visitor) -> None:
    sent = "authorization,content-type,so-apptoken,so-timezone,so-browser-tz-offset,x-xsrf-token"
    asking = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": sent}
    preflight = visitor.http.options("/api/v1/Agents/License/GetCentralLicense", headers=asking)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    allowed = {each.strip().lower() for each in preflight.headers["access-control-allow-headers"].split(",")}
    assert allowed >= set(sent.split(","))
    page = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    for answer in (
        visitor.ask({**visitor.by_cookie(), **page}),
        visitor.ask(page),  # errors, too
        visitor.http.post("/Login", json={"user": visitor.login, "password": PASSWORD}, headers=page),
        strict.desk.post("License/GetCentralLicense", headers=page),
    ):
        assert answer.status_code in {200, 401}
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.superoffice("5 pages of other sites may ask where they are allowed to (CORS)")
def test_a_page_of_another_origin_may_not(strict: World, world: World) -> None:
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for each in (strict, world):
        with each.stranger() as http:
            preflight = http.options("/api/v1/Agents/License/GetCentralLicense", headers=asking)
            assert "access-control-allow-origin" not in preflight.headers
            assert refusal(each.desk.post("License/GetCentralLicense", headers=asking), 403)[0] == "SoSentryException"


@pytest.fixture(scope="module", params=["basic,cookies", "tickets,bearer"])
def switched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A server on which two ways are switched off, and which."""
    environment = {f"SEATKEEPER_SUPEROFFICE_{each.upper()}": "false" for each in request.param.split(",")}
    with start_server(tmp_path_factory.mktemp("switched") / "data", env=environment) as server:
        world = World(server)
        yield world, request.param
        world.close()


@pytest.mark.superoffice("5 each scheme can be switched off", "5 401: a scheme that is switched off")
def test_what_is_switched_off_is_401_by_name_and_not_offered(switched: tuple[World, str]) -> None:
    world, off = switched
    with world.employ() as desk, world.stranger() as http:
        log_in = http.post("/Login", json={"user": desk.login, "password": PASSWORD})
        assert log_in.status_code == 200
        http.cookies.clear()
        body = log_in.json()
        if off == "basic,cookies":
            assert (body["XsrfToken"], "set-cookie" in log_in.headers) == (None, False)
            headers = {"Authorization": f"SOTicket {body['Ticket']}"}
            token = http.get("/api/v1/User/currentToken", headers=headers).json()
            good = [headers, {"Authorization": f"Bearer {token}"}]
            bad = {
                "basic": {"Authorization": _basic(desk.login)},
                "cookies": {"Cookie": f"{SESSION_COOKIE}=x", "X-XSRF-TOKEN": "x"},
            }
            offered = 'SOTicket realm="SuperOffice", Bearer realm="SuperOffice"'
            for page in (http.get("/Login"), http.post("/Login", headers={"Accept": "text/html"})):
                assert page.status_code == 404
        else:
            assert body["Ticket"] is None
            cookie = {"Cookie": f"{SESSION_COOKIE}={cookie_of(log_in)}", "X-XSRF-TOKEN": body["XsrfToken"]}
            token = http.get("/api/v1/User/currentToken", headers=cookie).json()
            good = [cookie, {"Authorization": _basic(desk.login)}]
            bad = {
                "tickets": {"Authorization": f"SOTicket 7T:{cookie_of(log_in)}"},
                "bearer": {"Authorization": f"Bearer {token}"},
            }
            offered = 'Basic realm="SuperOffice", charset="UTF-8"'
        for headers in good:
            assert http.get(ME, headers=headers).status_code == 200
        for name, headers in bad.items():
            answer = http.get(ME, headers=headers)
            assert refusal(answer) == (
                "SoSessionException",
                f"This way to say who asks is switched off here: the setting superoffice.{name} is off.",
            )
            assert answer.headers["www-authenticate"] == offered


def _basic(login: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
