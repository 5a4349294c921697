"""Case 6: polls with nothing queued, ten thousand event streams in one process, and what idle ones take of memory."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import uvloop

from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, load
from bench.place import Place
from bench.servers import Served, bare, copied, seatkeeper
from bench.streams import Known, Streams, allow_files, sessions
from bench.worlds import ACCESS, MEDIA, SESSIONS, World, login

AGENTS: Final = World(users=10_000, assigned=4)
CROWDS: Final = World(users=10, sessions=1_000, assigned=4)
FEW: Final = World(users=10, sessions=100, assigned=4)
"""As CROWDS, with fewer sessions: what both take of memory says what one session takes."""

SECONDS: Final = 2
_FIRST: Final = 1_000  # streams that are open when memory is first looked at
_ASSIGNMENTS: Final = 100  # in one round
_CHANGES: Final = 10  # of a crowd, in one round


class _Streamed(NamedTuple):
    """What was measured with all streams open. `told`: for each change the milliseconds until each stream was told."""

    stream_bytes: float
    told: list[list[float]]


def measure(place: Place) -> Case:
    """Poll in turn with the yardstick; then open streams and change assignments."""
    allow_files(AGENTS.live)
    with _served(place, FEW) as served:
        few_bytes = served.resident_bytes
    with _served(place, AGENTS) as served:
        polls, frame = _polled(served, place.rounds)
        alone = _streamed(served, AGENTS, place.rounds * _ASSIGNMENTS)
    with _served(place, CROWDS) as served:
        session_bytes = (served.resident_bytes - few_bytes) / (CROWDS.live - FEW.live)
        crowds = _streamed(served, CROWDS, place.rounds * _CHANGES)
    return Case(
        6,
        "polls and event streams",
        (
            Figure("polls with nothing queued", tuple(polls), "requests/s"),
            Figure("bare", tuple(frame), "requests/s"),
            ratios("of bare", polls, frame, Goal("at least", 0.45)),
            Figure(
                "p99 of an assignment to its stream",
                tuple(_p99(told) for told in _rounds(alone.told, place.rounds)),
                "ms",
                Goal("at most", 100),
                "10,000 streams are open; from before it is asked for",
            ),
            Figure(
                "a change to the last of 1,000 streams",
                tuple(max(told) for told in crowds.told),
                "ms",
                Goal("at most", 40),
                "of one user, 10,000 are open; from before it is asked for",
            ),
            Figure(
                "memory of an idle stream",
                (alone.stream_bytes / 1000, crowds.stream_bytes / 1000),
                "kB",
                Goal("at most", 20),
                "with its subscription",
            ),
            Figure("memory of an idle session", (session_bytes / 1000,), "kB", Goal("at most", 4)),
        ),
    )


@contextmanager
def _served(place: Place, world: World) -> Iterator[Served]:
    """A server of which every session has been heard of."""
    data = copied(place.world(world), place.work / "streams")
    with seatkeeper(data) as served:
        load(served.url, "each_once.lua", data / SESSIONS, seconds=60)
        yield served


def _polled(served: Served, rounds: int) -> tuple[list[float], list[float]]:
    """Polls a second, and answers of the yardstick."""
    polls: list[Load] = []
    frame: list[Load] = []
    with bare(answer=len(b"[]")) as beside:
        for _ in range(rounds):
            frame.append(load(beside.url, "poll.lua", served.data / SESSIONS, seconds=SECONDS))
            polls.append(load(served.url, "poll.lua", served.data / SESSIONS, seconds=SECONDS))
    return [each.rate for each in polls], [each.rate for each in frame]


def _streamed(served: Served, world: World, changes: int) -> _Streamed:
    """Open the streams of all sessions of a world, and make so many changes."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_stream(served, world, changes))


async def _stream(served: Served, world: World, changes: int) -> _Streamed:
    known = sessions(served.data / SESSIONS)
    address = urlsplit(served.url)
    streams = Streams(address.hostname or "", address.port or 0, (ACCESS, MEDIA))
    await streams.add(known[:_FIRST])
    first_bytes = served.resident_bytes
    await streams.add(known[_FIRST:])
    stream_bytes = (served.resident_bytes - first_bytes) / (len(known) - _FIRST)
    headers = {"Authorization": f"Bearer {served.admin_token}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, trust_env=False) as admin:
        told = [await _change(admin, streams, known, world.users, number) for number in range(changes)]
    streams.close()
    return _Streamed(stream_bytes, told)


async def _change(
    admin: httpx.AsyncClient, streams: Streams, known: Sequence[Known], users: int, number: int
) -> list[float]:
    """Take a license from a user, whom all others follow in turn, or give it back to him; users take turns in the file
    of sessions. Milliseconds until each of his streams was told."""
    user = number // 2 % users + 1
    his = [session.id for session in known[user - 1 :: users]]
    streams.listen(his)
    since = perf_counter()
    change = {"holder": {"kind": "user", "name": login(user)}, "licenses": [ACCESS]}
    changing = asyncio.create_task(
        admin.post("/v1/assignments" if number % 2 else "/v1/assignments/remove", json=change)
    )
    told = await streams.told(his, since)
    (await changing).raise_for_status()
    return told


def _rounds(told: list[list[float]], rounds: int) -> list[list[float]]:
    """What was told singly, by rounds."""
    each = len(told) // rounds
    return [[first for first, *_ in told[at * each : (at + 1) * each]] for at in range(rounds)]


def _p99(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[int(len(milliseconds) * 0.99) - 1]
