"""What ordinary clients say beside their request: an offer of another protocol, a wish to be asked for the body."""

from collections.abc import Iterator

import pytest

from tests.transport.process import Served, received, received_up_to, serving

# As Java's own client sends it with each request over plain HTTP.
OFFER = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("offers") / "log", "--body", "4096", "--headers", "4096") as one:
        yield one


def _request(*headers: str, body: str = "") -> bytes:
    return f"POST /echo HTTP/1.1\r\nHost: x\r\n{''.join(headers)}\r\n{body}".encode()


@pytest.mark.parametrize(
    "request_",
    [
        _request(OFFER, "Content-Length: 5\r\n", body="hello"),
        _request(OFFER, "Transfer-Encoding: chunked\r\n", body="2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        _request("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\nContent-Length: 5\r\n", body="hello"),
    ],
)
@pytest.mark.parametrize("piece", [1, 50, 10_000])
def test_an_offer_of_another_protocol_is_passed_over_and_the_body_read(
    served: Served, request_: bytes, piece: int
) -> None:
    """However it is cut into packets, and once more on the same connection."""
    with served.connect() as connection:
        for _ in range(2):
            for start in range(0, len(request_), piece):
                connection.sendall(request_[start : start + piece])
            answer = received_up_to(connection, b"hello")
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_requests_sent_ahead_that_offer_another_protocol_are_answered_in_turn(served: Served) -> None:
    bodies = [f"number-{number}" for number in range(5)]
    requests = [_request(OFFER, f"Content-Length: {len(body)}\r\n", body=body) for body in bodies]
    with served.connect() as connection:
        connection.sendall(b"".join(requests))
        answers = received_up_to(connection, bodies[-1].encode())
    assert [part[:8] for part in answers.decode().split("\r\n\r\n")[1:]] == bodies


def test_the_bounds_hold_for_whoever_offers_another_protocol_too(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(_request(OFFER, "Content-Length: 4097\r\n", body="x" * 4097))
        assert received(connection).startswith(b"HTTP/1.1 413 ")
    with served.connect() as connection:
        connection.sendall(_request(OFFER, f"X-Long: {'x' * 9000}\r\n"))
        assert received(connection).startswith(b"HTTP/1.1 431 ")
    with served.connect() as connection:
        connection.sendall(_request(OFFER, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body="0\r\n\r\n"))
        assert received(connection).startswith(b"HTTP/1.1 400 ")


def test_a_tunnel_is_not_made(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"CONNECT /echo HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert received_up_to(connection, b"Method Not Allowed").startswith(b"HTTP/1.1 405 ")


def test_the_body_of_a_client_that_waits_is_asked_for_where_it_is_read(served: Served) -> None:
    """And the connection serves the next request."""
    with served.connect() as connection:
        for _ in range(2):
            connection.sendall(_request("Content-Length: 5\r\n", "Expect: 100-continue\r\n"))
            assert received_up_to(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"hello")
            answer = received_up_to(connection, b"hello")
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"connection: close" not in answer


def test_the_connection_of_a_client_that_waits_is_closed_where_its_body_is_not_read(served: Served) -> None:
    """Apache's client sends no body then: its next request would be taken for it."""
    with served.connect() as connection:
        head = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head)
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"connection: close\r\n" in answer
