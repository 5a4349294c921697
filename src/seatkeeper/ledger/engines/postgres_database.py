"""PostgreSQL as where the tables are: a database, or a primary with standbys, that several nodes use."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import JsonLoader
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from seatkeeper.ledger.clock import DatabaseClock
from seatkeeper.ledger.database import DatabaseUnreachable
from seatkeeper.ledger.engines.postgres import PostgresEngine
from seatkeeper.ledger.engines.postgres_connection import BoundedConnection, plain
from seatkeeper.ledger.engines.postgres_deliveries import PostgresDeliveries
from seatkeeper.ledger.engines.postgres_presence import PostgresPresence
from seatkeeper.ledger.engines.postgres_reading import PostgresReading
from seatkeeper.ledger.engines.postgres_statements import TAKE_LOCK
from seatkeeper.ledger.engines.postgres_watch import Watch

OLDEST: Final = 14
"""PostgreSQL's major version at least: it ends idle sessions by itself, which a paused node's lead rests on."""

_CONNECT_SECONDS: Final = 5
_GRACE_SECONDS: Final = 2.0  # for an answer to come, beyond the time that its statement may take
_PASSWORDS: Final = {"password", "sslpassword", "oauth_client_secret"}
_SECONDS: Final = 1000  # in PostgreSQL's milliseconds

# Noticed dead within some ten seconds, whatever the network does.
_TCP: Final = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10 * _SECONDS,
}
# A standby takes no connection; and what the writer gives is UTF-8, whatever the environment of the process says.
_ALWAYS: Final = {"target_session_attrs": "read-write", "client_encoding": "UTF8"}
# A node that stands still within a transaction loses it, and the lock with it (rule L1).
_OF_WRITER: Final = {
    "lock_timeout": 3 * _SECONDS,
    "statement_timeout": 10 * _SECONDS,
    "idle_in_transaction_session_timeout": 10 * _SECONDS,  # deciding ten thousand changes takes some of them
}
_OF_MIGRATION: Final = {
    "lock_timeout": 60 * _SECONDS,
    "statement_timeout": 0,
    "idle_in_transaction_session_timeout": 60 * _SECONDS,
}
_OF_READER: Final[dict[str, int | str]] = {
    "idle_in_transaction_session_timeout": 600 * _SECONDS,
    "default_transaction_read_only": "on",
}
_OF_DELIVERIES: Final = {"statement_timeout": 5 * _SECONDS, "lock_timeout": 5 * _SECONDS}
_OF_PRESENCE: Final = {"idle_session_timeout": 5 * _SECONDS, "statement_timeout": 5 * _SECONDS}

# What is answered is on the disk of the primary, and of a synchronous standby where there is one (rule L5).
_DURABLE: Final = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
"""


