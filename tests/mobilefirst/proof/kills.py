"""Kills: a transaction that swaps an application's token is killed in each of its states, and around each commit."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.mobilefirst.proof.house import APPLICATION_TOKEN, BRAND_TOKEN, House, Transaction

BEFORE: Final = {"category": "B2C", "licenseType": "APPLICATION"}
AFTER: Final = {"category": "B2E", "licenseType": "ADDITIONAL_BRAND_DEPLOYMENT"}

_FITS: Final = (None, "PENDING", "PREPARING", "COMMITTING", "SUCCESS")
_SHORT: Final = (None, "PENDING", "PREPARING", "REJECTING", "FAILURE")
_CANCELED: Final = (None, "PENDING", "CANCELED")
_AROUND: Final = ("before", "after")
_END: Final = {
    None: None,
    "PENDING": "CANCELED",
    "PREPARING": "FAILURE",
    "COMMITTING": "SUCCESS",
    "REJECTING": "FAILURE",
    "SUCCESS": "SUCCESS",
    "FAILURE": "FAILURE",
    "CANCELED": "CANCELED",
}
"""What is to become of a transaction by what of it was durable at the kill (decision 19)."""

_numbers: Final = itertools.count(1)


@dataclass(frozen=True)
class Kill:
    """Where a transaction is when the server is killed: `in` a state, or `before` or `after` the commit of its coming
    there. `way`: the states that it goes through; `at_once`: all of it in one commit, while its client waits.
    """

    way: tuple[str | None, ...]
    moment: str
    status: str
    at_once: bool = False

    @property
    def durable(self) -> str | None:
        """The state that is in the database then; None where nothing of the transaction is."""
        if self.moment != "before":
            return self.status
        return None if self.at_once else self.way[self.way.index(self.status) - 1]

    @property
    def end(self) -> str | None:
        """What must become of it; None: it never was."""
        return _END[self.durable]

    @property
    def code(self) -> str | None:
        """The code that its error must have, if it must have one."""
        if self.end == "CANCELED":
            return "FWLSE3092W"
        if self.way is _SHORT and self.end == "FAILURE":
            return "FWLSE3129E"
        return "FWLSE3091W" if self.end == "FAILURE" else None

    def __str__(self) -> str:
        how = "all of one commit, " if self.at_once else ""
        return f"{how}{self.moment} {self.status}" + (", too few tokens" if self.way is _SHORT else "")


IN_EACH_STATE: Final = (
    Kill(_FITS, "in", "PENDING"),
    Kill(_FITS, "in", "PREPARING"),
    Kill(_FITS, "in", "COMMITTING"),
    Kill(_SHORT, "in", "REJECTING"),
    Kill(_FITS, "after", "SUCCESS"),
    Kill(_SHORT, "after", "FAILURE"),
    Kill(_CANCELED, "after", "CANCELED"),
)
"""One kill in each state."""

ALL: Final = (
    *IN_EACH_STATE,
    Kill(_SHORT, "in", "PREPARING"),
    *(
        Kill(_FITS, moment, status)
        for status in ("PENDING", "PREPARING", "COMMITTING")
        for moment in ("before", "after")
    ),
    *(Kill(_SHORT, moment, "REJECTING") for moment in ("before", "after")),
    *(Kill(way, "before", str(way[-1])) for way in (_FITS, _SHORT, _CANCELED)),
    *(Kill(_FITS, moment, "SUCCESS", at_once=True) for moment in ("before", "after")),
    *(Kill(_SHORT, moment, "FAILURE", at_once=True) for moment in ("before", "after")),
)


@dataclass
class Books:
    """What an outsider has written down of a runtime: its transactions that are over, and who has which token."""

    runtime: str
    transactions: list[Transaction]
    taken: dict[str, int]


def open_books(house: House) -> Books:
    """A runtime of its own, in which nothing has happened, and tokens of the first kind for everybody."""
    house.world.tokens(APPLICATION_TOKEN, 1000)
    house.world.tokens(BRAND_TOKEN, 0)
    return Books(house.world.runtime(), [], {APPLICATION_TOKEN: 0, BRAND_TOKEN: 0})


def kill_and_judge(house: House, books: Books, kill: Kill) -> list[str]:
    """Kill the server as `kill` says, start it again, and look at what there is. What was wrong, in sentences."""
    application = f"com.package.id.killed{next(_numbers)}"
    versions = [{"platform": "android", "version": "1.0"}]
    configuration = {"category": BEFORE["category"], "license_type": BEFORE["licenseType"]}
    entry = {"runtime": books.runtime, "name": application, "versions": versions, **configuration}
    house.world.apply("applications", entry)
    books.taken[APPLICATION_TOKEN] += 1
    house.world.tokens(BRAND_TOKEN, books.taken[BRAND_TOKEN] + (0 if kill.way is _SHORT else 1))
    told = _kill(house, books.runtime, application, kill)
    house.start()
    return list(_judge(house, books, application, kill, told))


def _kill(house: House, runtime: str, application: str, kill: Kill) -> Transaction | None:
    """Have a configuration set, and kill the server where it is to be; what the client was told of the transaction."""
    with ThreadPoolExecutor(1) as pool:
        if kill.moment == "in" or kill.way is _CANCELED:
            house.world.order(application, kill.status if kill.moment == "in" else "PENDING")
            told = pool.submit(_post, house, runtime, application, at_once=False).result()
            assert told is not None
            house.world.reached(runtime, told["id"], kill.status if kill.moment == "in" else "PENDING")
            house.kill()
            if kill.moment != "in":
                house.halt(kill.moment, kill.status)
                house.launch()
                house.wait_until_halted()
                house.kill()
            return told
        house.halt(kill.moment, kill.status)
        posting = pool.submit(_post, house, runtime, application, at_once=kill.at_once)
        house.wait_until_halted()
        house.kill()
        return posting.result()


def _post(house: House, runtime: str, application: str, *, at_once: bool) -> Transaction | None:
    """Set the configuration; None where the connection ends without an answer."""
    parameters = {} if at_once else {"async": "true"}
    try:
        answer = house.world.deployer.post(
            f"/runtimes/{runtime}/license", {"appID": application, **AFTER}, params=parameters
        )
    except httpx.TransportError:
        return None
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return dict(body["transaction"])


def _judge(house: House, books: Books, application: str, kill: Kill, told: Transaction | None) -> Iterator[str]:
    listed = house.transactions(books.runtime)
    known = len(books.transactions)
    if listed[:known] != books.transactions:
        yield f"{kill}: what was over before the kill is not what it was"
    new, books.transactions = listed[known:], listed
    if len(new) != (kill.end is not None):
        yield f"{kill}: there are {len(new)} transactions of one request"
    if told is not None and [each["id"] for each in new] != [told["id"]]:
        yield f"{kill}: the client was told of {told['id']}, and there is {new}"
    for each in new:
        yield from _judge_one(each, application, kill, told)
    if kill.end == "SUCCESS":
        books.taken[APPLICATION_TOKEN] -= 1
        books.taken[BRAND_TOKEN] += 1
    configuration = house.configuration(books.runtime, application)
    wanted = {"appID": application, **(AFTER if kill.end == "SUCCESS" else BEFORE)}
    if configuration != wanted:
        yield f"{kill}: the configuration is {configuration}, not {wanted}"
    if house.tokens_taken() != books.taken:
        yield f"{kill}: {house.tokens_taken()} tokens are taken, not {books.taken}"
    if house.is_busy(books.runtime):
        yield f"{kill}: the lock is taken, and nobody has it"
    again = house.world.admin.configure(books.runtime, f"{application}.next")["transaction"]
    if again["status"] != "SUCCESS" or (listed and again["id"] <= listed[-1]["id"]):
        yield f"{kill}: the next transaction is {again}"
    books.transactions = house.transactions(books.runtime)


def _judge_one(transaction: Transaction, application: str, kill: Kill, told: Transaction | None) -> Iterator[str]:
    if transaction["status"] != kill.end:
        yield f"{kill}: it is {transaction['status']}, not {kill.end}"
    if transaction["description"]["name"] != application:
        yield f"{kill}: it is about {transaction['description']}"
    codes = [error["details"].partition(":")[0] for error in transaction["errors"]]
    if codes[:1] != ([] if kill.code is None else [kill.code]):
        yield f"{kill}: its errors are {transaction['errors']}"
    stays = ("id", "timeCreated", "type", "userName", "appServerId", "project", "description")
    if told is not None and any(told[name] != transaction[name] for name in stays):
        yield f"{kill}: the client was told {told}, and it is {transaction}"
