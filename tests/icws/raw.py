"""Requests that are sent byte by byte as they stand, where an HTTP library would tidy them up."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.icws.client import DEADLINE
from tests.icws.world import World


class Answer(NamedTuple):
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def connected(world: World) -> Iterator[socket.socket]:
    """A connection by which whatever a test likes can be sent."""
    url = urlsplit(world.url)
    with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=DEADLINE) as connection:
        yield connection


def asked(world: World, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    """The answer to a request with these headers and no others, but that the connection ends with it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: server", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with connected(world) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        head, _, answered = received(connection).partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = (field.partition(": ") for field in fields)
    return Answer(int(status.split(" ")[1]), {name.lower(): value for name, _, value in pairs}, answered)


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)
