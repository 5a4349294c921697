"""`/{sessionId}/connection`: the state of a session, its end, and tokens for another log-on (contract 2.3)."""

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.auth import Gate
from seatkeeper.icws.connection_shapes import AuthToken, ConnectionState, auth_token_request
from seatkeeper.icws.messages import REASONS, ConnectionStateValue, should_reconnect
from seatkeeper.icws.representation import empty, represent
from seatkeeper.icws.shapes import guid, read
from seatkeeper.identity.auth_tokens import AuthTokens
from seatkeeper.languages.catalogues import said
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.licensing.commands import EndReason, EndSession


class Connections:
    """Sessions that are there, or were until lately."""

    def __init__(self, ledger: Ledger, gate: Gate, tokens: AuthTokens) -> None:
        self._ledger = ledger
        self._gate = gate
        self._tokens = tokens

    async def state(self, request: Request) -> Response:
        """GET: up, or down with the reason for a session that ended lately and whose credentials are right."""
        await self._ledger.current()
        session = await self._gate.identify(request)
        if isinstance(session, LiveSession):
            return represent(request.scope, ConnectionState(ConnectionStateValue.UP))
        reason = said(REASONS[session.reason], session.language)
        state = ConnectionState(ConnectionStateValue.DOWN, reason, should_reconnect(session.reason))
        return represent(request.scope, state)

    async def log_off(self, _request: Request, session: LiveSession) -> Response:
        """DELETE: 200 without a body; what the session held is released. A second one gets 401."""
        await self._ledger.submit(EndSession(session_id=session.session.id, reason=EndReason.LOGGED_OFF))
        return empty()

    async def unique_auth_token(self, request: Request, session: LiveSession) -> Response:
        """POST unique-auth-token: a token with which the session's user can log on once more within seven seconds."""
        seed = guid(read(auth_token_request, await request.body()).auth_token_seed, "authTokenSeed")
        return represent(request.scope, AuthToken(await self._tokens.issue(session.session.id, seed)))
