"""Who asks, by user and password on each request (contract 5.1), and whether he may."""

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request

from seatkeeper.identity.credentials import login_and_password
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.rights import ROLES, Right, rights_of
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.errors import not_allowed, unauthorized
from seatkeeper.transport.asked import header
from seatkeeper.transport.origins import is_foreign
from seatkeeper.transport.record import record_of

_HARMLESS: Final = ("GET", "HEAD")


class Gate:
    """Lets requests through."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def identify(self, request: Request) -> User:
        """Who asks. Raises Failure 401, with the challenge that many clients wait for before they send a password."""
        scheme, _, credentials = (header(request.scope, b"authorization") or "").strip().partition(" ")
        if scheme.lower() != "basic":
            raise unauthorized(say("Send a user and a password with the request (Authorization: Basic)."))
        pair = login_and_password(credentials.strip())
        if pair is None:
            raise unauthorized(say("Basic credentials are `login:password` in UTF-8, encoded in base64."))
        host, _ = request.scope.get("client") or ("", None)
        user = await self._authenticator.authenticate(*pair, host)
        if user is None:
            raise unauthorized(say("The user or the password is wrong."))
        record_of(request.scope).user = user.login
        return user


def require(user: User, right: Right) -> None:
    """Raises Failure 403 where a user has not got a right, naming the roles that have it."""
    if right not in rights_of(user):
        roles = ", ".join(_roles_with(right))
        raise not_allowed(
            say("{user} may not do this; it needs one of the roles {roles}.", user=user.login, roles=roles)
        )


def _roles_with(right: Right) -> Iterable[str]:
    return (role for role, rights in ROLES.items() if right in rights and role.startswith("mfp"))


def refuse_foreign_pages(request: Request) -> None:
    """Raises Failure 403 where a web page of another origin would change something: a browser sends along with it
    whatever password its reader has typed in."""
    if request.method not in _HARMLESS and is_foreign(request, ()):
        raise not_allowed(say("Pages of other origins may not do this."))
