"""Ways to say who asks: Basic, tickets, access tokens, and a browser's session with its XSRF value. Contract 5."""

import base64
import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from tests.icws.client import log_on_body
from tests.machine import require
from tests.superoffice.client import PASSWORD
from tests.superoffice.login import ME, SESSION_COOKIE, Visitor, refusal
from tests.superoffice.world import World

SESSION, XSRF = "SoSessionException", "XsrfValidationException"


@pytest.fixture
def visitor(world: World, http: httpx.Client) -> Visitor:
    """An associate without rights who has logged in."""
    with world.employ() as desk:
        return Visitor(http, desk)


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


@pytest.mark.superoffice("5 Basic")
def test_user_and_password_say_who_asks_on_every_call(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        for login in (desk.login, desk.login.upper()):
            answer = http.get(ME, headers=basic(login, PASSWORD))
            assert (answer.status_code, answer.json()["AssociateId"]) == (200, desk.id)
        assert world.sessions_of(desk.login) == []


@pytest.mark.superoffice("5 Basic on each call does not hash the password each time")
def test_a_password_that_comes_with_each_call_is_hashed_once(world: World, http: httpx.Client) -> None:
    stat = Path(f"/proc/{world.server.process.pid}/stat")
    require("/proc", there=stat.exists())
    began = time.process_time()
    for _ in range(5):
        PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
    of_hashes = (time.process_time() - began) * 20

    def spent() -> float:
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    with world.employ() as desk:
        headers = basic(desk.login, PASSWORD)
        assert http.get(ME, headers=headers).status_code == 200
        before = spent()
        for _ in range(100):
            assert http.get(ME, headers=headers).status_code == 200
        assert spent() - before < of_hashes / 2


@pytest.mark.superoffice("5 401: a wrong password")
@pytest.mark.parametrize("login", ["associate-nobody", "\x00", "ünknown"])
def test_who_does_not_exist_is_told_what_a_wrong_password_is_told(world: World, http: httpx.Client, login: str) -> None:
    with world.employ() as desk:
        wrong = refusal(http.get(ME, headers=basic(desk.login, "wrong")))
    assert wrong == (SESSION, "The user or the password is wrong.")
    assert refusal(http.get(ME, headers=basic(login, "wrong"))) == wrong


@pytest.mark.superoffice("5 401 with WWW-Authenticate: no credentials")
def test_a_request_that_says_nothing_is_told_what_it_could_say(http: httpx.Client) -> None:
    answer = http.get(ME)
    assert refusal(answer) == (SESSION, "This request says nothing about who asks.")
    assert answer.headers["www-authenticate"] == (
        'Basic realm="SuperOffice", charset="UTF-8", SOTicket realm="SuperOffice", Bearer realm="SuperOffice"'
    )
    assert refusal(http.get(ME, headers={"Authorization": ""}))[0] == SESSION


@pytest.mark.parametrize(
    "authorization",
    ["Negotiate abc", "NTLM abc", "Basic", "Basic %%%", "Basic YWJj", "Basic /w==", "SOTicket", "SOTicket 7T:",
     "SOTicket 7T:%%%", "SOTicket 7T:AAAA", "Bearer", "Bearer 8A:", "Bearer 8A:x.y", "Bearer a.b.c", "x" * 5000, "ü ü"],
)  # fmt: skip
def test_what_is_no_credential_is_401(http: httpx.Client, authorization: str) -> None:
    assert refusal(http.get(ME, headers={b"Authorization": authorization.encode("latin-1")}))[0] == SESSION


def test_a_ticket_without_a_scheme_is_not_repeated_in_the_answer(visitor: Visitor) -> None:
    answer = visitor.ask({"Authorization": visitor.ticket})
    assert refusal(answer) == (SESSION, "The scheme of Authorization must be one of Basic, SOTicket, Bearer.")


@pytest.mark.superoffice("5 SOTicket, its name in any case")
@pytest.mark.parametrize("scheme", ["SOTicket", "SoTicket", "SOTICKET", "soticket", "Basic"])
def test_a_ticket_goes_raw_behind_its_scheme_in_any_spelling(visitor: Visitor, scheme: str) -> None:
    assert visitor.ticket.startswith("7T:")
    answer = visitor.ask(visitor.by_ticket(scheme))
    assert (answer.status_code, answer.json()["Name"]) == (200, visitor.login)


@pytest.mark.superoffice("5 401: a ticket that has ended")
def test_a_ticket_with_one_bit_changed_is_none(visitor: Visitor) -> None:
    raw = bytearray(base64.b64decode(visitor.ticket.removeprefix("7T:")))
    for place in (7, 8, len(raw) - 1):  # of the session's number, and of the secret
        raw[place] ^= 1
        ticket = "7T:" + base64.b64encode(raw).decode()
        raw[place] ^= 1
        said = refusal(visitor.ask({"Authorization": f"SOTicket {ticket}"}))
        assert said == (SESSION, "There is no such ticket, or it has ended. Log in again.")
    assert visitor.ask(visitor.by_ticket()).status_code == 200


@pytest.mark.superoffice("5 Bearer with a token of this server", "5 GET User/currentToken", "5 User/GetAccessToken")
def test_an_access_token_is_got_with_any_credential_and_says_who_asks(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        agent = desk.call("User/GetAccessToken", {"AppToken": "", "IncludeCsSession": False})
        for token in (visitor.token(), desk.http.get("/User/currentToken").json(), agent):
            assert token.startswith("8A:Cust26759.")
            answer = visitor.ask({"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["Name"]) == (200, desk.login)
        applications = [each["application"] for each in world.sessions_of(desk.login)]
        assert applications == ["SuperOffice ticket"] + ["SuperOffice access token"] * 3


def test_a_ticket_is_no_access_token_and_a_cookie_neither(visitor: Visitor) -> None:
    token = visitor.token()
    others = [
        {"Authorization": f"SOTicket {token}"},
        {"Authorization": f"Bearer {visitor.ticket}"},
        {"Authorization": f"SOTicket 7T:{token.partition('.')[2]}"},
        {"Authorization": f"Bearer 8A:Cust26759.{visitor.cookie}"},
        {"Cookie": f"{SESSION_COOKIE}={token.partition('.')[2]}", "X-XSRF-TOKEN": visitor.xsrf},
    ]
    for headers in others:
        assert refusal(visitor.ask(headers))[0] == SESSION


@pytest.mark.superoffice("5 a session by cookie, with X-XSRF-TOKEN", "10 X-XSRF-TOKEN")
def test_a_page_speaks_for_its_user_with_cookie_and_xsrf_value(visitor: Visitor) -> None:
    for headers in (
        visitor.by_cookie(),
        {**visitor.by_cookie(), "Cookie": f'a=b; {SESSION_COOKIE}="{visitor.cookie}"'},
    ):
        answer = visitor.ask(headers)
        assert (answer.status_code, answer.json()["Name"]) == (200, visitor.login)


@pytest.mark.superoffice("5 401: a cookie without X-XSRF-TOKEN, or with a wrong one")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_cookie_alone_says_nothing_whatever_the_method(visitor: Visitor, method: str) -> None:
    path = (
        ME
        if method == "GET"
        else f"/api/v1/{'Agents/License/GetCentralLicense' if method == 'POST' else 'License/X/1'}"
    )
    cookie = {"Cookie": f"{SESSION_COOKIE}={visitor.cookie}"}
    for headers in (cookie, {**cookie, "X-XSRF-TOKEN": ""}, {**cookie, "X-XSRF-TOKEN": visitor.xsrf[:-1]}):
        answer = visitor.http.request(method, path, headers=headers, json=[])
        assert refusal(answer) == (
            XSRF,
            "This request needs the XSRF value of the session, in the header X-XSRF-TOKEN.",
        )
        assert "Basic" not in answer.headers["www-authenticate"]  # for which browsers open a dialog


@pytest.mark.superoffice("5 the XSRF value of another session is refused")
def test_the_xsrf_value_is_that_of_the_cookies_session(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        first, second = Visitor(http, desk), Visitor(http, desk)
    assert refusal(first.ask(first.by_cookie(second.xsrf)))[0] == XSRF
    # Two application paths may have a session each in one browser: the value tells which is meant.
    both = {"Cookie": f"{SESSION_COOKIE}={first.cookie}; {SESSION_COOKIE}={second.cookie}"}
    for xsrf in (first.xsrf, second.xsrf):
        assert first.ask({**both, "X-XSRF-TOKEN": xsrf}).status_code == 200


@pytest.mark.superoffice("5 Preference/GetXsrfValue", "5 Preference/GetXsrfPaths")
def test_a_session_can_ask_for_its_xsrf_value_and_its_paths(world: World, visitor: Visitor) -> None:
    path = "/api/v1/Agents/Preference/GetXsrfValue"
    for headers in (visitor.by_ticket(), visitor.by_cookie()):
        answer = visitor.http.post(path, headers={**headers, "SO-TimeZone": "includeTZOffset, Australia/Sydney"})
        assert (answer.status_code, answer.json()["Value"]) == (200, visitor.xsrf)
        since = answer.json()["LastUpdated"]
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", since), "UTC, whatever the zone"
        assert abs(datetime.fromisoformat(since) - datetime.now(UTC)) < timedelta(minutes=5)
    assert world.desk.call("Preference/GetXsrfValue") is None  # there is none without a session
    paths = world.desk.call("Preference/GetXsrfPaths", {"Hostname": "crm.example"})
    assert paths == ["/", "/SuperOffice", "/Cust26759"]


def test_an_authorization_is_what_counts_where_there_is_a_cookie_as_well(world: World, visitor: Visitor) -> None:
    headers = {**visitor.by_cookie(), **basic(world.desk.login, PASSWORD)}
    assert visitor.ask(headers).json()["Name"] == world.desk.login
    assert refusal(visitor.ask({**visitor.by_cookie(), "Authorization": "SOTicket 7T:x"}))[0] == SESSION


def test_the_sessions_of_one_face_are_none_of_the_other(world: World, visitor: Visitor) -> None:
    [ours] = world.sessions_of(visitor.login)
    number = ours["id"]
    for cookie in (visitor.cookie, visitor.ticket, visitor.xsrf):
        headers = {"ININ-ICWS-CSRF-Token": visitor.xsrf, "Cookie": f"icws_{number}={cookie}"}
        answer = visitor.http.get(f"/icws/{number}/connection", headers=headers)
        assert (answer.status_code, answer.json()["errorCode"]) == (401, 4)
    theirs = visitor.http.post(
        "/icws/connection", json=log_on_body(visitor.login), headers={"Accept-Language": "en-us"}
    ).json()
    secret = visitor.http.cookies.get(f"icws_{theirs['sessionId']}") or ""
    visitor.http.cookies.clear()
    for part in (secret.encode(), base64.b64decode(theirs["csrfToken"]), bytes.fromhex(secret.replace("-", "")) * 2):
        packed = int(theirs["sessionId"]).to_bytes(8, "big") + part[:32].ljust(32, b"\0")
        text = base64.b64encode(packed).decode()
        headers = {"Cookie": f"{SESSION_COOKIE}={text}", "X-XSRF-TOKEN": theirs["csrfToken"]}
        assert refusal(visitor.ask(headers))[0] == SESSION
        assert refusal(visitor.ask({"Authorization": f"SOTicket 7T:{text}"}))[0] == SESSION


@pytest.mark.superoffice("5 Basic")
def test_what_a_browser_sends_by_itself_is_of_no_use_to_pages_of_others(world: World, http: httpx.Client) -> None:
    """A password that somebody typed into a browser's dialog goes along with the forms of any page."""
    with world.employ() as desk:
        path = "/api/v1/Agents/License/GetCentralLicense"
        foreign = [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
        for headers in foreign:
            answer = http.post(path, headers={**basic(desk.login, PASSWORD), **headers})
            assert refusal(answer, 403)[0] == "SoSentryException"
            assert http.get(ME, headers={**basic(desk.login, PASSWORD), **headers}).status_code == 200
        own = {"Origin": world.url, "Sec-Fetch-Site": "same-origin"}
        assert http.post(path, headers={**basic(desk.login, PASSWORD), **own}).status_code == 200


def test_a_missing_right_is_403_with_any_credential(world: World, visitor: Visitor) -> None:
    request = {"AssociateId": world.desk.id, "ModuleOwner": "NOBODY", "ModuleLicenseNames": ["X"]}
    for headers in (visitor.by_ticket(), visitor.by_cookie(), basic(visitor.login, PASSWORD)):
        path = "/api/v1/Agents/License/AssignThirdPartyLicenses"
        answer = visitor.http.post(path, headers=headers, json=request)
        assert refusal(answer, 403)[0] == "SoSentryException"


def test_a_deleted_user_has_no_ticket_token_or_password_any_more(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        token = visitor.token()
        world.delete(desk.id)
        assert refusal(desk.http.get("/User/currentAssociate"))[0] == SESSION
        for headers in (visitor.by_ticket(), visitor.by_cookie(), {"Authorization": f"Bearer {token}"}):
            assert refusal(visitor.ask(headers))[0] == SESSION


def test_an_administrator_sees_and_ends_the_sessions_of_this_face(world: World, visitor: Visitor) -> None:
    token = visitor.token()
    sessions = world.sessions_of(visitor.login)
    assert [(each["application"], each["machine"]) for each in sessions] == [
        ("SuperOffice ticket", "127.0.0.1"),
        ("SuperOffice access token", "127.0.0.1"),
    ]
    for each, headers in zip(sessions, (visitor.by_ticket(), {"Authorization": f"Bearer {token}"}), strict=True):
        assert visitor.ask(headers).status_code == 200
        assert world.admin.delete(f"/sessions/{each['id']}").status_code == 204
        assert refusal(visitor.ask(headers))[0] == SESSION


def test_one_more_token_than_may_live_ends_the_oldest(world: World) -> None:
    with world.employ() as desk:
        tokens = [desk.http.get("/User/currentToken").json() for _ in range(101)]
        with world.stranger() as http:
            statuses = [http.get(ME, headers={"Authorization": f"Bearer {each}"}).status_code for each in tokens]
    assert statuses == [401] + [200] * 100
    assert len(world.sessions_of(desk.login)) == 100
