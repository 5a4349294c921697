"""Where a session sits: contract 2.4, decision 10."""

import httpx
import pytest

from tests.icws.client import Session
from tests.icws.world import World

PATH = "connection/station"
PREFIX = "urn:inin.com:connection:"


def put(session: Session, kind: str, **members: object) -> httpx.Response:
    return session.call("PUT", PATH, {"__type": PREFIX + kind, **members})


@pytest.mark.icws(
    "2.4 PUT connection/station",
    "2.4 GET connection/station",
    "2.4 request: __type",
    "2.4 workstationSettings.workstation",
    "2.4 Location",
    "2.4 stationInformation.id",
    "2.4 stationInformation.extension",
    "2.4 stationInformation.stationSetting",
    "2.4 stationSetting: workstation 1",
)
def test_sitting_down_at_a_workstation_is_200_with_a_location(world: World, session: Session) -> None:
    desk = world.station()
    answer = put(session, "workstationSettings", workstation=desk.upper(), readyForInteractions=True)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["location"] == f"/icws/{session.id}/connection/station"
    assert session.call("GET", PATH).json() == {"id": desk, "extension": "4711", "stationSetting": 1}


@pytest.mark.icws(
    "2.4 remoteWorkstationSettings.workstation",
    "2.4 remoteWorkstationSettings.remoteNumber",
    "2.4 stationInformation.remoteNumber",
    "2.4 stationSetting: remoteWorkstation 2",
)
def test_sitting_down_at_a_remote_workstation(world: World, session: Session) -> None:
    desk = world.station()
    put(session, "remoteWorkstationSettings", workstation=desk, remoteNumber="3175550100")
    assert session.call("GET", PATH).json() == {
        "id": desk,
        "extension": "4711",
        "stationSetting": 2,
        "remoteNumber": "3175550100",
    }


@pytest.mark.icws("2.4 remoteWorkstationSettings.remoteNumber")
def test_a_remote_workstation_needs_no_remote_number(world: World, session: Session) -> None:
    assert put(session, "remoteWorkstationSettings", workstation=world.station(), remoteNumber=None).status_code == 200
    assert "remoteNumber" not in session.call("GET", PATH).json()


@pytest.mark.icws(
    "2.4 remoteNumberSettings.remoteNumber", "2.4 stationInformation.remoteNumber", "2.4 stationSetting: remoteNumber 3"
)
def test_sitting_at_a_remote_number(session: Session) -> None:
    assert put(session, "remoteNumberSettings", remoteNumber="3175550101", persistentConnection=True).status_code == 200
    assert session.call("GET", PATH).json() == {
        "id": "3175550101",
        "extension": "3175550101",
        "stationSetting": 3,
        "remoteNumber": "3175550101",
    }


@pytest.mark.icws("2.4 stationlessSettings", "2.4 404 -2147221496, at no station")
def test_a_stationless_session_has_no_station(world: World, session: Session) -> None:
    session.sit_at(world.station())
    assert put(session, "stationlessSettings").status_code == 200
    answer = session.call("GET", PATH)
    assert (answer.status_code, answer.json()["errorId"]) == (404, "-2147221496")


@pytest.mark.icws("2.4 404 -2147221496, at no station", "1.4 404 -2147221496: no such station, or none")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_session_that_never_sat_down_has_no_station(session: Session, method: str) -> None:
    answer = session.call(method, PATH)
    assert answer.status_code == 404
    assert (answer.json()["errorId"], answer.json()["errorCode"]) == ("-2147221496", -2147221496)


@pytest.mark.icws("2.4 DELETE connection/station", "2.4 leaving a station frees what was held through it")
def test_leaving_a_station_frees_what_was_held_on_its_ground(world: World, session: Session) -> None:
    license_ = world.license()
    session.sit_at(world.station(license_))
    assert session.status(license_) == 2
    assert session.call("DELETE", PATH).status_code == 200
    assert world.holds(session) == set()
    assert session.call("GET", PATH).status_code == 404


@pytest.mark.icws("2.4 404 -2147221496, unknown station", "1.4 404 -2147221496: no such station, or none")
def test_an_unknown_station_is_404(session: Session) -> None:
    answer = session.sit_at("no such desk")
    assert (answer.status_code, answer.json()["errorId"]) == (404, "-2147221496")
    assert "no such desk" in answer.json()["message"]


@pytest.mark.icws("2.4 403, station not permitted", "1.4 403 accessDenied, 7")
def test_a_station_that_the_user_is_not_permitted_is_403(world: World) -> None:
    allowed, forbidden = world.station(), world.station()
    with world.log_on(world.user(stations=[allowed])) as session:
        assert session.sit_at(allowed).status_code == 200
        answer = session.sit_at(forbidden)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, 7)


@pytest.mark.icws(
    "2.4 400, a member missing or wrong", "2.4 request: __type", "1.2 a derived type that is sent must have its __type"
)
@pytest.mark.parametrize(
    ("body", "type_name", "name"),
    [
        ({"workstation": "desk"}, "missingPropertyError", "__type"),
        ({"__type": PREFIX + "workstationSettings"}, "missingPropertyError", "workstation"),
        ({"__type": PREFIX + "workstationSettings", "workstation": " "}, "invalidPropertyError", "workstation"),
        ({"__type": PREFIX + "remoteWorkstationSettings"}, "missingPropertyError", "workstation"),
        ({"__type": PREFIX + "remoteNumberSettings", "remoteNumber": 7}, "invalidPropertyError", "remoteNumber"),
        ({"__type": PREFIX + "hammockSettings"}, "invalidPropertyError", "__type"),
    ],
)
def test_station_settings_that_cannot_be_are_400(
    session: Session, body: dict[str, object], type_name: str, name: str
) -> None:
    answer = session.call("PUT", PATH, body)
    assert answer.status_code == 400
    assert answer.json()["__type"] == f"urn:inin.com:common:{type_name}"
    assert answer.json()["propertyName"] == name


@pytest.mark.icws("2.5 a user who sits down on another machine is logged off at the first")
def test_a_user_who_sits_down_on_another_machine_is_logged_off_at_the_first(world: World) -> None:
    user, desk, other_desk = world.user(), world.station(), world.station()
    with world.log_on(user) as first, world.log_on(user, address="127.0.0.2") as second:
        first.sit_at(desk)
        second.sit_at(other_desk)
        *_, told = first.poll()
        assert told["__type"] == "urn:inin.com:connection:connectionStateChangeMessage"
        assert told["newConnectionState"] == 2
        assert first.call("GET", "connection").json()["connectionState"] == 2
        assert second.call("GET", "connection").json()["connectionState"] == 1


@pytest.mark.icws(
    "2.4 stationConnectionMode: 0, the station is left with the session",
    "6 a station's licenses pass to the next user when the first leaves",
)
def test_a_station_is_left_with_the_session_and_its_licenses_pass_to_the_next(world: World) -> None:
    license_ = world.license()
    desk = world.station(license_)
    with world.log_on(world.user()) as first, world.log_on(world.user()) as second:
        put(first, "workstationSettings", workstation=desk, stationConnectionMode=0)
        put(second, "workstationSettings", workstation=desk)
        assert (first.status(license_), second.status(license_)) == (2, 7)
        first.log_off()
        assert second.status(license_) == 2
