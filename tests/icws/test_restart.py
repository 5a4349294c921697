"""What a client finds after the server was stopped, or killed, and started again."""

from collections.abc import Iterator

import pytest

from tests.icws.client import Session, open_http
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that the tests of this module may stop."""
    with start_server(tmp_path_factory.mktemp("restart") / "data") as server:
        yield server


def reconnected(session: Session, server: ServerProcess) -> Session:
    """The same session, its client having connected to the server anew."""
    session.http.close()
    session.http = open_http(server.url)
    return session


@pytest.mark.icws(
    "2.5 sessions, and all that belongs to them, outlive a restart of the server",
    "3.4 after a restart of the server a session is told where it sits, and that its subscription works",
    "3.4 effectiveStationChangeMessage comes only where the log-on had include=effective-station",
)
@pytest.mark.parametrize("kill", [False, True])
def test_sessions_holds_stations_and_subscriptions_outlive_the_server(server: ServerProcess, kill: bool) -> None:
    world = World(server)
    license_, assigned = world.license(concurrent_seats=1), world.license()
    login, rival, desk = (
        world.user(license_, method="concurrent"),
        world.user(license_, method="concurrent"),
        world.station(),
    )
    session, silent = world.log_on(login, include="effective-station"), world.log_on(login)
    for each in (session, silent):
        each.sit_at(desk)
        each.subscribe(license_, assigned)
        each.poll()
    assert session.status(license_) == 2
    world.assign(login, assigned)
    world.close()

    if kill:
        server.kill()
    server.restart()

    world = World(server)
    with reconnected(session, server), reconnected(silent, server), world.log_on(rival) as other:
        assert session.call("GET", "connection/station").json()["id"] == desk
        assert other.status(license_) == 4, "the only seat is held still"
        licenses, subscription, station = session.poll()
        assert licenses["isDelta"] is False
        assert licenses["licenseAssignedStatusList"] == [
            {"name": license_, "isAssigned": True},
            {"name": assigned, "isAssigned": True},
        ]
        assert subscription["state"] == 1
        assert station["effectiveStation"]["stationId"]["id"] == desk
        assert session.poll() == []
        with silent.stream() as events:
            assert [events.message(), events.message()] == [licenses, subscription]
            silent.call("DELETE", "connection/station")
            silent.log_off()
            [down] = [line for line in events.rest() if line.startswith("data:")]
            assert "connectionStateChangeMessage" in down, "of its station it heard nothing, as before"
        session.log_off()
        assert other.status(license_) == 2
    world.close()


@pytest.mark.icws("3.3 a server that stops ends its streams")
def test_a_stop_ends_open_streams(server: ServerProcess) -> None:
    world = World(server)
    with world.log_on(world.user()) as session:
        world.close()
        with session.stream() as events:
            assert next(events.lines()) == ":ping"
            assert server.stop() == 0
            assert events.rest() == []
    server.start()
