"""Who may speak for a session: its id in the URL, its CSRF token and its cookie (contract 1.3, 1.5)."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from seatkeeper.icws.errors import COOKIE_CODE, CSRF_TOKEN_CODE, SESSION_ID_CODE, Failure, session_ended, unauthorized
from seatkeeper.icws.session_ids import session_number
from seatkeeper.icws.speech import speak
from seatkeeper.identity.secrets import matches
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.ledger.feed import EndedSession
from seatkeeper.licensing.entities import SessionKeys
from seatkeeper.transport.asked import header, headers
from seatkeeper.transport.record import record_of

Handler = Callable[[Request], Awaitable[Response]]
SessionHandler = Callable[[Request, LiveSession], Awaitable[Response]]

CSRF_HEADER: Final = "ININ-ICWS-CSRF-Token"
_CSRF_HEADER: Final = CSRF_HEADER.lower().encode()
SESSION_HEADER: Final = "ININ-ICWS-Session-ID"


class Gate:
    """Lets requests through to a session."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def signed(self, handler: SessionHandler, *, decided: bool = False) -> Handler:
        """A handler for requests that carry both credentials of a live session; others get their 401.

        `decided`: all that it does is a command, and the rules look at the session again (rule L9). Others are let
        through by what every node has committed, so that nobody goes on at one with a session that ended at another.
        """

        async def guarded(request: Request) -> Response:
            if not decided:
                await self._ledger.current()
            session = await self.identify(request)
            if not isinstance(session, LiveSession):
                raise session_ended()
            return await handler(request, session)

        return guarded

    async def identify(self, request: Request, *, csrf: bool = True) -> LiveSession | EndedSession:
        """The session of a request, live or lately ended. Every request of a live one is activity (contract 2.5).

        Raises `Failure` 401 for an id that names no session, for a missing or wrong CSRF token (unless not `csrf`) and
        for a missing or wrong cookie. An ended session asks for its credentials too: that it was one is nobody
        else's business.
        """
        session_id = session_number(request.path_params["session_id"])
        if session_id is None:
            raise _unknown()
        try:
            session = self._ledger.session_at_hand(session_id) or await self._found(session_id)
            return self._admitted(request.scope, session_id, session, csrf=csrf)
        except Failure:
            # Its number may have been another's, in a journal that was put back since (rules L4, L9).
            if not self._ledger.database.shared:
                raise
            await self._ledger.current()
            return self._admitted(request.scope, session_id, await self._found(session_id), csrf=csrf)

    async def _found(self, session_id: int) -> LiveSession | EndedSession | None:
        return await self._ledger.live_session(session_id) or await self._ledger.recently_ended(session_id)

    def _admitted(
        self, scope: Scope, session_id: int, session: LiveSession | EndedSession | None, *, csrf: bool
    ) -> LiveSession | EndedSession:
        if session is None or session.keys is None:
            raise _unknown()
        speak(scope, session.session.language if isinstance(session, LiveSession) else session.language)
        if csrf:
            _check_token(scope, session.keys)
        _check_cookie(scope, session_id, session.keys)
        if isinstance(session, LiveSession):
            self._ledger.touch(session_id)
            record_of(scope).user = session.user.login
        return session


def _unknown() -> Failure:
    return unauthorized(SESSION_ID_CODE, "No session has the id that stands in this URL.")


def _check_token(scope: Scope, keys: SessionKeys) -> None:
    token = header(scope, _CSRF_HEADER)
    if not token or not matches(keys.csrf_digest, token.strip()):
        raise unauthorized(
            CSRF_TOKEN_CODE, "This request needs the session's CSRF token, in the header ININ-ICWS-CSRF-Token."
        )


def _check_cookie(scope: Scope, session_id: int, keys: SessionKeys) -> None:
    """Many clients send the whole Set-Cookie line back, attributes and all: they are looked over (contract 1.6)."""
    name = f"icws_{session_id}"
    for line in headers(scope, b"cookie"):
        for crumb in line.split(";"):
            key, _, value = crumb.partition("=")
            if key.strip() == name and matches(keys.cookie_digest, value.strip().strip('"')):
                return
    raise unauthorized(COOKIE_CODE, "The session cookie was expected in the request, but not found or not right.")
