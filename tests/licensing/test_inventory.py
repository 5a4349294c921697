"""What was bought, and who is there (decisions 24 and 25)."""

import pytest

from seatkeeper.licensing.commands import Assign, EndReason, Together, Unassign
from seatkeeper.licensing.entities import LicenseKind, Method
from seatkeeper.licensing.events import Ended, PasswordChanged, Released, Unassigned, UserDeleted
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense, DefineStation, DefineUser, DeleteUser
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.world import NOON, OWNER, World, named, station_named, user_named


def _assigned(number: int, seats: int) -> World:
    """CLIENT assigned to so many users, in their order."""
    world = World()
    world.license("CLIENT", assignable=seats, concurrent=seats)
    for each in range(number):
        world.user(f"agent0{each}", "CLIENT")
    return world


def _in_use(number: int, seats: int) -> tuple[World, list[int]]:
    """CLIENT used by so many users concurrently."""
    world = World()
    world.license("CLIENT", concurrent=seats)
    sessions = []
    for each in range(number):
        world.concurrent_user(f"agent0{each}", "CLIENT")
        sessions.append(world.connect(f"agent0{each}"))
        world.acquire(sessions[-1], "CLIENT")
    return world, sessions


def test_lowering_below_what_is_assigned_is_refused_with_the_numbers() -> None:
    """Decision 25."""
    world = _assigned(3, 3)
    with pytest.raises(Refusal) as refused:
        world.seats("CLIENT", 2, 1)
    assert refused.value.sentence == (
        "CLIENT has 3 assignable seats assigned and 0 concurrent seats in use; it cannot be lowered to 2 assignable"
        " and 1 concurrent seats unless overcommitment is allowed."
    )


def test_lowering_below_what_is_in_use_is_refused() -> None:
    """Decision 25."""
    world, _ = _in_use(2, 2)
    with pytest.raises(Refusal) as refused:
        world.seats("CLIENT", 0, 1)
    assert refused.value.code is Code.SEATS_BELOW_USE


def test_lowering_to_what_is_taken_is_allowed() -> None:
    """Decision 25."""
    world = _assigned(2, 3)
    assert world.seats("CLIENT", 2)


def test_an_allowed_overcommit_leaves_an_assignable_excess_that_shrinks() -> None:
    """Decision 25."""
    world = _assigned(3, 3)
    world.seats("CLIENT", 1, overcommit=True)
    assert world.pool("CLIENT").assignable_excess == 2
    for left in (1, 0, 0):
        world.unassign(f"agent0{left}", "CLIENT")
    assert world.pool("CLIENT").assignable_excess == 0
    with pytest.raises(Refusal):
        world.assign("agent00", "CLIENT")


def test_an_allowed_overcommit_leaves_a_concurrent_excess_that_shrinks() -> None:
    """Decision 25."""
    world, sessions = _in_use(3, 3)
    world.seats("CLIENT", 0, 1, overcommit=True)
    excess = [world.pool("CLIENT").concurrent_excess]
    for session in sessions:
        world.do(DeleteUser(login=world.state.users[world.state.sessions[session].user_id].login))
        excess.append(world.pool("CLIENT").concurrent_excess)
    assert excess == [2, 1, 0, 0]


def test_nobody_takes_a_seat_while_more_are_in_use_than_bought() -> None:
    """Decision 25: no command raises use above the seats."""
    world, sessions = _in_use(3, 3)
    world.seats("CLIENT", 0, 2, overcommit=True)
    world.concurrent_user("agent09", "CLIENT")
    late = world.connect("agent09")
    assert not world.acquire(late, "CLIENT").granted
    world.do(DeleteUser(login="agent00"))
    assert not world.acquire(late, "CLIENT").granted
    world.do(DeleteUser(login="agent01"))
    assert world.acquire(late, "CLIENT").granted
    assert world.held(sessions[2]) == {"CLIENT"}


def test_buying_some_of_the_missing_seats_needs_no_permission_to_overcommit() -> None:
    """Decision 25 refuses to lower, not to raise."""
    world = _assigned(4, 4)
    world.seats("CLIENT", 1, overcommit=True)
    assert world.seats("CLIENT", 3)
    pool = world.pool("CLIENT")
    assert (pool.assignable_excess, len(pool.uncovered)) == (1, 1)
    with pytest.raises(Refusal):
        world.seats("CLIENT", 2)


