"""Engines that can be watched, held up and made to fail: over either database the same."""

import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from seatkeeper.ledger.engines.engine import Busy, Memoranda
from seatkeeper.ledger.engines.postgres import PostgresEngine
from seatkeeper.ledger.engines.postgres_database import DatabaseServer
from seatkeeper.ledger.engines.postgres_exchange import Answer, Asked
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.journal import Entry
from seatkeeper.licensing.state import State

SECONDS: Final = 20.0
"""How long a test waits for what must come."""


class Gates:
    """Gates before a batch and before its commit, and faults on demand.

    `refuse` is asked after the rows have been written, `commit_fails` is called instead of doing nothing before COMMIT.
    `threads` are the names of those that committed, `statements` those that were executed since somebody emptied them.
    """

    def __init__(self) -> None:
        self.may_begin, self.may_commit = threading.Event(), threading.Event()
        self.at_begin, self.at_commit = threading.Event(), threading.Event()
        self.commits = 0
        self.threads: set[str] = set()
        self.statements: list[str] = []
        self.refuse: Callable[[list[Entry]], Exception | None] = lambda _entries: None
        self.commit_fails: Callable[[], Exception | None] = lambda: None
        self.open_all()

    def open_all(self) -> None:
        """Hold up nobody any more."""
        self.may_begin.set()
        self.may_commit.set()

    def pass_begin(self) -> None:
        """A batch begins."""
        self.at_begin.set()
        assert self.may_begin.wait(SECONDS)

    def pass_save(self, entries: list[Entry]) -> None:
        """Its rows have been written. Raises what the test ordered."""
        error = self.refuse(entries)
        if error is not None:
            raise error

    def pass_commit(self) -> None:
        """It is about to be committed. Raises what the test ordered."""
        self.threads.add(threading.current_thread().name)
        self.at_commit.set()
        assert self.may_commit.wait(SECONDS)
        error = self.commit_fails()
        if error is not None:
            raise error


class WatchedSqlite(Gates, SqliteEngine):
    """SQLite. It waits for others a fifth of a second."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], int]) -> None:
        Gates.__init__(self)
        SqliteEngine.__init__(self, connection, clock)
        self._connection.execute("PRAGMA busy_timeout = 200")
        self._connection.set_trace_callback(self.statements.append)

    def settings(self) -> tuple[object, ...]:
        """Journal mode, synchronous (2: FULL) and pages before an automatic checkpoint (0: never)."""
        names = ("journal_mode", "synchronous", "wal_autocheckpoint")
        return tuple(self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)

    def begin_at_once(self) -> None:
        if not self.may_begin.is_set():
            raise Busy("the test holds it up")  # in its own event loop it could not be waited for
        super().begin_at_once()

    def begin(self) -> None:
        self.pass_begin()
        super().begin()

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        super().save(entries, state, memoranda)
        self.pass_save(entries)

    def commit(self) -> None:
        self.pass_commit()
        super().commit()
        self.commits += 1


class WatchedPostgres(Gates, PostgresEngine):
    """PostgreSQL."""

    def __init__(self, database: DatabaseServer, clock: Callable[[], int]) -> None:
        Gates.__init__(self)
        vars(self).update(vars(database.engine(clock)))  # as a server has it, whatever that takes

    def begin(self) -> None:
        self.pass_begin()
        super().begin()

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        super().save(entries, state, memoranda)
        self.pass_save(entries)

    def commit(self) -> None:
        self.pass_commit()
        super().commit()
        self.commits += 1

    def _execute(self, statement: str, given: Any = None) -> Any:  # noqa: ANN401 - as the engine's
        self.statements.append(statement)
        return super()._execute(statement, given)

    def _ask(self, asked: Iterable[Asked]) -> list[Answer]:
        asked = list(asked)
        self.statements += [each.statement for each in asked]
        return super()._ask(asked)


WatchedEngine = WatchedSqlite | WatchedPostgres
