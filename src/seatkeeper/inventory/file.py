"""Reading an inventory written in TOML: tables with the keys of `shapes`."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from seatkeeper.inventory.contradictions import contradictions
from seatkeeper.inventory.entries import Reading
from seatkeeper.inventory.problems import Problem, quoted
from seatkeeper.inventory.shapes import (
    ApplicationEntry,
    E,
    Entry,
    Inventory,
    Kind,
    LicenseEntry,
    OwnerEntry,
    RuntimeEntry,
    StationEntry,
    UserEntry,
)

TABLES_OF: Final = {
    Kind.OWNER: "owners",
    Kind.LICENSE: "licenses",
    Kind.RUNTIME: "runtimes",
    Kind.APPLICATION: "applications",
    Kind.STATION: "stations",
    Kind.USER: "users",
}
"""The key of the tables of each kind. TOML has no table of assignments: they stand with their holders."""

_TOO_MUCH: Final = "it nests too deeply or has a huge number"
_MOST_PARTS: Final = 64
_DEEP_KEY: Final = re.compile(
    rf"""(?<![\w\\-])(?:(?:[\w-]++|"(?:[^"\\]|\\.)*+"|'[^']*+')[ \t]*+\.[ \t]*+){{{_MOST_PARTS}}}""", re.ASCII
)
"""A key of more parts than any here has. What the parser keeps of a key grows with the square of its parts: one of
200 kB takes all memory there is. The look-behind keeps the search from beginning anew within a part."""


def read_inventory(text: str, owner: str) -> tuple[Inventory, list[Problem]]:
    """What the file says, and what is wrong with it; entries with problems are left out or lack the key.

    `owner` is the configured license owner, whom a license belongs to when the file does not say.
    """
    document = parsed(text)
    return (Inventory(), [document]) if isinstance(document, Problem) else read_document(document, owner)


def read_document(document: Mapping[str, Any], owner: str) -> tuple[Inventory, list[Problem]]:
    """As `read_inventory`, of what `parsed` made of a text."""
    reading = Reading(owner)
    reading.check_keys(document, TABLES_OF.values(), "")
    inventory = Inventory(
        owners=_entries(reading, document, "owners", OwnerEntry, "name"),
        licenses=_entries(reading, document, "licenses", LicenseEntry, "name"),
        runtimes=_entries(reading, document, "runtimes", RuntimeEntry, "name"),
        applications=_entries(reading, document, "applications", ApplicationEntry, "name"),
        stations=_entries(reading, document, "stations", StationEntry, "name"),
        users=_entries(reading, document, "users", UserEntry, "login"),
        kinds=frozenset(kind for kind, key in TABLES_OF.items() if key in document),
    )
    return inventory, reading.problems + contradictions(inventory, owner)


def parsed(text: str) -> dict[str, Any] | Problem:
    """The tables of a text, or what keeps it from being TOML."""
    if any(_has_deep_key(line) for line in text.split("\n")):
        return Problem("", "", f"is not valid TOML: {_TOO_MUCH}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser tells the place and what it expected there, not what stands there.
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else _TOO_MUCH
        return Problem("", "", f"is not valid TOML: {reason}")


def _has_deep_key(line: str) -> bool:
    # Counting first, line by line: nothing else runs during a search, and that of a whole file takes a second.
    return line.count(".") >= _MOST_PARTS and _DEEP_KEY.search(line) is not None


def _entries(
    reading: Reading, document: Mapping[str, Any], kind: str, shape: type[E], name_key: str
) -> tuple[Entry[E], ...]:
    tables = document.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        reading.problems.append(Problem(kind, "", f"must be tables, each begun by [[{kind}]]"))
        return ()
    entries = []
    for number, table in enumerate(tables, 1):
        if reading.given_up:
            break
        name = table.get(name_key)
        place = f"{kind}[{number}] {quoted(name)}" if isinstance(name, str) else f"{kind}[{number}]"
        entry = reading.entry(table, shape, place)
        if entry is not None:
            entries.append(entry)
    return tuple(entries)
