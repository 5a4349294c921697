"""`seatkeeper check`: folds the journal by the one function and compares every row and count with the tables."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import fields

from seatkeeper.ledger import tables
from seatkeeper.ledger.journal import Entry, Head, JournalError, read, verify
from seatkeeper.ledger.recount import recount
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.state import JOURNALLED, Image, State

_MERGE_EVERY: Final = 1_000
_PAGE: Final = 1_000


class Report(Struct, frozen=True):
    """What a check found: `events` in the journal up to `head`, `rows` compared, and each difference in a sentence."""

    events: int
    rows: int
    head: Head
    differences: list[str]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.differences


def check_database(database: Path) -> Report:
    """Check a database, which may be in use: everything is read at one point in time.

    Raises FileNotFoundError where there is none, and sqlite3.Error where it cannot be read.
    """
    if not database.exists():
        raise FileNotFoundError(f"There is no database {database}.")
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("BEGIN")
        return _check(connection)
    finally:
        connection.close()


def _check(connection: sqlite3.Connection) -> Report:
    differences: list[str] = []
    image, head = _fold_journal(connection, differences)
    rows = 0
    for name in JOURNALLED:
        stored = dict(_stored(connection, name))
        rows += len(stored)
        differences += _compare(name, getattr(image, name), stored)
    sessions, keys = set(image.sessions), set(dict(_stored(connection, "session_keys")))
    differences += [f"session {number} has no keys" for number in sorted(sessions - keys)]
    differences += [f"the keys of session {number} are left over" for number in sorted(keys - sessions)]
    differences += recount(image)
    return Report(events=head.seq, rows=rows, head=head, differences=differences)


def _fold_journal(connection: sqlite3.Connection, differences: list[str]) -> tuple[Image, Head]:
    """The state that the journal comes to, and its head. A broken chain is told once; folding goes on behind it."""
    image = Image()
    state = State(image)
    head = Head()
    for entry in _entries(connection):
        wrong = verify(entry, head)
        if wrong is not None:
            differences.append(wrong)
        head = Head(entry.seq, entry.at, entry.hash)
        try:
            fold(state, read(entry), entry.at)
        except (JournalError, KeyError) as error:
            differences.append(f"event {entry.seq} ({entry.kind}) cannot be folded: {error}")
        if entry.seq % _MERGE_EVERY == 0:
            state.merge()
    state.merge()
    return image, head


def _entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    names = ", ".join(column.name for column in tables.journal.columns)
    cursor = connection.execute(f"SELECT {names} FROM journal ORDER BY seq")
    while page := cursor.fetchmany(_PAGE):
        for row in page:
            yield Entry(*row)


def _stored(connection: sqlite3.Connection, name: str) -> Iterator[tuple[Any, Any]]:
    mapping = MAPPINGS[name]
    names = ", ".join(column.name for column in mapping.table.columns)
    for row in connection.execute(f"SELECT {names} FROM {mapping.table.name}"):
        yield mapping.read(row)


def _compare(name: str, folded: dict[Any, Any], stored: dict[Any, Any]) -> Iterator[str]:
    for key in folded.keys() - stored.keys():
        yield f"{name}: the row of {_plain(key)} is missing"
    for key in stored.keys() - folded.keys():
        yield f"{name}: there is a row of {_plain(key)} that no event accounts for"
    for key in folded.keys() & stored.keys():
        if folded[key] != stored[key]:
            yield f"{name}: the row of {_plain(key)} {_difference(folded[key], stored[key])}"


def _difference(folded: Any, stored: Any) -> str:  # noqa: ANN401 - an entity of any table
    if not isinstance(folded, Struct):
        return f"is {stored}, but {folded} by the journal"
    names = [each.name for each in fields(folded) if getattr(folded, each.name) != getattr(stored, each.name)]
    return " and ".join(
        f"has {name} {getattr(stored, name)!r}, but {getattr(folded, name)!r} by the journal" for name in names
    )


def _plain(key: Any) -> str:  # noqa: ANN401 - a key of any table
    if isinstance(key, tuple):
        return ", ".join(_plain(each) for each in key)
    return key.name.lower() if hasattr(key, "name") else str(key)
