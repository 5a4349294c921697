"""Clusters for the tests do what is said of them; otherwise tests that rest on them would prove nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres.cluster import url_of
from tests.postgres.databases import PostgresServer
from tests.postgres.fixtures import own_cluster
from tests.postgres.watchdog import still_runs

_LEFT_ALONE = """
import sys
from tests.postgres.cluster import Cluster
cluster = Cluster.fresh()
print(cluster.directory, *[row[0] for row in cluster.execute("SELECT pid FROM pg_stat_activity")], flush=True)
sys.stdin.read()
"""


def test_a_standby_has_what_was_acknowledged_and_takes_over() -> None:
    with own_cluster() as primary, primary.standby() as standby:
        url = url_of(primary, standby, database="postgres")
        primary.execute("CREATE TABLE kept (number int)")
        primary.execute("INSERT INTO kept VALUES (1)")
        primary.kill()
        standby.promote()
        with psycopg.connect(url, target_session_attrs="read-write") as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]
            assert connection.info.port == standby.port


def test_a_standby_that_receives_nothing_loses_what_came_after() -> None:
    with own_cluster() as primary, primary.standby(synchronous=False) as standby:
        primary.execute("CREATE TABLE kept (number int)")
        standby.stop_receiving()
        backup = primary.backup()
        primary.execute("INSERT INTO kept VALUES (1)")
        primary.restore(backup)
        assert primary.execute("SELECT number FROM kept") == []
        primary.kill()
        standby.promote()
        assert not standby.in_recovery


def test_nothing_outlives_the_process_that_started_it() -> None:
    own_cluster().close()  # or the test is skipped
    command = [sys.executable, "-c", _LEFT_ALONE]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        directory, *backends = process.stdout.readline().split()
        assert len(backends) > 3
        assert any(still_runs(int(pid)) for pid in backends)  # not all: some come and go
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while Path(directory).exists() or any(still_runs(int(pid)) for pid in backends):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("migrated", [True, False])
def test_a_new_database_has_the_schema_or_nothing(postgres: PostgresServer, *, migrated: bool) -> None:
    database = postgres.new_database(migrated=migrated)
    [[found]] = postgres.execute("SELECT to_regclass('journal') IS NOT NULL", database=database)
    postgres.drop(database)
    assert found is migrated
