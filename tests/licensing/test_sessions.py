"""Connecting, ending and expiring (contract 2.1, 2.3 and 2.5; decision 7; rule L9)."""

import pytest

from seatkeeper.licensing.commands import Connect, EndReason, EndSession, ExpireSession, FindSession, Subscribe
from seatkeeper.licensing.events import Ended, Released, ReleaseReason
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.state import FIRST_SESSION
from tests.licensing.world import OWNER, World

TIMEOUT = 60_000


@pytest.fixture
def world() -> World:
    """A user with one license by either method, and a short time-out."""
    world = World(Policy(idle_timeout=TIMEOUT))
    world.license("CLIENT", concurrent=1)
    world.license("OWN", assignable=1)
    world.station("desk1", "OWN")
    world.concurrent_user("agent01", "CLIENT")
    return world


def test_sessions_are_numbered_in_order_from_ten_digits(world: World) -> None:
    assert [world.connect("agent01"), world.connect("agent01")] == [FIRST_SESSION, FIRST_SESSION + 1]


def test_the_keys_of_a_session_stand_beside_it_and_in_no_event(world: World) -> None:
    session = world.connect("agent01")
    assert world.state.session_keys[session].cookie_digest == b"cookie"
    assert not any("cookie" in repr(event) for event, _ in world.log)


def test_ending_releases_all_and_leaves_no_row_behind(world: World) -> None:
    """Decision 7."""
    before = world.picture()
    session = world.connect("agent01", "desk1")
    world.acquire(session, "CLIENT")
    world.acquire(session, "OWN")
    world.do(Subscribe(session_id=session, owner=OWNER, names=("CLIENT",)))
    events = world.events_of(EndSession(session_id=session, reason=EndReason.ADMINISTRATOR))
    assert {event.reason for event in events if isinstance(event, Released)} == {ReleaseReason.SESSION_ENDED}
    assert isinstance(events[-1], Ended)
    assert {name: rows for name, rows in world.picture().items() if name != "counters"} == {
        name: rows for name, rows in before.items() if name != "counters"
    }


def test_a_session_is_found_while_it_lives(world: World) -> None:
    session = world.connect("agent01")
    found = world.do(FindSession(session_id=session))
    assert found is not None
    assert found.id == session
    world.do(EndSession(session_id=session, reason=EndReason.LOGGED_OFF))
    assert world.do(FindSession(session_id=session)) is None


def test_an_idle_session_expires_when_the_whole_timeout_has_passed(world: World) -> None:
    session = world.connect("agent01")
    world.acquire(session, "CLIENT")
    world.now += TIMEOUT - 1
    assert world.do(ExpireSession(session_id=session)) is False
    world.now += 1
    assert world.do(ExpireSession(session_id=session)) is True
    assert world.pool("CLIENT").concurrent_in_use == 0


def test_activity_is_looked_at_again_when_the_expiry_is_decided(world: World) -> None:
    """Rule L9."""
    session = world.connect("agent01")
    world.now += TIMEOUT
    world.image.last_seen[session] = world.now - 1
    assert world.do(ExpireSession(session_id=session)) is False
    assert world.alive(session)


@pytest.mark.parametrize("own", [TIMEOUT // 4, TIMEOUT * 4])
def test_a_session_may_have_a_timeout_of_its_own(world: World, own: int) -> None:
    common, special = world.connect("agent01"), _connected(world, idle_timeout=own)
    first, last = sorted((common, special), key=lambda each: own if each == special else TIMEOUT)
    world.now += min(own, TIMEOUT) - 1
    assert [world.do(ExpireSession(session_id=each)) for each in (first, last)] == [False, False]
    world.now += 1
    assert [world.do(ExpireSession(session_id=each)) for each in (first, last)] == [True, False]
    world.now += max(own, TIMEOUT) - min(own, TIMEOUT)
    assert world.do(ExpireSession(session_id=last)) is True


def test_the_oldest_sessions_of_a_user_in_an_application_end_beyond_as_many_as_may_live(world: World) -> None:
    world.concurrent_user("agent02")
    others = [world.connect("agent01", application="desktop"), _connected(world, login="agent02", at_most=2)]
    first, second, third = (_connected(world, at_most=2) for _ in range(3))
    assert [world.alive(each) for each in (first, second, third, *others)] == [False, True, True, True, True]
    assert _connected(world, at_most=1)
    assert [world.alive(each) for each in (second, third, *others)] == [False, False, True, True]


def test_fewer_sessions_than_may_live_end_none(world: World) -> None:
    few = [_connected(world, at_most=100) for _ in range(60)]
    assert all(world.alive(each) for each in few)


def test_expiring_a_session_that_has_ended_is_no_event(world: World) -> None:
    session = world.connect("agent01")
    world.do(EndSession(session_id=session, reason=EndReason.LOGGED_OFF))
    world.now += TIMEOUT
    assert world.events_of(ExpireSession(session_id=session)) == []


def _once_more(world: World, source: int, *, ends_source: bool) -> Connect:
    return Connect(
        user_id=world.state.user_ids["agent01"],
        application="desktop",
        machine="10.0.0.1",
        language="en-US",
        cookie_digest=b"cookie",
        csrf_digest=b"csrf",
        source=source,
        ends_source=ends_source,
    )


def test_a_session_that_vouches_for_another_goes_on_unless_it_is_to_end(world: World) -> None:
    source = world.connect("agent01")
    world.acquire(source, "CLIENT")
    second = world.do(_once_more(world, source, ends_source=False)).session_id
    assert world.alive(source)
    third = world.do(_once_more(world, source, ends_source=True)).session_id
    assert [world.alive(each) for each in (source, second, third)] == [False, True, True]
    assert world.pool("CLIENT").concurrent_in_use == 0


def test_a_session_that_has_ended_vouches_for_nobody(world: World) -> None:
    source = world.connect("agent01")
    world.do(EndSession(session_id=source, reason=EndReason.LOGGED_OFF))
    with pytest.raises(Refusal) as refused:
        world.do(_once_more(world, source, ends_source=True))
    assert refused.value.code is Code.SESSION_ENDED


def _connected(
    world: World, *, login: str = "agent01", idle_timeout: int | None = None, at_most: int | None = None
) -> int:
    command = Connect(
        user_id=world.state.user_ids[login],
        application="tickets",
        machine="192.0.2.1",
        language="en-US",
        cookie_digest=b"cookie",
        csrf_digest=b"csrf",
        idle_timeout=idle_timeout,
        at_most=at_most,
    )
    return world.do(command).session_id
