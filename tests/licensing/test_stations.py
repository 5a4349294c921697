"""Stations: who has one in use, and who is in whose way (decisions 7 and 10; contract 2.4 and 2.5)."""

import pytest

from seatkeeper.licensing.commands import EndReason, EndSession, LeaveStation, SetStation
from seatkeeper.licensing.entities import StationSetting
from seatkeeper.licensing.events import Ended, Released, ReleaseReason, StationLeft, StationSet
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.verdicts import Reason
from tests.licensing.world import World

HERE, THERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def world() -> World:
    """Two desks with a license each, and two users without any."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.license("RECORDER", assignable=2)
    world.station("desk1", "CLIENT", "RECORDER")
    world.station("desk2", "CLIENT", "RECORDER")
    world.user("agent01")
    world.user("agent02")
    return world


def _remote(session: int, number: str) -> SetStation:
    return SetStation(session_id=session, setting=StationSetting.REMOTE_NUMBER, remote_number=number)


def test_a_taken_station_is_never_refused_only_its_licenses_are(world: World) -> None:
    """Decision 10."""
    world.connect("agent01", "desk1")
    second = world.connect("agent02", "desk1")
    assert world.state.logons[second].station_id == world.state.station_ids["desk1"]
    assert world.acquire(second, "CLIENT").reason is Reason.STATION_TAKEN


def test_the_station_passes_to_the_next_when_the_first_leaves(world: World) -> None:
    """Decision 10."""
    first, second = world.connect("agent01", "desk1"), world.connect("agent02", "desk1")
    world.do(LeaveStation(session_id=first))
    assert world.acquire(second, "CLIENT").granted


def test_the_station_passes_to_the_next_when_the_first_ends(world: World) -> None:
    """Decision 10."""
    first, second = world.connect("agent01", "desk1"), world.connect("agent02", "desk1")
    world.do(EndSession(session_id=first, reason=EndReason.LOGGED_OFF))
    assert world.acquire(second, "CLIENT").granted


def test_the_station_stays_with_the_first_whoever_comes_later(world: World) -> None:
    """Decision 10."""
    first = world.connect("agent01", "desk1")
    world.connect("agent02", "desk1")
    assert world.acquire(first, "CLIENT").granted


def test_a_user_may_hold_the_stations_license_in_two_sessions_at_one_machine(world: World) -> None:
    sessions = [world.connect("agent01", "desk1") for _ in range(2)]
    assert all(world.acquire(session, "CLIENT").granted for session in sessions)


def test_a_license_still_held_at_the_station_does_not_pass_on(world: World) -> None:
    """Decision 10: two users never hold one seat, even where the first's second session outlasts his first."""
    first, other = world.connect("agent01", "desk1"), world.connect("agent02", "desk1")
    second = world.connect("agent01", "desk1")
    assert world.acquire(second, "CLIENT").granted
    world.do(LeaveStation(session_id=first))
    assert world.acquire(other, "CLIENT").sentence == "CLIENT belongs to station desk1, which agent01 is using."
    assert world.acquire(other, "RECORDER").granted
    world.do(LeaveStation(session_id=second))
    assert world.acquire(other, "CLIENT").granted


def test_another_station_at_the_same_machine_is_five_until_the_first_is_left(world: World) -> None:
    """Decision 10."""
    first, second = world.connect("agent01", "desk1"), world.connect("agent01", "desk2")
    assert world.acquire(first, "CLIENT").granted
    assert world.acquire(second, "CLIENT").reason is Reason.ON_ANOTHER_STATION
    world.do(LeaveStation(session_id=first))
    assert world.acquire(second, "CLIENT").granted


def test_a_remote_number_is_another_place_and_named_as_one(world: World) -> None:
    session = world.connect("agent01")
    world.do(_remote(session, "5550100"))
    verdict = world.acquire(world.connect("agent01", "desk1"), "CLIENT")
    assert verdict.sentence == (
        "CLIENT belongs to station desk1, but agent01 is logged on to remote number 5550100 as well."
    )


def test_the_same_station_from_another_machine_is_six_until_the_first_is_left(world: World) -> None:
    """Decision 10."""
    first = world.connect("agent01", "desk1", machine=HERE)
    second = world.connect("agent01", "desk1", machine=THERE)
    assert world.acquire(second, "CLIENT").reason is Reason.ON_ANOTHER_MACHINE
    world.do(LeaveStation(session_id=first))
    assert world.acquire(second, "CLIENT").granted


