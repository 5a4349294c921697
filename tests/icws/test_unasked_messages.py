"""What a session hears without asking: where it sits, and how its subscription fares. Contract 3.4."""

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


def put(session: Session, kind: str, **members: object) -> None:
    answer = session.call("PUT", "connection/station", {"__type": PREFIX + kind, **members})
    assert answer.status_code == 200, answer.text


@pytest.mark.icws(
    "3.4 effectiveStationChangeMessage.__type",
    "3.4 effectiveStationChangeMessage.isDelta",
    "3.4 effectiveStationChangeMessage.effectiveStation.stationId",
    "3.4 a session hears where it sits whenever that changes, also when its station is taken away",
)
def test_a_session_hears_where_it_sits(world: World, session: Session) -> None:
    desk = world.station(display_name="Desk by the window")
    session.sit_at(desk)
    assert session.poll() == [at(desk, "Desk by the window")]
    session.sit_at(desk)
    assert session.poll() == [], "it sits where it sat"
    put(session, "remoteNumberSettings", remoteNumber="3175550100")
    assert session.poll() == [at("3175550100", "3175550100", uri="")]
    session.call("DELETE", "connection/station")
    assert session.poll() == [NOWHERE]
    put(session, "stationlessSettings")
    assert session.poll() == []


@pytest.mark.icws("3.4 a session hears where it sits whenever that changes, also when its station is taken away")
def test_the_station_is_called_as_the_configuration_calls_it(world: World) -> None:
    plain = world.station()
    with world.log_on(world.user(roles=["administrator"])) as session:
        session.sit_at(plain)
        [told] = session.poll()
        configured = session.call("GET", f"configuration/stations/{plain}?select=*").json()
        assert told["effectiveStation"]["stationId"] == configured["configurationId"]


@pytest.mark.icws("3.4 a session hears where it sits whenever that changes, also when its station is taken away")
def test_a_session_whose_station_is_removed_hears_of_it_on_its_stream(world: World, session: Session) -> None:
    kept, desk = world.station(), world.station()
    with session.stream() as events:
        session.sit_at(desk)
        assert events.message() == at(desk, desk)
        world.remove_stations_but(kept)
        assert events.message() == NOWHERE
    assert session.call("GET", "connection/station").status_code == 404


@pytest.mark.icws("3.4 of several changes of the station only the last is told")
def test_of_several_changes_only_the_last_is_told(world: World, session: Session) -> None:
    one, other = world.station(), world.station()
    for desk in (one, other, one, other):
        session.sit_at(desk)
    assert session.poll() == [at(other, other)]


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
