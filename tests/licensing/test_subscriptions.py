"""Hearing of assignments (seed license-subscriptions; contract 3.5)."""

import pytest

from seatkeeper.licensing.commands import Subscribe, Unsubscribe
from seatkeeper.licensing.entities import LicenseName
from seatkeeper.licensing.events import Subscribed, Unsubscribed
from tests.licensing.world import OWNER, World


@pytest.fixture
def world() -> World:
    """agent01 has CLIENT; desk1 has RECORDER."""
    world = World()
    world.license("CLIENT", assignable=1)
    world.license("RECORDER", assignable=1)
    world.station("desk1", "RECORDER")
    world.user("agent01", "CLIENT")
    return world


def _subscribe(world: World, session: int, *names: str) -> tuple[tuple[str, bool], ...]:
    return world.do(Subscribe(session_id=session, owner=OWNER, names=names))


def test_the_first_message_says_where_each_license_stands_as_spelled(world: World) -> None:
    session = world.connect("agent01")
    assert _subscribe(world, session, "client", "RECORDER", "nonsense", "CLIENT") == (
        ("client", True),
        ("RECORDER", False),
        ("nonsense", False),
        ("CLIENT", True),
    )


def test_what_the_station_has_is_not_assigned_to_the_user(world: World) -> None:
    assert _subscribe(world, world.connect("agent01", "desk1"), "RECORDER") == (("RECORDER", False),)


def test_an_assignment_that_is_not_enabled_does_not_count(world: World) -> None:
    world.profile("agent01", enabled=False)
    assert _subscribe(world, world.connect("agent01"), "CLIENT") == (("CLIENT", False),)


def test_a_new_list_replaces_the_old(world: World) -> None:
    session = world.connect("agent01")
    _subscribe(world, session, "CLIENT")
    _subscribe(world, session, "RECORDER")
    assert world.state.subscriptions[session].names == ("RECORDER",)


def test_the_event_carries_what_the_message_says(world: World) -> None:
    session = world.connect("agent01")
    events = world.events_of(Subscribe(session_id=session, owner=OWNER, names=("CLIENT", "x")))
    assert [(event.names, event.assigned) for event in events if isinstance(event, Subscribed)] == [
        (("CLIENT", "x"), (True, False))
    ]


def test_unsubscribing_without_a_subscription_is_no_event(world: World) -> None:
    session = world.connect("agent01")
    assert world.events_of(Unsubscribe(session_id=session)) == []
    _subscribe(world, session, "CLIENT")
    assert [type(event) for event in world.events_of(Unsubscribe(session_id=session))] == [Unsubscribed]


def test_a_license_is_named_by_its_owner_too(world: World) -> None:
    session = world.connect("agent01")
    assert world.do(Subscribe(session_id=session, owner="OTHER", names=("CLIENT",))) == (("CLIENT", False),)
    assert LicenseName("OTHER", "CLIENT") != LicenseName(OWNER, "CLIENT")
