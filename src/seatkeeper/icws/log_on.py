"""`POST /connection`: logging on by password, by a token of another session, or by single sign-on (contract 2.1)."""

from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.auth import CSRF_HEADER, SESSION_HEADER
from seatkeeper.icws.connection_shapes import (
    CONNECTION_TYPES,
    ConnectionResponse,
    LogOn,
    PurecloudIntegration,
    log_on,
    variant,
)
from seatkeeper.icws.cross_origin import cookie_attributes
from seatkeeper.icws.errors import (
    UNAVAILABLE,
    ErrorBody,
    Failure,
    invalid,
    missing,
    not_accepting,
    refused,
    unavailable,
    wrong_credentials,
)
from seatkeeper.icws.representation import represent
from seatkeeper.icws.server_info import Server
from seatkeeper.icws.session_ids import session_number
from seatkeeper.icws.shapes import flag, guid, read, shown_text, text
from seatkeeper.icws.speech import accepted_languages
from seatkeeper.identity.attempts import Kind
from seatkeeper.identity.auth_tokens import AuthTokens
from seatkeeper.identity.issuer import RETRY_SECONDS, IssuerUnreachable
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.openid import SingleSignOn
from seatkeeper.identity.secrets import SessionSecrets, new_session_secrets
from seatkeeper.languages import choice
from seatkeeper.ledger.door import Ledger, Unavailable
from seatkeeper.licensing.commands import Connect
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.outcomes import Connected
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import say
from seatkeeper.settings import IcwsSettings
from seatkeeper.transport.availability import Availability, State
from seatkeeper.transport.record import record_of

_PASSWORD: Final = "icAuthConnectionRequestSettings"  # noqa: S105 - the name of a type
_TOKEN: Final = "authTokenConnectionRequestSettings"  # noqa: S105 - the name of a type
_SINGLE_SIGN_ON: Final = "singleSignOnTokenConnectionRequestSettings"

_EFFECTIVE_STATION: Final = "effective-station"
"""The word of `include` that asks for the session's station, now and whenever it changes."""

_MAX_PASSWORD: Final = 1024
_MAX_JWT: Final = 16 * 1024


class _Known(NamedTuple):
    """Who logs on, and where a token shows it the session that it is of, which may be to end."""

    user: User
    source: int | None = None
    ends_source: bool = False


