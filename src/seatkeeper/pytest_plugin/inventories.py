"""What a test's server has in it at the beginning, and the passwords that stand there."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple


class Inventory(NamedTuple):
    """An inventory as TOML, and the password of every user whose password it gives in the clear, by login."""

    text: str
    passwords: Mapping[str, str]


@cache
def demo() -> Inventory:
    """The demo inventory, which `seatkeeper serve --demo` applies."""
    return _inventory((files("seatkeeper") / "inventory" / "demo.toml").read_text(encoding="utf-8"), "the demo")


def read(given: Path | str) -> Inventory:
    """The inventory in a TOML file, or in TOML. Raises OSError, or ValueError for what is no TOML."""
    if isinstance(given, Path):
        return _inventory(given.read_text(encoding="utf-8"), str(given))
    return _inventory(given, "the inventory of this test")


def _inventory(text: str, name: str) -> Inventory:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name} is no TOML: {error}.{_meant(text)}") from error
    # Whether the rest is an inventory, the server says.
    users = tables.get("users")
    entries = [each for each in users if isinstance(each, dict)] if isinstance(users, list) else []
    pairs = ((each.get("login"), each.get("password")) for each in entries)
    return Inventory(text, {login: word for login, word in pairs if isinstance(login, str) and isinstance(word, str)})


def _meant(text: str) -> str:
    """What to do where a text that is no TOML looks like the name of a file."""
    name = text.strip()
    return f" A file is named by Path({name!r})." if name.endswith(".toml") and len(name.splitlines()) == 1 else ""
