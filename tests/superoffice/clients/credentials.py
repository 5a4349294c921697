"""Credentials beyond user and password, as programs get them."""

import httpx

from tests.superoffice.client import PASSWORD


def ticket_of(http: httpx.Client, login: str) -> str:
    """A ticket, from the place where one logs in."""
    answer = http.post("/SuperOffice/Login", json={"User": login, "Password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["Ticket"])


def access_token_of(http: httpx.Client, login: str) -> str:
    """An access token, which the API itself gives out."""
    answer = http.get("/SuperOffice/api/v1/User/currentToken", auth=httpx.BasicAuth(login, PASSWORD))
    assert answer.status_code == 200, answer.text
    return str(answer.json())
