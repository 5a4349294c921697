"""How settings spell where something is on the network: addresses to listen on, proxies, other servers, origins of web
pages, issuers, paths of applications, databases.

Every function raises ValueError with the rest of a sentence that begins with the value: what is wrong with it, and
what would be right.
"""

import re
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_ORIGIN: Final = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.ASCII)
_NAME: Final = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)
_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+", re.ASCII)
_ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})|%00")
_TAKEN: Final = frozenset({"api", "healthz", "icws", "login", "logout", "metrics", "readyz", "v1"})
_HIGHEST_PORT: Final = 65535
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class HostPort(NamedTuple):
    """An address to listen on: a name or an IP address, and a port, 0 for any free one."""

    host: str
    port: int


DEFAULT_HTTP: Final = HostPort("127.0.0.1", 8018)


def host_and_port(text: str) -> HostPort:
    """The address that is spelled `127.0.0.1:8018`, `[::1]:8018` or `name:8018`."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("is no address; IPv6 is written in brackets, as in [::1]:8018.")
    if not (colon and host and port.isascii() and port.isdigit()):
        raise ValueError("is no address; write host and port, as in 127.0.0.1:8018 or [::1]:8018.")
    if len(port) > 5 or int(port) > _HIGHEST_PORT:
        raise ValueError("is no address; a port is at most 65535.")
    return HostPort(host, int(port))


def spelled(address: HostPort) -> str:
    """The address as settings and URLs spell it."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def check_proxy(text: str) -> None:
    """A proxy is an IP address, or a network of them as `10.0.0.0/8`."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is no proxy; write its IP address, or a network such as 10.0.0.0/8.") from None
    if "/" in text and ip_address(text.partition("/")[0]) != network.network_address:
        raise ValueError(f"is no network; it has bits set beyond its length; perhaps {network} is meant.")


def check_host(text: str) -> None:
    """A host that clients put in the place of this one's: a name or an IP address, and nothing else."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _NAME.fullmatch(text) is None and not _is_ipv6(bare):
        raise ValueError(
            "is no host; write its name or IP address alone, as in ic2.example. Clients try it with the same port"
            " and scheme."
        )


def _is_ipv6(text: str) -> bool:
    try:
        return ip_address(text).version == 6
    except ValueError:
        return False


def check_origin(text: str) -> None:
    """An origin of web pages, exactly as browsers send it: scheme, host, and the port unless it is the default one."""
    if text == "*":
        raise ValueError(
            "is not enough; requests carry a session's cookie, and browsers want each origin named for those."
        )
    if text == "null":
        raise ValueError("is nobody's; every sandboxed frame and every local file has this origin.")
    found = _ORIGIN.fullmatch(text.rstrip("/").lower())
    if found is None or int(found[3] or 0) > _HIGHEST_PORT:
        raise ValueError("is no origin; write scheme, host and port, as in https://desk.example:8443, and no more.")
    scheme, host, port = found[1], found[2], int(found[3] or 0)
    right = f"{scheme}://{host}" + (f":{port}" if port not in {0, _DEFAULT_PORTS.get(scheme)} else "")
    if text != right:
        raise ValueError(f"is not how browsers send an origin; they send {right}.")


def check_application_path(text: str) -> None:
    """A path below which a face is found, as it stands in URLs; `/` alone for none. Its first segment is its own."""
    if text != "/" and _PATH.fullmatch(text) is None:
        raise ValueError("is no path; write it as in /SuperOffice: letters, digits and -._~ after each slash.")
    first = text.split("/")[1].lower()
    if first in _TAKEN:
        raise ValueError(f"cannot be; what is below /{first} is something else already.")


def check_context_root(text: str) -> None:
    """A context root: one segment of a path, without slashes."""
    if not text or "/" in text:
        raise ValueError("is no context root; write its name without slashes, as in mfpadmin.")
    check_application_path(f"/{text}")


def check_issuer(text: str) -> None:
    """An issuer of OpenID Connect is a URL. Whoever could answer in its place could log on as anybody, hence TLS."""
    try:
        url = urlsplit(text)
    except ValueError:
        url = urlsplit("")
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        raise ValueError("is no issuer; write its URL as it stands in its tokens, as in https://login.example/realm.")
    if url.scheme == "http" and url.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("is not safe; an issuer on another machine must be reached by https.")


def check_database(text: str) -> None:
    """A database is a URL of PostgreSQL, in which there may be several hosts. The value is not repeated."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme not in {"postgresql", "postgres"}:
        raise ValueError(
            "is no URL of PostgreSQL; write it as in postgresql://seatkeeper@db1.example,db2.example/seatkeeper."
        )
    if not rest.isprintable() or " " in rest or _ESCAPE.search(rest) is not None:
        raise ValueError("has a character that no URL has; spaces and %, and : / @ ? # in a password, are %-encoded.")
    authority, _, path = rest.partition("?")[0].partition("/")
    if authority.count("@") > 1 or not {"/", "@"}.isdisjoint(path) or "#" in rest:
        raise ValueError("cannot be read; : / @ ? # and % in a user's name or a password are %-encoded.")
    for place in authority.rpartition("@")[2].split(","):
        port = place.rpartition("]")[2].partition(":")[2] if place.startswith("[") else place.partition(":")[2]
        if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _HIGHEST_PORT):
            raise ValueError("names a port that is none; a port is a number from 1 to 65535, behind each host.")
