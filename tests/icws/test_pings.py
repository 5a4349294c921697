"""The clock that wakes idle event streams, without a server."""

import asyncio
import time

import pytest

from seatkeeper.icws.pings import Pings

pytestmark = pytest.mark.anyio


class Stream:
    """One that notes when it is woken, and sends nothing by itself."""

    def __init__(self, pings: Pings) -> None:
        self.due = pings.due()
        self.open = True
        self.woken: list[float] = []
        self.wakes = asyncio.Event()

    def wake(self) -> None:
        self.woken.append(asyncio.get_running_loop().time())
        self.wakes.set()


async def test_an_idle_stream_is_woken_again_and_again_until_it_is_closed() -> None:
    pings = Pings(0.2)
    stream = Stream(pings)
    began = asyncio.get_running_loop().time()
    pings.look_after(stream)
    async with asyncio.timeout(30):
        while len(stream.woken) < 3:
            stream.wakes.clear()
            await stream.wakes.wait()
    for count, woken in enumerate(stream.woken, 1):
        assert woken - began > count * 0.149, "never before three quarters of the interval"
    stream.open = False
    other = Stream(pings)
    pings.look_after(other)
    async with asyncio.timeout(30):
        await other.wakes.wait()
    assert len(stream.woken) == 3


async def test_a_stream_to_which_something_is_sent_waits_anew() -> None:
    pings = Pings(0.2)
    busy, idle = Stream(pings), Stream(pings)
    for each in (busy, idle):
        pings.look_after(each)
    async with asyncio.timeout(30):
        while len(idle.woken) < 3:
            await asyncio.sleep(0)
            busy.due = pings.due()  # something has been sent
    assert not busy.woken


async def test_a_loop_that_comes_late_to_each_turn_wakes_in_time_all_the_same() -> None:
    pings = Pings(1.0)
    stream = Stream(pings)
    loop = asyncio.get_running_loop()
    began = loop.time()
    pings.look_after(stream)
    while not stream.woken and loop.time() - began < 30:
        time.sleep(0.03)  # noqa: ASYNC251 - the loop is held up
        await asyncio.sleep(0)
    turns = (stream.woken[0] - began) / 0.03
    assert turns < 100, "as late as one turn, not as all of them together"


async def test_streams_that_were_told_something_together_are_not_pinged_together() -> None:
    pings = Pings(0.2)
    assert len({pings.due() for _ in range(200)}) > 10
