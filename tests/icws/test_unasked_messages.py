"""What a session hears without a subscription: where it sits, and how its subscription fares. Contract 3.4."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.icws.client import Session
from tests.icws.world import World

PREFIX = "urn:inin.com:connection:"
NOWHERE = {"__type": f"{PREFIX}effectiveStationChangeMessage", "isDelta": False, "effectiveStation": None}
NORMAL = {"__type": "urn:inin.com:messaging:subscriptionStateMessage", "isDelta": False, "state": 1}


def at(name: str, display_name: str, uri: str | None = None) -> dict[str, Any]:
    station = {"id": name, "displayName": display_name}
    place = {"stationId": {**station, "uri": f"/configuration/stations/{name}" if uri is None else uri}}
    return {**NOWHERE, "effectiveStation": place}


@pytest.fixture
def hearing(world: World) -> Iterator[Session]:
    """The session of a user without any license, which asked for word of where it sits."""
    with world.log_on(world.user(), include="version, Effective-Station") as session:
        yield session


def put(session: Session, kind: str, **members: object) -> None:
    answer = session.call("PUT", "connection/station", {"__type": PREFIX + kind, **members})
    assert answer.status_code == 200, answer.text


@pytest.mark.icws(
    "3.4 effectiveStationChangeMessage.__type",
    "3.4 effectiveStationChangeMessage.isDelta",
    "3.4 effectiveStationChangeMessage.effectiveStation.stationId",
    "3.4 a session hears where it sits whenever that changes, also when its station is taken away",
)
def test_a_session_hears_where_it_sits(world: World, hearing: Session) -> None:
    desk = world.station(display_name="Desk by the window")
    hearing.sit_at(desk)
    assert hearing.poll() == [at(desk, "Desk by the window")]
    hearing.sit_at(desk)
    assert hearing.poll() == [], "it sits where it sat"
    put(hearing, "remoteNumberSettings", remoteNumber="3175550100")
    assert hearing.poll() == [at("3175550100", "3175550100", uri="")]
    hearing.call("DELETE", "connection/station")
    assert hearing.poll() == [NOWHERE]
    put(hearing, "stationlessSettings")
    assert hearing.poll() == []


@pytest.mark.icws("3.4 effectiveStationChangeMessage comes only where the log-on had include=effective-station")
def test_a_session_whose_log_on_did_not_ask_for_it_never_hears_where_it_sits(world: World) -> None:
    """Of two sessions at one desk the one hears of it and the other does not, by poll and by stream."""
    login, kept, desk = world.user(), world.station(), world.station()
    every_other = "version,features,server-time,default-workstation,purecloud-integration"
    with world.log_on(login, include="effective-station") as told, world.log_on(login, include=every_other) as silent:
        assert ("effectiveStation" in told.answer.json(), "effectiveStation" in silent.answer.json()) == (True, False)
        for session in (told, silent):
            session.sit_at(desk)
        assert [told.poll(), silent.poll()] == [[at(desk, desk)], []]
        with told.stream() as to_told, silent.stream() as to_silent:
            world.remove_stations_but(kept)
            assert to_told.message() == NOWHERE
            assert next(to_silent.lines()) == ":ping"
            for session in (told, silent):
                session.sit_at(kept)
            assert to_told.message() == at(kept, kept)
            world.end_session(silent)
            down = [line for line in to_silent.rest() if line.startswith("data:")]
        assert len(down) == 1, "that it went down is the first thing it hears"
        assert "connectionStateChangeMessage" in down[0]


@pytest.mark.icws("3.4 a session hears where it sits whenever that changes, also when its station is taken away")
def test_the_station_is_called_as_the_configuration_calls_it(world: World) -> None:
    plain = world.station()
    with world.log_on(world.user(roles=["administrator"]), include="effective-station") as session:
        session.sit_at(plain)
        [told] = session.poll()
        configured = session.call("GET", f"configuration/stations/{plain}?select=*").json()
        assert told["effectiveStation"]["stationId"] == configured["configurationId"]


@pytest.mark.icws("3.4 a session hears where it sits whenever that changes, also when its station is taken away")
def test_a_session_whose_station_is_removed_hears_of_it_on_its_stream(world: World, hearing: Session) -> None:
    kept, desk = world.station(), world.station()
    with hearing.stream() as events:
        hearing.sit_at(desk)
        assert events.message() == at(desk, desk)
        world.remove_stations_but(kept)
        assert events.message() == NOWHERE
    assert hearing.call("GET", "connection/station").status_code == 404


@pytest.mark.icws("3.4 of several changes of the station only the last is told")
def test_of_several_changes_only_the_last_is_told(world: World, hearing: Session) -> None:
    one, other = world.station(), world.station()
    for desk in (one, other, one, other):
        hearing.sit_at(desk)
    assert hearing.poll() == [at(other, other)]


@pytest.mark.icws(
    "3.4 subscriptionStateMessage.__type",
    "3.4 subscriptionStateMessage.isDelta",
    "3.4 subscriptionStateMessage.state",
    "3.4 subscriptionStateMessage.error",
    "3.4 subscriptionStateMessage.state: normal 1",
    "3.4 subscriptionStateMessage.state: faulted 3",
)
def test_a_subscription_that_lost_messages_says_so_and_is_well_again_after_a_full_message(world: World) -> None:
    names = [f"I3_TEST_OVERFLOW_{number:03}" for number in range(510)]
    world.apply_all("licenses", [{"name": name, "assignable_seats": 1} for name in names])
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(*names)
        world.assign(login, *names)
        world.unassign(login, *names)
        faulted, fresh, normal, *later = session.poll()
        assert faulted.pop("error")["message"].startswith("More messages waited than are kept")
        assert faulted == {**NORMAL, "state": 3}
        assert [each["name"] for each in fresh["licenseAssignedStatusList"]] == names
        assert (fresh["isDelta"], normal) == (False, NORMAL)
        known = {each["name"]: each["isAssigned"] for each in fresh["licenseAssignedStatusList"]}
        for message in later:
            assert message["isDelta"] is True
            known.update({each["name"]: each["isAssigned"] for each in message["licenseAssignedStatusList"]})
        assert known == dict.fromkeys(names, False)
