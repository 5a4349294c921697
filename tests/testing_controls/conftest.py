"""One server in memory for all of these tests, reset before each."""

from collections.abc import Iterator

import httpx
import pytest

from tests.icws.client import open_http
from tests.testing_controls.process import INVENTORY, Server, ephemeral


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, as the last test left it."""
    folder = tmp_path_factory.mktemp("ephemeral")
    (folder / "inventory.toml").write_text(INVENTORY)
    with ephemeral("inventory.toml", folder=folder) as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    """The server as it began."""
    shared.reset()
    return shared


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    """A client that has not logged on."""
    with open_http(server.url) as client:
        yield client
