"""The database's schema: made and brought up to date by Alembic migrations, at the start and under the lock (L13)."""

from pathlib import Path
from typing import Final, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.pool import NullPool

from seatkeeper.ledger.database import Database

_SCRIPTS: Final = "seatkeeper.ledger:migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer version, whose schema this one does not know."""


class SchemaTooOld(Exception):
    """The database was not yet brought to the newest schema."""


class Versions(NamedTuple):
    """Revisions of the schema: that of a database, None before the first migration, and the newest known here."""

    current: str | None
    newest: str


def versions(database: Path) -> Versions:
    """Which schema an existing database has and which it should have; changes nothing. Raises SchemaTooNew."""
    url = URL.create("sqlite", database=database.resolve().as_uri(), query={"mode": "ro", "uri": "true"})
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    config = _config()
    _is_newest(current, config)
    return Versions(current, str(ScriptDirectory.from_config(config).get_current_head()))


def migrate(database: Database) -> None:
    """Create the database or bring it to the newest schema. Raises SchemaTooNew."""
    # The driver itself would begin no transaction before a CREATE TABLE, and leave half a schema when it is killed.
    engine = create_engine("sqlite://", creator=database.connect, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            bring_up_to_date(connection)
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def bring_up_to_date(connection: Connection) -> None:
    """Run the migrations that the connected database lacks, in the connection's transaction."""
    config = _config()
    current = MigrationContext.configure(connection).get_current_revision()
    if not _is_newest(current, config):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_newest(current: str | None) -> None:
    """Raises SchemaTooOld or SchemaTooNew for a database whose revision is not the newest that is known."""
    if not _is_newest(current, _config()):
        has = "no schema yet" if current is None else f"the schema {current}, which is older than this version needs"
        raise SchemaTooOld(f"The database has {has}; 'seatkeeper serve' brings it up to date.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    return config


def _is_newest(current: str | None, config: Config) -> bool:
    """Whether a database of this revision needs no migration. Raises SchemaTooNew for one that is not known."""
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise SchemaTooNew(
            f"The database has the schema {current}, which this version of Seatkeeper does not know; run a newer one."
        )
    return current == scripts.get_current_head()
