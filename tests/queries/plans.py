"""How a database goes about the statements of a read."""

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, event


class Asked(NamedTuple):
    """A statement that was run, how the database goes about it, and what it found."""

    statement: str
    plan: str
    found: list[Any]


def asked(connection: Connection, read: Callable[[Connection], object]) -> list[Asked]:
    """The statements that a read runs. The few rows of a test could as well be gone through; an index is preferred."""
    run: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if statement != "BEGIN":
            run.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    read(connection)
    event.remove(connection, "before_cursor_execute", note)
    driver: Any = connection.connection.driver_connection
    explain = "EXPLAIN QUERY PLAN"
    if not isinstance(driver, sqlite3.Connection):
        explain = "EXPLAIN"
        driver.execute("SET LOCAL enable_seqscan = off")
        driver.execute("SET LOCAL enable_sort = off")
    return [
        Asked(
            statement,
            "\n".join(row[-1] for row in driver.execute(f"{explain} {statement}", parameters).fetchall()),
            driver.execute(statement, parameters).fetchall(),
        )
        for statement, parameters in run
    ]
