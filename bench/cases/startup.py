"""Case 10: start-up with 1,000,000 live holds and a journal of 10 million events, and `seatkeeper check` over it."""

import json
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
from msgspec import Struct

from bench.figures import Case, Figure, Goal
from bench.journals import prepared
from bench.place import Place
from bench.servers import copied, seatkeeper
from bench.worlds import World, credentials
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.licensing.entities import HolderKind
from seatkeeper.licensing.state import FIRST_SESSION

WORLD: Final = World(users=20_000, sessions=5, licenses=12, assigned=12, held=10)
"""Its 100,000 sessions hold ten licenses each; of two more, each could acquire."""

EVENTS: Final = 10_000_000
SMALL: Final = World(users=1_000, licenses=12, assigned=12, held=10)
"""What a start takes in any case."""

_CHECK_SECONDS: Final = 900
_MEGABYTE: Final = 1_000_000

_NOT_HELD: Final = """
    SELECT l.name FROM sessions s
    JOIN assignments a ON a.holder_kind = ? AND a.holder_id = s.user_id
    JOIN licenses l ON l.id = a.license_id
    WHERE s.id = ? AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.session_id = s.id AND h.license_id = l.id)
"""


class Start(Struct, frozen=True):
    """One start: seconds from starting the process to the first staged acquire answered, and what it had by then."""

    seconds: float
    cpu_seconds: float
    resident_bytes: int


def measure(place: Place) -> Case:
    """Start in turn with a small world, then check once: that takes long enough to be steady in itself."""
    data = prepared(WORLD, EVENTS, place.shelf)
    small = copied(place.world(SMALL), place.work / "startup")
    starts: list[Start] = []
    beside: list[Start] = []
    for _ in range(place.rounds):
        beside.append(start(small, SMALL))
        starts.append(start(data, WORLD))
    events, seconds = check(data)
    return Case(
        10,
        "start-up with 1,000,000 live holds and 10 million events, SQLite",
        (
            Figure("first grant", tuple(each.seconds for each in starts), "s", Goal("at most", 5)),
            Figure("first grant with 10,000 holds and 35,000 events", tuple(each.seconds for each in beside), "s"),
            Figure("processor time of a start", tuple(each.cpu_seconds for each in starts), "s"),
            Figure("memory after it", tuple(each.resident_bytes / _MEGABYTE for each in starts), "MB"),
            Figure(
                "seatkeeper check",
                (events / seconds,),
                "events/s",
                Goal("at least", 100_000),
                f"{events} events and all rows in {seconds:.0f} s, the command's start included; measured once",
            ),
        ),
    )


def start(data: Path, world: World) -> Start:
    """Start a server and have one of its sessions acquire two licenses in two stages."""
    session_id, names = _session_that_lacks(data, world)
    cookie, csrf = credentials(session_id)
    stages = [{"stageName": name, "stageFailureAction": 1, "licenseList": [name]} for name in names]
    began = time.monotonic()
    with seatkeeper(data) as served:
        answer = httpx.post(
            f"{served.url}/icws/{session_id}/licenses/license-stages",
            json={"licenseStageOperationList": stages},
            headers={"ININ-ICWS-CSRF-Token": csrf, "Cookie": f"icws_{session_id}={cookie}"},
            trust_env=False,
        )
        seconds = time.monotonic() - began
        answer.raise_for_status()
        stages = answer.json()["licenseStageOperationResultList"]
        if not all(each["isAvailable"] for stage in stages for each in stage["result"]):
            raise RuntimeError(f"Session {session_id} was not granted {names}: {answer.text}")
        return Start(seconds, served.cpu_seconds, served.resident_bytes)


def check(data: Path) -> tuple[int, float]:
    """How many events `seatkeeper check` looked at, and in how many seconds. It must find nothing wrong."""
    began = time.monotonic()
    ran = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "seatkeeper", "check", "--data", str(data), "--json"],
        capture_output=True,
        text=True,
        timeout=_CHECK_SECONDS,
        check=False,
    )
    seconds = time.monotonic() - began
    if ran.returncode:
        raise RuntimeError(f"check ended with {ran.returncode}: {ran.stdout[-1000:]} {ran.stderr[-1000:]}")
    return int(json.loads(ran.stdout)["events"]), seconds


def _session_that_lacks(data: Path, world: World) -> tuple[int, list[str]]:
    """A session, and the licenses assigned to its user that it does not hold: most lack two, whichever run it is."""
    with closing(DatabaseFile.in_directory(data).connect_reading(5)) as connection:
        while True:
            session_id = FIRST_SESSION + random.randrange(world.live)  # noqa: S311 - no secret
            names = [name for (name,) in connection.execute(_NOT_HELD, (HolderKind.USER.value, session_id))]
            if names:
                return session_id, names
