"""Where the server of a data directory listens: `server.json` in it, written once the server can be reached."""

import json
import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_NAME = "server.json"


class Address(Struct, frozen=True):
    """A running server: its process, the URLs of its root, and the certificate (PEM) that it shows over HTTPS.

    `database`: of a node on PostgreSQL, what libpq connects it by but for passwords; else empty.
    A command takes the first URL: those without TLS stand before those with it.
    """

    pid: int
    urls: tuple[str, ...]
    certificate: str | None = None
    database: str = ""

    @property
    def url(self) -> str:
        """The one to take."""
        return self.urls[0]


def write_address(data: Path, database: str, urls: tuple[str, ...], certificate: str | None) -> None:
    """Say that this process serves `data` there. Nobody reads half a file: it is renamed into its place."""
    made = data / f"{_NAME}.{os.getpid()}"
    said = {"pid": os.getpid(), "url": urls[0], "urls": urls, "certificate": certificate, "database": database}
    made.write_text(json.dumps(said) + "\n", encoding="utf-8")
    made.replace(data / _NAME)


def read_address(data: Path) -> Address | None:
    """Who serves `data`; None where nobody says so. A server that was killed leaves its word behind."""
    try:
        said = json.loads((data / _NAME).read_text(encoding="utf-8"))
        urls = tuple(str(each) for each in said.get("urls") or [said["url"]])
        certificate, database = said.get("certificate"), str(said.get("database") or "")
        return Address(pid=int(said["pid"]), urls=urls, certificate=certificate, database=database)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def forget_address(data: Path) -> None:
    """Say no more that anybody serves `data`."""
    with suppress(OSError):
        (data / _NAME).unlink()
