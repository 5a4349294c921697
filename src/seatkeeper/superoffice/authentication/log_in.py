"""Logging in and out: `Login` and `Logout` below the application's path.

The API itself has no such place (contract 5), so these are ours: a page for people, whose browser's session and XSRF
value the vendor's client library then finds, and the same for programs, which get a ticket. As with any log-in page,
nobody may be logged in or out by a page of somebody else's.
"""

from typing import Final

from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.identity.logon import Authenticator
from seatkeeper.ledger.door import Ledger, Unavailable
from seatkeeper.licensing.commands import EndReason, EndSession
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import say
from seatkeeper.settings import SuperOfficeSettings
from seatkeeper.superoffice.authentication import log_in_page
from seatkeeper.superoffice.authentication.auth import SESSION_COOKIE, WRONG_PASSWORD, Gate, address_of
from seatkeeper.superoffice.authentication.log_in_page import XSRF_FIELD
from seatkeeper.superoffice.authentication.tickets import BROWSERS_NAME, TICKETS_NAME, LogIn, Tickets
from seatkeeper.superoffice.cross_origin import cookie_attributes, refuse_foreign_pages
from seatkeeper.superoffice.errors import ILLEGAL_OPERATION, Failure, malformed, not_found, unavailable
from seatkeeper.superoffice.pages import is_for_people
from seatkeeper.superoffice.wire import bodies
from seatkeeper.superoffice.wire.binding import bind
from seatkeeper.superoffice.wire.rendering import render
from seatkeeper.transport.record import record_of

XSRF_COOKIE: Final = "XSRF-TOKEN"

_MAX_PASSWORD: Final = 1024


class Credentials(Struct, frozen=True, rename="pascal"):
    """Who logs in."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, …)"


class LogOutForm(Struct, frozen=True):
    """What the form of logging out has: it can set no header."""

    xsrf_value: str = field(default="", name=XSRF_FIELD)


class LoggedIn(Struct, frozen=True, rename="pascal"):
    """What a program needs from now on: the ticket for `SOTicket`, or cookie and XSRF value as browsers have them.

    `ticket` is None where tickets are switched off, `xsrf_token` where cookies are.
    """

    ticket: str | None
    xsrf_token: str | None


class LogIns:
    """Opens and ends log-ins."""

    def __init__(
        self,
        ledger: Ledger,
        authenticator: Authenticator,
        gate: Gate,
        tickets: Tickets,
        settings: SuperOfficeSettings,
    ) -> None:
        self._ledger = ledger
        self._authenticator = authenticator
        self._gate = gate
        self._tickets = tickets
        self._settings = settings

    async def form(self, request: Request) -> Response:
        """GET: the page on which people log in, or that they have done so."""
        self._require_use(for_people=True)
        known = await self._gate.by_cookie_alone(request)
        if known is None or known.xsrf_value is None:
            return log_in_page.form(request)
        record_of(request.scope).user = known.user.login
        return log_in_page.logged_in(request, known.user.login, known.xsrf_value)

    async def log_in(self, request: Request) -> Response:
        """POST `user` and `password`: a page for people, else the ticket; both with the cookies."""
        for_people = is_for_people(request, otherwise=False)
        self._require_use(for_people=for_people)
        user = ""
        try:
            credentials = await self._credentials(request)
            user = credentials.user
            login, opened = await self._logged_in(request, credentials, for_people=for_people)
        except Failure as failure:
            return _form_again(request, failure, user)
        if for_people:
            response: Response = log_in_page.logged_in(request, login, opened.xsrf_value)
        else:
            answer = LoggedIn(
                ticket=opened.ticket if self._settings.tickets else None,
                xsrf_token=opened.xsrf_value if self._settings.cookies else None,
            )
            response = render(request, answer)
            response.headers["Cache-Control"] = "no-store"
        if self._settings.cookies:
            self._set_cookies(request, response, opened.cookie, opened.xsrf_value)
        return response

    async def log_out(self, request: Request) -> Response:
        """POST: the session whose ticket, token or cookie is shown ends. A form shows the XSRF value in a field."""
        try:
            session_id = await self._session_of(request)
        except Failure as failure:
            return _form_again(request, failure)
        if session_id is None:
            raise Failure(400, ILLEGAL_OPERATION, say("There is no session to end: these credentials open none."))
        try:
            await self._ledger.submit(EndSession(session_id=session_id, reason=EndReason.LOGGED_OFF))
        except Refusal:
            pass  # it has ended meanwhile
        except Unavailable as why:
            raise unavailable(why) from why
        page = is_for_people(request, otherwise=False)
        response = log_in_page.logged_out(request) if page else Response(status_code=204)
        self._set_cookies(request, response, "", "", "; Max-Age=0")
        return response

    def _require_use(self, *, for_people: bool) -> None:
        """Raises Failure 404 where a log-in would be of no use."""
        if not (self._settings.cookies or (self._settings.tickets and not for_people)):
            raise not_found(say("Nobody can log in here so: the setting superoffice.cookies is off."))

    async def _credentials(self, request: Request) -> Credentials:
        refuse_foreign_pages(request, self._settings.allowed_origins)
        self._tickets.require_serving()
        self._gate.require_app_token(request)
        credentials = bind(await bodies.read(request), Credentials)
        if len(credentials.password) > _MAX_PASSWORD:
            raise malformed("A password has at most {most} characters.", most=_MAX_PASSWORD)
        return credentials

    async def _logged_in(self, request: Request, credentials: Credentials, *, for_people: bool) -> tuple[str, LogIn]:
        address = address_of(request)
        user = await self._authenticator.authenticate(credentials.user, credentials.password, address)
        if user is None:
            raise self._gate.unauthorized(request, WRONG_PASSWORD, dialog=not for_people)
        record_of(request.scope).user = user.login
        name = BROWSERS_NAME if for_people else TICKETS_NAME
        return user.login, await self._tickets.log_in(user, name, address)

    async def _session_of(self, request: Request) -> int | None:
        refuse_foreign_pages(request, self._settings.allowed_origins)
        if "authorization" in request.headers:
            return (await self._gate.identify(request)).session_id
        body = await bodies.read(request)
        shown = LogOutForm() if body is None else bind(body, LogOutForm)
        known = await self._gate.by_cookie(request, shown.xsrf_value)
        record_of(request.scope).user = known.user.login
        return known.session_id

    def _set_cookies(self, request: Request, response: Response, session: str, xsrf: str, more: str = "") -> None:
        """The session's, which no script reads, and the XSRF value's, which scripts are to read."""
        where = cookie_attributes(request, self._settings.allowed_origins) + more
        response.headers.append("Set-Cookie", f"{SESSION_COOKIE}={session}{where}; HttpOnly")
        response.headers.append("Set-Cookie", f"{XSRF_COOKIE}={xsrf}{where}")


def _form_again(request: Request, failure: Failure, user: str = "") -> Response:
    """For people, the page on which they log in, saying what went wrong; `user` is what they had typed in as their
    name. Raises the failure for programs."""
    if not is_for_people(request, otherwise=False):
        raise failure
    failure.note(request.scope)
    page = log_in_page.form(request, failure.said, failure.status, user)
    page.headers.update(failure.headers or {})
    return page
