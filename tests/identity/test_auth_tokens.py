"""Tokens with which a session lets its user log on once more: used once, within seven seconds, and not too many."""

from uuid import UUID, uuid4

import pytest

from seatkeeper.identity import auth_tokens
from seatkeeper.identity.auth_tokens import LIFETIME, OF_A_SESSION, AuthTokens, TokensInMemory

pytestmark = pytest.mark.anyio

SEED = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept() -> TokensInMemory:
    return TokensInMemory()


@pytest.fixture
def tokens(clock: Clock, kept: TokensInMemory) -> AuthTokens:
    return AuthTokens(clock, kept)


async def test_a_token_can_be_used_once(tokens: AuthTokens, kept: TokensInMemory) -> None:
    token = await tokens.issue(1, SEED)
    assert await tokens.redeem(token, 1, SEED)
    assert not await tokens.redeem(token, 1, SEED)
    assert len(kept) == 0


async def test_a_token_is_worth_nothing_without_its_session_and_its_seed_and_gone_after_the_attempt(
    tokens: AuthTokens,
) -> None:
    for session_id, seed in ((2, SEED), (1, uuid4())):
        token = await tokens.issue(1, SEED)
        assert not await tokens.redeem(token, session_id, seed)
        assert not await tokens.redeem(token, 1, SEED)


async def test_a_token_that_nobody_was_given_is_worth_nothing_and_harms_no_other(tokens: AuthTokens) -> None:
    token = await tokens.issue(1, SEED)
    assert not await tokens.redeem("guess", 1, SEED)
    assert not await tokens.redeem("half a pair \ud800", 1, SEED)
    assert await tokens.redeem(token, 1, SEED)


@pytest.mark.parametrize(("after", "good"), [(LIFETIME - 1, True), (LIFETIME, False)])
async def test_a_token_dies_after_seven_seconds(tokens: AuthTokens, clock: Clock, after: int, good: bool) -> None:
    token = await tokens.issue(1, SEED)
    clock.now += after
    assert await tokens.redeem(token, 1, SEED) is good


async def test_dead_tokens_take_no_memory(tokens: AuthTokens, clock: Clock, kept: TokensInMemory) -> None:
    for session_id in range(100):
        await tokens.issue(session_id, SEED)
    clock.now += LIFETIME
    await tokens.issue(1, SEED)
    assert len(kept) == 1


async def test_a_session_has_only_so_many_tokens_and_the_newest_count(tokens: AuthTokens, kept: TokensInMemory) -> None:
    other = await tokens.issue(2, SEED)
    issued = [await tokens.issue(1, SEED) for _ in range(OF_A_SESSION + 1)]
    assert len(kept) == OF_A_SESSION + 1
    assert [await tokens.redeem(token, 1, SEED) for token in issued] == [False] + [True] * OF_A_SESSION
    assert await tokens.redeem(other, 2, SEED)


async def test_all_sessions_together_have_only_so_many_tokens(
    tokens: AuthTokens, kept: TokensInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_tokens, "AT_ONCE", 10)
    issued = [(session_id, await tokens.issue(session_id, SEED)) for session_id in range(12)]
    assert len(kept) == 10
    redeemed = [await tokens.redeem(token, session_id, SEED) for session_id, token in issued]
    assert redeemed == [False] * 2 + [True] * 10


async def test_what_is_kept_of_a_token_is_not_the_token(tokens: AuthTokens, kept: TokensInMemory) -> None:
    token = await tokens.issue(1, SEED)
    known = repr(vars(kept))
    assert "1800000007000" in known, "this looks at what is kept"
    assert token not in known
