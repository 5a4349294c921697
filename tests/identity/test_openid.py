"""Whose a token of an issuer is, and everything that makes one worthless: with a real issuer on the network."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from seatkeeper.identity import issuer as issuers
from seatkeeper.identity.issuer import KEEP_SECONDS, LOOK_AGAIN_SECONDS, RETRY_SECONDS, Issuer, IssuerUnreachable
from seatkeeper.identity.openid import SingleSignOn
from seatkeeper.licensing.entities import User, fold
from seatkeeper.queries.users import Account
from tests.oidc_issuer import AUDIENCE, OpenIdIssuer, endless, failing, misbehaving

pytestmark = pytest.mark.anyio

AGENT = User(id=1, login="agent01", display_name="Agent", language="en-US")
LEEWAY = 30
_STRANGER = RSAKey.generate_key(2048, {"kid": "first"})


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def issuer() -> Iterator[OpenIdIssuer]:
    with OpenIdIssuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_on(issuer: OpenIdIssuer, clock: Clock) -> SingleSignOn:
    return of(issuer.url, clock)


def of(url: str, clock: Clock) -> SingleSignOn:
    async def accounts(login: str) -> Account | None:
        return Account(AGENT, None) if fold(login) == fold(AGENT.login) else None

    return SingleSignOn(
        Issuer(url, clock),
        audience=AUDIENCE,
        user_claim="preferred_username",
        leeway=LEEWAY,
        accounts=accounts,
        now=lambda: time.time_ns() // 1_000_000,
    )


async def test_a_good_token_names_its_user_in_whatever_case(issuer: OpenIdIssuer, sign_on: SingleSignOn) -> None:
    assert await sign_on.authenticate(issuer.token("agent01")) == AGENT
    assert await sign_on.authenticate(issuer.token("AGENT01")) == AGENT
    assert await sign_on.authenticate(issuer.token("agent01", aud=["other", AUDIENCE])) == AGENT


async def test_a_token_need_not_name_the_key_of_an_issuer_that_has_only_one(clock: Clock) -> None:
    with OpenIdIssuer() as issuer:
        token = jwt.encode({"alg": "RS256"}, issuer.claims("agent01"), issuer.keys["first"])
        assert await of(issuer.url, clock).authenticate(token) == AGENT
        issuer.add_key("second", RSAKey.generate_key(2048, {"kid": "second"}))
        assert await of(issuer.url, clock).authenticate(token) is None, (
            "with several it must (OpenID Connect Core 10.1)"
        )


async def test_a_user_whom_nobody_knows_is_refused(issuer: OpenIdIssuer, sign_on: SingleSignOn) -> None:
    assert await sign_on.authenticate(issuer.token("nobody")) is None


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "another application"),
        ("aud", ["another application"]),
        ("aud", None),
        ("iss", "https://login.example/realm"),
        ("iss", None),
        ("exp", 1_000_000_000),
        ("exp", None),
        ("exp", "never"),
        ("nbf", 4_000_000_000),
        ("iat", 4_000_000_000),
        ("preferred_username", None),
        ("preferred_username", ""),
        ("preferred_username", ["agent01"]),
    ],
)
async def test_claims_that_do_not_fit_are_refused(
    issuer: OpenIdIssuer,
    sign_on: SingleSignOn,
    claim: str,
    value: Any,  # noqa: ANN401 - any JSON
) -> None:
    others: dict[str, Any] = {claim: value}
    assert await sign_on.authenticate(issuer.token("agent01", **others)) is None


@pytest.mark.parametrize(("seconds", "good"), [(LEEWAY - 10, True), (LEEWAY + 10, False)])
async def test_the_issuers_clock_may_differ_a_little(
    issuer: OpenIdIssuer,
    sign_on: SingleSignOn,
    seconds: int,
    good: bool,
) -> None:
    now = int(time.time())
    for token in (
        issuer.token("agent01", exp=now - seconds),
        issuer.token("agent01", nbf=now + seconds),
        issuer.token("agent01", iat=now + seconds),
    ):
        assert (await sign_on.authenticate(token) == AGENT) is good


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(issuer: OpenIdIssuer, alg: str) -> str:
    return f"{_part({'alg': alg, 'kid': 'first'})}.{_part(issuer.claims('agent01'))}."


def _by_public_key(issuer: OpenIdIssuer) -> str:
    """HS256 with what everybody can read of the key as the secret."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(issuer.claims('agent01'))}"
    mac = hmac.digest(issuer.keys["first"].as_pem(private=False), signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _by_stranger(issuer: OpenIdIssuer) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, issuer.claims("agent01"), _STRANGER)


