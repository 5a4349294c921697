"""Many at once: as many requests to each of two runtimes, one of which cannot go on until the other is done."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import pairwise, permutations
from operator import attrgetter
from typing import Any, Final

import httpx

from tests.mobilefirst.proof.house import House, Transaction

_APPLICATIONS: Final = 5
_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Posted:
    """A request that sets a configuration, when it was sent and answered, and its answer; status 0 for none."""

    runtime: str
    application: str
    category: str
    sent: float
    answered: float
    status: int
    body: Any

    @property
    def id(self) -> int:
        """The number of its transaction."""
        return int(self.body["transaction"]["id"])


@dataclass(frozen=True)
class Crowd:
    """What clients were told, and what there is afterwards, by runtime and by application."""

    posted: list[Posted]
    transactions: dict[str, list[Transaction]]
    configurations: dict[tuple[str, str], dict[str, str] | None]
    held_up: list[str]


def crowd(house: House, count: int) -> Crowd:
    """Hold a first transaction of one runtime, send `count` requests to it and to another at once, then let it go."""
    slow, free = house.world.runtime(), house.world.runtime()
    first = house.world.hold(slow, "PREPARING")
    gate = threading.Barrier(2 * count)
    with ThreadPoolExecutor(2 * count) as pool:
        sent = {
            runtime: [pool.submit(_post, house, gate, runtime, number) for number in range(count)]
            for runtime in (slow, free)
        }
        wait(sent[free], _SECONDS)
        held_up = list(_held_up(house, slow, free, sent))
        house.world.let_go(first)
        posted = [each.result() for each in (*sent[free], *sent[slow])]
    posted += [_post(house, None, runtime, number) for runtime in (slow, free) for number in range(_APPLICATIONS)]
    applications = {(each.runtime, each.application) for each in posted}
    transactions = {runtime: house.transactions(runtime) for runtime in (slow, free)}
    transactions[slow] = [each for each in transactions[slow] if each["id"] != first["id"]]
    return Crowd(
        posted=posted,
        transactions=transactions,
        configurations={each: house.configuration(*each) for each in applications},
        held_up=held_up,
    )


def judge_crowd(seen: Crowd) -> list[str]:
    """What was wrong, in sentences."""
    findings = [*seen.held_up, *_not_successful(seen.posted)]
    if findings:
        return findings
    findings += _numbered_wrongly(seen.posted)
    for runtime, listed in seen.transactions.items():
        findings += _listed_wrongly(runtime, listed, [each for each in seen.posted if each.runtime == runtime])
    for place, configuration in seen.configurations.items():
        last = max((each for each in seen.posted if (each.runtime, each.application) == place), key=attrgetter("id"))
        if configuration is None or configuration["category"] != last.category:
            findings.append(f"{place} is {configuration}, but {last.category} was set last")
    return findings


def _not_successful(posted: list[Posted]) -> Iterator[str]:
    for each in posted:
        if each.status != 200 or each.body["ok"] is not True or each.body["transaction"]["status"] != "SUCCESS":
            yield f"{each.runtime}: answered with {each.status} {each.body}"


def _numbered_wrongly(posted: list[Posted]) -> Iterator[str]:
    ids = [each.id for each in posted]
    if len(set(ids)) < len(ids):
        yield f"a number was given twice: {sorted(ids)}"
    for earlier, later in permutations(posted, 2):
        if earlier.answered < later.sent and earlier.id > later.id:
            yield f"{later.id} was begun after {earlier.id} had been answered"


def _listed_wrongly(runtime: str, listed: list[Transaction], posted: list[Posted]) -> Iterator[str]:
    if [each["id"] for each in listed] != sorted(each.id for each in posted):
        yield f"{runtime}: the list is not what clients were told of"
    for each in posted:
        if each.body["transaction"] not in listed:
            yield f"{runtime}: the list does not say of {each.id} what its client was told"
    for before, after in pairwise(listed):
        if not before["timeUpdated"] <= after["timeUpdated"]:
            yield f"{runtime}: {after['id']} ended before {before['id']}"


def _post(house: House, gate: threading.Barrier | None, runtime: str, number: int) -> Posted:
    application = f"com.package.id.of{number % _APPLICATIONS}"
    category = ("B2C", "B2E", "UNDEFINED")[number % 3]
    payload = {"appID": application, "category": category}
    if gate is not None:
        gate.wait(_SECONDS)
    sent = time.monotonic()
    try:
        answer = house.world.deployer.post(f"/runtimes/{runtime}/license", payload)
    except httpx.TransportError as error:
        return Posted(runtime, application, category, sent, time.monotonic(), 0, repr(error))
    return Posted(runtime, application, category, sent, time.monotonic(), answer.status_code, answer.json())


def _held_up(house: House, slow: str, free: str, sent: dict[str, list[Future[Posted]]]) -> Iterator[str]:
    """What is not as it must be while a transaction of `slow` has its lock."""
    waiting = [each for each in sent[free] if not each.done()]
    if waiting:
        yield f"{len(waiting)} requests to {free} were held up by the lock of {slow}"
    overtaken = [each for each in sent[slow] if each.done()]
    if overtaken:
        yield f"{len(overtaken)} requests to {slow} were answered although another has its lock"
    if not house.is_busy(slow):
        yield f"the lock of {slow} is said to be free"
    if house.is_busy(free):
        yield f"the lock of {free} is said to be taken"
