"""The socket that the server listens on."""

import errno
import socket
from typing import Final

_UNANSWERED_SECONDS: Final = 30


class CannotListen(Exception):
    """The address or the port is somebody else's, or none of this machine's."""


def listening_at(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CannotListen."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address[:2], family=family)
    except OSError as error:
        why = f"{error.strerror or error}."
        if error.errno == errno.EADDRINUSE:
            why = "another program does. Stop it, or choose a port with --port."
        raise CannotListen(f"Cannot listen at {host}:{port}: {why}") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it. A client that is gone without a word is noticed by its unanswered pings; else its
        # stream would keep its session alive for a quarter of an hour.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNANSWERED_SECONDS * 1000)
    return listener


def url_of(listener: socket.socket) -> str:
    """Where a process on this machine reaches it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
