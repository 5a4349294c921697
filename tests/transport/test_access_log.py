"""One line a request, with nothing secret in it."""

import re
from collections.abc import Iterator

import pytest

from tests.transport.process import Served, received_up_to, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("log") / "log") as running:
        yield running


def test_a_request_has_one_line_with_what_is_known_of_it(served: Served) -> None:
    with served.client() as client:
        answer = client.post("/echo?after=0", content=b"body")
    line = served.line_of("/echo")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["event"], line["level"], line["method"], line["status"]) == ("request", "info", "POST", 200)
    assert (line["face"], line["user"], line["outcome"]) == ("echo", "agent01", "ok")
    assert 0 <= line["ms"] < 20_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["at"])
    assert sum(1 for each in served.lines() if each.get("request_id") == line["request_id"]) == 1


def test_requests_have_ids_of_their_own(served: Served) -> None:
    with served.client() as client:
        assert len({client.get("/seen").headers["x-request-id"] for _ in range(10)}) == 10


def test_a_client_may_name_its_request(served: Served) -> None:
    with served.client() as client:
        assert client.get("/seen", headers={"x-request-id": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"


@pytest.mark.parametrize("name", ["two words", "x" * 65, '"}', ""])
def test_a_name_that_is_none_is_replaced(served: Served, name: str) -> None:
    with served.client() as client:
        assert client.get("/seen", headers={"x-request-id": name}).headers["x-request-id"] != name


def test_no_secret_of_a_request_reaches_the_log(served: Served) -> None:
    with served.client() as client:
        for path in ("/echo", "/fail", "/missing"):
            client.post(
                f"{path}?token=query-secret",
                content=b"body-secret",
                headers={"cookie": "icws_1=cookie-secret", "authorization": "Bearer header-secret"},
            )
    served.line_of("/missing")
    assert "secret" not in served.log.read_text()


def test_a_path_cannot_forge_a_line(served: Served) -> None:
    with served.client() as client:
        client.get("/%0a%7b%22event%22:%22forged%22%7d")
    line = served.line_of("/%0a%7b%22event%22:%22forged%22%7d")
    assert (line["status"], line["outcome"]) == (404, "refused")
    assert not any(line["event"] == "forged" for line in served.lines())


def test_a_fault_has_its_line_and_its_traceback_without_values(served: Served) -> None:
    with served.client() as client:
        assert client.post("/fail", content=b"body-secret").status_code == 500
    line = served.line_of("/fail")
    assert (line["status"], line["outcome"], line["level"]) == (500, "failed", "warning")
    [fault] = [each for each in served.lines() if each.get("request_id") == line["request_id"] and "exception" in each]
    assert "RuntimeError: failed on 11 bytes" in fault["exception"]
    assert fault["level"] == "error"


def test_a_fault_leaves_the_connection_to_the_next_request(served: Served) -> None:
    with served.connect() as connection:
        for _ in range(3):
            connection.sendall(b"POST /fail HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert received_up_to(connection, b"Internal Server Error").startswith(b"HTTP/1.1 500 ")


def test_what_the_server_itself_logs_has_the_same_shape(served: Served) -> None:
    started = next(line for line in served.lines() if line["event"].startswith("Started server process"))
    assert (started["level"], started["logger"]) == ("info", "uvicorn.error")
