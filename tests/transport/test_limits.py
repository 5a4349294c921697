"""A request beyond a limit gets the face's answer, or loses its connection, and never more of the server."""

import socket
from collections.abc import Iterator

import pytest

from tests.transport.process import Served, eventually, received, serving

BODY, HEADERS = 4096, 4096


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("limits") / "log"
    with serving(log, "--body", str(BODY), "--headers", str(HEADERS), "--seconds", "1", "--head-seconds", "1") as one:
        yield one


def _cut_off(connection: socket.socket, endless: bytes) -> bool:
    """Whether the server ends the connection on which this is sent for as long as it takes it."""
    try:
        for _ in range(1_000_000):
            connection.sendall(endless)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_at_the_limit_is_taken(served: Served, chunked: bool) -> None:
    body = b"x" * BODY
    content = (part for part in (body[:100], body[100:])) if chunked else body
    with served.client() as client:
        answer = client.post("/echo", content=content)
    assert answer.status_code == 200
    assert answer.content == body


@pytest.mark.parametrize("length", [BODY + 1, BODY * 3])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_longer_body_is_413_in_the_faces_own_words(served: Served, chunked: bool, length: int) -> None:
    body = b"x" * length
    content = (part for part in (body[:100], body[100:])) if chunked else body
    with served.client() as client:
        answer = client.post("/echo", content=content)
    assert answer.status_code == 413
    assert answer.text.startswith("the face says: The request's body takes ")
    assert "at most 4096 bytes" in answer.text
    assert answer.headers["connection"] == "close"


def test_a_client_that_asks_before_it_sends_is_refused_at_once(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n")
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_ends_with_the_connection(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert _cut_off(connection, b"400\r\n" + b"x" * 1024 + b"\r\n")


def test_headers_at_the_limit_are_taken(served: Served) -> None:
    with served.client() as client:
        assert client.get("/echo", headers={"x-long": "x" * (HEADERS - 500)}).status_code == 200


@pytest.mark.parametrize("long", ["header", "many headers", "query"])
def test_longer_headers_are_431_in_the_faces_own_words(served: Served, long: str) -> None:
    headers = {"header": {"x-long": "x" * HEADERS}, "many headers": {f"x-{n}": "x" for n in range(600)}}.get(long)
    with served.client() as client:
        answer = client.get("/echo?" + ("q" * HEADERS if long == "query" else ""), headers=headers)
    assert answer.status_code == 431
    assert answer.text.startswith("the face says: The request's headers take ")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("begun", "endless"),
    [
        (b"GET /", b"x" * 1000),
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n" * 100),
        (b"GET / HTTP/1.1\r\nX-Long: ", b"x" * 1000),
        (b"", b"\r\n" * 100),
    ],
    ids=["path", "headers", "header", "empty lines"],
)
def test_an_endless_head_is_cut_off(served: Served, begun: bytes, endless: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(begun)
        assert _cut_off(connection, endless)


def test_a_head_far_too_long_is_told_so(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (2 * HEADERS + 1))
        assert received(connection).startswith(b"HTTP/1.1 431 ")


def test_endless_trailers_are_cut_off(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        assert _cut_off(connection, b"trailer: x\r\n" * 100)


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(served: Served, begun: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(begun)
        assert received(connection) == b""


def test_a_second_head_that_does_not_come_ends_the_connection(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /")
        assert received(connection) == b""


def test_what_cannot_be_parsed_is_400(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n")
        assert received(connection).startswith(b"HTTP/1.1 400 ")


def test_too_many_requests_sent_ahead_end_the_connection(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /wait?name=ahead HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /echo HTTP/1.1\r\n\r\n" * 100)
        assert received(connection).count(b"HTTP/1.1 200 ") < 100
    assert eventually(lambda: served.seen("ahead") == "cancelled")


def test_a_request_that_takes_too_long_is_given_up_in_the_faces_own_words(served: Served) -> None:
    with served.client() as client:
        answer = client.post("/wait?name=overdue", content=b"body")
    assert answer.status_code == 504
    sentence = (
        "The request took longer than 1 seconds and was given up; what it asks for may have been done all the same."
    )
    assert answer.text == f"the face says: {sentence}"
    assert served.seen("overdue") == "cancelled"


def test_a_request_that_waits_for_others_may_be_allowed_longer(served: Served) -> None:
    with served.client() as client:
        answer = client.post("/echo?after=1200&allowed=10000", content=b"body")  # of a limit of 1 second
        assert (answer.status_code, answer.content) == (200, b"body")
        answer = client.post("/echo?after=10000&allowed=200", content=b"body")
        assert (answer.status_code, answer.text.partition(" and ")[0]) == (
            504,
            "the face says: The request took longer than 0.2 seconds",
        )


@pytest.mark.parametrize("head", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_given_up(served: Served, head: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(b"POST /upload?name=slow HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n1\r\n" % head)
        assert received(connection).startswith(b"HTTP/1.1 504 ")


def test_an_answer_that_does_not_end_is_cut_off(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /drip HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert not answer.endswith(b"0\r\n\r\n")


def test_an_event_stream_goes_on(served: Served) -> None:
    with served.client() as client, client.stream("GET", "/stream?name=on&after=100") as answer:
        ticks = answer.iter_raw()
        assert sum(1 for _ in zip(range(40), ticks, strict=False)) == 40  # 2 seconds of a limit of 1
    assert eventually(lambda: served.seen("on") == "closed")
