"""What state a server is in, and how it gets into another."""

import itertools

import pytest

from seatkeeper.transport.availability import Availability, State


def availability(*, standby: bool = False) -> Availability:
    times = itertools.count(1)
    return Availability(("ic2.example",), lambda: next(times), standby=standby)


@pytest.mark.parametrize(("standby", "state"), [(False, State.SERVING), (True, State.STANDBY)])
def test_a_setting_says_how_it_starts(standby: bool, state: State) -> None:
    started = availability(standby=standby)
    assert (started.state, started.since, started.alternate_hosts) == (state, 1, ("ic2.example",))


@pytest.mark.parametrize("first", [State.SERVING, State.DRAINING, State.STANDBY])
@pytest.mark.parametrize("then", list(State))
def test_any_state_follows_any_other_but_a_stop(first: State, then: State) -> None:
    server = availability()
    assert server.enter(first)
    since = server.since
    assert server.enter(then)
    assert server.state is then
    assert server.since == (since if then is first else since + 1)


@pytest.mark.parametrize("then", list(State))
def test_a_stop_is_final(then: State) -> None:
    server = availability()
    server.enter(State.STOPPING)
    assert server.enter(then) is (then is State.STOPPING)
    assert (server.state, server.since) == (State.STOPPING, 2)
