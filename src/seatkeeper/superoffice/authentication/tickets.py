"""Tickets, access tokens and browsers' sessions (contract 5). Each stands for a session of the ledger, so that it
outlives a restart, ends with its user, and is seen and ended by administrators.

A log-in has one secret, which is a ticket (`7T:…`) in a header and a browser's session in a cookie; an access token
(`8A:context.…`) is a session of its own, which use does not prolong. What is kept are digests, by another function
than for the sessions of other faces: no secret of the one kind can ever pass for one of the other.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from seatkeeper.identity.secrets import digest
from seatkeeper.ledger.door import Ledger, LiveSession, Unavailable
from seatkeeper.licensing.commands import Connect
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.settings import SuperOfficeSettings
from seatkeeper.superoffice.calls import Caller
from seatkeeper.superoffice.errors import SERVER, Failure, of_refusal, unavailable
from seatkeeper.transport.availability import Availability, State

TICKET: Final = "7T:"
ACCESS_TOKENS: Final = ("8A:", "7A:")
"""How our own access tokens begin. They are made with the first; the vendor's texts have both."""

TICKETS_NAME: Final = "SuperOffice ticket"
BROWSERS_NAME: Final = "SuperOffice browser"
ACCESS_TOKENS_NAME: Final = "SuperOffice access token"
"""What the sessions are called where sessions are listed: the names of their applications."""

OF_A_USER: Final = 100
"""Sessions of one user that live at a time, of each of the three kinds; one more ends the oldest."""

_LOG_IN: Final = b"log-in"
_ACCESS_TOKEN: Final = b"access token"
_SECRET_BYTES: Final = 32
_NUMBER_BYTES: Final = 8


class Shown(NamedTuple):
    """What a ticket, an access token or a cookie says: the session, and the secret that only its client has."""

    session_id: int
    secret: bytes


class LogIn(Struct, frozen=True):
    """A new log-in, for its client alone."""

    session_id: int
    secret: bytes

    def __repr__(self) -> str:
        return f"LogIn({self.session_id}, …)"

    @property
    def ticket(self) -> str:
        """As it stands behind `SOTicket`."""
        return TICKET + base64.b64encode(_packed(self.session_id, self.secret)).decode()

    @property
    def cookie(self) -> str:
        """As it stands in a cookie."""
        return _unpadded(_packed(self.session_id, self.secret))

    @property
    def xsrf_value(self) -> str:
        """What pages send along with the cookie."""
        return xsrf_value(self.secret)