def _with_own_key(issuer: OpenIdIssuer) -> str:
    header = {"alg": "RS256", "jwk": _STRANGER.as_dict(private=False)}
    return jwt.encode(header, issuer.claims("agent01"), _STRANGER)


def _changed(issuer: OpenIdIssuer) -> str:
    header, _, signature = issuer.token("nobody").split(".")
    return f"{header}.{_part(issuer.claims('agent01'))}.{signature}"


def _of_an_unknown_key(issuer: OpenIdIssuer) -> str:
    return jwt.encode({"alg": "RS256", "kid": "made up"}, issuer.claims("agent01"), _STRANGER)


@pytest.mark.parametrize(
    "forge",
    [
        lambda issuer: _unsigned(issuer, "none"),
        lambda issuer: _unsigned(issuer, "None"),
        lambda issuer: _unsigned(issuer, "RS256"),
        _by_public_key,
        _by_stranger,
        _with_own_key,
        _changed,
        _of_an_unknown_key,
        lambda issuer: issuer.token("agent01")[:-8],
        lambda issuer: issuer.token("agent01") + ".more",
        lambda _: "",
        lambda _: "no token",
        lambda _: "ünï.cö.de",
        lambda _: "a.b.c",
        lambda _: f"{_part([])}.{_part({})}.x",
        lambda _: f"{_part({'alg': ['RS256']})}.{_part({})}.x",
        lambda _: f"{_part({'alg': 'RS256', 'kid': 7})}.{_part({})}.x",
        lambda _: f"{_part({'alg': 'RS256', 'crit': ['unheard of']})}.{_part({})}.x",
        lambda _: f"{_part({'alg': 'RS256', 'pad': 'x' * 20_000})}.{_part({})}.x",
        lambda _: "[" * 5000,
    ],
)
async def test_tokens_that_the_issuer_did_not_sign_are_refused(
    issuer: OpenIdIssuer, sign_on: SingleSignOn, forge: Callable[[OpenIdIssuer], str]
) -> None:
    assert await sign_on.authenticate(forge(issuer)) is None


