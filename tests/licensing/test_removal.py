"""Removing licenses and stations, with all that rests on them (docs/decisions/removal-and-prerequisites.md)."""

from typing import Any

import pytest

from seatkeeper.licensing.commands import Command, LeaveStation, ReplaceLicenses, Subscribe, Together
from seatkeeper.licensing.entities import Method, StationSetting
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import LicenseRemoved, Released, ReleaseReason, StationLeft, StationRemoved, Unassigned
from seatkeeper.licensing.inventory_commands import (
    DefineLicense,
    DefineStation,
    DefineUser,
    RemoveLicenses,
    RemoveStation,
)
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.verdicts import Reason
from tests.licensing.judgement import Listener, counts_are_what_the_rows_come_to
from tests.licensing.world import OWNER, World, named, station_named, user_named


@pytest.fixture
def world() -> World:
    """CLIENT and OTHER with seats of either method."""
    world = World()
    world.license("CLIENT", assignable=4, concurrent=2)
    world.license("OTHER", assignable=4, concurrent=2)
    return world


def _using(world: World, login: str, *licenses: str, station: str | None = None) -> int:
    session = world.connect(login, station)
    assert all(world.acquire(session, each).granted for each in licenses)
    return session


def _remove(*licenses: str) -> RemoveLicenses:
    return RemoveLicenses(licenses=tuple(map(named, licenses)))


def _kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def _nothing_rests_on(world: World, *licenses: int) -> None:
    """No row speaks of a license, except what people may do with allocations."""
    state = world.state
    for number in licenses:
        assert state.licenses.get(number) is None
        assert state.pools.get(number) is None
        assert number not in state.license_ids.values()
        assert all(row.license_id != number for row in state.assignments.values())
        assert all(row.license_id != number for row in state.holds.values())
        for index in (state.assigned_to, state.held_by):
            assert all(number not in numbers for numbers in index.values())
        assert number not in state.seated.values()
    counts_are_what_the_rows_come_to(state)


# Licenses.


def test_a_license_that_nobody_has_goes_with_its_seats(world: World) -> None:
    number = world.pool("CLIENT").license_id
    assert world.events_of(_remove("client")) == [LicenseRemoved(license_id=number, owner=OWNER, name="CLIENT")]
    _nothing_rests_on(world, number)
    assert world.pool("OTHER").assignable_seats == 4


def test_assignments_go_whether_they_count_or_not_and_whoever_has_them(world: World) -> None:
    number = world.pool("CLIENT").license_id
    world.user("agent01", "CLIENT", "OTHER")
    world.concurrent_user("agent02", "CLIENT")
    world.user("agent03", "CLIENT")
    world.profile("agent03", enabled=False)
    world.station("desk1", "CLIENT", "OTHER")
    events = world.events_of(_remove("CLIENT"))
    assert _kinds(events) == [Unassigned] * 4 + [LicenseRemoved]
    methods = {event.holder.id: event.method for event in events if isinstance(event, Unassigned)}
    assert set(methods.values()) == {Method.ASSIGNABLE, Method.CONCURRENT, None}
    _nothing_rests_on(world, number)
    assert world.assigned(user_named("agent01")) == world.assigned(station_named("desk1")) == ["OTHER"]


def test_live_holds_end_on_every_ground_and_the_sessions_live_on(world: World) -> None:
    number = world.pool("CLIENT").license_id
    world.user("agent01", "CLIENT", "OTHER")
    world.concurrent_user("agent02", "CLIENT")
    world.station("desk1", "CLIENT")
    world.user("agent03", "OTHER")
    sessions = [
        _using(world, "agent01", "CLIENT", "OTHER"),
        _using(world, "agent02", "CLIENT"),
        _using(world, "agent02", "CLIENT"),
        _using(world, "agent03", "CLIENT", "OTHER", station="desk1"),
    ]
    events = world.events_of(_remove("CLIENT"))
    released = [event for event in events if isinstance(event, Released)]
    assert {event.session_id for event in released} == set(sessions)
    assert {event.reason for event in released} == {ReleaseReason.LICENSE_REMOVED}
    assert [event.frees_seat for event in released if event.session_id in sessions[1:3]] == [False, True]
    _nothing_rests_on(world, number)
    assert all(map(world.alive, sessions))
    assert [world.held(each) for each in sessions] == [{"OTHER"}, set(), set(), {"OTHER"}]


def test_a_concurrent_hold_that_outlived_its_assignment_ends_too(world: World) -> None:
    """Decision 7 let it stay, counted; nothing is left now that it could be counted in."""
    number = world.pool("CLIENT").license_id
    world.concurrent_user("agent01", "CLIENT")
    session = _using(world, "agent01", "CLIENT")
    world.unassign("agent01", "CLIENT")
    assert _kinds(world.events_of(_remove("CLIENT"))) == [Released, LicenseRemoved]
    assert world.held(session) == set()
    _nothing_rests_on(world, number)