class Tickets:
    """Opens sessions of this face, and finds them by what stands for them."""

    def __init__(self, ledger: Ledger, availability: Availability, settings: SuperOfficeSettings) -> None:
        self._ledger = ledger
        self._availability = availability
        self._idle_timeout = settings.ticket_idle * 1000
        self._token_lifetime = settings.token_lifetime * 1000
        self._context = settings.context

    async def log_in(self, user: User, application: str, address: str) -> LogIn:
        """A new log-in of a user whose credentials have been checked. Raises Failure where there can be none now."""
        secret = secrets.token_bytes(_SECRET_BYTES)
        connect = Connect(
            user_id=user.id,
            application=application,
            machine=address,
            language=user.language,
            cookie_digest=_digest(_LOG_IN, secret),
            csrf_digest=digest(xsrf_value(secret)),
            idle_timeout=self._idle_timeout,
            at_most=OF_A_USER,
        )
        return LogIn(await self._connected(connect), secret)

    async def open_access_token(self, caller: Caller) -> str:
        """A new access token of the caller. One that is asked for with another lives no longer than that one: whoever
        has got hold of a token cannot keep it alive. Raises Failure where there can be none now."""
        secret = secrets.token_bytes(_SECRET_BYTES)
        connect = Connect(
            user_id=caller.user.id,
            application=ACCESS_TOKENS_NAME,
            machine=caller.address,
            language=caller.user.language,
            cookie_digest=_digest(_ACCESS_TOKEN, secret),
            csrf_digest=secrets.token_bytes(_SECRET_BYTES),  # of nothing: it is no browser's
            source=caller.session_id,
            idle_timeout=await self._lifetime(caller),
            at_most=OF_A_USER,
        )
        session_id = await self._connected(connect)
        return f"{ACCESS_TOKENS[0]}{self._context}.{_unpadded(_packed(session_id, secret))}"

    def require_serving(self) -> None:
        """Raises Failure 503 where no sessions are opened, as ICWS has it for its log-ons."""
        if self._availability.state is not State.SERVING:
            said = _NOT_SERVING[self._availability.state]
            raise Failure(503, SERVER, said, {"Retry-After": str(_RESUMED_SECONDS)})

    async def by_ticket(self, ticket: str) -> tuple[LiveSession, Shown] | None:
        """The live session of a ticket as it stands behind `SOTicket`."""
        return await self._live(_LOG_IN, _read(ticket.removeprefix(TICKET))) if ticket.startswith(TICKET) else None

    async def by_cookie(self, cookie: str) -> tuple[LiveSession, Shown] | None:
        """The live session of a cookie's value."""
        return await self._live(_LOG_IN, _read(cookie))

    async def by_access_token(self, token: str) -> tuple[LiveSession, Shown] | None:
        """The live session of an access token of ours."""
        return await self._live(_ACCESS_TOKEN, _read(token.partition(".")[2]))

    async def _live(self, kind: bytes, shown: Shown | None) -> tuple[LiveSession, Shown] | None:
        if shown is None:
            return None
        await self._ledger.current()  # no rule looks at it again, and it may have ended at another node
        live = await self._ledger.live_session(shown.session_id)
        if live is None:
            return None
        if not hmac.compare_digest(live.keys.cookie_digest, _digest(kind, shown.secret)):
            return None
        if kind == _LOG_IN:
            self._ledger.touch(shown.session_id)
        elif self._left(live) <= 0:  # a restart gives every session a full time-out, which a token is not to have
            return None
        return live, shown

    def _left(self, token: LiveSession) -> int:
        session = token.session
        return session.connected_at + (session.idle_timeout or 0) - self._ledger.now()

    async def _lifetime(self, caller: Caller) -> int:
        live = None if caller.session_id is None else await self._ledger.live_session(caller.session_id)
        if live is None or live.session.application != ACCESS_TOKENS_NAME:
            return self._token_lifetime
        return max(1, min(self._left(live), self._token_lifetime))

    async def _connected(self, command: Connect) -> int:
        self.require_serving()
        try:
            return (await self._ledger.submit(command)).session_id
        except Unavailable as why:
            raise unavailable(why) from why
        except Refusal as refusal:
            raise of_refusal(refusal, rest=False) from refusal


def xsrf_value(secret: bytes) -> str:
    """The XSRF value of a log-in: who knows the secret can tell it, but not the other way round."""
    return _unpadded(hmac.digest(secret, b"XSRF-TOKEN", hashlib.sha256))


def _digest(kind: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=32, person=kind).digest()


def _packed(session_id: int, secret: bytes) -> bytes:
    return session_id.to_bytes(_NUMBER_BYTES, "big") + secret


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _read(text: str) -> Shown | None:
    """What `_packed` made, in either alphabet of base64, with its padding or without."""
    try:
        packed = base64.b64decode(text.rstrip("=").replace("-", "+").replace("_", "/") + "==", validate=True)
    except ValueError:  # not base64, or not even ASCII
        return None
    if len(packed) != _NUMBER_BYTES + _SECRET_BYTES:
        return None
    return Shown(int.from_bytes(packed[:_NUMBER_BYTES], "big"), packed[_NUMBER_BYTES:])


_RESUMED_SECONDS: Final = 30  # what an operator has switched off is not on again within a second

_NOT_SERVING: Final[Mapping[State, Sentence]] = {
    State.DRAINING: say("This server takes no more log-ons, because it is to be stopped."),
    State.STANDBY: say("This server stands by for another one and takes no log-ons."),
    State.STOPPING: say("This server is stopping and takes no log-ons."),
}
