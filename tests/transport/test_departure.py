"""A request whose client has left is given up; everything else is left alone (rule L6)."""

import socket
from collections.abc import Iterator

import pytest

from tests.transport.process import Served, eventually, received, received_up_to, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("departure") / "log") as running:
        yield running


def _send(served: Served, line: str, body: bytes = b"", length: int | None = None) -> socket.socket:
    connection = served.connect()
    announced = len(body) if length is None else length
    connection.sendall(f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {announced}\r\n\r\n".encode() + body)
    return connection


def _reaches(served: Served, name: str, state: str) -> bool:
    return eventually(lambda: served.seen(name) == state)


@pytest.mark.parametrize("read", [True, False], ids=["body read", "body unread"])
@pytest.mark.parametrize("length", [0, 4, 200_000], ids=["empty", "short", "long"])
def test_a_waiting_request_is_cancelled_when_its_client_leaves(served: Served, length: int, read: bool) -> None:
    name = f"{length}{read}"
    with _send(served, f"POST /wait?name={name}{'' if read else '&unread'}", b"x" * length):
        assert _reaches(served, name, "waiting")
    assert _reaches(served, name, "cancelled")


def test_a_get_is_cancelled_too(served: Served) -> None:
    with _send(served, "GET /wait?name=get"):
        assert _reaches(served, "get", "waiting")
    assert _reaches(served, "get", "cancelled")


def test_a_client_that_leaves_at_once_is_noticed(served: Served) -> None:
    _send(served, "GET /wait?name=at-once").close()
    assert _reaches(served, "at-once", "cancelled")


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_an_upload_that_breaks_off_is_a_departure_and_not_a_fault(served: Served, pause: float) -> None:
    name = f"upload{pause}"
    with _send(served, f"POST /upload?name={name}", b"x", length=1000) as connection:
        assert _reaches(served, name, "reading")
        connection.settimeout(pause or None)
        if pause:
            with pytest.raises(TimeoutError):
                connection.recv(1)  # only waits: nothing is answered to half a request
    assert _reaches(served, name, "CancelledError")


def test_a_request_that_was_left_has_a_line_and_no_traceback(served: Served) -> None:
    with _send(served, "POST /wait?name=line"):
        assert _reaches(served, "line", "waiting")
    assert _reaches(served, "line", "cancelled")
    line = eventually(lambda: next((at for at in served.lines() if at.get("outcome") == "client left"), None))
    assert line["status"] == 499
    assert not any("exception" in at for at in served.lines())


@pytest.mark.parametrize("after", [0, 300])
def test_an_event_stream_is_closed_when_its_client_leaves(served: Served, after: int) -> None:
    name = f"stream{after}"
    with _send(served, f"GET /stream?name={name}&after={after}") as connection:
        assert _reaches(served, name, "streaming")
        assert connection.recv(1)
    assert _reaches(served, name, "closed")


def test_a_client_that_leaves_its_stream_is_noticed_also_where_it_sent_a_request_ahead(served: Served) -> None:
    with _send(served, "GET /stream?name=ahead") as connection:
        assert _reaches(served, "ahead", "streaming")
        connection.sendall(b"GET /seen HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1)
    assert _reaches(served, "ahead", "closed")
    assert not any("exception" in line for line in served.lines())


@pytest.mark.parametrize("pause", [0.0, 0.3], ids=["before it is watched for", "while it is"])
def test_a_client_that_waits_and_leaves_is_noticed_also_where_it_sent_a_request_ahead(
    served: Served, pause: float
) -> None:
    name = f"waits-ahead{pause}"
    with _send(served, f"GET /wait?name={name}") as connection:
        assert _reaches(served, name, "waiting")
        if pause:
            connection.settimeout(pause)
            with pytest.raises(TimeoutError):
                connection.recv(1)  # only waits: nothing is answered yet
        connection.sendall(b"GET /seen HTTP/1.1\r\nHost: x\r\n\r\n")
    assert _reaches(served, name, "cancelled")
    assert not any("exception" in line for line in served.lines())


@pytest.mark.parametrize("length", [0, 10, 700_000])
def test_a_body_that_is_read_late_arrives_whole(served: Served, length: int) -> None:
    body = bytes(n % 251 for n in range(length))
    with served.client() as client:
        assert client.post("/echo?after=300", content=body).content == body


def test_slow_requests_follow_each_other_on_one_connection(served: Served) -> None:
    with served.connect() as connection:
        for _ in range(3):
            connection.sendall(b"POST /echo?after=200 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            assert received_up_to(connection, b"body").startswith(b"HTTP/1.1 200 ")


def test_requests_sent_ahead_are_all_answered(served: Served) -> None:
    one = b"POST /echo?after=%d HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n%b\r\nbody"
    with served.connect() as connection:
        ahead = b"".join(one % (after, b"") for after in (200, 0, 200))
        connection.sendall(ahead + one % (0, b"Connection: close\r\n"))
        assert received(connection).count(b"HTTP/1.1 200 ") == 4


def test_what_goes_on_after_the_answer_is_left_alone(served: Served) -> None:
    with _send(served, "GET /afterwards?name=background") as connection:
        assert connection.recv(1)
    assert _reaches(served, "background", "done")