def test_logging_on_to_another_station_from_another_machine_ends_the_first_session(world: World) -> None:
    """Decision 10."""
    first = world.connect("agent01", "desk1", machine=HERE)
    world.acquire(first, "CLIENT")
    second = world.connect("agent01", machine=THERE)
    assert world.alive(first)
    world.sit(second, "desk2")
    ended = [event for event, _ in world.log if isinstance(event, Ended)]
    assert [(event.session_id, event.reason) for event in ended] == [(first, EndReason.LOGGED_ON_ELSEWHERE)]
    assert world.acquire(second, "CLIENT").granted


def test_logging_on_elsewhere_leaves_other_users_and_stationless_sessions_alone(world: World) -> None:
    stationless = world.connect("agent01", machine=HERE)
    world.do(SetStation(session_id=stationless, setting=StationSetting.NONE))
    none_set = world.connect("agent01", machine=HERE)
    other = world.connect("agent02", "desk1", machine=HERE)
    world.connect("agent01", "desk2", machine=THERE)
    assert all(map(world.alive, (stationless, none_set, other)))


def test_a_stationless_session_is_at_no_station_and_in_nobodys_way(world: World) -> None:
    stationless = world.connect("agent01")
    world.do(SetStation(session_id=stationless, setting=StationSetting.NONE))
    assert world.acquire(stationless, "CLIENT").reason is Reason.NOT_ASSIGNED
    assert world.acquire(world.connect("agent01", "desk1"), "CLIENT").granted


def test_leaving_a_station_releases_the_holds_on_its_ground_only(world: World) -> None:
    """Decision 7."""
    world.license("OWN", assignable=1)
    world.assign("agent01", "OWN")
    session = world.connect("agent01", "desk1")
    world.acquire(session, "CLIENT")
    world.acquire(session, "OWN")
    events = world.events_of(LeaveStation(session_id=session))
    assert [event.reason for event in events if isinstance(event, Released)] == [ReleaseReason.STATION_LEFT]
    assert world.held(session) == {"OWN"}


def test_moving_to_another_station_leaves_the_first(world: World) -> None:
    """Decision 7."""
    session = world.connect("agent01", "desk1")
    world.acquire(session, "CLIENT")
    world.sit(session, "desk2")
    assert world.held(session) == set()
    assert world.acquire(world.connect("agent02", "desk1"), "CLIENT").granted


def test_setting_the_same_station_again_is_no_event(world: World) -> None:
    session = world.connect("agent01", "desk1")
    command = SetStation(session_id=session, setting=StationSetting.WORKSTATION, station="DESK1")
    assert world.events_of(command) == []


def test_changing_how_one_sits_at_a_station_keeps_its_use_and_its_holds(world: World) -> None:
    session = world.connect("agent01", "desk1")
    world.connect("agent02", "desk1")
    world.acquire(session, "CLIENT")
    events = world.events_of(
        SetStation(
            session_id=session, setting=StationSetting.REMOTE_WORKSTATION, station="desk1", remote_number="5550100"
        )
    )
    assert [type(event) for event in events] == [StationSet]
    assert world.held(session) == {"CLIENT"}
    assert world.acquire(session, "RECORDER").granted


def test_coming_back_to_a_station_means_to_queue_again(world: World) -> None:
    """Decision 10: in use from the first session to set it."""
    first, second = world.connect("agent01", "desk1"), world.connect("agent02", "desk1")
    world.sit(first, "desk2")
    world.sit(first, "desk1")
    assert world.acquire(first, "CLIENT").reason is Reason.STATION_TAKEN
    assert world.acquire(second, "CLIENT").granted


def test_stationless_leaves_the_station(world: World) -> None:
    session = world.connect("agent01", "desk1")
    events = world.events_of(SetStation(session_id=session, setting=StationSetting.NONE))
    assert [type(event) for event in events] == [StationLeft, StationSet]


@pytest.mark.parametrize(
    ("setting", "station", "remote_number"),
    [
        (StationSetting.NONE, "desk1", None),
        (StationSetting.REMOTE_NUMBER, "desk1", "5550100"),
        (StationSetting.REMOTE_NUMBER, None, None),
        (StationSetting.WORKSTATION, None, None),
        (StationSetting.REMOTE_WORKSTATION, None, "5550100"),
    ],
)
def test_a_setting_and_its_place_must_fit(
    world: World, setting: StationSetting, station: str | None, remote_number: str | None
) -> None:
    session = world.connect("agent01")
    with pytest.raises(Refusal) as refused:
        world.do(SetStation(session_id=session, setting=setting, station=station, remote_number=remote_number))
    assert refused.value.code is Code.INVALID_VALUE
