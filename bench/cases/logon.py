"""Case 8: everybody logs on at nine: with passwords that the server remembers, and with ones that it must hash.

All come from one address. That slows nobody down: against an address only failures count.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
from argon2 import PasswordHasher
from msgspec import Struct

from bench.cases.acquire import warm
from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, LoadFailed, load
from bench.place import Place
from bench.servers import Served, bare, copied, seatkeeper
from bench.worlds import SESSIONS, World, login
from seatkeeper.identity.passwords import LANES, MEMORY_KIB, PASSES, step_back
from seatkeeper.settings import Settings

PASSWORD: Final = "nine o'clock"  # noqa: S105 - that of bench/wrk/log_on.lua
_HASHER: Final = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
_HASH: Final = _HASHER.hash(PASSWORD, salt=b"a prepared world")  # 16 bytes, as others: else it would be made anew

WORLD: Final = World(users=12_000, assigned=4, password_hash=_HASH)
ACQUIRING: Final = 8_000
"""So many of the users acquire, by the sessions that they have. The others log on."""

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_CONNECTIONS: Final = 32
_SECONDS: Final = 2
_HASH_SECONDS: Final = 1
_ACQUIRE_SECONDS: Final = 3
_UNDER_WAY: Final = 0.5  # seconds until as many wait for a hash as ever will
_IDLE_SECONDS: Final = 0.25  # without a tick of hashing: nobody waits for a hash any more
_ACQUIRE_CONNECTIONS: Final = 8
_ACQUIRE_PAUSE: Final = 40  # the longest of a connection, in milliseconds: some 350 acquisitions a second in all


class _Storm(Struct, frozen=True):
    """Log-ons whose passwords were hashed. `hashing`: the part of the server's processor time that hashing took."""

    log_ons: Load
    hashing: float


class _Round(Struct, frozen=True):
    """What is measured in turn. `hashes`: passwords that as many threads verify a second which do nothing else."""

    hashes: float
    cold: _Storm
    quiet: Load
    during: Load
    bare: Load
    remembered: Load


def measure(place: Place) -> Case:
    """Log on in storms, cold and remembered, and acquire the while."""
    data = copied(place.world(WORLD), place.work / "logon")
    with seatkeeper(data) as served, bare("log-on", answer=_answer_bytes(served), status=201) as beside:
        warm(served)  # as it is at nine: the users are in memory since yesterday, their passwords for five minutes only
        rounds = list(_rounds(place.rounds, served, beside))
    return Case(8, "log-on storm", tuple(_figures(rounds)))


def _figures(rounds: list[_Round]) -> Iterator[Figure]:
    remembered, frame = [each.remembered.rate for each in rounds], [each.bare.rate for each in rounds]
    count = sum(each.remembered.requests for each in rounds)
    yield Figure("log-ons, remembered", tuple(remembered), "requests/s", note=f"{count:,} in all")
    yield Figure("bare", tuple(frame), "requests/s")
    yield ratios("remembered, of bare", remembered, frame, Goal("at least", 0.12))
    cold, hashes = [each.cold.log_ons.rate for each in rounds], [each.hashes for each in rounds]
    yield Figure("log-ons, cold", tuple(cold), "requests/s", note="each a password hashed: 19 MiB, 2 passes")
    yield Figure("hashes of a plain loop", tuple(hashes), "1/s", note="argon2 alone, in as many threads")
    yield ratios("cold, of the plain loop", cold, hashes, Goal("at least", 0.85))
    yield Figure(
        "hashing, of the server's processor time",
        tuple(each.cold.hashing for each in rounds),
        "",
        Goal("at least", 0.8),
    )
    quiet, during = [each.quiet.p99 / 1000 for each in rounds], [each.during.p99 / 1000 for each in rounds]
    yield Figure("p99 of acquire, quiet", tuple(quiet), "ms")
    yield Figure("p99 of acquire, in a cold storm", tuple(during), "ms")
    yield ratios("p99 in a storm, of quiet", during, quiet, Goal("at most", 2.0))


