"""Databases on a PostgreSQL server: fresh ones for tests, made from one that was migrated once."""

import itertools
import os
import threading
import time
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL

_numbers: Final = itertools.count(1)

_KEPT: Final = ("alembic_version", "oldest_code")
_SCHEMA: Final = """
    SELECT md5(string_agg(said, '|' ORDER BY said)) FROM (
        SELECT format('%s %s %s %s', attrelid::regclass, attname, atttypid, attnotnull) AS said
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
        UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
        UNION ALL SELECT version_num FROM alembic_version
        UNION ALL SELECT revision FROM oldest_code
    ) AS all_that_is_said
"""
_END_OTHERS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class PostgresServer:
    """A server on which databases can be made, by the URL of one of its databases and an account that may do so."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._template: str | None = None
        self._emptied: tuple[str, str] | None = None
        self._making = threading.Lock()

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        given = conninfo_to_dict(self._url)
        known = {"user", "password", "host", "port", "dbname"}
        return URL.create(
            "postgresql",
            username=_text(given.get("user")),
            password=_text(given.get("password")),
            host=_text(given.get("host")) or "localhost",
            port=int(given.get("port") or 5432),
            database=database,
            query={name: str(value) for name, value in given.items() if name not in known},
        ).render_as_string(hide_password=False)

    def execute(self, statement: LiteralString | sql.Composed, *params: object, database: str = "") -> list[Any]:
        """The rows of a statement, on a connection of its own that commits at once."""
        url = self.url(database) if database else self._url
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement, params or None)
            return cursor.fetchall() if cursor.description else []

    def new_database(self, *, migrated: bool = True) -> str:
        """The name of a new database, empty or with the newest schema. `drop` it in the end."""
        name = f"seatkeeper_{os.getpid()}_{next(_numbers)}"
        template = self._migrated() if migrated else "template0"
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def new_url(self, *, migrated: bool = True) -> str:
        """The URL of a new database, as of `new_database`."""
        return self.url(self.new_database(migrated=migrated))

    def empty_url(self) -> str:
        """The URL of a database with the newest schema and without rows, of which nobody is using anything any more.

        It is the same again and again, which takes a tenth of the time that a new one does, as long as only its rows
        were changed.
        """
        if self._emptied is not None:
            database, schema = self._emptied
            if self._without_rows(database) == schema:
                return self.url(database)
            self.drop(database)
        database = self.new_database()
        self._emptied = (database, self._without_rows(database))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take a database away, given its name or its URL, whoever is connected to it."""
        name = str(conninfo_to_dict(database)["dbname"]) if "://" in database else database
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def drop_template(self) -> None:
        """Take away what `new_database` copies, and what `empty_url` gave."""
        if self._emptied is not None:
            self.drop(self._emptied[0])
            self._emptied = None
        if self._template is not None:
            self.drop(self._template)
            self._template = None

    def _without_rows(self, database: str) -> str:
        """Empty its tables, once whoever uses them is gone; a digest of what else there is."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            while connection.execute(_END_OTHERS).rowcount:
                time.sleep(0.002)
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = [sql.Identifier(name) for (name,) in found if name not in _KEPT]
            connection.execute(sql.SQL("; ").join(map(sql.SQL("DELETE FROM {}").format, names)))
            [(schema,)] = connection.execute(_SCHEMA).fetchall()
        return str(schema)

    def _migrated(self) -> str:
        # Here, so that whoever only wants clusters imports nothing of the server.
        from seatkeeper.ledger.engines.postgres_database import DatabaseServer  # noqa: PLC0415
        from seatkeeper.ledger.schema import migrate  # noqa: PLC0415

        with self._making:
            if self._template is None:
                name = self.new_database(migrated=False)
                migrate(DatabaseServer(self.url(name)))
                self._template = name
            return self._template


def _text(value: object) -> str | None:
    return None if value is None else str(value)
