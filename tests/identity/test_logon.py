"""Logging on: right, wrong, remembered, shared, slowed."""

import asyncio
from collections.abc import Iterator

import argon2
import pytest

from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.passwords import Passwords
from seatkeeper.identity.remembered import RememberedCredentials
from seatkeeper.identity.throttle import Allowances, Throttle
from seatkeeper.licensing.entities import User, fold
from seatkeeper.queries.users import Account

pytestmark = pytest.mark.anyio

AGENT = User(id=7, login="agent01", display_name="Agent 01", language="en-us")
HASH = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash("secret")
HOME, ELSEWHERE = "10.0.0.1", "10.0.0.2"


class Counting(Passwords):
    """Counts how often a password is really verified."""

    def __init__(self) -> None:
        super().__init__(threads=2)
        self.verified = 0
        self.begun = asyncio.Event()

    async def verify(self, stored: str | None, password: str) -> bool:
        self.verified += 1
        self.begun.set()
        return await super().verify(stored, password)


class Desk:
    """An authenticator over one user, with a throttle whose sleeping takes no time but is noted."""

    def __init__(self) -> None:
        self.stored: str | None = HASH
        self.slept: list[float] = []
        self.rehashed: list[tuple[User, str, str]] = []
        self.passwords = Counting()
        self.authenticator = Authenticator(
            self.account,
            self.passwords,
            RememberedCredentials(300),
            Throttle(Allowances(pair=2, user=4), sleep=self.sleep),
            self.store,
        )

    async def account(self, login: str) -> Account | None:
        return Account(user=AGENT, password_hash=self.stored) if fold(login) == AGENT.login else None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def store(self, user: User, verified: str, new_hash: str) -> None:
        self.rehashed.append((user, verified, new_hash))
        self.stored = new_hash

    async def log_on(self, password: str, login: str = "agent01", address: str = HOME) -> User | None:
        return await self.authenticator.authenticate(login, password, address)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.passwords.close()


async def test_the_right_password_logs_on_in_whatever_case_the_login_is(desk: Desk) -> None:
    assert await desk.log_on("secret") == AGENT
    assert await desk.log_on("secret", login="AGENT01") == AGENT


async def test_wrong_unknown_and_without_a_password_get_one_answer_for_one_verification_each(desk: Desk) -> None:
    assert await desk.log_on("wrong") is None
    assert await desk.log_on("secret", login="nobody") is None
    desk.stored = None
    assert await desk.log_on("secret", address=ELSEWHERE) is None
    assert desk.passwords.verified == 3


async def test_unknown_users_are_slowed_like_known_ones(desk: Desk) -> None:
    for _ in range(6):
        await desk.log_on("wrong")
    of_known, desk.slept = desk.slept, []
    for _ in range(6):
        await desk.log_on("wrong", login="nobody")
    assert desk.slept == of_known
    assert of_known


async def test_a_verified_credential_is_not_hashed_again(desk: Desk) -> None:
    for _ in range(5):
        assert await desk.log_on("secret") == AGENT
    assert desk.passwords.verified == 1


async def test_a_changed_password_ends_the_old_one_at_once(desk: Desk) -> None:
    await desk.log_on("secret")
    desk.stored = await desk.passwords.hash("changed")
    assert await desk.log_on("secret") is None
    assert await desk.log_on("changed") == AGENT


async def test_log_ons_at_once_with_one_credential_cost_one_hash(desk: Desk) -> None:
    assert await asyncio.gather(*(desk.log_on("secret") for _ in range(10))) == [AGENT] * 10
    assert desk.passwords.verified == 1


async def test_a_log_on_that_is_given_up_leaves_those_that_share_its_work(desk: Desk) -> None:
    first = asyncio.create_task(desk.log_on("secret"))
    second = asyncio.create_task(desk.log_on("secret"))
    await desk.passwords.begun.wait()
    first.cancel()
    assert await second == AGENT
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_nobody_locks_out_who_is_already_logging_on_correctly(desk: Desk) -> None:
    await desk.log_on("secret")
    for n in range(10):
        await desk.log_on(f"guess {n}", address=ELSEWHERE)
        await desk.log_on(f"guess {n}", address=HOME)
    desk.slept.clear()
    assert await desk.log_on("secret") == AGENT
    assert desk.slept == []


async def test_guessing_is_slowed_and_the_right_password_still_logs_on_afterwards(desk: Desk) -> None:
    for n in range(4):
        assert await desk.log_on(f"guess {n}") is None
    assert desk.slept == [0.5, 1.0]
    assert await desk.log_on("secret") == AGENT


async def test_an_outdated_hash_is_made_anew(desk: Desk) -> None:
    outdated = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
    desk.stored = outdated
    assert await desk.log_on("wrong") is None
    assert desk.rehashed == []
    assert await desk.log_on("secret") == AGENT
    [(user, verified, new_hash)] = desk.rehashed
    assert (user, verified) == (AGENT, outdated)
    assert not desk.passwords.outdated(new_hash)
    assert await desk.log_on("secret") == AGENT
    assert len(desk.rehashed) == 1


async def test_a_failing_inventory_is_told_to_everybody_who_waits(desk: Desk) -> None:
    async def failing(_login: str) -> Account | None:
        raise TimeoutError("the inventory does not answer")

    broken = Authenticator(failing, desk.passwords, RememberedCredentials(300), Throttle())
    attempts = [broken.authenticate("agent01", "secret", HOME) for _ in range(3)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 3
