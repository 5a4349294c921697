"""The public keys of an OpenID Connect issuer (OpenID Connect Discovery 1.0), fetched when a token needs them.

Nothing is fetched that is known: keys are kept for an hour. A key that is not among them is looked for once more, since
issuers change their keys, but not more often than once a minute, whatever names tokens make up.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

KEEP_SECONDS: Final = 3600.0
LOOK_AGAIN_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 5.0
"""An issuer that could not be reached is not asked again for so long; whoever needs it is told at once."""

FETCH_SECONDS: Final = 5.0
"""How long both documents together may take."""

MAX_BYTES: Final = 256 * 1024
"""The longest document of an issuer that is read."""

_KINDS: Final = ("RSA", "EC", "OKP")  # of keys with a public part

_log = structlog.get_logger("seatkeeper.identity")


class IssuerUnreachable(Exception):
    """The issuer's keys cannot be had, so that nothing can be said of its tokens. The text says why."""


class Issuer:
    """The keys of the issuer at `url`. `clock` gives monotonic seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys = KeySet([])
        self._fetched_at: float | None = None
        self._failure = ""
        self._failed_at: float | None = None

    async def keys(self, kid: str | None) -> KeySet:
        """The issuer's keys for signatures; where it has one of this id, with that.

        Raises IssuerUnreachable where it does not answer, or not with keys.
        """
        if self._lacks(kid):
            async with self._lock:
                if self._lacks(kid):  # another may have fetched it meanwhile
                    await self._fetch()
        if self._failed_lately() and not (self._fresh() and self._has(kid)):
            raise IssuerUnreachable(self._failure)
        return self._keys

    def _lacks(self, kid: str | None) -> bool:
        """Whether to ask the issuer."""
        if self._failed_lately():
            return False
        return not self._fresh() or (not self._has(kid) and not self._within(self._fetched_at, LOOK_AGAIN_SECONDS))

    def _fresh(self) -> bool:
        return self._within(self._fetched_at, KEEP_SECONDS)

    def _failed_lately(self) -> bool:
        return self._within(self._failed_at, RETRY_SECONDS)

    def _within(self, since: float | None, seconds: float) -> bool:
        return since is not None and self._clock() - since < seconds

    def _has(self, kid: str | None) -> bool:
        return kid is None or any(key.kid == kid for key in self._keys)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                # The system's certificates, where an organisation adds its own; reading them takes a while.
                context = await asyncio.to_thread(ssl.create_default_context)
                async with httpx.AsyncClient(verify=context, timeout=FETCH_SECONDS) as http:
                    self._keys = _signing_keys(await _document(http, await self._jwks_uri(http)))
        except TimeoutError:
            self._failed(f"{self.url} did not answer within {FETCH_SECONDS:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            self._failed(f"{self.url} did not tell its keys: {str(error) or type(error).__name__}")
        else:
            self._fetched_at, self._failed_at = self._clock(), None

    def _failed(self, why: str) -> None:
        self._failure, self._failed_at = why, self._clock()
        _log.error("issuer_unreachable", reason=why)

    async def _jwks_uri(self, http: httpx.AsyncClient) -> str:
        """Where the keys are. What does not call itself by the issuer's name does not speak for it (Discovery 4.3)."""
        document = await _document(http, self.url.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != self.url:
            raise ValueError(f"its configuration is of the issuer {document.get('issuer')!r}")
        uri = document.get("jwks_uri")
        if not isinstance(uri, str) or httpx.URL(uri).scheme not in {"https", httpx.URL(self.url).scheme}:
            raise ValueError(f"its jwks_uri {uri!r} cannot be used")
        return uri


async def _document(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The JSON object at `url`. Raises ValueError where there is none, or one too long."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with http.stream("GET", url, headers=headers) as answer:
        if answer.status_code != 200:
            raise ValueError(f"{url} answered {answer.status_code}")
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ValueError(f"{url} is longer than {MAX_BYTES} bytes")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(f"{url} is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError(f"{url} is not a JSON object")  # noqa: TRY004 - of what was fetched, not of what we were given
    return document


def _signing_keys(document: dict[str, Any]) -> KeySet:
    """The keys of a JWKS that can verify a signature; others, and what is no key, are passed over (RFC 7517, 5)."""
    listed = document.get("keys")
    keys = [key for each in listed if (key := _signing_key(each)) is not None] if isinstance(listed, list) else []
    if not keys:
        raise ValueError("there is no key for signatures among its keys")
    return KeySet(keys)


def _signing_key(data: object) -> Key | None:
    if not isinstance(data, dict) or data.get("kty") not in _KINDS or data.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(data)
        key.ensure_kid()
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key
