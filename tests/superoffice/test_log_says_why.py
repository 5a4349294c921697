"""The access log says why somebody was refused, and no secret: `top` shows refusals of acquiring only."""

import ast
import time

import httpx
import pytest

from tests.superoffice.client import DEADLINE, Desk
from tests.superoffice.login import Visitor
from tests.superoffice.world import World


def why(world: World, answer: httpx.Response) -> str | None:
    """What the line of a request in the access log says of why it was refused."""
    _, there, said = line_of(world, answer).partition(" why=")
    return str(ast.literal_eval(said)) if there else None


def line_of(world: World, answer: httpx.Response) -> str:
    """The line of a request in the access log."""
    request = f"request_id={answer.headers['x-request-id']} "
    until = time.monotonic() + DEADLINE  # the line is written behind the answer
    while not (lines := [each for each in world.server.log.read_text().splitlines() if request in each]):
        assert time.monotonic() < until, world.server.tail()
        time.sleep(0.01)
    return lines[0]


def test_a_refused_assignment_has_its_reason_in_english_whatever_the_client_reads(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    world.associate(f"{owner}:{module}")
    request = {"AssociateId": world.associate(), "ModuleOwner": owner, "ModuleLicenseNames": [module]}
    english = desk.post("License/AssignThirdPartyLicenses", request, headers={"SO-Language": "en"})
    german = desk.post("License/AssignThirdPartyLicenses", request, headers={"SO-Language": "de"})
    assert (english.status_code, german.status_code) == (400, 400)
    assert module in english.json()["Message"]
    assert english.json()["Message"] != german.json()["Message"]
    assert why(world, english) == why(world, german) == english.json()["Message"]
    assert f" user={desk.login} " in line_of(world, english)
    assert f" about='associate {request['AssociateId']}' " in line_of(world, english)


def test_what_was_granted_has_no_reason(world: World, desk: Desk) -> None:
    owner = world.owner()
    assert why(world, desk.assign(owner, world.module(owner), to=world.associate())) is None


def test_a_missing_right_is_told_with_whose_it_is(world: World) -> None:
    owner = world.owner()
    with world.employ() as other:
        answer = other.assign(owner, world.module(owner), to=other.id)
        assert why(world, answer) == f"{other.login} may not assign licenses; the right assignments.write allows it."


def test_a_parameter_that_is_missing_is_named(world: World, desk: Desk) -> None:
    answer = desk.post("License/AssignThirdPartyLicenses", {"ModuleOwner": "X"})
    assert answer.json()["Message"] == "The request is invalid: AssociateId is missing."
    assert why(world, answer) == answer.json()["MessageDetail"]


def test_a_reason_is_bounded_and_forges_no_line(world: World, desk: Desk) -> None:
    answer = desk.assign(f"\n{'x' * 5000}", "M", to=desk.id)
    said = why(world, answer)
    assert said is not None
    assert len(said) == 500


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_wrong_password_is_told_without_it(world: World, http: httpx.Client, accept: str) -> None:
    answer = http.post("/Login", data={"user": "x", "password": "secret-1"}, headers={"Accept": accept})
    assert why(world, answer) == "The user or the password is wrong."


def test_no_secret_of_who_is_not_known_reaches_the_log(world: World, http: httpx.Client) -> None:
    with world.employ() as desk:
        visitor = Visitor(http, desk)
        secret = visitor.ticket.removeprefix("7T:")
        for answer in (
            visitor.ask({"Authorization": visitor.ticket}),
            visitor.ask({"Authorization": f"{secret} 7T:"}),
            visitor.ask({"Authorization": f"Basic {secret}"}),
            visitor.ask({"Authorization": f"Bearer {secret}x"}),
            visitor.ask({"Cookie": f"seatkeeper-session={visitor.cookie}"}),
            http.post(
                "/Login",
                content=f"<Login><User>x</User><Password>&{secret.rstrip('=')};</Password></Login>",
                headers={"Content-Type": "application/xml"},
            ),
            http.post("/Logout", headers=visitor.by_cookie(), content=secret),
        ):
            assert answer.status_code in {400, 401}, answer.text
        log = world.server.log.read_text()
        assert secret.rstrip("=") not in log
        assert visitor.xsrf not in log
