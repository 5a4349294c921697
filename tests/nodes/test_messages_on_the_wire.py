"""Messages of a client behind a balancer without sticky sessions: two server processes, one of which is killed."""

import time
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.icws.client import Session, open_http
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server

DEADLINE = 20.0


@pytest.fixture
def servers(postgres_url: str, tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Two nodes of one database."""
    env = {"SEATKEEPER_DATABASE": postgres_url}
    with start_server(tmp_path / "one", env=env) as one, start_server(tmp_path / "other", env=env) as other:
        yield one, other


def elsewhere(session: Session, server: ServerProcess) -> Session:
    """The session as it goes on at another node."""
    other = copy(session)
    other.http = open_http(server.url)
    return other


def told(session: Session) -> list[tuple[bool, bool]]:
    """The next license messages that polling brings: whether it is a change, and whether the license is assigned."""
    until = time.monotonic() + DEADLINE
    while not (messages := session.poll()):
        assert time.monotonic() < until, "nothing is told"
        time.sleep(0.02)
    return [(each["isDelta"], status["isAssigned"]) for each in messages for status in _statuses(each)]


def _statuses(message: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = message["licenseAssignedStatusList"]
    return found


def test_a_client_is_told_each_thing_once_at_whichever_node_and_afresh_when_one_dies(
    servers: tuple[ServerProcess, ServerProcess],
) -> None:
    one, other = servers
    world = World(one)
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session, elsewhere(session, other) as there:
        session.subscribe(license_)
        assert told(there) == [(False, False)]
        world.assign(login, license_)
        assert told(session) == [(True, True)]
        assert [each.poll() for each in (there, session)] == [[], []]
        with session.stream() as events:
            world.unassign(login, license_)
            assert _statuses(events.message())[0]["isAssigned"] is False
            assert there.poll() == []
            one.kill()
            assert told(there) == [(False, False)], "what the dead node's stream took may never have arrived"
        assert there.poll() == []
        there.log_off()
        answer = there.call("GET", "messaging/messages")
        assert answer.status_code in (200, 401), answer.text
        with pytest.raises(httpx.TransportError):
            session.poll()
    world.close()
