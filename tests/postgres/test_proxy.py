"""The proxy cuts where it says, so that what tests build on it is so."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from tests.postgres.cluster import Cluster, url_of
from tests.postgres.databases import PostgresServer
from tests.postgres.proxy import HOST, Fate, Proxy

_TAKE_LOCK = "SELECT pg_advisory_xact_lock(1)"


@pytest.fixture
def table(postgres: PostgresServer) -> Iterator[str]:
    """The name of a new database with one empty table."""
    database = postgres.new_database(migrated=False)
    postgres.execute("CREATE TABLE batches (number int)", database=database)
    yield database
    postgres.drop(database)


@pytest.fixture
def proxy(postgres: PostgresServer) -> Iterator[Proxy]:
    if not isinstance(postgres, Cluster):
        pytest.skip("a given server may not be reached by TCP on this machine")
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.mark.parametrize("fate", Fate)
def test_a_connection_is_cut_at_the_commit_of_a_batch(table: str, proxy: Proxy, fate: Fate) -> None:
    with psycopg.connect(url_of(proxy, database=table), autocommit=True) as connection:
        for number in range(10):  # by now the driver has prepared its statements
            _commit(connection, number)
        happened = proxy.cut_at_commit(fate)
        with psycopg.connect(url_of(proxy, database=table)) as reader:
            reader.execute("SELECT count(*) FROM batches")
            reader.commit()
        assert not happened.done()
        with pytest.raises(psycopg.OperationalError):
            _commit(connection, 10)
        happened.result(30)
    with psycopg.connect(url_of(proxy, database=table), autocommit=True) as connection:
        connection.execute(_TAKE_LOCK)  # what still committed has done so then
        rows = connection.execute("SELECT max(number) FROM batches").fetchone()
    assert rows == (9 if fate is Fate.LOST else 10,)


def test_what_is_cut_stays_cut_until_it_is_healed(table: str, proxy: Proxy) -> None:
    url = url_of(proxy, database=table)
    with psycopg.connect(url, autocommit=True) as connection:
        proxy.cut()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    proxy.heal()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_is_clogged_answers_when_it_is_healed(table: str, proxy: Proxy) -> None:
    with psycopg.connect(url_of(proxy, database=table), autocommit=True) as connection:
        connection.execute("SELECT 1")
        proxy.clog()
        with pytest.raises(psycopg.errors.ConnectionTimeout):
            psycopg.connect(url_of(proxy, database=table), connect_timeout=2)
        proxy.heal()
        assert connection.execute("SELECT 2").fetchone() == (2,)


def _commit(connection: psycopg.Connection, number: int) -> None:
    connection.execute("BEGIN")
    connection.execute(_TAKE_LOCK)
    connection.execute("INSERT INTO batches VALUES (%s)", (number,))
    connection.execute("COMMIT")


def test_what_knocks_while_it_is_closed_is_closed_too() -> None:
    """What it left open would be found at some later time, in the middle of another test."""
    with socket.create_server((HOST, 0)) as server:
        for _ in range(20):
            proxy = Proxy(server.getsockname()[1])
            stop = threading.Event()
            knocking = [threading.Thread(target=_knock, args=(proxy.port, stop)) for _ in range(2)]
            for each in knocking:
                each.start()
            proxy.close()
            stop.set()
            for each in knocking:
                each.join()
    gc.collect()


def _knock(port: int, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