async def test_a_key_is_believed_only_for_its_own_kind_of_signature(issuer: OpenIdIssuer, clock: Clock) -> None:
    issuer.add_key("curve", ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"}))
    sign_on = of(issuer.url, clock)
    assert await sign_on.authenticate(issuer.token("agent01", kid="curve", alg="ES256")) == AGENT
    _, claims, signature = issuer.token("agent01", kid="curve", alg="ES256").split(".")
    mixed = f"{_part({'alg': 'RS256', 'kid': 'curve'})}.{claims}.{signature}"
    assert await sign_on.authenticate(mixed) is None


async def test_a_key_for_encryption_signs_nothing(issuer: OpenIdIssuer, clock: Clock) -> None:
    issuer.add_key("sealing", RSAKey.generate_key(2048, {"kid": "sealing", "use": "enc"}))
    token = jwt.encode(
        {"alg": "RS256", "kid": "sealing"},
        issuer.claims("agent01"),
        RSAKey.import_key({k: v for k, v in issuer.keys["sealing"].as_dict(private=True).items() if k != "use"}),
    )
    assert await of(issuer.url, clock).authenticate(token) is None
    del issuer.keys["sealing"]
    issuer.behave()


async def test_keys_are_fetched_once_however_many_log_on_at_once(issuer: OpenIdIssuer, sign_on: SingleSignOn) -> None:
    issuer.asked.clear()
    users = await asyncio.gather(*(sign_on.authenticate(issuer.token("agent01")) for _ in range(20)))
    assert users == [AGENT] * 20
    assert issuer.asked == ["/realm/.well-known/openid-configuration", "/realm/keys"]


async def test_a_token_that_cannot_be_the_issuers_costs_the_issuer_nothing(
    issuer: OpenIdIssuer, sign_on: SingleSignOn
) -> None:
    issuer.asked.clear()
    for forged in (_unsigned(issuer, "none"), "no token", "a.b.c"):
        await sign_on.authenticate(forged)
    assert issuer.asked == []


async def test_a_new_key_is_found_but_unknown_ones_are_looked_for_only_once_a_minute(
    issuer: OpenIdIssuer, sign_on: SingleSignOn, clock: Clock
) -> None:
    await sign_on.authenticate(issuer.token("agent01"))
    issuer.add_key("second", RSAKey.generate_key(2048, {"kid": "second"}))
    issuer.asked.clear()
    assert await sign_on.authenticate(issuer.token("agent01", kid="second")) is None
    for _ in range(10):
        await sign_on.authenticate(_of_an_unknown_key(issuer))
    assert issuer.asked == []
    clock.now += LOOK_AGAIN_SECONDS
    assert await sign_on.authenticate(issuer.token("agent01", kid="second")) == AGENT
    for _ in range(10):
        await sign_on.authenticate(_of_an_unknown_key(issuer))
    assert len(issuer.asked) == 2


async def test_a_key_that_was_taken_back_is_believed_no_longer_than_an_hour(
    issuer: OpenIdIssuer, sign_on: SingleSignOn, clock: Clock
) -> None:
    issuer.add_key("lost", RSAKey.generate_key(2048, {"kid": "lost"}))
    token = issuer.token("agent01", kid="lost")
    assert await sign_on.authenticate(token) == AGENT
    del issuer.keys["lost"]
    issuer.behave()
    assert await sign_on.authenticate(token) == AGENT
    clock.now += KEEP_SECONDS
    assert await sign_on.authenticate(token) is None


@pytest.mark.parametrize(
    ("path", "served"),
    [
        (".well-known/openid-configuration", failing(500)),
        (".well-known/openid-configuration", None),
        (".well-known/openid-configuration", ["no object"]),
        (".well-known/openid-configuration", {"issuer": "https://login.example", "jwks_uri": "https://login.example/"}),
        (".well-known/openid-configuration", {"jwks_uri": "https://login.example/"}),
        ("keys", failing(503)),
        ("keys", endless),
        ("keys", {"keys": [{"kty": "oct", "kid": "first", "k": "c2VjcmV0"}]}),
        ("keys", {"keys": ["no key", {"kty": "RSA"}, {"kty": "RSA", "n": 7, "e": "AQAB"}, {"kty": "made up"}]}),
        ("keys", {"keys": []}),
        ("keys", {}),
        ("keys", {"keys": [{"kty": "RSA", "pad": "x" * issuers.MAX_BYTES}]}),
    ],
)
async def test_an_issuer_that_does_not_tell_its_keys_is_as_good_as_unreachable(
    issuer: OpenIdIssuer,
    clock: Clock,
    path: str,
    served: Any,  # noqa: ANN401 - what a test makes it serve
) -> None:
    sign_on = of(issuer.url, clock)
    with misbehaving(issuer, path, served), pytest.raises(IssuerUnreachable):
        await sign_on.authenticate(issuer.token("agent01"))
    clock.now += RETRY_SECONDS
    assert await sign_on.authenticate(issuer.token("agent01")) == AGENT


async def test_keys_are_not_fetched_over_less_than_the_issuer_is(issuer: OpenIdIssuer, clock: Clock) -> None:
    sign_on = of(issuer.url, clock)
    configuration = {"issuer": issuer.url, "jwks_uri": "file:///etc/passwd"}
    wrong = misbehaving(issuer, ".well-known/openid-configuration", configuration)
    with wrong, pytest.raises(IssuerUnreachable, match="jwks_uri"):
        await sign_on.authenticate(issuer.token("agent01"))


async def test_an_issuer_that_is_down_is_asked_again_only_after_a_while(clock: Clock) -> None:
    with OpenIdIssuer() as issuer:
        url, token = issuer.url, issuer.token("agent01")
    sign_on = of(url, clock)
    for _ in range(3):
        with pytest.raises(IssuerUnreachable, match="did not tell its keys"):
            await sign_on.authenticate(token)


async def test_an_issuer_that_is_silent_keeps_nobody_waiting_for_long(
    issuer: OpenIdIssuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "FETCH_SECONDS", 0.2)
    sign_on = of(issuer.url, clock)
    issuer.asked.clear()
    with misbehaving(issuer, "keys", lambda _: time.sleep(2)):
        waiting = [sign_on.authenticate(issuer.token("agent01")) for _ in range(5)]
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, IssuerUnreachable) for each in outcomes)
    assert len(issuer.asked) <= 2, "the second to fifth are told what the first has found out"


async def test_known_keys_go_on_while_the_issuer_is_down(
    issuer: OpenIdIssuer, sign_on: SingleSignOn, clock: Clock
) -> None:
    await sign_on.authenticate(issuer.token("agent01"))
    clock.now += LOOK_AGAIN_SECONDS
    with misbehaving(issuer, "keys", failing(500)):
        with pytest.raises(IssuerUnreachable):
            await sign_on.authenticate(_of_an_unknown_key(issuer))
        assert await sign_on.authenticate(issuer.token("agent01")) == AGENT
