"""Tokens with which a session lets its user log on once more: used once, within seven seconds, and not too many."""

from uuid import UUID, uuid4

import pytest

from seatkeeper.identity import auth_tokens
from seatkeeper.identity.auth_tokens import LIFETIME, OF_A_SESSION, AuthTokens

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
def tokens(clock: Clock) -> AuthTokens:
    return AuthTokens(clock)


def test_a_token_can_be_used_once(tokens: AuthTokens) -> None:
    token = tokens.issue(1, SEED)
    assert tokens.redeem(token, 1, SEED)
    assert not tokens.redeem(token, 1, SEED)
    assert len(tokens) == 0


def test_a_token_is_worth_nothing_without_its_session_and_its_seed_and_gone_after_the_attempt(
    tokens: AuthTokens,
) -> None:
    for session_id, seed in ((2, SEED), (1, uuid4())):
        token = tokens.issue(1, SEED)
        assert not tokens.redeem(token, session_id, seed)
        assert not tokens.redeem(token, 1, SEED)


def test_a_token_that_nobody_was_given_is_worth_nothing_and_harms_no_other(tokens: AuthTokens) -> None:
    token = tokens.issue(1, SEED)
    assert not tokens.redeem("guess", 1, SEED)
    assert not tokens.redeem("half a pair \ud800", 1, SEED)
    assert tokens.redeem(token, 1, SEED)


@pytest.mark.parametrize(("after", "good"), [(LIFETIME - 1, True), (LIFETIME, False)])
def test_a_token_dies_after_seven_seconds(tokens: AuthTokens, clock: Clock, after: int, good: bool) -> None:
    token = tokens.issue(1, SEED)
    clock.now += after
    assert tokens.redeem(token, 1, SEED) is good


def test_dead_tokens_take_no_memory(tokens: AuthTokens, clock: Clock) -> None:
    for session_id in range(100):
        tokens.issue(session_id, SEED)
    clock.now += LIFETIME
    tokens.issue(1, SEED)
    assert len(tokens) == 1


def test_a_session_has_only_so_many_tokens_and_the_newest_count(tokens: AuthTokens) -> None:
    other = tokens.issue(2, SEED)
    issued = [tokens.issue(1, SEED) for _ in range(OF_A_SESSION + 1)]
    assert len(tokens) == OF_A_SESSION + 1
    assert [tokens.redeem(token, 1, SEED) for token in issued] == [False] + [True] * OF_A_SESSION
    assert tokens.redeem(other, 2, SEED)


def test_all_sessions_together_have_only_so_many_tokens(tokens: AuthTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth_tokens, "AT_ONCE", 10)
    issued = [(session_id, tokens.issue(session_id, SEED)) for session_id in range(12)]
    assert len(tokens) == 10
    assert [tokens.redeem(token, session_id, SEED) for session_id, token in issued] == [False] * 2 + [True] * 10


def test_what_is_kept_of_a_token_is_not_the_token(tokens: AuthTokens) -> None:
    token = tokens.issue(1, SEED)
    kept = repr(vars(tokens))
    assert "1800000007000" in kept, "this looks at what is kept"
    assert token not in kept
