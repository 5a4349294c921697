"""Who may do what: the admin token may do everything, a user what his roles and rights say."""

from typing import Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase

from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.identity.credentials import CHALLENGE, RightMissing, Unauthorized
from seatkeeper.identity.rights import Right
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


def needs(right: Right) -> Any:  # noqa: ANN401 - what FastAPI's Depends is typed as
    """A route's dependency: whoever asks has `right`, else 401 or 403."""

    async def check(request: Request, parts: PartsOfApp) -> None:
        address = request.client.host if request.client else ""
        try:
            caller = await parts.credentials.caller(request.headers.get("authorization", ""), address)
            record_of(request.scope).user = caller.name
            caller.require(right)
        except Unauthorized as error:
            raise AdminError(401, "unauthorized", str(error), headers={"WWW-Authenticate": CHALLENGE}) from None
        except RightMissing as error:
            raise AdminError(403, "forbidden", str(error), detail={"right": error.right.value}) from None

    return Depends(check)
