"""A real ledger on a real file, whose engine can be watched, held up and made to fail."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final, TypeVar

from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.database import Database, DatabaseFile
from seatkeeper.ledger.door import Bounds, Ledger, end_process, host_clock
from seatkeeper.ledger.engines.engine import Memoranda
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.journal import Entry
from seatkeeper.licensing.commands import AcquireLicenses, Assign, Command, Connect, Together, Unassign
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseName
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense, DefineStation, DefineUser
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.state import State

T = TypeVar("T")

OWNER: Final = "ININ"
NOON: Final = 1_800_000_000_000
SECONDS: Final = 20.0
"""How long a test waits for what must come."""

LICENSES: Final = ("Agent", "Supervisor", "Recorder")


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class WatchedEngine(SqliteEngine):
    """SQLite, with gates before a batch and before its commit, and with faults on demand.

    `refuse` is asked after the rows have been written, `at_commit` is called instead of doing nothing before COMMIT.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.may_begin, self.may_commit = threading.Event(), threading.Event()
        self.may_begin.set()
        self.may_commit.set()
        self.at_begin, self.at_commit = threading.Event(), threading.Event()
        self.commits = 0
        self.threads: set[str] = set()
        self.statements: list[str] = []
        self.refuse: Callable[[list[Entry]], Exception | None] = lambda _entries: None
        self.commit_fails: Callable[[], Exception | None] = lambda: None
        self._connection.execute("PRAGMA busy_timeout = 200")
        self._connection.set_trace_callback(self.statements.append)

    def settings(self) -> tuple[object, ...]:
        """Journal mode, synchronous (2: FULL) and pages before an automatic checkpoint (0: never)."""
        names = ("journal_mode", "synchronous", "wal_autocheckpoint")
        return tuple(self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)

    def begin(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.at_begin.set()
        assert self.may_begin.wait(SECONDS)
        super().begin()

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        super().save(entries, state, memoranda)
        error = self.refuse(entries)
        if error is not None:
            raise error

    def commit(self) -> None:
        self.at_commit.set()
        assert self.may_commit.wait(SECONDS)
        error = self.commit_fails()
        if error is not None:
            raise error
        super().commit()
        self.commits += 1


class WatchedLedger(Ledger):
    """A ledger on a watched engine."""

    engine: WatchedEngine

    @property
    def file(self) -> Path:
        """The database's file."""
        assert isinstance(self.database, DatabaseFile)
        return self.database.path

    def _open_engine(self) -> SqliteEngine:
        self.engine = WatchedEngine(self.database)
        return self.engine

    async def while_busy(self) -> "asyncio.Task[Any]":
        """Keep the writer at the beginning of a batch; what is submitted now waits for the next."""
        self.engine.at_begin.clear()
        self.engine.may_begin.clear()
        plug = asyncio.create_task(self.submit(DefineStation(name="plug", display_name="plug")))
        assert await asyncio.to_thread(self.engine.at_begin.wait, SECONDS)
        return plug

    def go_on(self) -> None:
        """Let the writer go on."""
        self.engine.may_begin.set()


@asynccontextmanager
async def running(
    data: Path,
    *,
    policy: Policy | None = None,
    bounds: Bounds | None = None,
    clock: Callable[[], int] = host_clock,
    on_fatal: Callable[[Exception], None] = end_process,
) -> AsyncIterator[WatchedLedger]:
    """A started ledger, stopped again in the end."""
    ledger = WatchedLedger(
        DatabaseFile.in_directory(data), policy=policy, bounds=bounds, clock=clock, on_fatal=on_fatal
    )
    await ledger.start()
    try:
        yield ledger
    finally:
        ledger.engine.may_begin.set()
        ledger.engine.may_commit.set()
        await ledger.stop()


def named(*names: str) -> tuple[LicenseName, ...]:
    """Licenses of the usual owner."""
    return tuple(LicenseName(OWNER, name) for name in names)


def agent(number: int) -> HolderName:
    """The user of this number as a holder."""
    return HolderName(HolderKind.USER, f"agent{number:02}")


def assign(number: int, *names: str) -> Assign:
    """Assign licenses to a user."""
    return Assign(holder=agent(number), licenses=named(*names))


def unassign(number: int, *names: str) -> Unassign:
    """Take licenses from a user."""
    return Unassign(holder=agent(number), licenses=named(*names))


def acquire(session_id: int, *names: str) -> AcquireLicenses:
    """Acquire licenses for a session."""
    return AcquireLicenses(session_id=session_id, licenses=named(*names))


def connect(number: int, machine: str = "192.0.2.1", *, hears_of_stations: bool = False) -> Connect:
    """Connect the user of this number."""
    return Connect(
        user_id=number,
        application="client",
        machine=machine,
        language="en-US",
        cookie_digest=b"cookie-%d" % number,
        csrf_digest=b"csrf-%d" % number,
        hears_of_stations=hears_of_stations,
    )


def inventory(users: int = 4, seats: int = 2, stations: int = 2) -> Together:
    """Licenses with as many assignable as concurrent seats, users with the numbers 1 to `users`, and stations."""
    commands: list[Command[Any]] = []
    for name in LICENSES:
        commands.append(DefineLicense(owner=OWNER, name=name, display_name=name))
        commands.append(ChangeSeats(license=LicenseName(OWNER, name), assignable=seats, concurrent=seats))
    for number in range(1, users + 1):
        login = f"agent{number:02}"
        commands.append(DefineUser(login=login, display_name=f"Agent {number}", password_hash=f"$hash${login}"))
    commands += [DefineStation(name=f"desk{number}", display_name="") for number in range(1, stations + 1)]
    return Together(commands=tuple(commands))


async def all_of(awaitables: Iterable[Awaitable[T]]) -> list[T | BaseException]:
    """Wait for all, which must come; errors are among the results."""
    async with asyncio.timeout(SECONDS):
        return await asyncio.gather(*awaitables, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - not everything that is waited for can set an event
            await asyncio.sleep(0.01)


def rows(database: Path, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a statement finds, on a connection of its own."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement, parameters).fetchall()


def tamper(database: Path, statement: str, *parameters: object) -> None:
    """Change a database behind the server's back."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, parameters)


def assert_clean(database: Path) -> None:
    """The tables are what the journal says."""
    differences = check_database(database).differences
    assert not differences, differences
