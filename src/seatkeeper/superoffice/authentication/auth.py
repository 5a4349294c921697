"""Who a request speaks for (contract 5): user and password, a ticket, a token, or the cookie of a browser's session
together with its XSRF value.

Whatever is missing, wrong or over is 401, so that a client knows to log in anew; what is switched off is 401 as well,
and is not offered.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from starlette.requests import Request

from seatkeeper.identity.attempts import Kind
from seatkeeper.identity.credentials import login_and_password
from seatkeeper.identity.issuer import RETRY_SECONDS, IssuerUnreachable
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.openid import SingleSignOn
from seatkeeper.identity.secrets import matches
from seatkeeper.ledger.door import LiveSession
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.settings import SuperOfficeSettings
from seatkeeper.superoffice.authentication.tickets import ACCESS_TOKENS, TICKET, Shown, Tickets, xsrf_value
from seatkeeper.superoffice.calls import Caller
from seatkeeper.superoffice.cross_origin import refuse_foreign_pages
from seatkeeper.superoffice.errors import SERVER, SESSION, XSRF, Failure, unauthorized
from seatkeeper.superoffice.wire.cultures import Spoken
from seatkeeper.transport.record import record_of

XSRF_HEADER: Final = "X-XSRF-TOKEN"
APP_TOKEN_HEADER: Final = "SO-AppToken"  # noqa: S105 - the name of a header
SESSION_COOKIE: Final = "seatkeeper-session"
"""The cookie of a browser's session; the vendor's name of it is not known (contract 5)."""

REALM: Final = "SuperOffice"

_MAX_JWT: Final = 16 * 1024

WRONG_PASSWORD: Final = say("The user or the password is wrong.")
_NO_TICKET: Final = say("There is no such ticket, or it has ended. Log in again.")
_NO_TOKEN: Final = say("There is no such access token, or it has ended. Get another one.")
_NO_SESSION: Final = say("There is no such session, or it has ended. Log in again.")
_NO_APP_TOKEN: Final = say("The application token is not known here.")
_NOTHING: Final = say("This request says nothing about who asks.")


class _Known(NamedTuple):
    """Who asks, and his session if he has shown one."""

    user: User
    session_id: int | None = None
    xsrf_value: str | None = None


class _Scheme(NamedTuple):
    """A scheme of `Authorization`: its name, the setting that switches it, whether it is on, and how it is checked."""

    name: str
    setting: str
    on: bool
    check: Callable[[Request, str], Awaitable[_Known]]


class Gate:
    """Tells who asks."""

    def __init__(
        self,
        authenticator: Authenticator,
        single_sign_on: SingleSignOn | None,
        tickets: Tickets,
        settings: SuperOfficeSettings,
    ) -> None:
        self._authenticator = authenticator
        self._single_sign_on = single_sign_on
        self._tickets = tickets
        self._settings = settings
        self._app_tokens = [bytes.fromhex(each) for each in settings.app_tokens]
        schemes = (
            _Scheme("Basic", "superoffice.basic", settings.basic, self._by_password),
            _Scheme("SOTicket", "superoffice.tickets", settings.tickets, self._by_ticket),
            _Scheme("Bearer", "superoffice.bearer", settings.bearer, self._by_token),
        )
        self._schemes = {scheme.name.lower(): scheme for scheme in schemes}

    async def identify(self, request: Request) -> Caller:
        """Who asks. Raises Failure: 401 where that is not shown, 403 for a page of somebody else's that would use what
        its reader has typed in, 503 where nobody can say."""
        self.require_app_token(request)
        authorization = request.headers.get("authorization", "").strip()
        known = await (self._check(request, authorization) if authorization else self.by_cookie(request))
        record_of(request.scope).user = known.user.login
        return Caller(
            user=known.user,
            spoken=Spoken.of(request.headers),
            session_id=known.session_id,
            xsrf_value=known.xsrf_value,
            address=address_of(request),
        )

    async def by_cookie(self, request: Request, value: str | None = None) -> _Known:
        """Whose browser's session a request carries. Its XSRF value is that of the header, or `value` of a form.

        There may be several cookies of the name, of one application path each: the XSRF value tells which is meant.
        """
        if not _cookies(request):
            raise self.unauthorized(request, _NOTHING)
        if not self._settings.cookies:
            raise self._switched_off(request, "superoffice.cookies")
        sessions = await self._browsers_sessions(request)
        if not sessions:
            raise self.unauthorized(request, _NO_SESSION)
        shown = (request.headers.get(XSRF_HEADER) or value or "").strip()
        for session, secret in sessions:
            if shown and matches(session.keys.csrf_digest, shown):
                return _of_log_in(session, secret)
        raise self.unauthorized(
            request,
            say("This request needs the XSRF value of the session, in the header {header}.", header=XSRF_HEADER),
            XSRF,
        )

    async def by_cookie_alone(self, request: Request) -> _Known | None:
        """Whose browser's session a request carries, without its XSRF value: good for telling him so, and no more."""
        sessions = await self._browsers_sessions(request) if self._settings.cookies else []
        return _of_log_in(*sessions[0]) if sessions else None

    def require_app_token(self, request: Request) -> None:
        """Raises Failure 401 for an application token in the headers that is none of those known."""
        if not self._may_be_app_token(request.headers.get(APP_TOKEN_HEADER)):
            raise self.unauthorized(request, _NO_APP_TOKEN)

    def check_app_token(self, token: str | None) -> None:
        """Raises Failure 401 for an application token in a method's request that is none of those known."""
        if not self._may_be_app_token(token):
            raise unauthorized(_NO_APP_TOKEN, self._challenge(dialog=True))

    def unauthorized(
        self, request: Request, said: Sentence, error_type: str = SESSION, *, dialog: bool = True
    ) -> Failure:
        """401, offering what is switched on. `said`: what is wrong with what was shown.

        Without `dialog` and to a page with a session of its own Basic is not offered: a browser opens a dialog for it.
        """
        of_page = XSRF_HEADER in request.headers or bool(_cookies(request))
        return unauthorized(said, self._challenge(dialog=dialog and not of_page), error_type)

    def _challenge(self, *, dialog: bool) -> str:
        names = [scheme.name for scheme in self._schemes.values() if scheme.on and (dialog or scheme.name != "Basic")]
        if not names:
            names = ["Cookie"]  # no registered scheme, but the header must name one
        return ", ".join(f'{name} realm="{REALM}"' + _CHARSET.get(name, "") for name in names)

    async def _browsers_sessions(self, request: Request) -> list[tuple[LiveSession, Shown]]:
        """The live ones of its cookies."""
        return [found for each in _cookies(request) if (found := await self._tickets.by_cookie(each)) is not None]

    def _check(self, request: Request, authorization: str) -> Awaitable[_Known]:
        """Who shows this, as its scheme checks it."""
        name, _, credentials = authorization.partition(" ")
        scheme = self._schemes.get(name.lower())
        if scheme is not None and scheme.name == "Basic" and credentials.strip().startswith(TICKET):
            scheme = self._schemes["soticket"]  # as the vendor's text on Basic allows (contract 5)
        if scheme is None:
            names = ", ".join(each.name for each in self._schemes.values() if each.on)
            said = say("The scheme of Authorization must be one of {schemes}.", schemes=names)
            raise self.unauthorized(request, said)
        if not scheme.on:
            raise self._switched_off(request, scheme.setting)
        return scheme.check(request, credentials.strip())

    async def _by_password(self, request: Request, credentials: str) -> _Known:
        refuse_foreign_pages(request, self._settings.allowed_origins)
        pair = login_and_password(credentials)
        if pair is None:
            said = say("Basic credentials are `login:password` in UTF-8, encoded in base64.")
            raise self.unauthorized(request, said)
        user = await self._authenticator.authenticate(*pair, address_of(request))
        if user is None:
            raise self.unauthorized(request, WRONG_PASSWORD)
        return _Known(user)

    async def _by_ticket(self, request: Request, ticket: str) -> _Known:
        token = request.headers.get(APP_TOKEN_HEADER)
        if self._app_tokens and not token:
            said = say("A ticket needs an application token, in the header {header}.", header=APP_TOKEN_HEADER)
            raise self.unauthorized(request, said)
        found = await self._tickets.by_ticket(ticket)
        if found is None:
            raise self.unauthorized(request, _NO_TICKET)
        return _of_log_in(*found)

    async def _by_token(self, request: Request, token: str) -> _Known:
        if not token.startswith(ACCESS_TOKENS):
            return _Known(await self._by_single_sign_on(request, token))
        found = await self._tickets.by_access_token(token)
        if found is None:
            raise self.unauthorized(request, _NO_TOKEN)
        session, _ = found
        return _Known(session.user, session.session.id)

    async def _by_single_sign_on(self, request: Request, token: str) -> User:
        if self._single_sign_on is None or len(token) > _MAX_JWT:
            raise self.unauthorized(request, _NO_TOKEN)
        try:
            user = await self._single_sign_on.authenticate(token)
        except IssuerUnreachable as why:
            said = say("The issuer of single sign-on does not answer, so that the token cannot be checked. Try again.")
            raise Failure(503, SERVER, said, {"Retry-After": f"{RETRY_SECONDS:.0f}"}) from why
        self._authenticator.attempts.count(Kind.SINGLE_SIGN_ON, succeeded=user is not None)
        if user is None:
            raise self.unauthorized(request, _NO_TOKEN)
        return user

    def _may_be_app_token(self, token: str | None) -> bool:
        """Whether this may be an application token: where none are known, and where none is shown, all may."""
        return not token or not self._app_tokens or any(matches(known, token.strip()) for known in self._app_tokens)

    def _switched_off(self, request: Request, setting: str) -> Failure:
        said = say("This way to say who asks is switched off here: the setting {setting} is off.", setting=setting)
        return self.unauthorized(request, said)


_CHARSET: Final = {"Basic": ', charset="UTF-8"'}


def address_of(request: Request) -> str:
    """The address of the client's machine."""
    client = request.scope.get("client")
    return client[0] if client else ""


def _of_log_in(session: LiveSession, shown: Shown) -> _Known:
    return _Known(session.user, session.session.id, xsrf_value(shown.secret))


def _cookies(request: Request) -> list[str]:
    """Every value of our cookie: there is one for each application path."""
    crumbs = (crumb.partition("=") for line in request.headers.getlist("cookie") for crumb in line.split(";"))
    return [value.strip().strip('"') for name, _, value in crumbs if name.strip() == SESSION_COOKIE]
