"""The database's schema: made and brought up to date by Alembic migrations, at the start and under the lock (L13)."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine

_SCRIPTS: Final = "seatkeeper.ledger:migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer version, whose schema this one does not know."""


def migrate(database: Path) -> None:
    """Create the database or bring it to the newest schema. Raises SchemaTooNew."""
    # The driver itself would begin no transaction before a CREATE TABLE, and leave half a schema when it is killed.
    url = URL.create("sqlite", database=str(database))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            bring_up_to_date(connection)
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def bring_up_to_date(connection: Connection) -> None:
    """Run the migrations that the connected database lacks, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise SchemaTooNew(
            f"The database has the schema {current}, which this version of Seatkeeper does not know; run a newer one."
        )
    if current != scripts.get_current_head():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
