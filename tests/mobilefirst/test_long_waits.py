"""A request that waits for a transaction may last longer than others; whoever is slow himself may not."""

import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from tests.mobilefirst.client import DEADLINE, PASSWORD, told
from tests.mobilefirst.held import HeldWorld
from tests.server_process import start_server

REQUEST_SECONDS = 1


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldWorld]:
    """A server that gives up a request after a second."""
    environment = {"SEATKEEPER_TESTING": "true", "SEATKEEPER_LIMITS_REQUEST_SECONDS": str(REQUEST_SECONDS)}
    with start_server(tmp_path_factory.mktemp("impatient") / "data", env=environment) as server:
        world = HeldWorld(server)
        yield world
        world.close()


def test_whoever_waits_for_the_lock_is_answered_when_his_transaction_is_over(impatient: HeldWorld) -> None:
    runtime = impatient.runtime()
    first = impatient.hold(runtime, "PREPARING")
    with ThreadPoolExecutor(1) as threads:
        begun = time.monotonic()
        asked = threads.submit(impatient.deployer.configure, runtime, impatient.application())
        while time.monotonic() < begun + 1.5 * REQUEST_SECONDS:
            assert not asked.done(), asked.result()
            time.sleep(0.02)
        impatient.let_go(first)
        assert asked.result(DEADLINE)["transaction"]["status"] == "SUCCESS"


def test_whoever_leaves_while_he_waits_has_his_transaction_done_all_the_same(impatient: HeldWorld) -> None:
    runtime, application = impatient.runtime(), impatient.application()
    first = impatient.hold(runtime, "PREPARING")
    payload = {"appID": application, "category": "B2C"}
    with pytest.raises(httpx.ReadTimeout):
        impatient.deployer.post(f"/runtimes/{runtime}/license", payload, timeout=0.5)
    impatient.let_go(first)
    assert impatient.deployer.ended(runtime, first["id"] + 1)["status"] == "SUCCESS"
    assert impatient.deployer.read(f"/runtimes/{runtime}/license/{application}")["appID"] == application


def test_whoever_does_not_send_his_body_is_given_up(impatient: HeldWorld) -> None:
    address = urlsplit(impatient.url)
    pair = b64encode(f"{impatient.deployer.login}:{PASSWORD}".encode()).decode()
    head = (
        f"POST /mfpadmin/management-apis/2.0/runtimes/{impatient.runtime()}/license HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\nAuthorization: Basic {pair}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port), timeout=DEADLINE) as connection:
        connection.sendall(head.encode() + b'{"appID":')
        answer = b""
        while part := connection.recv(65536):
            answer += part
    status, _, body = answer.partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 504 ")
    assert told(httpx.Response(504, content=body)).startswith("The request took longer than 1 seconds")