def test_other_seats_change_freely_while_some_are_overcommitted() -> None:
    """Decision 25 refuses to lower, not to raise."""
    world = _assigned(2, 2)
    world.seats("CLIENT", 1, 2, overcommit=True)
    assert world.seats("CLIENT", 1, 5)


def test_the_latest_assigned_are_uncovered_and_move_up_in_order() -> None:
    """Decision 4."""
    world = _assigned(4, 4)
    numbers = sorted(each.id for each in world.state.assignments.values())
    world.seats("CLIENT", 1, overcommit=True)
    assert world.pool("CLIENT").uncovered == tuple(numbers[1:])
    world.unassign("agent02", "CLIENT")
    assert world.pool("CLIENT").uncovered == (numbers[1], numbers[3])
    world.unassign("agent00", "CLIENT")
    assert world.pool("CLIENT").uncovered == (numbers[3],)
    world.seats("CLIENT", 2)
    assert world.pool("CLIENT").uncovered == ()


def test_disabling_a_covered_user_moves_an_uncovered_one_up() -> None:
    world = _assigned(2, 2)
    world.seats("CLIENT", 1, overcommit=True)
    world.profile("agent00", enabled=False)
    assert world.acquire(world.connect("agent01"), "CLIENT").granted


def test_lifting_the_limit_covers_everybody_and_setting_it_again_is_lowering() -> None:
    """Decision 25."""
    world = _assigned(3, 3)
    world.seats("CLIENT", 1, overcommit=True)
    world.seats("CLIENT", 1, unrestricted=True)
    assert world.acquire(world.connect("agent02"), "CLIENT").granted
    world.user("agent09", "CLIENT")
    with pytest.raises(Refusal):
        world.seats("CLIENT", 1)
    world.seats("CLIENT", 1, overcommit=True)
    assert world.pool("CLIENT").assignable_excess == 3


def test_the_same_seats_again_are_no_event() -> None:
    world = _assigned(3, 3)
    world.seats("CLIENT", 1, overcommit=True)
    assert world.seats("CLIENT", 1) is False


def test_seats_can_be_lowered_in_the_batch_that_defines_the_license() -> None:
    """Nothing is loaded then: the rules know themselves who has what of a new license."""
    world = World()
    world.user("agent01")
    seats = [ChangeSeats(license=named("NEW"), assignable=each, concurrent=0, allow_overcommit=True) for each in (1, 0)]
    assign = Assign(holder=user_named("agent01"), licenses=(named("NEW"),))
    define = DefineLicense(owner=OWNER, name="NEW", display_name="New")
    world.do(Together(commands=(define, seats[0], assign, seats[1])))
    assert len(world.pool("NEW").uncovered) == 1


def test_describing_anew_keeps_seats_name_and_number() -> None:
    world = _assigned(2, 3)
    before = world.pool("CLIENT")
    assert world.do(DefineLicense(owner="inin", name="client", display_name="Other", expires=NOON))
    assert world.pool("CLIENT") == before
    assert world.state.licenses[before.license_id].name == "CLIENT"
    assert not world.do(DefineLicense(owner=OWNER, name="CLIENT", display_name="Other", expires=NOON))


@pytest.mark.parametrize(("method", "enabled"), [(Method.ASSIGNABLE, True), (Method.CONCURRENT, True), (None, False)])
@pytest.mark.parametrize("kind", [LicenseKind.SITE, LicenseKind.SATELLITE])
def test_what_is_assigned_does_not_come_to_cover_the_whole_installation_whether_it_counts_or_not(
    kind: LicenseKind, method: Method | None, *, enabled: bool
) -> None:
    """As a document that says so is refused (docs/decisions/owners-and-plans.md)."""
    world = _assigned(2, 3)
    for login in ("agent00", "agent01"):
        world.profile(login, enabled=enabled, method=method or Method.ASSIGNABLE)
    world.station("desk1", "CLIENT")
    site = DefineLicense(owner=OWNER, name="CLIENT", display_name="CLIENT", kind=kind)
    before = world.picture()
    with pytest.raises(
        Refusal, match=r"while it is assigned \(2 to users, 1 to stations, 0 to applications\)"
    ) as refused:
        world.do(site)
    assert refused.value.code is Code.STILL_ASSIGNED
    assert world.picture() == before
    world.unassign("agent00", "CLIENT")
    world.unassign("agent01", "CLIENT")
    world.do(Unassign(holder=station_named("desk1"), licenses=(named("CLIENT"),)))
    assert world.do(site)
    assert world.do(DefineLicense(owner=OWNER, name="CLIENT", display_name="CLIENT", kind=LicenseKind.USER))