class DatabaseServer:
    """A database on a PostgreSQL server, by its URL, which may name several hosts: the one that can be written is used.

    Raises DatabaseUnreachable for a URL that is none.
    """

    shared: Final = True
    drivername: Final = "postgresql+psycopg"

    def __init__(self, url: str) -> None:
        try:
            self._given: Final[dict[str, Any]] = dict(conninfo_to_dict(url))
        except psycopg.Error:  # which repeats the URL, with a password that may stand in it
            raise DatabaseUnreachable("The database's URL cannot be read; it begins with postgresql://.") from None
        self.clock: Final = DatabaseClock()
        self._watch = Watch()
        self._writer: PostgresEngine | None = None

    @property
    def name(self) -> str:
        """The database as it may be shown to people: without a password."""
        given = self._given
        hosts = str(given.get("host", "localhost")).split(",")
        ports = str(given.get("port", "")).split(",")
        places = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports * len(hosts), strict=False)]
        return f"postgresql://{','.join(places)}/{given.get('dbname', '')}"

    @property
    def without_passwords(self) -> str:
        """What libpq connects by, but for passwords: where they are not in a file of its own, it cannot."""
        return make_conninfo(**{name: value for name, value in self._given.items() if name not in _PASSWORDS})

    def take(self) -> None:
        """See whether it is there and can be used."""
        try:
            with closing(self.connect({})) as connection, closing(self.connect({})) as another:
                version = connection.info.server_version // 10_000
                encoding = connection.info.parameter_status("server_encoding")
                pooled = _backend(connection) == _backend(another)
        except psycopg.Error as error:
            raise DatabaseUnreachable(f"The database {self.name} cannot be connected to: {plain(error)}.") from None
        if version < OLDEST:
            raise DatabaseUnreachable(
                f"The database {self.name} is PostgreSQL {version}; Seatkeeper needs {OLDEST} or newer."
            )
        if pooled:
            raise DatabaseUnreachable(
                f"The database {self.name} is behind a pooler that hands connections on between transactions, and the"
                " lock and settings with them. Connect to PostgreSQL itself, or let the pooler keep sessions."
            )
        if encoding != "UTF8":
            raise DatabaseUnreachable(f"The database {self.name} has the encoding {encoding}; make one with UTF8.")

    def let_go(self) -> None:
        """Nothing: whoever is connected to it closes his connection."""

    def connect(self, settings: Mapping[str, int | str]) -> BoundedConnection:
        """A connection to the server that can be written, with these settings of PostgreSQL. Raises psycopg.Error.

        Where they bound the time of a statement, no answer is waited for much longer.
        """
        own = {"application_name": "seatkeeper", "connect_timeout": _CONNECT_SECONDS, **_TCP}
        conninfo = make_conninfo(**{**own, **self._given, **_ALWAYS})
        connection = BoundedConnection.connect(conninfo, autocommit=True)
        connection.patience = _CONNECT_SECONDS
        try:
            connection.adapters.register_loader("json", TextLoader)
            for name, value in {**settings, "TimeZone": "UTC"}.items():
                connection.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
            connection.execute(_DURABLE)
            bound = int(settings.get("statement_timeout", 0)) / _SECONDS
            connection.patience = bound + _GRACE_SECONDS if bound else None
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection in a transaction that keeps every batch out."""

        def connect() -> psycopg.Connection:
            connection = self.connect(_OF_MIGRATION)
            connection.autocommit = False
            return connection

        engine = create_engine(f"{self.drivername}://", creator=connect, poolclass=NullPool)
        try:
            with engine.begin() as connection:
                self._take_lock(connection)
                yield connection
        finally:
            engine.dispose()

    def _take_lock(self, connection: Connection) -> None:
        try:
            connection.exec_driver_sql(TAKE_LOCK)
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise DatabaseUnreachable(
                    f"The database {self.name} cannot be written now: another node keeps it to itself, for a migration"
                    " or because its standby is away; try again."
                ) from None
            raise

    def engine(self, clock: Callable[[], int]) -> PostgresEngine:
        """The writer's connection. `clock` is the database's, or one over it that tests set."""
        self._writer = PostgresEngine(lambda: self.connect(_OF_WRITER), self._watch, self.clock, clock)
        return self._writer

    def reading(self, timeout: float, *, at_one_point: bool = False) -> PostgresReading:
        """The journal, to be read beside the writer."""
        connection = self.connect({**_OF_READER, "lock_timeout": round(timeout * _SECONDS)})
        if at_one_point:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        return PostgresReading(connection)

    def presence(self, wake: Callable[[], None], like: str = "") -> PostgresPresence:
        """This node among those that are connected to the database."""

        def own() -> int | None:
            return None if self._writer is None else self._writer.backend

        return PostgresPresence(lambda: self.connect(_OF_PRESENCE), wake, own, like=like)

    def deliveries(self) -> PostgresDeliveries:
        """How far sessions have been told."""
        return PostgresDeliveries(lambda: self.connect(_OF_DELIVERIES), self._watch)

    def connect_reading(self, timeout: float) -> psycopg.Connection:
        """A connection that cannot write; each of its transactions sees one state.

        No statement goes on for long after `timeout`, even where nobody is left who could cancel it.
        """
        milliseconds = round(timeout * _SECONDS)
        bounds = {"lock_timeout": milliseconds, "statement_timeout": milliseconds + _SECONDS}
        connection = self.connect({**_OF_READER, **bounds})
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.adapters.register_loader("json", JsonLoader)  # which SQLAlchemy rests on
        return connection

    def connect_apart(self, timeout: float) -> psycopg.Connection:
        """As any that reads: PostgreSQL keeps what it sees."""
        return self.connect_reading(timeout)

    def breaking_off(self, connection: psycopg.Connection, past: Callable[[], bool]) -> AbstractContextManager[None]:
        """Within it, what the connection does is cancelled when `past` says so."""
        return self._watch.over(connection, past)

    def checkpoint(self) -> None:
        """Nothing: PostgreSQL sees to its own."""


def _backend(connection: psycopg.Connection) -> object:
    """The server's process that a connection speaks to; two connections have two."""
    return connection.execute("SELECT pg_backend_pid()").fetchone()