def _rounds(count: int, served: Served, beside: Served) -> Iterator[_Round]:
    """So many rounds. Nobody who logs on in a cold storm has done so before."""
    acquired, logged_on = 1, ACQUIRING  # the first session is that of the answer that was measured
    for _ in range(count):
        hashes = _hashes_per_second()
        first = logged_on + 1
        cold = _storm(served, first, _SECONDS)
        known = first + cold.log_ons.requests - 1
        logged_on = known + _CONNECTIONS  # those whom the end of the storm cut off
        quiet = _acquire(served, acquired)
        acquired += quiet.requests + _ACQUIRE_CONNECTIONS
        with ThreadPoolExecutor(1) as side:
            storm = side.submit(_storm, served, logged_on + 1, _ACQUIRE_SECONDS + 1)
            time.sleep(_UNDER_WAY)
            during = _acquire(served, acquired)
        acquired += during.requests + _ACQUIRE_CONNECTIONS
        logged_on += storm.result().log_ons.requests + _CONNECTIONS
        yield _Round(
            hashes,
            cold,
            quiet,
            during,
            bare=_log_on(beside, first, known, _SECONDS),
            remembered=_log_on(served, first, known, _SECONDS),
        )


def _storm(served: Served, first: int, seconds: int) -> _Storm:
    """Let users log on for the first time, from this one on; over when nothing is hashed any more.

    Raises LoadFailed where there are not enough of them.
    """
    hashing, others = _processor_seconds(served)
    log_ons = _log_on(served, first, WORLD.users, seconds)
    if first + log_ons.requests + _CONNECTIONS > WORLD.users:
        raise LoadFailed(f"{WORLD.users} users do not suffice here.")
    while True:
        before = _processor_seconds(served)[0]
        time.sleep(_IDLE_SECONDS)
        after = _processor_seconds(served)
        if after[0] == before:
            hashing, others = after[0] - hashing, after[1] - others
            return _Storm(log_ons, hashing / (hashing + others))


def _log_on(served: Served, first: int, last: int, seconds: int) -> Load:
    return load(served.url, "log_on.lua", first, last, connections=_CONNECTIONS, seconds=seconds)


def _acquire(served: Served, skip: int) -> Load:
    """Acquire at a steady pace, by sessions that have not yet."""
    return load(
        served.url,
        "acquire_at_pace.lua",
        served.data / SESSIONS,
        skip,
        ACQUIRING - skip,
        _ACQUIRE_PAUSE,
        connections=_ACQUIRE_CONNECTIONS,
        seconds=_ACQUIRE_SECONDS,
        most=ACQUIRING - skip,
    )


def _processor_seconds(served: Served) -> tuple[float, float]:
    """What the threads that hash have used, and what the others have: Linux tells them by their niceness."""
    hashing, others = 0.0, 0.0
    own = _nice_and_seconds(Path(f"/proc/{served.process.pid}/stat"))[0]
    for thread in Path(f"/proc/{served.process.pid}/task").iterdir():
        nice, seconds = _nice_and_seconds(thread / "stat")
        if nice > own:
            hashing += seconds
        else:
            others += seconds
    return hashing, others


def _nice_and_seconds(stat: Path) -> tuple[int, float]:
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[16]), (int(fields[11]) + int(fields[12])) / _TICKS


def _hashes_per_second() -> float:
    """Passwords that are verified by as many threads as the server hashes in, just as nice, which do nothing else."""
    threads = Settings().identity.hashing_threads
    until = time.monotonic() + _HASH_SECONDS

    def verify_on() -> float:
        began, count = time.monotonic(), 0
        while time.monotonic() < until:
            count += _HASHER.verify(_HASH, PASSWORD)
        return count / (time.monotonic() - began)

    with ThreadPoolExecutor(threads, initializer=step_back) as pool:
        return sum(thread.result() for thread in [pool.submit(verify_on) for _ in range(threads)])


def _answer_bytes(served: Served) -> int:
    """The length of the answer, as a user gets it who acquires."""
    answer = httpx.post(
        f"{served.url}/icws/connection",
        json={
            "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
            "applicationName": "Interaction Client",
            "userID": login(1),
            "password": PASSWORD,
        },
        headers={"Accept-Language": "en-US"},
        trust_env=False,
    )
    answer.raise_for_status()
    return len(answer.content)
