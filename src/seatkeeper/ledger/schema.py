"""The database's schema: brought up to date by Alembic migrations, at the start and under the ledger's lock (rule L13).

A migration at a start only adds, so code of the former version goes on beside. What only that needs is taken away when
`finish` says that it is not there any more. The one row of `oldest_code` says which code may use the database: a
schema of an unknown, newer revision is used where that row names a revision that is known here.
"""

from typing import Final, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text, update

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.engine import Reading

_SCRIPTS: Final = "seatkeeper.ledger:migrations"
_WAIT_SECONDS: Final = 5.0  # for somebody who is in the way
_NODE: Final = "seatkeeper node of "

# Of all nodes that are connected to this database, what they are connected as.
_NODES: Final = text(
    "SELECT application_name FROM pg_stat_activity"
    " WHERE datname = current_database() AND starts_with(application_name, :node)"
)


class SchemaTooNew(Exception):
    """The database was written by a newer version, beside which this one must not use it."""


class SchemaTooOld(Exception):
    """The database was not yet brought to the newest schema."""


class StillNeeded(Exception):
    """A version is running that needs what should be taken away."""


class Versions(NamedTuple):
    """Revisions of the schema: that of a database, None before the first migration, and the newest known here.

    `oldest`: that of the oldest code that may use the database; None before a migration tells.
    """

    current: str | None
    newest: str
    oldest: str | None


def node_name() -> str:
    """What a node is to call itself to PostgreSQL (`application_name`), so that `finish` knows its version."""
    return f"{_NODE}{_Known().newest}"


def versions(database: Database) -> Versions:
    """Which schema an existing database has and which it should have; changes nothing. Raises SchemaTooNew."""
    reading = database.reading(_WAIT_SECONDS)
    try:
        current, oldest = reading.revision(), reading.oldest_code()
    finally:
        reading.close()
    known = _Known()
    known.require(current, oldest)
    return Versions(current, known.newest, oldest)


def migrate(database: Database) -> None:
    """Create the database or bring it to the newest schema. Raises SchemaTooNew."""
    with database.migrating() as connection:
        bring_up_to_date(connection)


def bring_up_to_date(connection: Connection) -> None:
    """Run the migrations that the connected database lacks, in the connection's transaction. Raises SchemaTooNew."""
    known = _Known()
    current = MigrationContext.configure(connection).get_current_revision()
    known.require(current, _oldest_code(connection))
    if current is None or (current in known.revisions and current != known.newest):
        known.config.attributes["connection"] = connection
        command.upgrade(known.config, "head")


def finish(database: Database) -> None:
    """Bring the database to the newest schema and shut out all code that is older than this.

    Raises SchemaTooNew where the schema is newer than this code, StillNeeded while a node of an older version runs.
    """
    with database.migrating() as connection:
        bring_up_to_date(connection)
        newest, current = _Known().newest, MigrationContext.configure(connection).get_current_revision()
        if current != newest:
            raise SchemaTooNew(f"The database has the schema {current}; have the version that brought it finish that.")
        older = [node for node in connected_nodes(connection) if node < newest]
        if older:
            raise StillNeeded(
                f"Nodes of an older version run that need the schema {', '.join(older)}; stop them, or bring them to"
                " this version, and run this again."
            )
        if _oldest_code(connection) is None:
            connection.execute(insert(tables.oldest_code).values(revision=newest))
        connection.execute(update(tables.oldest_code).values(revision=newest))


def connected_nodes(connection: Connection) -> list[str]:
    """The newest revisions that the nodes know that use the connected database now; on SQLite nobody else can."""
    if connection.dialect.name != "postgresql":
        return []
    names = connection.execute(_NODES, {"node": _NODE}).scalars()
    return sorted({name.removeprefix(_NODE).split()[0] for name in names})


def require_usable(reading: Reading) -> str | None:
    """Raises SchemaTooOld or SchemaTooNew for a database whose tables this code cannot read.

    Returns its revision where that is newer than this code and allows it still, else None.
    """
    current, known = reading.revision(), _Known()
    known.require(current, reading.oldest_code())
    if current == known.newest:
        return None
    if current is None or current in known.revisions:
        has = "no schema yet" if current is None else f"the schema {current}, which is older than this version needs"
        raise SchemaTooOld(f"The database has {has}; 'seatkeeper serve' brings it up to date.")
    return current


class _Known:
    """The migrations that this code has."""

    def __init__(self) -> None:
        self.config = Config()
        self.config.set_main_option("script_location", _SCRIPTS)
        scripts = ScriptDirectory.from_config(self.config)
        self.revisions = {script.revision for script in scripts.walk_revisions()}
        self.newest = str(scripts.get_current_head())

    def require(self, current: str | None, oldest: str | None) -> None:
        """Raises SchemaTooNew for a revision that is not known, unless the oldest code that it allows is."""
        if current is not None and current not in self.revisions and oldest not in self.revisions:
            raise SchemaTooNew(
                f"The database has the schema {current}, which this version of Seatkeeper does not know; run a newer"
                " one."
            )


def _oldest_code(connection: Connection) -> str | None:
    if not inspect(connection).has_table(tables.oldest_code.name):
        return None
    return connection.execute(select(tables.oldest_code.c.revision)).scalar()
