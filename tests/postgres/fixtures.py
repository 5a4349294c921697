"""Fixtures of PostgreSQL: one cluster for each process that runs tests, started when the first test wants it.

With SEATKEEPER_TEST_POSTGRES_URL set, databases are made on that server instead.
"""

import os

import pytest

from tests.machine import require
from tests.postgres.binaries import Missing
from tests.postgres.cluster import Cluster
from tests.postgres.databases import PostgresServer

_GIVEN = "SEATKEEPER_TEST_POSTGRES_URL"
_server: list[PostgresServer] = []


def postgres_server() -> PostgresServer:
    """A server to make databases on: the one that is given, or this process's cluster. Skips where there is none."""
    if not _server:
        _server.append(_found())
    return _server[0]


def own_cluster(*, durable: bool = False) -> Cluster:
    """A cluster that a test may kill, whatever server is given. `close` it. Skips where there is none."""
    try:
        return Cluster.fresh(durable=durable)
    except Missing as missing:
        require(str(missing), there=False)
        raise


def _found() -> PostgresServer:
    given = os.environ.get(_GIVEN)
    return own_cluster() if given is None else PostgresServer(given)


def pytest_sessionfinish() -> None:
    """Once no fixture has a server any more that is connected to it."""
    while _server:
        server = _server.pop()
        if isinstance(server, Cluster):
            server.close()
        else:
            server.drop_template()


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """The PostgreSQL of this process's tests; see `new_url` and `drop`."""
    return postgres_server()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of a database with the newest schema and without rows."""
    return postgres.empty_url()
