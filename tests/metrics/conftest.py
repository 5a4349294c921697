"""One server for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.icws.world import World
from tests.server_process import start_server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running server, which each test gives the licenses and users it needs."""
    with start_server(tmp_path_factory.mktemp("metrics") / "data") as server:
        world = World(server)
        yield world
        world.close()