class LogOns:
    """Opens sessions."""

    def __init__(
        self,
        ledger: Ledger,
        authenticator: Authenticator,
        *,
        tokens: AuthTokens,
        single_sign_on: SingleSignOn | None,
        settings: IcwsSettings,
        server: Server,
        availability: Availability,
    ) -> None:
        self._ledger = ledger
        self._authenticator = authenticator
        self._tokens = tokens
        self._single_sign_on = single_sign_on
        self._server_name = settings.server_name
        self._allowed_origins = settings.allowed_origins
        self._server = server
        self._availability = availability

    async def log_on(self, request: Request) -> Response:
        """POST: 201 with the session's credentials in body and headers, since clients read one or the other."""
        self._require_serving()
        languages = required_languages(request)
        shape = read(log_on, await request.body())
        kind = variant(shape.type)
        application = shown_text(shape.application_name, "applicationName")
        try:
            known = await self._known(request, kind, shape)
        except Unavailable as why:
            raise unavailable(why, connecting=self._availability) from why
        self._require_serving()  # to find out who it is may have taken seconds
        record_of(request.scope).user = known.user.login
        included = _included(request)
        secrets = new_session_secrets()
        command = Connect(
            user_id=known.user.id,
            application=application,
            machine=machine_of(request),
            language=choice.of_session(languages, known.user.language) or known.user.language,
            cookie_digest=secrets.cookie_digest,
            csrf_digest=secrets.csrf_digest,
            source=known.source,
            ends_source=known.ends_source,
            hears_of_stations=_EFFECTIVE_STATION in included,
        )
        body = self._answer(await self._connect(command), secrets)
        self._include(body, included, known.user)
        return self._created(request, body, secrets)

    def _require_serving(self) -> None:
        if self._availability.state is not State.SERVING:
            raise not_accepting(self._availability)

    async def _known(self, request: Request, kind: str, shape: LogOn) -> _Known:
        if kind == _PASSWORD:
            return _Known(await self._by_password(request, shape))
        if kind == _TOKEN:
            return await self._by_token(shape)
        if kind == _SINGLE_SIGN_ON:
            return _Known(await self._by_single_sign_on(shape))
        types = ", ".join(CONNECTION_TYPES + each for each in (_PASSWORD, _TOKEN, _SINGLE_SIGN_ON))
        raise invalid("__type", "must be one of {types}", types=types)

    async def _by_password(self, request: Request, shape: LogOn) -> User:
        login = text(shape.user_id, "userID")
        password = text(shape.password, "password", limit=_MAX_PASSWORD)
        user = await self._authenticator.authenticate(login, password, machine_of(request))
        if user is None:
            raise wrong_credentials()
        return user

    async def _by_token(self, shape: LogOn) -> _Known:
        """Its user is that of the session which asked for the token, as long as that lives (contract 2.3)."""
        seed = guid(shape.auth_token_seed, "authTokenSeed")
        token = text(shape.auth_token, "authToken")
        source = session_number(text(shape.auth_token_source_session, "authTokenSourceSession"))
        ends_source = flag(shape.disconnect_source_session, "disconnectSourceSession")
        fits = source is not None and await self._tokens.redeem(token, source, seed)
        session = await self._ledger.live_session(source) if fits and source is not None else None
        self._authenticator.attempts.count(Kind.TOKEN, succeeded=session is not None)
        if session is None:
            raise wrong_credentials()
        return _Known(session.user, source, ends_source)

    async def _by_single_sign_on(self, shape: LogOn) -> User:
        token = text(shape.single_sign_on_token, "singleSignOnToken", limit=_MAX_JWT)
        if self._single_sign_on is None:
            named = CONNECTION_TYPES + _SINGLE_SIGN_ON
            raise invalid("__type", "must not be {type}: this server has no single sign-on", type=named)
        try:
            user = await self._single_sign_on.authenticate(token)
        except IssuerUnreachable as why:
            raise _issuer_unreachable(self._availability) from why
        self._authenticator.attempts.count(Kind.SINGLE_SIGN_ON, succeeded=user is not None)
        if user is None:
            raise wrong_credentials()
        return user

    async def _connect(self, command: Connect) -> Connected:
        try:
            return await self._ledger.submit(command)
        except Unavailable as why:
            raise unavailable(why, connecting=self._availability) from why
        except Refusal as refusal:
            if refusal.code is Code.SESSION_ENDED:  # the one that the token was of, just now
                raise wrong_credentials() from refusal
            raise refused(refusal) from refusal

    def _answer(self, connected: Connected, secrets: SessionSecrets) -> ConnectionResponse:
        return ConnectionResponse(
            csrf_token=secrets.csrf,
            session_id=str(connected.session_id),
            user_id=connected.login,
            user_display_name=connected.display_name,
            ic_server=self._server_name,
            alternate_host_list=self._availability.alternate_hosts,
        )

    def _created(self, request: Request, body: ConnectionResponse, secrets: SessionSecrets) -> Response:
        session_id = body.session_id
        attributes = cookie_attributes(request, self._allowed_origins)
        headers = {
            "Set-Cookie": f"icws_{session_id}={secrets.cookie}; Path=/icws/{session_id}{attributes}",
            "Location": f"/icws/{session_id}/connection",
            CSRF_HEADER: secrets.csrf,
            SESSION_HEADER: session_id,
        }
        return represent(request.scope, body, 201, headers)

    def _include(self, body: ConnectionResponse, included: set[str], user: User) -> None:
        """Add what the client asked for; words that nobody knows add nothing."""
        if "version" in included:
            body.version = self._server.version_info
        if "features" in included:
            body.features = self._server.feature_infos
        if "server-time" in included:
            body.server_time_info = self._server.now()
        if "default-workstation" in included:
            body.default_workstation_id = self._only_station_of(user)
        if _EFFECTIVE_STATION in included:
            body.effective_station = None  # a new session has not sat down yet
        if "purecloud-integration" in included:
            body.purecloud_integration = PurecloudIntegration(integration_enabled=False)

    def _only_station_of(self, user: User) -> str | None:
        """The station that the user is permitted to use, where it is but one: there is no other default here."""
        permitted = (self._ledger.image.stations.get(number) for number in user.stations or ())
        stations = [station.name for station in permitted if station is not None]
        return stations[0] if len(stations) == 1 else None


def _included(request: Request) -> set[str]:
    """The words of `include`, without regard to case."""
    if not request.scope["query_string"]:
        return set()
    return {word.strip().lower() for word in request.query_params.get("include", "").split(",")}


def required_languages(request: Request) -> str:
    """The required Accept-Language. Raises `Failure` 400 where it names no language."""
    languages = accepted_languages(request.scope)
    if not choice.wanted(languages):
        raise missing("Accept-Language")
    return languages


def machine_of(request: Request) -> str:
    """The client's machine is its address; everybody behind one address is one machine (decision 10)."""
    client = request.scope.get("client")
    return "" if client is None else str(client[0])


def _issuer_unreachable(availability: Availability) -> Failure:
    """503: nobody can say whether the token is good. As every 503 to a log-on it tells where else to try."""
    said = say(
        "The issuer of single sign-on does not answer, so that the token cannot be checked."
        " Try again, or log on with user and password."
    )
    body = ErrorBody(UNAVAILABLE, alternate_host_list=availability.alternate_hosts)
    return Failure(503, said, body, {"Retry-After": f"{RETRY_SECONDS:.0f}"})
