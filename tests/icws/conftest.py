"""The server processes of all ICWS tests of a worker; each test makes the users and licenses it needs."""

from collections.abc import Iterator

import httpx
import pytest

from tests.engines import ENGINES, OnEachEngine
from tests.icws.client import Session, open_http
from tests.icws.configuration import People
from tests.icws.license_model import AUTOMATION, BASIC_STATION, CLIENT, MEDIA, RECORDER
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnEachEngine[World]]:
    """Running servers."""
    with OnEachEngine(World, tmp_path_factory.mktemp("icws")) as worlds:
        yield worlds


@pytest.fixture(scope="session", params=ENGINES)
def world(request: pytest.FixtureRequest, worlds: OnEachEngine[World]) -> World:
    """A running server, on each engine in turn."""
    return worlds.on(request.param)


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


@pytest.fixture(scope="session")
def people(world: World) -> Iterator[People]:
    """Some users, stations and feature licenses, and an administrator."""
    people = People(world)
    with people.session:
        yield people


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server beside which there are others, and whose issuer of single sign-on does not answer."""
    environment = {
        "SEATKEEPER_ICWS_ALTERNATE_HOSTS": "ic2.example,ic3.example",
        "SEATKEEPER_ICWS_SERVER_NAME": "ic1.example",
        "SEATKEEPER_SINGLE_SIGN_ON_ISSUER": "http://127.0.0.1:9/realm",  # the discard port: nothing listens there
        "SEATKEEPER_SINGLE_SIGN_ON_AUDIENCE": "seatkeeper",
        "NO_PROXY": "127.0.0.1",
    }
    with start_server(tmp_path_factory.mktemp("pair") / "data", env=environment) as server:
        world = World(server)
        yield world
        world.close()


def furnished(server: ServerProcess) -> World:
    """A server with the licenses that `licenseProperties` mean, and seats of them for everybody."""
    world = World(server)
    for name in (CLIENT, *MEDIA, *AUTOMATION, BASIC_STATION, RECORDER):
        applies_to = "stations" if name == BASIC_STATION else "both"
        entry = {"name": name, "assignable_seats": 1000, "concurrent_seats": 1000, "applies_to": applies_to}
        world.apply("licenses", entry)
    return world


@pytest.fixture(scope="session")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnEachEngine[World]]:
    """Furnished servers."""
    with OnEachEngine(furnished, tmp_path_factory.mktemp("office")) as offices:
        yield offices


@pytest.fixture(scope="session", params=ENGINES)
def office(request: pytest.FixtureRequest, offices: OnEachEngine[World]) -> World:
    """A furnished server, on each engine in turn."""
    return offices.on(request.param)


@pytest.fixture
def admin(office: World) -> Iterator[Session]:
    """The session of somebody in the office who may assign licenses, and no more."""
    with office.log_on(office.user(rights=["assignments.write"])) as session:
        yield session
