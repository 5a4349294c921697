"""Assigning, taking away, and profiles, with licenses in use (decisions 4, 7 and 24; contract 5.5 and 6)."""

import pytest

from seatkeeper.licensing.commands import Assign, ChangeProfile, Unassign
from seatkeeper.licensing.entities import AppliesTo, HolderKind, Method
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Acquired, Assigned, ProfileChanged, Released, ReleaseReason, Unassigned
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.world import NOON, OWNER, World, named, station_named, user_named


@pytest.fixture
def world() -> World:
    """CLIENT with two seats of either method."""
    world = World()
    world.license("CLIENT", assignable=2, concurrent=2)
    return world


def _in_use(world: World, login: str, station: str | None = None) -> int:
    session = world.connect(login, station)
    assert world.acquire(session, "CLIENT").granted
    return session


def _releases(events: list[Event]) -> list[tuple[int, ReleaseReason]]:
    return [(event.session_id, event.reason) for event in events if isinstance(event, Released)]


def _profile(login: str, *, enabled: bool = True, method: Method = Method.ASSIGNABLE) -> ChangeProfile:
    return ChangeProfile(holder=user_named(login), owner=OWNER, enabled=enabled, method=method)


def test_an_assignable_license_takes_its_seat_when_assigned(world: World) -> None:
    world.user("agent01", "CLIENT")
    world.station("desk1", "CLIENT")
    pool = world.pool("CLIENT")
    assert (pool.assigned_users, pool.assigned_stations, pool.concurrent_assigned) == (1, 1, 0)


def test_a_concurrent_license_takes_no_seat_when_assigned(world: World) -> None:
    for number in range(4):
        world.concurrent_user(f"agent0{number}", "CLIENT")
    pool = world.pool("CLIENT")
    assert (pool.assigned, pool.concurrent_assigned, pool.concurrent_in_use) == (0, 4, 0)


def test_assigning_again_is_no_event_and_tells_only_what_is_new(world: World) -> None:
    world.license("OTHER", assignable=1)
    world.user("agent01", "client")
    assert world.assign("agent01", "CLIENT", "other", "Other") == ("OTHER",)
    assert world.assign("agent01", "CLIENT") == ()


def test_a_disabled_profile_takes_no_seat_and_enabling_it_may_be_refused(world: World) -> None:
    world.user("agent01")
    world.profile("agent01", enabled=False)
    world.assign("agent01", "CLIENT")
    assert world.pool("CLIENT").assigned == 0
    world.user("agent02", "CLIENT")
    world.user("agent03", "CLIENT")
    with pytest.raises(Refusal) as refused:
        world.profile("agent01", enabled=True)
    assert refused.value.code is Code.SEATS_EXHAUSTED


def test_unassigning_ends_the_holds_on_an_assignable_ground_in_the_same_command(world: World) -> None:
    """Decision 7."""
    world.user("agent01", "CLIENT")
    first, second = _in_use(world, "agent01"), _in_use(world, "agent01")
    events = world.events_of(Unassign(holder=user_named("agent01"), licenses=(named("client"),)))
    assert _releases(events) == [(first, ReleaseReason.UNASSIGNED), (second, ReleaseReason.UNASSIGNED)]
    assert isinstance(events[-1], Unassigned)
    assert world.held(first) == world.held(second) == set()


def test_unassigning_a_stations_license_ends_the_holds_there(world: World) -> None:
    """Decision 7."""
    world.station("desk1", "CLIENT")
    world.user("agent01")
    session = _in_use(world, "agent01", "desk1")
    events = world.events_of(Unassign(holder=station_named("desk1"), licenses=(named("CLIENT"),)))
    assert _releases(events) == [(session, ReleaseReason.UNASSIGNED)]


def test_unassigning_the_user_leaves_a_hold_on_the_stations_ground(world: World) -> None:
    """Decision 7: only holds that rest on the assignment end."""
    world.station("desk1", "CLIENT")
    world.user("agent01")
    session = _in_use(world, "agent01", "desk1")
    world.assign("agent01", "CLIENT")
    world.unassign("agent01", "CLIENT")
    assert world.held(session) == {"CLIENT"}


def test_unassigning_leaves_a_concurrent_hold_and_its_count(world: World) -> None:
    """Decision 7."""
    world.concurrent_user("agent01", "CLIENT")
    session = _in_use(world, "agent01")
    world.unassign("agent01", "CLIENT")
    pool = world.pool("CLIENT")
    assert (world.held(session), pool.concurrent_in_use, pool.concurrent_assigned) == ({"CLIENT"}, 1, 0)


