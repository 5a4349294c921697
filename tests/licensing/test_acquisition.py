"""Stages, replacement and release (decisions 2, 6 and 7; contract section 4)."""

import pytest

from seatkeeper.licensing.commands import AcquireLicenses, ReleaseLicenses, ReplaceLicenses
from seatkeeper.licensing.events import Acquired, Denied, Released, ReleaseReason
from tests.licensing.world import ABORT, CONTINUE, World, named, stage


@pytest.fixture
def world() -> World:
    """agent01 has A and B by the concurrent method; C is there and not his."""
    world = World()
    for name in "ABC":
        world.license(name, concurrent=1)
    world.concurrent_user("agent01", "A", "B")
    return world


def test_results_keep_the_requests_order_one_for_each_mention(world: World) -> None:
    """Decision 2."""
    session = world.connect("agent01")
    command = AcquireLicenses(session_id=session, licenses=tuple(map(named, ["B", "C", "a", "B", "C", "x"])))
    assert [(each.license, each.granted) for each in world.do(command)] == [
        ("B", True),
        ("C", False),
        ("a", True),
        ("B", True),
        ("C", False),
        ("x", False),
    ]


def test_a_license_named_twice_takes_one_seat_and_is_acquired_once(world: World) -> None:
    session = world.connect("agent01")
    events = world.events_of(AcquireLicenses(session_id=session, licenses=(named("A"), named("a"))))
    assert [type(event) for event in events] == [Acquired]
    assert world.pool("A").concurrent_in_use == 1


def test_a_failed_stage_that_continues_is_followed_by_the_next(world: World) -> None:
    """Decision 2."""
    stages = world.in_stages(world.connect("agent01"), stage("one", CONTINUE, "C"), stage("two", CONTINUE, "A"))
    assert [(each.name, [verdict.granted for verdict in each.verdicts]) for each in stages] == [
        ("one", [False]),
        ("two", [True]),
    ]


def test_stages_after_an_abort_are_absent_and_change_nothing(world: World) -> None:
    """Decision 2."""
    session = world.connect("agent01")
    stages = world.in_stages(session, stage("one", ABORT, "C"), stage("two", CONTINUE, "A"), stage("three", ABORT, "B"))
    assert [each.name for each in stages] == ["one"]
    assert world.held(session) == set()


def test_what_a_failed_stage_acquired_stays_acquired(world: World) -> None:
    """Decision 2. The stage is decided to its end: what follows the refused license is tried as well."""
    session = world.connect("agent01")
    stages = world.in_stages(session, stage("one", ABORT, "A", "C", "B"), stage("two", CONTINUE, "A"))
    assert [verdict.granted for verdict in stages[0].verdicts] == [True, False, True]
    assert world.held(session) == {"A", "B"}


def test_an_abort_that_nothing_failed_under_aborts_nothing(world: World) -> None:
    stages = world.in_stages(world.connect("agent01"), stage("one", ABORT, "A"), stage("two", ABORT, "B"))
    assert [each.name for each in stages] == ["one", "two"]


def test_stages_of_one_name_each_have_their_result(world: World) -> None:
    stages = world.in_stages(world.connect("agent01"), stage("same", CONTINUE, "A"), stage("same", CONTINUE, "A"))
    assert [each.name for each in stages] == ["same", "same"]


def test_a_refusal_is_an_event_and_each_mention_has_its_own(world: World) -> None:
    session = world.connect("agent01")
    events = world.events_of(AcquireLicenses(session_id=session, licenses=(named("C"), named("c"))))
    assert [event.license for event in events if isinstance(event, Denied)] == ["C", "c"]


def test_acquiring_leaves_what_is_held_alone(world: World) -> None:
    session = world.connect("agent01")
    world.acquire(session, "A")
    world.acquire(session, "B")
    assert world.held(session) == {"A", "B"}


def test_replacing_decides_the_new_before_it_lets_go_of_the_old(world: World) -> None:
    """Decision 6."""
    session = world.connect("agent01")
    world.acquire(session, "A")
    events = world.events_of(ReplaceLicenses(session_id=session, licenses=(named("B"),)))
    assert [type(event) for event in events] == [Acquired, Released]
    assert world.held(session) == {"B"}


def test_a_license_in_both_sets_is_never_let_go(world: World) -> None:
    """Decision 6."""
    session = world.connect("agent01")
    world.acquire(session, "A")
    events = world.events_of(ReplaceLicenses(session_id=session, licenses=(named("b"), named("a"))))
    assert [type(event) for event in events] == [Acquired]
    assert world.held(session) == {"A", "B"}


def test_replacing_lets_go_of_the_old_where_the_new_is_refused(world: World) -> None:
    """Decision 6: exactly the new set is held, as far as it was granted."""
    session = world.connect("agent01")
    world.acquire(session, "A")
    verdicts = world.do(ReplaceLicenses(session_id=session, licenses=(named("C"), named("nonsense"))))
    assert [verdict.granted for verdict in verdicts] == [False, False]
    assert world.held(session) == set()


def test_releasing_frees_all_of_the_session_and_nothing_of_another(world: World) -> None:
    first, second = world.connect("agent01"), world.connect("agent01")
    for session in (first, second):
        world.in_stages(session, stage("all", ABORT, "A", "B"))
    events = world.events_of(ReleaseLicenses(session_id=first))
    assert [(event.frees_seat, event.reason) for event in events if isinstance(event, Released)] == [
        (False, ReleaseReason.CLIENT),
        (False, ReleaseReason.CLIENT),
    ]
    assert (world.held(first), world.held(second)) == (set(), {"A", "B"})


def test_the_seat_is_free_when_the_users_last_session_releases(world: World) -> None:
    """Decision 5."""
    sessions = [world.connect("agent01"), world.connect("agent01")]
    for session in sessions:
        world.acquire(session, "A")
    counts = []
    for session in sessions:
        world.do(ReleaseLicenses(session_id=session))
        counts.append(world.pool("A").concurrent_in_use)
    assert counts == [1, 0]


def test_releasing_twice_is_no_event(world: World) -> None:
    session = world.connect("agent01")
    assert world.events_of(ReleaseLicenses(session_id=session)) == []