def test_an_overcommitted_license_goes_with_its_excess(world: World) -> None:
    number = world.pool("CLIENT").license_id
    for login in ("agent01", "agent02", "agent03"):
        world.user(login, "CLIENT")
    world.seats("CLIENT", 1, overcommit=True)
    world.remove("CLIENT")
    _nothing_rests_on(world, number)


def test_what_another_requires_goes_only_with_it_and_in_any_order() -> None:
    for order in (("CLIENT", "MEDIA", "RECORDER"), ("RECORDER", "MEDIA", "CLIENT"), ("MEDIA", "CLIENT", "RECORDER")):
        world = World()
        world.license("CLIENT", assignable=1)
        world.license("MEDIA", assignable=1, prerequisite="CLIENT")
        world.license("RECORDER", assignable=1, prerequisite="MEDIA")
        world.user("agent01", "CLIENT", "MEDIA", "RECORDER")
        for less in (("CLIENT",), ("MEDIA",), ("CLIENT", "MEDIA"), ("CLIENT", "RECORDER")):
            before = world.picture()
            with pytest.raises(Refusal) as refused:
                world.remove(*less)
            assert refused.value.code is Code.PREREQUISITE_NEEDED
            assert world.picture() == before
        world.remove(*order)
        assert world.assigned(user_named("agent01")) == []


def test_what_was_required_goes_once_nothing_requires_it_in_one_command(world: World) -> None:
    world.require("OTHER", "CLIENT")
    world.do(Together(commands=(DefineLicense(owner=OWNER, name="OTHER", display_name="OTHER"), _remove("CLIENT"))))
    assert {each.name for each in world.state.licenses.values()} == {"OTHER"}


def test_a_license_named_twice_is_removed_once(world: World) -> None:
    assert _kinds(world.events_of(_remove("CLIENT", "client"))) == [LicenseRemoved]


def test_a_removed_license_is_unknown_to_whoever_asks_for_it(world: World) -> None:
    world.user("agent01", "CLIENT", "OTHER")
    session = _using(world, "agent01", "CLIENT", "OTHER")
    world.remove("CLIENT")
    assert world.acquire(session, "CLIENT").reason is Reason.UNKNOWN_LICENSE
    verdicts = world.do(ReplaceLicenses(session_id=session, licenses=(named("CLIENT"), named("OTHER"))))
    assert [verdict.granted for verdict in verdicts] == [False, True]
    assert world.held(session) == {"OTHER"}
    view = DefineUser(login="agent01", display_name="", view_allocations=(named("CLIENT"),))
    commands: list[Command[Any]] = [_remove("CLIENT"), view]
    for again in commands:
        with pytest.raises(Refusal) as refused:
            world.do(again)
        assert refused.value.code is Code.UNKNOWN_LICENSE


def test_a_name_defined_anew_is_another_license_that_nobody_has(world: World) -> None:
    before = world.pool("CLIENT").license_id
    world.user("agent01", "CLIENT")
    world.remove("CLIENT")
    world.license("client", assignable=1)
    pool = world.pool("CLIENT")
    assert pool.license_id > before
    assert (pool.assigned, world.assigned(user_named("agent01"))) == (0, [])
    assert not world.acquire(world.connect("agent01"), "CLIENT").granted
    assert world.assign("agent01", "CLIENT") == ("client",)


def test_a_license_comes_back_within_one_command(world: World) -> None:
    world.user("agent01", "CLIENT")
    define = DefineLicense(owner=OWNER, name="CLIENT", display_name="Client")
    world.do(Together(commands=(_remove("CLIENT"), define, _remove("CLIENT"), define)))
    pool = world.pool("CLIENT")
    assert (pool.assigned, pool.assignable_seats) == (0, 0)
    counts_are_what_the_rows_come_to(world.state)


def test_who_is_subscribed_hears_that_it_is_gone_and_that_another_of_its_name_was_assigned(world: World) -> None:
    world.user("agent01", "CLIENT", "OTHER")
    session = world.connect("agent01")

    def known() -> dict[str, bool]:
        listener = Listener()
        listener.hear(world.state, [event for event, _ in world.log])
        return listener.heard[session]

    world.do(Subscribe(session_id=session, owner=OWNER, names=("CLIENT", "OTHER")))
    assert known() == {"CLIENT": True, "OTHER": True}
    world.remove("CLIENT")
    assert known() == {"CLIENT": False, "OTHER": True}
    world.license("CLIENT", assignable=1)
    assert known() == {"CLIENT": False, "OTHER": True}
    world.assign("agent01", "CLIENT")
    assert known() == {"CLIENT": True, "OTHER": True}
    assert world.do(Subscribe(session_id=session, owner=OWNER, names=("client",))) == (("client", True),)


