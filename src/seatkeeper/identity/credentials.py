"""The credentials of those who run the server: the admin token as Bearer, or a login and password as Basic."""

import base64
import hmac
from typing import Final, NamedTuple

from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.rights import Right, rights_of

CHALLENGE: Final = 'Basic realm="seatkeeper", charset="UTF-8", Bearer realm="seatkeeper"'
"""The `WWW-Authenticate` of an answer to `Unauthorized`."""


class Unauthorized(Exception):
    """Credentials are missing or wrong; the text says what is."""


class RightMissing(Exception):
    """The caller is known and may not do this; the text names the right."""

    def __init__(self, login: str, right: Right) -> None:
        super().__init__(
            f"{login} lacks the right {right.value}. Ask an administrator for it or for a role that has it."
        )
        self.right = right


class Caller(NamedTuple):
    """Who asks: as the log names him, and what he may do."""

    name: str
    rights: frozenset[Right]

    def require(self, right: Right) -> None:
        """Raises RightMissing where he has not got this right."""
        if right not in self.rights:
            raise RightMissing(self.name, right)


class Credentials:
    """Tells by an Authorization header who asks. Whoever has the admin token has every right."""

    def __init__(self, authenticator: Authenticator, token: str) -> None:
        self._authenticator = authenticator
        self._token = token

    async def caller(self, authorization: str, address: str) -> Caller:
        """Who sends this header from this address. Raises Unauthorized."""
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._bearer(credentials.strip())
        if scheme.lower() == "basic":
            return await self._basic(credentials.strip(), address)
        raise Unauthorized("Send the admin token (Authorization: Bearer) or a login and password (Basic).")

    def _bearer(self, token: str) -> Caller:
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Unauthorized("The admin token is wrong. It stands in the file in the server's data directory.")
        return Caller("(admin token)", frozenset(Right))

    async def _basic(self, credentials: str, address: str) -> Caller:
        pair = login_and_password(credentials)
        if pair is None:
            raise Unauthorized("Basic credentials are 'login:password' in UTF-8, encoded in base64.")
        login, password = pair
        user = await self._authenticator.authenticate(login, password, address)
        if user is None:
            raise Unauthorized("The login or the password is wrong.")
        return Caller(user.login, rights_of(user))


def login_and_password(credentials: str) -> tuple[str, str] | None:
    """What Basic credentials say: `login:password` in UTF-8, encoded in base64 (RFC 7617). None where they are not."""
    try:
        login, mark, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:  # not base64, not even ASCII, or not UTF-8
        return None
    return (login, password) if mark else None