def test_unassigning_revokes_a_concurrent_hold_where_the_policy_says_so() -> None:
    """Decision 7, `revoke_on_unassign`."""
    world = World(Policy(revoke_on_unassign=True))
    world.license("CLIENT", concurrent=1)
    world.concurrent_user("agent01", "CLIENT")
    sessions = {_in_use(world, "agent01"), _in_use(world, "agent01")}
    events = world.events_of(Unassign(holder=user_named("agent01"), licenses=(named("CLIENT"),)))
    assert {session for session, _ in _releases(events)} == sessions
    assert world.pool("CLIENT").concurrent_in_use == 0


def test_unassigning_what_was_not_assigned_is_no_event(world: World) -> None:
    world.user("agent01")
    assert world.events_of(Unassign(holder=user_named("agent01"), licenses=(named("CLIENT"),))) == []


def test_disabling_ends_assignable_holds_and_gives_back_the_seats(world: World) -> None:
    """Decision 7."""
    world.user("agent01", "CLIENT")
    session = _in_use(world, "agent01")
    events = world.events_of(_profile("agent01", enabled=False))
    assert _releases(events) == [(session, ReleaseReason.DISABLED)]
    assert world.pool("CLIENT").assigned == 0


def test_disabling_a_station_ends_the_holds_on_its_ground(world: World) -> None:
    """Decision 7."""
    world.station("desk1", "CLIENT")
    world.user("agent01")
    session = _in_use(world, "agent01", "desk1")
    world.station_profile("desk1", enabled=False)
    assert (world.held(session), world.pool("CLIENT").assigned) == (set(), 0)


def test_disabling_leaves_a_concurrent_hold_and_its_count(world: World) -> None:
    """Decision 7."""
    world.concurrent_user("agent01", "CLIENT")
    session = _in_use(world, "agent01")
    world.profile("agent01", enabled=False, method=Method.CONCURRENT)
    pool = world.pool("CLIENT")
    assert (world.held(session), pool.concurrent_in_use, pool.concurrent_assigned) == ({"CLIENT"}, 1, 0)


def test_disabling_revokes_a_concurrent_hold_where_the_policy_says_so() -> None:
    """Decision 7: `revoke_on_unassign` speaks of disabling as well."""
    world = World(Policy(revoke_on_unassign=True))
    world.license("CLIENT", concurrent=1)
    world.concurrent_user("agent01", "CLIENT")
    session = _in_use(world, "agent01")
    events = world.events_of(_profile("agent01", enabled=False, method=Method.CONCURRENT))
    assert _releases(events) == [(session, ReleaseReason.DISABLED)]
    assert world.pool("CLIENT").concurrent_in_use == 0


def test_a_change_of_method_carries_live_holds_into_the_other_pool(world: World) -> None:
    """Decision 7."""
    world.user("agent01", "CLIENT")
    first, second = _in_use(world, "agent01"), _in_use(world, "agent01")
    world.profile("agent01", method=Method.CONCURRENT)
    pool = world.pool("CLIENT")
    assert (pool.assigned, pool.concurrent_assigned, pool.concurrent_in_use) == (0, 1, 1)
    world.profile("agent01", method=Method.ASSIGNABLE)
    pool = world.pool("CLIENT")
    assert (pool.assigned, pool.concurrent_assigned, pool.concurrent_in_use) == (1, 0, 0)
    assert world.held(first) == world.held(second) == {"CLIENT"}


def test_a_change_of_method_is_a_release_and_an_acquisition(world: World) -> None:
    """Decision 7."""
    world.user("agent01", "CLIENT")
    _in_use(world, "agent01")
    events = world.events_of(_profile("agent01", method=Method.CONCURRENT))
    assert [type(event) for event in events] == [ProfileChanged, Released, Acquired]


def test_a_change_of_method_is_refused_where_the_new_pool_is_full(world: World) -> None:
    """Decision 7."""
    world.license("SCARCE", assignable=1, concurrent=1)
    world.concurrent_user("agent01", "SCARCE")
    world.acquire(world.connect("agent01"), "SCARCE")
    world.user("agent02", "CLIENT", "SCARCE")
    session = world.connect("agent02")
    assert world.acquire(session, "CLIENT").granted
    assert world.acquire(session, "SCARCE").granted
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.profile("agent02", method=Method.CONCURRENT)
    assert refused.value.sentence == (
        "The method cannot change while SCARCE is held: all 1 concurrent seats of it are in use."
    )
    assert world.picture() == before