def test_a_right_on_its_allocation_is_no_right_on_another_of_its_name(world: World) -> None:
    command = DefineUser(
        login="admin01", display_name="", view_allocations=(named("CLIENT"), named("OTHER")), admin_allocations=None
    )
    world.do(command)
    world.remove("CLIENT")
    world.license("CLIENT")
    user = world.state.users[world.state.user_ids["admin01"]]
    assert user.view_allocations is not None
    assert world.pool("CLIENT").license_id not in user.view_allocations
    assert world.pool("OTHER").license_id in user.view_allocations
    assert user.admin_allocations is None
    assert world.do(command) is True


def test_a_license_of_the_same_name_of_another_owner_stays(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="CLIENT", display_name="Client"))
    world.remove("CLIENT")
    assert [(each.owner, each.name) for each in world.state.licenses.values()] == [
        (OWNER, "OTHER"),
        ("OTHER", "CLIENT"),
    ]


# Stations.


def test_a_station_that_nobody_uses_goes_with_its_licenses_and_its_profile(world: World) -> None:
    world.station("desk1", "CLIENT", "OTHER")
    world.station_profile("desk1", enabled=False)
    world.station_profile("desk1", enabled=True)
    events = world.events_of(RemoveStation(name="DESK1"))
    assert _kinds(events) == [Unassigned, Unassigned, StationRemoved]
    assert events[-1] == StationRemoved(station_id=1, name="desk1")
    state = world.state
    for table in (state.stations, state.station_ids, state.profiles, state.profiled, state.assigned_to):
        assert list(table.values()) == []
    assert world.pool("CLIENT").assigned == world.pool("OTHER").assigned == 0
    counts_are_what_the_rows_come_to(world.state)


def test_who_sits_there_leaves_it_with_what_he_held_on_its_ground_and_stays_connected(world: World) -> None:
    world.station("desk1", "CLIENT")
    world.user("agent01", "OTHER")
    world.user("agent02")
    session = _using(world, "agent01", "CLIENT", "OTHER", station="desk1")
    waiting = world.connect("agent02", "desk1")
    events = world.events_of(RemoveStation(name="desk1"))
    assert _kinds(events) == [Released, StationLeft, StationLeft, Unassigned, StationRemoved]
    assert [event.reason for event in events if isinstance(event, Released)] == [ReleaseReason.STATION_LEFT]
    assert world.alive(session)
    assert world.alive(waiting)
    assert world.held(session) == {"OTHER"}
    assert list(world.state.logons.values()) == []
    assert list(world.state.present.values()) == []
    assert world.acquire(session, "CLIENT").reason is Reason.NOT_ASSIGNED
    with pytest.raises(Refusal) as refused:
        world.do(LeaveStation(session_id=session))
    assert refused.value.code is Code.NO_STATION


def test_who_sits_elsewhere_keeps_his_place(world: World) -> None:
    world.station("desk1")
    world.station("desk2", "CLIENT")
    world.user("agent01")
    session = _using(world, "agent01", "CLIENT", station="desk2")
    world.do(RemoveStation(name="desk1"))
    assert world.held(session) == {"CLIENT"}
    assert world.state.logons[session].setting is StationSetting.WORKSTATION


def test_a_name_given_anew_is_another_station_on_which_nobody_has_a_claim(world: World) -> None:
    world.station("desk1", "CLIENT")
    world.station("desk2")
    world.station_profile("desk1", enabled=False)
    world.user("agent01", stations=("desk1", "desk2"))
    before = world.state.station_ids["desk1"]
    world.do(RemoveStation(name="desk1"))
    world.station("desk1")
    assert world.state.station_ids["desk1"] > before
    assert world.assigned(station_named("desk1")) == []
    session = world.connect("agent01", "desk2")
    with pytest.raises(Refusal) as refused:
        world.sit(session, "desk1")
    assert refused.value.code is Code.STATION_NOT_PERMITTED
    world.do(DefineUser(login="agent01", display_name="", stations=("desk1",)))
    world.sit(session, "desk1")


def test_who_was_permitted_the_removed_station_alone_is_not_permitted_all(world: World) -> None:
    world.station("desk1")
    world.station("desk2")
    world.user("agent01", stations=("desk1",))
    world.do(RemoveStation(name="desk1"))
    with pytest.raises(Refusal) as refused:
        world.connect("agent01", "desk2")
    assert refused.value.code is Code.STATION_NOT_PERMITTED


def test_a_station_comes_back_within_one_command(world: World) -> None:
    world.station("desk1", "CLIENT")
    world.user("agent01")
    session = _using(world, "agent01", "CLIENT", station="desk1")
    define = DefineStation(name="desk1", display_name="Desk")
    world.do(Together(commands=(RemoveStation(name="desk1"), define)))
    assert world.held(session) == set()
    assert world.pool("CLIENT").assigned == 0
    counts_are_what_the_rows_come_to(world.state)
