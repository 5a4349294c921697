"""One server process for all ICWS tests of a worker; each test makes the users and licenses it needs."""

from collections.abc import Iterator

import httpx
import pytest

from tests.icws.client import Session, open_http
from tests.icws.world import World
from tests.server_process import start_server


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server."""
    with start_server(tmp_path_factory.mktemp("icws") / "data") as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """A client that has not logged on."""
    with open_http(world.url) as client:
        yield client


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    """The session of a user without any license."""
    with world.log_on(world.user()) as session:
        yield session
