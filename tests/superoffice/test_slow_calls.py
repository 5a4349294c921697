"""Calls that take longer than the vendor calls slow (contract 1.4)."""

import socket
import time
from base64 import b64encode
from urllib.parse import urlsplit

import pytest

from tests.superoffice.client import DEADLINE, PASSWORD
from tests.superoffice.world import World

ROUTE = "/api/v1/Agents/License/GetShopUrl"
BODY = b'{"OwnerName": "ACME"}'


@pytest.mark.superoffice("1.4 a call slower than 5000 ms is counted and logged with its method")
def test_a_slow_call_is_counted_and_logged_and_a_quick_one_is_not(world: World) -> None:
    world.desk.call("License/GetShopUrl", {"OwnerName": "ACME"})
    assert f'seatkeeper_slow_calls_total{{route="{ROUTE}"}} 0.0' in slow_calls(world)
    assert call(world, seconds=5.2).startswith(b"HTTP/1.1 200")
    assert f'seatkeeper_slow_calls_total{{route="{ROUTE}"}} 1.0' in slow_calls(world)
    logged = [line for line in world.server.log.read_text().splitlines() if "slow_call " in line]
    assert len([line for line in logged if f"route={ROUTE}" in line]) == 1


def slow_calls(world: World) -> str:
    page = world.admin.get(f"{world.url}/metrics").text
    return "\n".join(line for line in page.splitlines() if line.startswith("seatkeeper_slow_calls"))


def call(world: World, *, seconds: float) -> bytes:
    """Call the method over a line so slow that its body takes that long; the beginning of the answer."""
    address = urlsplit(world.url)
    credentials = b64encode(f"{world.desk.login}:{PASSWORD}".encode()).decode()
    head = (
        f"POST {ROUTE} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), DEADLINE) as line:
        line.sendall(head.encode() + BODY[:1])
        time.sleep(seconds)
        line.sendall(BODY[1:])
        return line.recv(4096)
