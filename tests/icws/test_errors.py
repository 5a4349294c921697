"""What is answered when a request fails: contract 1.4, and that nothing of the rules is left without an answer."""

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
from tests.icws.client import Session


def test_every_code_of_the_rules_has_its_answer() -> None:
    assert set(TOLD) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_every_refusal_is_a_client_error_with_identifier_and_message(code: Code) -> None:
    failure = refused(Refusal(code, "This is why."))
    assert 400 <= failure.status < 500
    assert failure.body.error_id
    assert failure.body.message
    assert ("WWW-Authenticate" in (failure.headers or {})) == (failure.status == 401)


def test_every_reason_to_end_has_its_sentence() -> None:
    assert set(REASONS) == set(EndReason)


@pytest.mark.icws("1.4")
@pytest.mark.parametrize("path", ["/icws", "/icws/", "/icws/nowhere", "/icws/1/nowhere", "/icws/connection/"])
def test_an_unknown_path_is_404_with_an_error_body(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert answer.json()["errorId"] == "error.request.unsupported"
    assert answer.json()["message"]


@pytest.mark.icws("1.4")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "connection", "POST"),
        ("PUT", "connection", "POST"),
        ("PATCH", "connection", "POST"),
        ("HEAD", "connection/version", "GET"),
        ("OPTIONS", "connection/version", "GET"),
    ],
)
def test_a_method_that_is_not_there_is_405_with_those_that_are(
    http: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = http.request(method, f"/icws/{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    if method != "HEAD":
        assert answer.json()["errorId"] == "error.request.accessDenied.httpMethodNotAllowed"


@pytest.mark.icws("1.4")
def test_a_method_that_is_not_there_within_a_session_is_405(session: Session) -> None:
    answer = session.call("DELETE", "messaging/messages")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def ask(failure: Exception) -> httpx.Response:
    """The answer of a resource whose handler fails like this."""

    async def fail(_request: Request) -> Response:
        raise failure

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(Resource("licenses", {"GET": fail}, retired=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            return await client.get("/")

    return anyio.run(get)


@pytest.mark.icws("S1: 500, An unexpected error occurred while processing the request.")
@pytest.mark.icws("1.4")
def test_what_should_not_happen_is_500_and_tells_nothing_of_the_inside() -> None:
    answer = ask(ZeroDivisionError("the inside"))
    assert answer.status_code == 500
    assert answer.json() == {
        "errorId": "error.request.internalServerError",
        "message": "An unexpected error occurred while processing the request.",
    }


@pytest.mark.icws("1.4")
def test_a_read_that_takes_too_long_is_500_with_its_own_identifier() -> None:
    answer = ask(ReadTimeout("slow"))
    assert (answer.status_code, answer.json()["errorId"]) == (500, "error.request.timeout")


@pytest.mark.icws("1.4")
@pytest.mark.parametrize("why", [QueueFull("Full.", 2), Stopping("Stopping.", 2)])
def test_a_ledger_that_takes_no_commands_is_503_with_retry_after(why: Unavailable) -> None:
    answer = ask(why)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json() == {"errorId": "error.server.unavailable", "message": str(why)}


@pytest.mark.icws("2.1")
def test_a_log_on_that_the_ledger_does_not_take_is_503_with_the_hosts_to_try() -> None:
    failure = unavailable(QueueFull("Full."), connecting=True)
    assert failure.status == 503
    assert failure.body.error_id == "error.server.notAcceptingConnections"
    assert failure.body.alternate_host_list == ()


@pytest.mark.icws("1.4")
@pytest.mark.parametrize(
    ("limited", "answered", "error_id"),
    [
        (413, 413, "error.request.tooLarge"),
        (431, 431, "error.request.tooLarge"),
        (504, 500, "error.request.timeout"),
    ],
)
def test_a_limit_is_told_in_this_faces_shape(limited: int, answered: int, error_id: str) -> None:
    response = render({"type": "http", "headers": []}, limited, "Too much.")
    assert response.status_code == answered
    assert json.loads(bytes(response.body)) == {"errorId": error_id, "message": "Too much."}