def test_a_change_to_assignable_needs_a_free_seat(world: World) -> None:
    world.user("agent01", "CLIENT")
    world.user("agent02", "CLIENT")
    world.concurrent_user("agent03", "CLIENT")
    with pytest.raises(Refusal) as refused:
        world.profile("agent03", method=Method.ASSIGNABLE)
    assert (
        refused.value.sentence
        == "No assignable seat of CLIENT is free: 2 of 2 are assigned (2 to users, 0 to stations)."
    )


def test_a_hold_kept_while_disabled_follows_the_method_when_enabled_again(world: World) -> None:
    """Decision 7: else the user would take a seat of both pools."""
    world.concurrent_user("agent01", "CLIENT")
    session = _in_use(world, "agent01")
    world.profile("agent01", enabled=False, method=Method.ASSIGNABLE)
    world.profile("agent01", enabled=True, method=Method.ASSIGNABLE)
    pool = world.pool("CLIENT")
    assert (world.held(session), pool.assigned, pool.concurrent_in_use) == ({"CLIENT"}, 1, 0)


def test_a_hold_kept_while_unassigned_rests_on_the_next_assignment(world: World) -> None:
    """Decision 7: the hold is on the user's ground, whichever assignment that is by now."""
    world.concurrent_user("agent01", "CLIENT")
    session = _in_use(world, "agent01")
    world.unassign("agent01", "CLIENT")
    world.assign("agent01", "CLIENT")
    world.profile("agent01", method=Method.ASSIGNABLE)
    assert world.pool("CLIENT").concurrent_in_use == 0
    world.unassign("agent01", "CLIENT")
    assert world.held(session) == set()


def test_a_profile_that_is_so_already_is_no_event(world: World) -> None:
    world.user("agent01", "CLIENT")
    assert world.events_of(_profile("agent01")) == []


def test_a_profile_concerns_one_owner(world: World) -> None:
    world.user("agent01", "CLIENT")
    world.do(ChangeProfile(holder=user_named("agent01"), owner="OTHER", enabled=False, method=Method.ASSIGNABLE))
    assert world.acquire(world.connect("agent01"), "CLIENT").granted


@pytest.mark.parametrize(
    ("applies_to", "to_user", "to_station"),
    [(AppliesTo.USERS, True, False), (AppliesTo.STATIONS, False, True), (AppliesTo.BOTH, True, True)],
)
def test_a_license_is_assigned_to_what_it_applies_to(applies_to: AppliesTo, to_user: bool, to_station: bool) -> None:
    world = World()
    world.license("CLIENT", assignable=2, applies_to=applies_to)
    world.user("agent01")
    world.station("desk1")
    for holder, allowed in ((user_named("agent01"), to_user), (station_named("desk1"), to_station)):
        command = Assign(holder=holder, licenses=(named("CLIENT"),))
        if allowed:
            assert world.do(command) == (named("CLIENT"),)
        else:
            with pytest.raises(Refusal, match=f"applies to {applies_to}, not to"):
                world.do(command)


def test_assigning_several_is_all_or_none(world: World) -> None:
    world.license("NONE_LEFT", assignable=0)
    world.user("agent01")
    before = world.picture()
    with pytest.raises(Refusal):
        world.assign("agent01", "CLIENT", "NONE_LEFT")
    assert world.picture() == before


def test_an_expired_license_is_not_assigned_any_more_and_stays_where_it_is() -> None:
    """Decision 24."""
    world = World()
    world.license("CLIENT", assignable=2, expires=NOON + 1)
    world.user("agent01", "CLIENT")
    world.user("agent02")
    world.now += 1
    with pytest.raises(Refusal, match="CLIENT expired on 2027-01-15"):
        world.assign("agent02", "CLIENT")
    assert world.assign("agent01", "CLIENT") == ()
    assert world.pool("CLIENT").assigned == 1


def test_an_assignment_says_which_count_it_joined(world: World) -> None:
    world.user("agent01")
    world.profile("agent01", enabled=False)
    events = world.events_of(Assign(holder=user_named("agent01"), licenses=(named("CLIENT"),)))
    assert [(event.holder.kind, event.method) for event in events if isinstance(event, Assigned)] == [
        (HolderKind.USER, None)
    ]
