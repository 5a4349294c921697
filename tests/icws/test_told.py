"""How what goes wrong is told, without a server: nothing of the rules is left without an answer (contract 1.4)."""

import json

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.errors import TOLD, refused, render, unavailable
from seatkeeper.icws.messages import REASONS
from seatkeeper.icws.resource import Resource
from seatkeeper.ledger.door import QueueFull, Stopping, Unavailable
from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.queries.reads import ReadTimeout
from seatkeeper.transport.availability import Availability


def test_every_code_of_the_rules_has_its_answer() -> None:
    assert set(TOLD) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_every_refusal_is_a_client_error_with_identifier_and_message(code: Code) -> None:
    failure = refused(Refusal(code, "This is why."))
    assert 400 <= failure.status < 500
    assert failure.body.error_id
    assert str(failure.said)
    assert ("WWW-Authenticate" in (failure.headers or {})) == (failure.status == 401)


def test_every_reason_to_end_has_its_sentence() -> None:
    assert set(REASONS) == set(EndReason)


def ask(failure: Exception) -> httpx.Response:
    """The answer of a resource whose handler fails like this."""

    async def fail(_request: Request) -> Response:
        raise failure

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(
            Resource("licenses", "/icws/licenses", {"GET": fail}, retired=lambda: False, faults=None)
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            return await client.get("/")

    return anyio.run(get)


def test_what_should_not_happen_is_500_and_tells_nothing_of_the_inside() -> None:
    answer = ask(ZeroDivisionError("the inside"))
    assert answer.status_code == 500
    assert answer.json() == {
        "errorId": "error.request.internalServerError",
        "message": "Something went wrong in the server; its log says what.",
    }


def test_a_read_that_takes_too_long_is_500_with_its_own_identifier() -> None:
    answer = ask(ReadTimeout("slow"))
    assert (answer.status_code, answer.json()["errorId"]) == (500, "error.request.timeout")


@pytest.mark.parametrize("why", [QueueFull("Full.", retry_after=2), Stopping("Stopping.", retry_after=2)])
def test_a_ledger_that_takes_no_commands_is_503_with_retry_after(why: Unavailable) -> None:
    answer = ask(why)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json() == {"errorId": "error.server.unavailable", "message": str(why)}


def test_a_log_on_that_the_ledger_does_not_take_is_503_with_the_hosts_to_try() -> None:
    availability = Availability(("ic2.example", "ic3.example"), lambda: 0, standby=False)
    failure = unavailable(QueueFull("Full."), connecting=availability)
    assert failure.status == 503
    assert failure.body.error_id == "error.server.notAcceptingConnections"
    assert failure.body.alternate_host_list == ("ic2.example", "ic3.example")


@pytest.mark.parametrize(
    ("limited", "answered", "error_id"),
    [
        (413, 413, "error.request.tooLarge"),
        (431, 431, "error.request.tooLarge"),
        (504, 500, "error.request.timeout"),
    ],
)
def test_a_limit_is_told_in_this_faces_shape(limited: int, answered: int, error_id: str) -> None:
    response = render({"type": "http", "headers": []}, limited, "{count} is too much.", {"count": 3})
    assert response.status_code == answered
    assert json.loads(bytes(response.body)) == {"errorId": error_id, "message": "3 is too much."}


def test_a_limit_is_told_in_the_language_of_the_request() -> None:
    scope = {"type": "http", "headers": [(b"accept-language", b"tlh"), (b"accept-language", b"de-AT;q=0.1")]}
    pattern = "The request's body takes {size} bytes; at most {most} bytes are taken."
    response = render(scope, 413, pattern, {"size": 3, "most": 2})
    assert json.loads(bytes(response.body))["message"] == (
        "Der Inhalt der Anfrage ist 3 Bytes lang; angenommen werden höchstens 2 Bytes."
    )
