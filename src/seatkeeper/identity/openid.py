"""Single sign-on: whose a token of an OpenID Connect issuer is (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725)."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact
from joserfc.jwt import JWTClaimsRegistry

from seatkeeper.identity.issuer import Issuer
from seatkeeper.licensing.entities import User

if TYPE_CHECKING:
    from seatkeeper.queries.users import Account

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
"""Signatures that are believed. Asymmetric ones only: what everybody can read of a key must not be enough to sign."""

_log = structlog.get_logger("seatkeeper.identity")


class TokenRefused(Exception):
    """A token cannot be believed. The text says why: it is for the log, and not for whoever sent the token."""


class _Tokens(JWSRegistry):
    """Signed tokens as issuers make them: with longer headers than are usual, and members of their own in them."""

    max_header_length = 8 * 1024

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)


class SingleSignOn:
    """Checks tokens of one issuer that were made for `audience`.

    The claim `user_claim` names the user: `accounts` finds the living user of a login, in whatever case it is spelled.
    Clocks may differ by `leeway` seconds; `now` gives the time in milliseconds.
    """

    def __init__(
        self,
        issuer: Issuer,
        *,
        audience: str,
        user_claim: str,
        leeway: int,
        accounts: Callable[[str], Awaitable["Account | None"]],
        now: Callable[[], int],
    ) -> None:
        self._issuer = issuer
        self._user_claim = user_claim
        self._accounts = accounts
        self._registry = _Tokens()
        self._claims = JWTClaimsRegistry(
            now=lambda: now() // 1000,
            leeway=leeway,
            iss={"essential": True, "value": issuer.url},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )

    async def authenticate(self, token: str) -> User | None:
        """The user that a token names; None where it cannot be believed or names nobody, which the log tells apart.

        Raises IssuerUnreachable where nothing can be said of it.
        """
        try:
            login = self._named(await self._verified(token))
        except TokenRefused as why:
            _log.warning("single_sign_on_refused", reason=str(why))
            return None
        account = await self._accounts(login)
        if account is None:
            _log.warning("single_sign_on_refused", reason=f"there is no user {login!r}")
            return None
        return account.user

    async def _verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that is the issuer's, meant for this server, and of this time."""
        try:
            encoded = token.encode("ascii")
            header = extract_compact(encoded, registry=self._registry).protected
            # Before anything is fetched for it: most of what is no token of the issuer's ends here.
            self._registry.get_alg(_text_of(header, "alg"))
            kid = _text_of(header, "kid") if "kid" in header else None
            keys = await self._issuer.keys(kid)
            claims = jwt.decode(encoded, keys, registry=self._registry).claims
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise TokenRefused(str(error) or type(error).__name__) from error
        return claims

    def _named(self, claims: dict[str, Any]) -> str:
        login = claims.get(self._user_claim)
        if not isinstance(login, str) or not login:
            raise TokenRefused(f"the claim {self._user_claim} names nobody")
        return login


def _text_of(header: dict[str, Any], member: str) -> str:
    value = header.get(member)
    if not isinstance(value, str):
        raise TokenRefused(f"the header's {member} is not a text")
    return value
