"""Starts the server's own command in a process that the harness can hold still inside a commit, or spoil on purpose.

`python -m tests.torture.launcher ORDERS REPORTS PLANT serve …`: two file descriptors, the name of a planted defect
or `none`, and the arguments of `seatkeeper`. Nothing of the server knows of this: the commit of its engine is wrapped
from outside. An order is a line, `before` or `after`; the next commit that carries events then halts before COMMIT is
sent to the database, or after it has returned, reports that with a line, and waits to be killed.
"""

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seatkeeper.cli.main import main as seatkeeper
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from tests.torture.plants import PLANTS, replace

_HALT_SECONDS = 20.0


class Halt:
    """Holds the writer still, once for each order."""

    def __init__(self, orders: int, reports: int) -> None:
        self._orders = orders
        self._reports = reports
        self._order = ""

    def listen(self) -> None:
        """Take orders from now on, in a thread of its own."""
        threading.Thread(target=self._take_orders, daemon=True).start()

    def around(self, commit: Callable[[SqliteEngine], None]) -> Callable[[SqliteEngine], None]:
        """A commit that may halt on either side."""

        def halting(engine: SqliteEngine) -> None:
            order = self._order
            carries_events = order != "" and _uncommitted_events(engine) > 0
            if carries_events and order == "before":
                self._halt(order)
            commit(engine)
            if carries_events and order == "after":
                self._halt(order)

        return halting

    def _take_orders(self) -> None:
        with os.fdopen(self._orders) as orders:
            for line in orders:
                self._order = line.strip()
        os._exit(1)  # the harness has ended, and nobody would end this

    def _halt(self, order: str) -> None:
        self._order = ""
        os.write(self._reports, f"{order}\n".encode())
        time.sleep(_HALT_SECONDS)


def _uncommitted_events(engine: SqliteEngine) -> int:
    """How many events the open transaction has written that nobody else can see yet."""
    connection: sqlite3.Connection = engine._connection  # noqa: SLF001 - looked into from outside on purpose
    database = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    others = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return _last_event(connection) - _last_event(others)
    finally:
        others.close()


def _last_event(connection: sqlite3.Connection) -> int:
    row: tuple[Any] = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    return int(row[0])


def launch(orders: int, reports: int, plant: str, arguments: list[str]) -> None:
    """Wrap what is to be wrapped, and become the server."""
    halt = Halt(orders, reports)
    replace(SqliteEngine, "commit", halt.around(SqliteEngine.commit))
    if plant != "none":
        PLANTS[plant].spoil()
    halt.listen()
    sys.argv = ["seatkeeper", *arguments]
    seatkeeper()


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
