"""What is given up is broken off, whatever goes wrong with another."""

import threading
from contextlib import closing

import psycopg
import pytest
from structlog.testing import capture_logs

from seatkeeper.ledger.door import DatabaseServer
from seatkeeper.ledger.engines.postgres_watch import Watch


def test_a_fault_of_one_who_asks_leaves_the_others_watched(postgres_url: str) -> None:
    asked = threading.Event()

    def fail() -> bool:
        asked.set()
        raise ValueError("nobody foresaw this")

    watch, database = Watch(), DatabaseServer(postgres_url)
    with capture_logs() as logs, closing(database.connect({})) as one, closing(database.connect({})) as another:
        with watch.over(one, fail):
            assert asked.wait(5)
            with watch.over(another, lambda: True), pytest.raises(psycopg.errors.QueryCanceled):
                another.execute("SELECT pg_sleep(3)")
        assert one.execute("SELECT 1").fetchone() == (1,)
    assert [each["event"] for each in logs] == ["watch_failed"]
