"""The server processes of all SuperOffice tests of a worker; each test makes the owners and associates it needs."""

from collections.abc import Iterator

import httpx
import pytest

from tests.engines import ENGINES, OnEachEngine
from tests.server_process import start_server
from tests.superoffice.client import Desk
from tests.superoffice.world import World

PATHS = "/,/SuperOffice,/Cust26759"


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnEachEngine[World]]:
    """Running servers. Their clock is the host's; nothing is set but the paths."""
    environment = {"SEATKEEPER_SUPEROFFICE_PATHS": PATHS, "SEATKEEPER_SUPEROFFICE_CONTEXT": "Cust26759"}
    with OnEachEngine(World, tmp_path_factory.mktemp("superoffice"), environment) as worlds:
        yield worlds


@pytest.fixture(scope="session", params=ENGINES)
def world(request: pytest.FixtureRequest, worlds: OnEachEngine[World]) -> World:
    """A running server, on each engine in turn."""
    return worlds.on(request.param)


@pytest.fixture(scope="session")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server whose clock tests set forward, and of which they order faults."""
    environment = {"SEATKEEPER_TESTING": "true"}
    with start_server(tmp_path_factory.mktemp("timed") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture(scope="session")
def desk(world: World) -> Desk:
    """An administrator at his desk: he may assign, read and change the inventory."""
    return world.desk


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with world.stranger() as client:
        yield client
