"""The server processes of all MobileFirst tests of a worker; each test makes the runtimes and applications it needs."""

from collections.abc import Iterator

import httpx
import pytest

from tests.engines import ENGINES, OnEachEngine
from tests.mobilefirst.world import World
from tests.server_process import start_server

SERVER_ID = "node-1"


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnEachEngine[World]]:
    """Running servers. Their clock is the host's, and they count no tokens."""
    environment = {"SEATKEEPER_MOBILEFIRST_SERVER_ID": SERVER_ID, "SEATKEEPER_LISTEN_TRUSTED_PROXIES": "127.0.0.1"}
    with OnEachEngine(World, tmp_path_factory.mktemp("mobilefirst"), environment) as worlds:
        yield worlds


@pytest.fixture(scope="session", params=ENGINES)
def world(request: pytest.FixtureRequest, worlds: OnEachEngine[World]) -> World:
    """A running server, on each engine in turn."""
    return worlds.on(request.param)


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server that counts tokens, whose clock tests set forward, and of which they order faults.

    It lets configurations be deleted while versions are registered.
    """
    environment = {
        "SEATKEEPER_MOBILEFIRST_COUNT_TOKENS": "true",
        "SEATKEEPER_MOBILEFIRST_DELETE_REGISTERED": "true",
        "SEATKEEPER_TESTING": "true",
    }
    with start_server(tmp_path_factory.mktemp("counting") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


@pytest.fixture(scope="module")
def runtime(world: World) -> str:
    """A running runtime of a module's own."""
    return world.runtime()


@pytest.fixture
def application(world: World) -> str:
    """The id of an application that nobody knows yet."""
    return world.application()


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with world.stranger() as client:
        yield client
