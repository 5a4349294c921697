"""Where the server of a data directory listens: `server.json` in it, written once the server can be reached."""

import json
import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_NAME = "server.json"


class Address(Struct, frozen=True):
    """A running server: its process and the URL of its root."""

    pid: int
    url: str


def write_address(data: Path, url: str) -> None:
    """Say that this process serves `data` at `url`. Nobody reads half a file: it is renamed into its place."""
    made = data / f"{_NAME}.{os.getpid()}"
    made.write_text(json.dumps({"pid": os.getpid(), "url": url}) + "\n", encoding="utf-8")
    made.replace(data / _NAME)


def read_address(data: Path) -> Address | None:
    """Who serves `data`; None where nobody says so. A server that was killed leaves its word behind."""
    try:
        said = json.loads((data / _NAME).read_text(encoding="utf-8"))
        return Address(pid=int(said["pid"]), url=str(said["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_address(data: Path) -> None:
    """Say no more that anybody serves `data`."""
    with suppress(OSError):
        (data / _NAME).unlink()
