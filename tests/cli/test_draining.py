"""`seatkeeper drain`, `standby` and `resume` on a real server."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import Terminal
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server

OTHERS = {"SEATKEEPER_ICWS_ALTERNATE_HOSTS": "ic2.example,ic3.example"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with start_server(tmp_path_factory.mktemp("drain") / "data", env=OTHERS) as server:
        yield server


@pytest.fixture
def world(server: ServerProcess) -> Iterator[World]:
    world = World(server)
    yield world
    world.close()
    token = (server.data / "admin-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    resumed = httpx.put(f"{server.url}/v1/server", json={"state": "serving"}, headers=headers, trust_env=False)
    assert resumed.status_code == 200


def told(server: ServerProcess, *command: str) -> str:
    done = seatkeeper(*command, data=server.data)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def readiness(server: ServerProcess) -> str:
    status: str = httpx.get(f"{server.url}/readyz", timeout=10, trust_env=False).json()["status"]
    return status


def test_each_says_what_becomes_of_sessions_and_log_ons(world: World, server: ServerProcess) -> None:
    with world.log_on(world.user()) as session:
        assert told(server, "drain") == "Draining: 1 session is left; log-ons are sent to ic2.example, ic3.example.\n"
        assert readiness(server) == "draining"
        assert told(server, "standby") == (
            "Standing by: 1 session is left; log-ons are sent to ic2.example, ic3.example.\n"
        )
        assert readiness(server) == "standby"
        assert told(server, "resume") == "Serving: 1 session.\n"
        assert readiness(server) == "ready"
        session.log_off()


def test_waiting_ends_with_the_last_session(world: World, server: ServerProcess) -> None:
    with world.log_on(world.user()) as session, Terminal("drain", "--wait", data=server.data) as drain:
        drain.until("1 session is left")
        assert session.log_off().status_code == 200
        drain.until("No session is left.")
        assert drain.end() == 0


@pytest.mark.usefixtures("world")
def test_waiting_where_no_session_lives_is_over_at_once(server: ServerProcess) -> None:
    assert told(server, "drain", "--wait").splitlines()[-1] == "No session is left."


def test_waiting_ends_refused_where_somebody_else_resumes(world: World, server: ServerProcess) -> None:
    with world.log_on(world.user()) as session, Terminal("drain", "--wait", data=server.data) as drain:
        drain.until("1 session is left")
        told(server, "resume")
        drain.until("The server drains no more: it is serving now.")
        assert drain.end() == 1
        session.log_off()


def test_interrupting_the_wait_leaves_it_draining(world: World, server: ServerProcess) -> None:
    with world.log_on(world.user()) as session, Terminal("drain", "--wait", data=server.data) as drain:
        drain.until("1 session is left")
        drain.interrupt()
        drain.until("the server goes on draining")
        assert drain.process.returncode == 130
        assert readiness(server) == "draining"
        session.log_off()


@pytest.mark.parametrize("command", ["drain", "standby", "resume"])
def test_without_a_server_there_is_nothing_to_tell(tmp_path: Path, command: str) -> None:
    said = sentence_of(seatkeeper(command, data=tmp_path), 3)
    assert said == (
        f"seatkeeper: No server serves {tmp_path}; 'seatkeeper serve' starts one."
        " Is it another directory? --data names it.\n"
    )
    assert list(tmp_path.iterdir()) == []
