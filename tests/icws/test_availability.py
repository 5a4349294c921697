"""A server that takes no log-ons: where it sends clients, and what goes on meanwhile."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from tests.icws.client import DEADLINE, log_on_body, open_http
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server

HOSTS = ["ic2.example", "ic3.example"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that begins in standby and knows two others."""
    env = {"SEATKEEPER_STANDBY": "true", "SEATKEEPER_ICWS_ALTERNATE_HOSTS": ",".join(HOSTS)}
    with start_server(tmp_path_factory.mktemp("standby") / "data", env=env) as server:
        yield server


@pytest.fixture
def office(server: ServerProcess) -> Iterator[World]:
    """That server, serving."""
    world = World(server)
    tell(server, "serving")
    yield world
    world.close()


def tell(server: ServerProcess, state: str) -> None:
    with closing(World(server)) as world:
        world.enter(state)


def log_on(server: ServerProcess, login: str = "nobody", language: str | None = "en-us") -> httpx.Response:
    headers = {} if language is None else {"Accept-Language": language}
    with open_http(server.url) as http:
        return http.post("/icws/connection", json=log_on_body(login), headers=headers)


def ready(server: ServerProcess) -> tuple[int, str]:
    answer = httpx.get(f"{server.url}/readyz", timeout=DEADLINE, trust_env=False)
    return answer.status_code, answer.json()["status"]


def test_the_setting_makes_it_start_in_standby(server: ServerProcess) -> None:
    server.restart()
    assert ready(server) == (503, "standby")
    assert httpx.get(f"{server.url}/healthz", timeout=DEADLINE, trust_env=False).status_code == 200
    assert log_on(server).status_code == 503
    tell(server, "serving")
    assert ready(server) == (200, "ready")
    server.restart()
    assert ready(server) == (503, "standby")


@pytest.mark.icws("2.1 hosts in connectionResponse.alternateHostList")
def test_whoever_logs_on_learns_of_the_other_servers(office: World) -> None:
    with office.log_on(office.user()) as session:
        assert session.answer.json()["alternateHostList"] == HOSTS


@pytest.mark.icws("2.1 503 error.server.notAcceptingConnections with alternateHostList")
@pytest.mark.parametrize("state", ["draining", "standby"])
def test_a_log_on_is_sent_to_the_other_servers_in_their_order(office: World, server: ServerProcess, state: str) -> None:
    login = office.user()
    tell(server, state)
    refused = log_on(server, login)
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/vnd.inin.icws+JSON; charset=utf-8"
    assert int(refused.headers["retry-after"]) > 0
    body = refused.json()
    assert body.pop("message")
    assert body == {"errorId": "error.server.notAcceptingConnections", "alternateHostList": HOSTS}
    assert ready(server) == (503, state)
    tell(server, "serving")
    assert log_on(server, login).status_code == 201


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("language", [None, "", "en-us"])
def test_whoever_cannot_log_on_is_told_so_before_anything_else(server: ServerProcess, language: str | None) -> None:
    tell(server, "draining")
    assert log_on(server, "nobody at all", language).status_code == 503


def test_a_log_on_that_is_still_being_checked_is_sent_away_too(office: World, server: ServerProcess) -> None:
    login = office.user()
    with open_http(server.url) as http, ThreadPoolExecutor(1) as meanwhile:
        for _ in range(6):  # from here on the server takes a second over each
            wrong = http.post("/icws/connection", json=log_on_body(login, "wrong"), headers={"Accept-Language": "en"})
            assert wrong.status_code == 400
        under_way = meanwhile.submit(log_on, server, login)
        time.sleep(0.3)
        tell(server, "draining")
        assert under_way.result().status_code == 503


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_sessions_that_live_go_on_as_if_nothing_was(office: World, server: ServerProcess, state: str) -> None:
    license_ = office.license()
    with office.log_on(office.user(license_)) as session, session.stream() as stream:
        tell(server, state)
        assert session.status(license_) == 2
        assert session.subscribe(license_).status_code == 200
        assert stream.message()["licenseAssignedStatusList"] == [{"name": license_, "isAssigned": True}]
        assert session.call("GET", "connection").json()["connectionState"] == 1
        assert session.log_off().status_code == 200
