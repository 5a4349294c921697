"""A real ledger on a real database, whose engine can be watched, held up and made to fail."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.door import (
    Bounds,
    DatabaseFile,
    DatabaseInMemory,
    DatabaseServer,
    Ledger,
    end_process,
)
from seatkeeper.ledger.engines.engine import Engine
from seatkeeper.licensing.commands import AcquireLicenses, Assign, Command, Connect, Together, Unassign
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseName
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense, DefineStation, DefineUser
from seatkeeper.licensing.policy import Policy
from tests.ledger.checking import check_file
from tests.ledger.watched import SECONDS, WatchedEngine, WatchedPostgres, WatchedSqlite
from tests.migrated import have_schema

T = TypeVar("T")

OWNER: Final = "ININ"
NOON: Final = 1_800_000_000_000
LICENSES: Final = ("Agent", "Supervisor", "Recorder")


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


Place = Path | str
"""Where a ledger's tables are: a data directory for SQLite, the URL of a database for PostgreSQL."""


def database_at(place: Place) -> DatabaseFile | DatabaseServer:
    """The database there, as a server of its own would open it."""
    return DatabaseServer(place) if isinstance(place, str) else DatabaseFile.in_directory(place)


class WatchedLedger(Ledger):
    """A ledger on a watched engine."""

    engine: WatchedEngine

    @property
    def file(self) -> Path:
        """SQLite's file."""
        assert isinstance(self.database, DatabaseFile)
        return self.database.path

    def _open_engine(self) -> Engine:
        if isinstance(self.database, DatabaseServer):
            self.engine = WatchedPostgres(self.database, self._clock)
        else:
            assert isinstance(self.database, DatabaseFile | DatabaseInMemory)
            self.engine = WatchedSqlite(self.database.connect(), self._clock)
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
    place: Place,
    *,
    policy: Policy | None = None,
    bounds: Bounds | None = None,
    clock: Callable[[], int] | None = None,
    on_fatal: Callable[[Exception], None] = end_process,
) -> AsyncIterator[WatchedLedger]:
    """A started ledger, stopped again in the end. It goes by the clock of its database unless the test gives another.

    Several at a time on one database of PostgreSQL are nodes.
    """
    database = database_at(place)
    if isinstance(database, DatabaseFile):
        have_schema(database)
    ledger = WatchedLedger(database, policy=policy, bounds=bounds, clock=clock, on_fatal=on_fatal)
    await ledger.start()
    try:
        yield ledger
    finally:
        ledger.engine.open_all()
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


Tables = Path | Database
"""SQLite's file, or any database."""


def rows(tables: Tables, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a statement finds, on a connection of its own. Parameters are question marks on either engine."""
    with _connected(tables) as connection:
        found: list[tuple[Any, ...]] = connection.execute(*_of(tables, statement, parameters)).fetchall()
        return found


def tamper(tables: Tables, statement: str, *parameters: object) -> None:
    """Change a database behind the server's back."""
    with _connected(tables) as connection:
        connection.execute(*_of(tables, statement, parameters))


@contextmanager
def _connected(tables: Tables) -> Iterator[Any]:
    if isinstance(tables, DatabaseServer):
        with closing(tables.connect({})) as connection:
            yield connection
    else:
        path = tables.path if isinstance(tables, DatabaseFile) else tables
        assert isinstance(path, Path)
        with closing(sqlite3.connect(path)) as opened, opened:
            yield opened


def _of(tables: Tables, statement: str, parameters: tuple[object, ...]) -> tuple[Any, ...]:
    if not parameters:
        return (statement,)
    return statement.replace("?", "%s") if isinstance(tables, DatabaseServer) else statement, parameters


def assert_clean(tables: Tables) -> None:
    """The tables are what the journal says."""
    report = check_file(tables) if isinstance(tables, Path) else check_database(tables)
    assert not report.differences, report.differences
