"""`seatkeeper check`: folds the journal by the one function and compares every row and count with the tables."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import MsgspecError, Struct
from msgspec.structs import fields

from seatkeeper.ledger import tables
from seatkeeper.ledger.journal import Entry, Head, JournalError, read, verify
from seatkeeper.ledger.recount import recount
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.schema import require_newest
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

    Raises FileNotFoundError where there is none, SchemaTooOld or SchemaTooNew where its tables are not those of this
    version, and sqlite3.Error where it cannot be read.
    """
    if not database.exists():
        raise FileNotFoundError(f"There is no database {database}.")
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("BEGIN")
        require_newest(_revision(connection))
        return _check(connection)
    finally:
        connection.close()


def _revision(connection: sqlite3.Connection) -> str | None:
    """The revision of the schema; None where no migration has run."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def _check(connection: sqlite3.Connection) -> Report:
    differences: list[str] = []
    image, head = _fold_journal(connection, differences)
    rows = 0
    for name in JOURNALLED:
        stored = _stored(connection, name, differences)
        rows += len(stored)
        differences += _compare(name, getattr(image, name), stored)
    sessions, keys = set(image.sessions), set(_stored(connection, "session_keys", differences))
    differences += [f"session {number} has no keys" for number in sorted(sessions - keys)]
    differences += [f"the keys of session {number} are left over" for number in sorted(keys - sessions)]
    living = {user.id for user in image.users.values() if user.deleted_at is None}
    passwords = set(_stored(connection, "credentials", differences))
    differences += [f"the password of user {number} is left over" for number in sorted(passwords - living)]
    differences += recount(image)
    return Report(events=head.seq, rows=rows, head=head, differences=differences)


def _fold_journal(connection: sqlite3.Connection, differences: list[str]) -> tuple[Image, Head]:
    """The state that the journal comes to, and its head. A broken chain is told once; folding goes on behind it."""
    image = Image()
    state = State(image)
    head = Head()
    for entry in _entries(connection):
        differences += _fold_entry(state, entry, head)
        head = Head(entry.seq, entry.at, entry.hash)
        if entry.seq % _MERGE_EVERY == 0:
            state.merge()
    state.merge()
    return image, head


def _fold_entry(state: State, entry: Entry, before: Head) -> Iterator[str]:
    """Let one event have its whole effect or none, and say what is wrong with it."""
    mark = state.mark()
    try:
        wrong = verify(entry, before)
        if wrong is not None:
            yield wrong
        fold(state, read(entry), entry.at)
    except JournalError as error:
        yield f"event {entry.seq} ({entry.kind}) cannot be folded: {error}"
    except (KeyError, TypeError, ValueError) as error:
        state.rollback(mark)
        yield f"event {entry.seq} ({entry.kind}) cannot be folded: {error!r}"


def _entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    names = ", ".join(column.name for column in tables.journal.columns)
    cursor = connection.execute(f"SELECT {names} FROM journal ORDER BY seq")
    while page := cursor.fetchmany(_PAGE):
        for row in page:
            yield Entry(*row)


def _stored(connection: sqlite3.Connection, name: str, differences: list[str]) -> dict[Any, Any]:
    """The rows of a table, by key. What one says twice, as a name and its folded form, must agree."""
    mapping = MAPPINGS[name]
    names = [column.name for column in mapping.table.columns]
    stored: dict[Any, Any] = {}
    for row in connection.execute(f"SELECT {', '.join(names)} FROM {mapping.table.name}"):
        try:
            key, entity = mapping.read(row)
            again = mapping.values(key, entity)
        except (AttributeError, TypeError, ValueError, MsgspecError) as error:
            differences.append(f"{name}: the row that begins with {row[:3]} cannot be read: {error}")
            continue
        stored[key] = entity
        differences += [
            f"{name}: the row of {_plain(key)} has {column} {value!r}, but {expected!r} by the rest of it"
            for column, value, expected in zip(names, row, again, strict=True)
            if value != expected
        ]
    return stored


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
