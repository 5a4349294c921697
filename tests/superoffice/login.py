"""Somebody who has logged in, with all that he was given, to show one or the other of it."""

import httpx

from tests.superoffice.client import PASSWORD, Desk

SESSION_COOKIE = "seatkeeper-session"
ME = "/api/v1/User/currentAssociate"


class Visitor:
    """A log-in by JSON. Nothing is sent by itself: each request shows what the test says."""

    def __init__(self, http: httpx.Client, desk: Desk, path: str = "", **headers: str) -> None:
        self.http = http
        self.login = desk.login
        self.answer = http.post(f"{path}/Login", json={"user": desk.login, "password": PASSWORD}, headers=headers)
        assert self.answer.status_code == 200, self.answer.text
        self.ticket: str = self.answer.json()["Ticket"]
        self.xsrf: str = self.answer.json()["XsrfToken"]
        self.cookie = cookie_of(self.answer)
        self.http.cookies.clear()

    def ask(self, headers: dict[str, str], path: str = ME) -> httpx.Response:
        """GET something with exactly these headers."""
        return self.http.get(path, headers=headers)

    def by_ticket(self, scheme: str = "SOTicket") -> dict[str, str]:
        """The headers of a request with the ticket."""
        return {"Authorization": f"{scheme} {self.ticket}"}

    def by_cookie(self, xsrf: str | None = None) -> dict[str, str]:
        """The headers of a page's request."""
        return {"Cookie": f"{SESSION_COOKIE}={self.cookie}", "X-XSRF-TOKEN": self.xsrf if xsrf is None else xsrf}

    def token(self) -> str:
        """A new access token."""
        answer = self.ask(self.by_ticket(), "/api/v1/User/currentToken")
        assert answer.status_code == 200, answer.text
        return str(answer.json())


def cookie_of(answer: httpx.Response, name: str = SESSION_COOKIE) -> str:
    """The value that an answer sets a cookie to."""
    [line] = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
    return line.partition(";")[0].partition("=")[2]


def refusal(answer: httpx.Response, status: int = 401) -> tuple[str, str]:
    """The type and the text of an error; of a 401, that it says how to do better."""
    assert answer.status_code == status, answer.text
    assert status != 401 or answer.headers["www-authenticate"]
    body = answer.json()
    assert body["Message"] == body["ErrorMessage"]
    return body["ErrorType"], body["Message"]
