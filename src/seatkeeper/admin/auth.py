"""Who may do what: the admin token may do everything, a user what his roles and rights say."""

import base64
import hmac
from typing import Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase

from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import Parts, PartsOfApp
from seatkeeper.identity.rights import Right, rights_of
from seatkeeper.licensing.entities import User
from seatkeeper.transport.record import record_of


class _Documented(SecurityBase):
    """A way to log on, for the generated documentation. What is sent is read by `needs`: every fault gets our shape."""

    def __init__(self, scheme: str, description: str) -> None:
        self.model = HTTPBase(scheme=scheme, description=description)
        self.scheme_name = scheme

    async def __call__(self) -> None:
        """Let everybody through."""


DOCUMENTED = [
    Depends(_Documented("bearer", "The admin token, from its file in the server's data directory.")),
    Depends(_Documented("basic", "Login and password of a user who has the right.")),
]
"""Dependencies that put both ways to log on into the generated documentation."""

_CHALLENGE = 'Basic realm="seatkeeper", charset="UTF-8", Bearer realm="seatkeeper"'


def needs(right: Right) -> Any:  # noqa: ANN401 - what FastAPI's Depends is typed as
    """A route's dependency: whoever asks has `right`, else 401 or 403."""

    async def check(request: Request, parts: PartsOfApp) -> None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        record = record_of(request.scope)
        if scheme.lower() == "bearer":
            _check_token(credentials.strip(), parts.token)
            record.user = "(admin token)"
        elif scheme.lower() == "basic":
            user = await _user(request, parts, credentials.strip())
            record.user = user.login
            _check_right(user, right)
        else:
            raise _unauthorized("Send the admin token (Authorization: Bearer) or a login and password (Basic).")

    return Depends(check)


def _check_token(sent: str, token: str) -> None:
    if not hmac.compare_digest(sent.encode(), token.encode()):
        raise _unauthorized("The admin token is wrong. It stands in the file in the server's data directory.")


async def _user(request: Request, parts: Parts, credentials: str) -> User:
    login, password = _pair(credentials)
    address = request.client.host if request.client else ""
    user = await parts.authenticator.authenticate(login, password, address)
    if user is None:
        raise _unauthorized("The login or the password is wrong.")
    return user


def _pair(credentials: str) -> tuple[str, str]:
    try:
        login, mark, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:  # not base64, not even ASCII, or not UTF-8
        mark = ""
    if not mark:
        raise _unauthorized("Basic credentials are 'login:password' in UTF-8, encoded in base64.")
    return login, password


def _check_right(user: User, right: Right) -> None:
    if right not in rights_of(user):
        raise AdminError(
            403,
            "forbidden",
            f"{user.login} lacks the right {right.value}. Ask an administrator for it or for a role that has it.",
            detail={"right": right.value},
        )


def _unauthorized(message: str) -> AdminError:
    return AdminError(401, "unauthorized", message, headers={"WWW-Authenticate": _CHALLENGE})
