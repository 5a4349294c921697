"""The sockets that the server listens on."""

import errno
import socket
from collections.abc import Iterable
from typing import Final, NamedTuple

_UNANSWERED_SECONDS: Final = 30


class CannotListen(Exception):
    """The address or the port is somebody else's, or none of this machine's."""


class Listeners(NamedTuple):
    """Sockets that listen, each kind in the order of its addresses."""

    http: list[socket.socket]
    https: list[socket.socket]

    @property
    def urls(self) -> tuple[str, ...]:
        """Where a process on this machine reaches each of them, those without TLS first."""
        return (*(url_of(each, "http") for each in self.http), *(url_of(each, "https") for each in self.https))


def listening(http: Iterable[tuple[str, int]], https: Iterable[tuple[str, int]]) -> Listeners:
    """Sockets that listen at these hosts and ports. Raises CannotListen."""
    return Listeners([listening_at(*each) for each in http], [listening_at(*each) for each in https])


def listening_at(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CannotListen."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address[:2], family=family)
    except UnicodeError:  # what the codec for names of hosts makes of one that cannot be
        raise CannotListen(f"Cannot listen at {_spelled(host, port)}: that is no name of a host.") from None
    except OSError as error:
        why = f"{error.strerror or error}."
        if error.errno == errno.EADDRINUSE:
            why = "another program does. Stop it, or choose another port."
        raise CannotListen(f"Cannot listen at {_spelled(host, port)}: {why}") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it. A client that is gone without a word is noticed by its unanswered pings; else its
        # stream would keep its session alive for a quarter of an hour.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNANSWERED_SECONDS * 1000)
    return listener


def url_of(listener: socket.socket, scheme: str) -> str:
    """Where a process on this machine reaches it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not bound
    return f"{scheme}://{_spelled(host, port)}"


def _spelled(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
