"""Logging in and out: the page for people, the same for programs. Contract 5."""

from html.parser import HTMLParser

import httpx
import pytest

from tests.superoffice.client import PASSWORD
from tests.superoffice.login import ME, SESSION_COOKIE, Visitor, cookie_of, refusal
from tests.superoffice.world import World

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Page(HTMLParser):
    """What a page has: its tags with their attributes, and its text."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def only(self, tag: str, **attributes: str) -> dict[str, str | None]:
        """The attributes of the one tag that has these."""
        [found] = [each for name, each in self.tags if name == tag and attributes.items() <= each.items()]
        return found


def submit(http: httpx.Client, page: Page, **fields: str) -> httpx.Response:
    """Submit the form of a page as a browser does: its hidden fields, and what somebody types in."""
    form = page.only("form")
    hidden = {
        str(each["name"]): each["value"] for tag, each in page.tags if tag == "input" and each.get("type") == "hidden"
    }
    assert form["method"] == "post"
    return http.post(str(form["action"]), data={**hidden, **fields}, headers=PAGE)


@pytest.mark.superoffice(
    "5 the page Login", "5 the XSRF value stands in a hidden input of the page and in cookie XSRF-TOKEN", "5 log-out"
)
@pytest.mark.parametrize("path", ["", "/SuperOffice", "/cust26759"])
def test_people_log_in_and_out_on_pages_without_scripts(world: World, http: httpx.Client, path: str) -> None:
    with world.employ() as desk:
        asked = http.get(f"{path}/Login", headers=PAGE)
        assert asked.headers["cache-control"] == "no-store"
        assert "script" not in asked.text
        policy = asked.headers["content-security-policy"]
        assert policy.startswith(
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; style"
        )
        assert "unsafe" not in policy
        form = Page(asked)
        assert form.only("form")["action"] == f"{path}/Login"

        done = submit(http, form, user=desk.login, password=PASSWORD)
        page = Page(done)
        assert (done.status_code, f"You are logged in as {desk.login}." in page.text) == (200, True)
        xsrf = page.only("input", id="XSRF_TOKEN", name="XSRF_TOKEN")["value"]
        assert xsrf == cookie_of(done, "XSRF-TOKEN")
        own, shown = done.headers.get_list("set-cookie")
        assert own.endswith(f"; Path={path or '/'}; SameSite=Lax; HttpOnly")
        assert shown.endswith(f"; Path={path or '/'}; SameSite=Lax")
        assert [each["application"] for each in world.sessions_of(desk.login)] == ["SuperOffice browser"]

        pages_headers = {"X-XSRF-TOKEN": str(xsrf)}
        assert http.get(path + ME, headers=pages_headers).json()["Name"] == desk.login
        out = submit(http, page)
        assert (out.status_code, Page(out).only("a")["href"]) == (200, f"{path}/Login")
        assert not http.cookies  # both are gone
        assert world.sessions_of(desk.login) == []


@pytest.mark.superoffice("5 after log-out ticket, cookie and XSRF value are dead")
def test_after_logging_out_nothing_of_it_is_good_any_more(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        for way in (Visitor.by_ticket, Visitor.by_cookie):
            visitor = Visitor(http, desk)
            assert http.post("/Logout", headers=way(visitor)).status_code == 204
            for headers in (visitor.by_ticket(), visitor.by_cookie()):
                assert refusal(visitor.ask(headers))[0] == "SoSessionException"
            assert refusal(http.post("/Logout", headers=way(visitor)))[0] == "SoSessionException"
        assert world.sessions_of(desk.login) == []


@pytest.mark.superoffice("5 log-out")
def test_an_access_token_can_be_given_back(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        bearer = {"Authorization": f"Bearer {visitor.token()}"}
        assert http.post("/Logout", headers=bearer).status_code == 204
        assert refusal(visitor.ask(bearer))[0] == "SoSessionException"
        assert visitor.ask(visitor.by_ticket()).status_code == 200


@pytest.mark.superoffice("5 log-out")
def test_an_access_token_outlives_the_log_out_of_its_ticket(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        bearer = {"Authorization": f"Bearer {visitor.token()}"}
        assert http.post("/Logout", headers=visitor.by_ticket()).status_code == 204
        assert visitor.ask(bearer).status_code == 200


def test_who_has_no_session_cannot_end_one(world: World, http: httpx.Client) -> None:
    assert refusal(http.post("/Logout"))[0] == "SoSessionException"
    answer = world.desk.http.post(f"{world.url}/Logout")
    assert refusal(answer, 400)[0] == "SoIllegalOperationException"
    assert http.get("/Logout").status_code == 405  # a link logs nobody out


def test_a_page_that_logs_out_shows_the_xsrf_value(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        cookie = {"Cookie": f"{SESSION_COOKIE}={visitor.cookie}"}
        for fields in ({}, {"XSRF_TOKEN": visitor.xsrf + "x"}):
            assert refusal(http.post("/Logout", headers=cookie, data=fields))[0] == "XsrfValidationException"
        assert http.post("/Logout", headers=cookie, data={"XSRF_TOKEN": visitor.xsrf}).status_code == 204


@pytest.mark.parametrize("content", ["form", "json", "xml"])
def test_programs_log_in_with_any_content_type_and_get_a_ticket(world: World, http: httpx.Client, content: str) -> None:
    with world.employ() as desk:
        answer = {
            "form": lambda: http.post("/Login", data={"user": desk.login, "password": PASSWORD}),
            "json": lambda: http.post("/Login", json={"USER": desk.login, "Password": PASSWORD}),
            "xml": lambda: http.post(
                "/Login",
                content=f"<Login><User>{desk.login}</User><Password>{PASSWORD}</Password></Login>",
                headers={"Content-Type": "application/xml", "Accept": "application/json"},
            ),
        }[content]()
        assert answer.status_code == 200, answer.text
        assert answer.json()["Ticket"].startswith("7T:")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body", [{}, {"user": "x"}, {"user": "", "password": "x"}, {"user": "x", "password": "y" * 2000}]
)
def test_a_log_in_that_lacks_something_opens_nothing(http: httpx.Client, body: dict[str, str]) -> None:
    answer = http.post("/Login", json=body)
    assert answer.status_code in {400, 401}
    assert "set-cookie" not in answer.headers
    assert "y" * 2000 not in answer.text
    page = http.post("/Login", data=body, headers=PAGE)
    assert page.status_code == answer.status_code
    assert Page(page).only("p", role="alert")


@pytest.mark.superoffice("5 401: a wrong password")
def test_a_wrong_password_is_told_on_the_page_and_opens_no_dialog(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        wrong = http.post("/Login", data={"user": desk.login, "password": "wrong"}, headers=PAGE)
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        page = Page(wrong)
        assert "The user or the password is wrong." in page.text
        assert page.only("input", name="user")["value"] == desk.login
        assert "value" not in page.only("input", name="password")
        assert "autofocus" in page.only("input", name="password")
        assert "Basic" not in wrong.headers["www-authenticate"]
        program = http.post("/Login", json={"user": desk.login, "password": "wrong"})
        assert refusal(program) == ("SoSessionException", "The user or the password is wrong.")


@pytest.mark.parametrize("path", ["/Login", "/Logout"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_page_of_somebody_else_logs_nobody_in_or_out(
    world: World, http: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        body = {"user": desk.login, "password": PASSWORD, "XSRF_TOKEN": visitor.xsrf}
        answer = http.post(path, data=body, headers={**visitor.by_cookie(), **headers})
        assert refusal(answer, 403)[0] == "SoSentryException"
        assert "set-cookie" not in answer.headers
        assert visitor.ask(visitor.by_cookie()).status_code == 200
        assert len(world.sessions_of(desk.login)) == 1


def test_who_is_logged_in_already_is_told_so_and_can_log_out(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        submit(http, Page(http.get("/SuperOffice/Login", headers=PAGE)), user=desk.login, password=PASSWORD)
        again = http.get("/SuperOffice/Login", headers=PAGE)
        assert again.headers["cache-control"] == "no-store"
        page = Page(again)
        assert f"You are logged in as {desk.login}." in page.text
        assert submit(http, page).status_code == 200
        assert world.sessions_of(desk.login) == []
        assert Page(http.get("/SuperOffice/Login", headers=PAGE)).only("input", name="user")


def test_a_session_that_has_ended_is_asked_to_log_in(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        headers = {**PAGE, "Cookie": f"{SESSION_COOKIE}={visitor.cookie}"}
        assert desk.login in http.get("/Login", headers=headers).text
        http.post("/Logout", headers=visitor.by_ticket())
        assert desk.login not in http.get("/Login", headers=headers).text


def test_the_pages_speak_the_language_of_their_reader(world: World, http: httpx.Client) -> None:
    german = http.get("/Login", headers={**PAGE, "Accept-Language": "de"})
    assert 'lang="de"' in german.text
    assert "Anmelden" in german.text
    with world.employ() as desk:
        wrong = http.post(
            "/Login", data={"user": desk.login, "password": "x"}, headers={**PAGE, "Accept-Language": "de"}
        )
        assert "Passwort" in Page(wrong).text


def test_a_name_with_markup_in_it_stays_text(world: World, http: httpx.Client) -> None:
    login = "<b>&amp;\"'"
    world.apply("users", {"login": login, "user_id": 900, "password": PASSWORD})
    done = http.post("/Login", data={"user": login, "password": PASSWORD}, headers=PAGE)
    assert (done.status_code, "<b>" in done.text) == (200, False)
    assert f"You are logged in as {login}." in Page(done).text
    wrong = http.post("/Login", data={"user": login, "password": "x"}, headers=PAGE)
    assert "<b>" not in wrong.text
    assert Page(wrong).only("input", name="user")["value"] == login


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_a_server_that_takes_no_log_ons_opens_no_sessions_and_goes_on_with_those_there_are(
    world: World, http: httpx.Client, state: str
) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        world.enter(state)
        try:
            refused = http.post("/Login", json={"user": desk.login, "password": PASSWORD})
            page = http.post("/Login", data={"user": desk.login, "password": PASSWORD}, headers=PAGE)
            token = visitor.ask(visitor.by_ticket(), "/api/v1/User/currentToken")
            going_on = visitor.ask(visitor.by_ticket())
        finally:
            world.enter("serving")
        assert [each.status_code for each in (refused, page, token, going_on)] == [503, 503, 503, 200]
        assert all(each.headers["retry-after"] for each in (refused, page, token))
        assert len(world.sessions_of(desk.login)) == 1
