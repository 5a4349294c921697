"""How long tickets, tokens and browsers' sessions live: use, time, restarts; and that nothing keeps their secrets.
Contract 5."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from tests.server_process import start_server
from tests.superoffice.client import PASSWORD
from tests.superoffice.login import ME, Visitor, refusal
from tests.superoffice.world import World

HOUR = 3600.0


@pytest.fixture
def visitor(timed: World) -> Iterator[Visitor]:
    with timed.employ() as desk, timed.stranger() as http:
        yield Visitor(http, desk)


@pytest.mark.superoffice("5 a ticket lives on as it is used, and ends when it is not", "5 401: a ticket that has ended")
@pytest.mark.parametrize("shown", ["ticket", "cookie"])
def test_six_hours_without_a_request_end_a_log_in_and_each_request_begins_them_anew(
    timed: World, visitor: Visitor, shown: str
) -> None:
    headers = visitor.by_ticket() if shown == "ticket" else visitor.by_cookie()
    for _ in range(3):
        timed.advance(6 * HOUR - 60)
        assert visitor.ask(headers).status_code == 200
    timed.advance(6 * HOUR)
    assert refusal(visitor.ask(headers))[0] == "SoSessionException"
    assert timed.sessions_of(visitor.login) == []


@pytest.mark.superoffice("5 401: an access token that has ended")
def test_an_access_token_ends_after_twenty_minutes_however_much_it_is_used(timed: World, visitor: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {visitor.token()}"}
    for _ in range(2):
        timed.advance(9 * 60)
        assert visitor.ask(bearer).status_code == 200
    timed.advance(2 * 60)
    assert refusal(visitor.ask(bearer)) == (
        "SoSessionException",
        "There is no such access token, or it has ended. Get another one.",
    )
    assert visitor.ask(visitor.by_ticket()).status_code == 200


def test_a_token_that_was_got_with_a_token_lives_no_longer_than_that(timed: World, visitor: Visitor) -> None:
    first = {"Authorization": f"Bearer {visitor.token()}"}
    timed.advance(15 * 60)
    answer = visitor.ask(first, "/api/v1/User/currentToken")
    second = {"Authorization": f"Bearer {answer.json()}"}
    assert visitor.ask(second).status_code == 200
    timed.advance(5 * 60 + 1)
    for bearer in (first, second):
        assert refusal(visitor.ask(bearer))[0] == "SoSessionException"


@pytest.mark.superoffice(
    "5 tickets, tokens and cookies outlive a restart",
    "5 no ticket, token, cookie or password stands in the server's log",
)
def test_what_was_given_out_outlives_a_restart_and_stands_in_no_log_and_no_file(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with start_server(tmp_path_factory.mktemp("restarted") / "data") as server:
        world = World(server)
        with world.employ() as desk, world.stranger() as http:
            visitor = Visitor(http, desk)
            token = visitor.token()
            shown = (visitor.by_ticket(), visitor.by_cookie(), {"Authorization": f"Bearer {token}"})
            refusal(http.post("/Login", json={"user": desk.login, "password": PASSWORD + "-wrong"}))
            refusal(visitor.ask(visitor.by_cookie("xsrf-value-of-nobody")))
            refusal(visitor.ask({"Authorization": "Bearer eyJhbGciOi.token-of.nobody"}))
        world.close()
        server.restart()
        with httpx.Client(base_url=server.url, trust_env=False) as http:
            for headers in shown:
                assert http.get(ME, headers=headers).status_code == 200
        server.stop()
        ticket = base64.b64decode(visitor.ticket.removeprefix("7T:"))
        secrets = [
            *(PASSWORD, "xsrf-value-of-nobody", "token-of.nobody", visitor.ticket, visitor.cookie, visitor.xsrf, token),
            *(token.partition(".")[2], visitor.ticket.removeprefix("7T:").rstrip("=")),
        ]
        kept = server.log.read_bytes() + b"".join(
            each.read_bytes() for each in server.data.rglob("*") if each.is_file()
        )
        assert desk.login.encode() in kept
        assert [each for each in secrets if each.encode() in kept] == []
        assert ticket[8:] not in kept
