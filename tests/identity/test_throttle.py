"""Failed log-ons slow the next ones, by user and address, by user, and by address."""

import asyncio

import pytest

from seatkeeper.identity.throttle import Allowances, Throttle

pytestmark = pytest.mark.anyio


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _throttle(allowances: Allowances) -> tuple[Throttle, Time]:
    time = Time()
    return Throttle(allowances, clock=time.clock, sleep=time.sleep), time


async def _fail(throttle: Throttle, login: str, address: str) -> None:
    if await throttle.admit(login, address):
        throttle.failed(login, address)


async def test_delays_grow_beyond_the_allowance_up_to_their_bound() -> None:
    throttle, time = _throttle(Allowances(pair=2, first_delay=1, longest_delay=5))
    for _ in range(7):
        await _fail(throttle, "agent01", "10.0.0.1")
    assert time.slept == [1, 2, 4, 5, 5]


async def test_logins_that_differ_by_case_are_one_user() -> None:
    throttle, _ = _throttle(Allowances(pair=1))
    await _fail(throttle, "agent01", "10.0.0.1")
    assert throttle.delay("AGENT01", "10.0.0.1") > 0


async def test_another_user_and_another_address_are_not_slowed_by_a_pair() -> None:
    throttle, _ = _throttle(Allowances(pair=1))
    await _fail(throttle, "agent01", "10.0.0.1")
    assert throttle.delay("agent01", "10.0.0.2") == 0
    assert throttle.delay("agent02", "10.0.0.1") == 0


async def test_one_user_is_slowed_over_all_addresses() -> None:
    throttle, _ = _throttle(Allowances(user=3))
    for n in range(3):
        await _fail(throttle, "agent01", f"10.0.0.{n}")
    assert throttle.delay("agent01", "10.0.0.99") > 0
    assert throttle.delay("agent02", "10.0.0.99") == 0


async def test_one_address_is_slowed_over_all_users() -> None:
    throttle, _ = _throttle(Allowances(address=3))
    for n in range(3):
        await _fail(throttle, f"agent0{n}", "10.0.0.1")
    assert throttle.delay("agent99", "10.0.0.1") > 0
    assert throttle.delay("agent99", "10.0.0.2") == 0


async def test_a_site_that_logs_on_from_one_address_is_not_slowed() -> None:
    throttle, time = _throttle(Allowances(address=3))
    users = [f"agent{n}" for n in range(50)]
    for user in users:
        assert await throttle.admit(user, "10.0.0.1")
    for user in users:
        throttle.succeeded(user, "10.0.0.1")
    assert throttle.delay("agent0", "10.0.0.1") == 0
    assert time.slept == []


async def test_a_success_forgets_the_failures_of_its_pair() -> None:
    throttle, _ = _throttle(Allowances(pair=2, user=100))
    await _fail(throttle, "agent01", "10.0.0.1")
    assert await throttle.admit("agent01", "10.0.0.1")
    throttle.succeeded("agent01", "10.0.0.1")
    assert throttle.delay("agent01", "10.0.0.1") == 0


async def test_a_success_leaves_failures_of_other_addresses_counted() -> None:
    throttle, _ = _throttle(Allowances(user=2))
    await _fail(throttle, "agent01", "10.0.0.1")
    await _fail(throttle, "agent01", "10.0.0.2")
    assert await throttle.admit("agent01", "10.0.0.3")
    throttle.succeeded("agent01", "10.0.0.3")
    assert throttle.delay("agent01", "10.0.0.4") > 0


async def test_failures_are_forgotten_in_time() -> None:
    throttle, time = _throttle(Allowances(pair=1, user=1, address=1, forget_after=60))
    await _fail(throttle, "agent01", "10.0.0.1")
    time.now += 59
    assert throttle.delay("agent01", "10.0.0.1") > 0
    time.now += 1
    assert throttle.delay("agent01", "10.0.0.1") == 0


async def test_many_attempts_at_once_gain_nothing() -> None:
    throttle, time = _throttle(Allowances(pair=3))
    for _ in range(3):
        assert await throttle.admit("agent01", "10.0.0.1")
    assert time.slept == []
    await throttle.admit("agent01", "10.0.0.1")
    assert len(time.slept) == 1


async def test_only_so_many_may_wait_at_once_and_the_rest_fail_at_once() -> None:
    release = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await release.wait()

    throttle = Throttle(Allowances(pair=1, waiting_pair=2), sleep=sleep)
    await _fail(throttle, "agent01", "10.0.0.1")
    waiting = [asyncio.create_task(throttle.admit("agent01", "10.0.0.1")) for _ in range(2)]
    await asyncio.sleep(0)
    assert not await throttle.admit("agent01", "10.0.0.1")
    release.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await throttle.admit("agent01", "10.0.0.1")


async def test_the_tables_are_bounded() -> None:
    throttle, _ = _throttle(Allowances(pair=1, user=1, address=1000, capacity=10))
    for n in range(30):
        await _fail(throttle, f"agent{n}", "10.0.0.1")
    assert throttle.delay("agent0", "10.0.0.2") == 0
    assert throttle.delay("agent29", "10.0.0.2") > 0


async def test_failures_whose_time_is_over_take_no_memory() -> None:
    throttle, time = _throttle(Allowances(forget_after=60))
    for number in range(100):
        await _fail(throttle, f"agent{number}", "10.0.0.1")
    assert len(throttle) == 201  # users, pairs, and the one address
    time.now += 61
    await _fail(throttle, "agent01", "10.0.0.2")
    assert len(throttle) == 3


async def test_all_that_was_counted_can_be_forgotten() -> None:
    throttle, _ = _throttle(Allowances(pair=1))
    for _ in range(3):
        await _fail(throttle, "agent01", "10.0.0.1")
    assert throttle.delay("agent01", "10.0.0.1") > 0
    throttle.forget()
    assert (len(throttle), throttle.delay("agent01", "10.0.0.1")) == (0, 0)