def test_names_are_one_without_case() -> None:
    world = World()
    assert world.do(DefineStation(name="Desk1", display_name="Desk")) is True
    assert world.do(DefineStation(name="DESK1", display_name="Desk")) is False
    assert world.do(DefineUser(login="Agent01", display_name="Agent")) is True
    assert world.do(DefineUser(login="AGENT01", display_name="Agent")) is False


def test_a_license_of_another_owner_is_another_license() -> None:
    world = _assigned(1, 1)
    world.do(DefineLicense(owner="OTHER", name="CLIENT", display_name="Client"))
    assert world.state.license_ids["other", "client"] != world.state.license_ids["inin", "client"]


def test_deleting_a_user_ends_his_sessions_holds_and_assignments() -> None:
    """Decision 24."""
    world = _assigned(1, 1)
    session = world.connect("agent00")
    world.acquire(session, "CLIENT")
    events = world.events_of(DeleteUser(login="AGENT00"))
    assert [type(event) for event in events] == [Released, Ended, Unassigned, UserDeleted]
    assert [event.reason for event in events if isinstance(event, Ended)] == [EndReason.USER_DELETED]
    assert (world.alive(session), world.pool("CLIENT").assigned) == (False, 0)


def test_deletion_is_a_mark_that_history_can_read() -> None:
    """Decision 24."""
    world = World()
    number = world.user("agent01")
    world.do(DeleteUser(login="agent01"))
    assert (world.state.users[number].login, world.state.users[number].deleted_at) == ("agent01", NOON)


def test_a_login_may_be_used_again_an_associate_id_never() -> None:
    """Decision 24."""
    world = World()
    number = world.user("agent01")
    world.do(DefineUser(login="agent01", display_name="agent01", password_hash="hash"))
    world.do(DeleteUser(login="agent01"))
    assert world.state.credentials.get(number) is None
    assert world.user("agent01") != number
    with pytest.raises(Refusal) as refused:
        world.do(DefineUser(login="agent02", display_name="agent02", user_id=number))
    assert refused.value.code is Code.USER_ID_TAKEN


def test_the_login_used_again_inherits_nothing() -> None:
    """Decision 24."""
    world = _assigned(1, 1)
    world.profile("agent00", enabled=False)
    world.do(DeleteUser(login="agent00"))
    world.do(DefineUser(login="agent00", display_name="agent00"))
    assert not world.acquire(world.connect("agent00"), "CLIENT").granted
    world.assign("agent00", "CLIENT")
    assert world.acquire(world.connect("agent00"), "CLIENT").granted


def test_an_asked_associate_id_is_given_and_counted_on_from() -> None:
    world = World()
    world.do(DefineUser(login="agent01", display_name="agent01", user_id=500))
    assert (world.state.user_ids["agent01"], world.user("agent02")) == (500, 501)


def test_a_password_is_set_beside_the_user_and_in_no_event() -> None:
    world = World()
    command = DefineUser(login="agent01", display_name="agent01", password_hash="the hash")
    events = world.events_of(command)
    assert isinstance(events[-1], PasswordChanged)
    assert not any("the hash" in repr(event) for event in events)
    assert world.events_of(command) == []


def test_what_was_made_of_all_licenses_is_known_to_be_out_of_date() -> None:
    """The mark is another one after each commit that changed a license, and only then."""
    world = _assigned(1, 1)
    before = world.image.licenses_mark
    world.commit()
    defined = world.image.licenses_mark
    assert defined is not before
    session_id = world.connect("agent00")
    world.acquire(session_id, "CLIENT")
    world.seats("CLIENT", 2, 2)
    world.commit()
    assert world.image.licenses_mark is defined
    world.license("ANOTHER", assignable=1)
    world.commit()
    assert world.image.licenses_mark is not defined
