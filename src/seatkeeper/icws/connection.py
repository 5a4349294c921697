"""`/connection`: logging on and off, and what the server says of itself (contract 2.1 to 2.3)."""

from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.auth import CSRF_HEADER, SESSION_HEADER, Gate
from seatkeeper.icws.errors import Failure, invalid, missing, refused, unavailable, wrong_credentials
from seatkeeper.icws.messages import REASONS, ConnectionStateValue, should_reconnect
from seatkeeper.icws.representation import compact_time, empty, represent
from seatkeeper.icws.shapes import (
    CONNECTION_TYPES,
    MAX_TEXT,
    ConnectionResponse,
    ConnectionState,
    FeatureInfo,
    FeatureInfoList,
    LogOn,
    ServerTime,
    VersionInfo,
    log_on,
    read,
    shown_text,
    text,
    variant,
)
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.secrets import SessionSecrets, new_session_secrets
from seatkeeper.ledger.door import Ledger, LiveSession, Unavailable
from seatkeeper.licensing.commands import Connect, EndReason, EndSession
from seatkeeper.licensing.entities import User
from seatkeeper.licensing.outcomes import Connected
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.settings import IcwsSettings
from seatkeeper.transport.record import record_of

CONNECTION_VERSION: Final = 4  # `include`, `shouldReconnect` and the server's time (contract 1.8)
CONFIGURATION_VERSION: Final = 2  # tells what is wrong with a query by identifiers of its own
LICENSES_VERSION: Final = 2  # tells an unknown license from one not assigned
MESSAGING_VERSION: Final = 2  # server-sent events

_IC_AUTH: Final = "icAuthConnectionRequestSettings"
_NOT_OFFERED: Final = ("authTokenConnectionRequestSettings", "singleSignOnTokenConnectionRequestSettings")
_MAX_PASSWORD: Final = 1024


class Connections:
    """Log-on, log-off and the state of a session."""

    def __init__(
        self, ledger: Ledger, authenticator: Authenticator, settings: IcwsSettings, gate: Gate, server: "Server"
    ) -> None:
        self._ledger = ledger
        self._authenticator = authenticator
        self._server_name = settings.server_name
        self._gate = gate
        self._server = server

    async def log_on(self, request: Request) -> Response:
        """POST: 201 with the session's credentials in body and headers, since clients read one or the other."""
        language = required_language(request)
        shape = read_log_on(await request.body())
        application = shown_text(shape.application_name, "applicationName")
        user = await self._authenticate(request, shape)
        secrets = new_session_secrets()
        connected = await self._connect(request, user, secrets, application, language or user.language)
        return self._created(request, connected, secrets)

    async def _authenticate(self, request: Request, shape: LogOn) -> User:
        login = text(shape.user_id, "userID")
        password = text(shape.password, "password", limit=_MAX_PASSWORD)
        user = await self._authenticator.authenticate(login, password, machine_of(request))
        if user is None:
            raise wrong_credentials()
        record_of(request.scope).user = user.login
        return user

    async def _connect(
        self, request: Request, user: User, secrets: SessionSecrets, application: str, language: str
    ) -> Connected:
        command = Connect(
            user_id=user.id,
            application=application,
            machine=machine_of(request),
            language=language,
            cookie_digest=secrets.cookie_digest,
            csrf_digest=secrets.csrf_digest,
        )
        try:
            return await self._ledger.submit(command)
        except Unavailable as why:
            raise unavailable(why, connecting=True) from why
        except Refusal as refusal:
            raise refused(refusal) from refusal

    def _created(self, request: Request, connected: Connected, secrets: SessionSecrets) -> Response:
        included = {word.strip().lower() for word in request.query_params.get("include", "").split(",")}
        session_id = str(connected.session_id)
        body = ConnectionResponse(
            csrf_token=secrets.csrf,
            session_id=session_id,
            user_id=connected.login,
            user_display_name=connected.display_name,
            ic_server=self._server_name,
        )
        if "version" in included:
            body.version = self._server.version_info
        if "features" in included:
            body.features = self._server.feature_infos
        if "server-time" in included:
            body.server_time_info = server_time()
        secure = "; Secure" if request.url.scheme == "https" else ""
        headers = {
            "Set-Cookie": f"icws_{session_id}={secrets.cookie}; Path=/icws/{session_id}; HttpOnly{secure}",
            "Location": f"/icws/{session_id}/connection",
            CSRF_HEADER: secrets.csrf,
            SESSION_HEADER: session_id,
        }
        return represent(request.scope, body, 201, headers)

    async def state(self, request: Request) -> Response:
        """GET: up, or down with the reason for a session that ended lately and whose credentials are right."""
        session = await self._gate.identify(request)
        if isinstance(session, LiveSession):
            return represent(request.scope, ConnectionState(ConnectionStateValue.UP))
        state = ConnectionState(ConnectionStateValue.DOWN, REASONS[session.reason], should_reconnect(session.reason))
        return represent(request.scope, state)

    async def log_off(self, _request: Request, session: LiveSession) -> Response:
        """DELETE: 200 without a body; what the session held is released. A second one gets 401."""
        await self._ledger.submit(EndSession(session_id=session.session.id, reason=EndReason.LOGGED_OFF))
        return empty()


class Server:
    """What the server says of itself to anybody (contract 1.8, 2.2). Features that are retired are not named."""

    def __init__(self, settings: IcwsSettings) -> None:
        licenses = LICENSES_VERSION if settings.disclose_unknown else LICENSES_VERSION - 1
        versions = {
            "configuration": CONFIGURATION_VERSION,
            "connection": CONNECTION_VERSION,
            "licenses": licenses,
            "messaging": MESSAGING_VERSION,
        }
        offered = {feature: version for feature, version in versions.items() if feature not in settings.retired}
        self.feature_infos = [FeatureInfo(feature, version) for feature, version in offered.items()]
        self.version_info = version_info(installed("seatkeeper"))

    async def version(self, request: Request) -> Response:
        """GET version."""
        return represent(request.scope, self.version_info)

    async def features(self, request: Request) -> Response:
        """GET features."""
        return represent(request.scope, FeatureInfoList(self.feature_infos))

    async def feature(self, request: Request) -> Response:
        """GET features/{featureId}, in any case; 400 for one that is not offered, as real servers answer."""
        wanted = request.path_params["feature_id"]
        for info in self.feature_infos:
            if info.feature_id == wanted.lower():
                return represent(request.scope, info)
        offered = ", ".join(info.feature_id for info in self.feature_infos)
        raise invalid("featureId", f"must be one of {offered}")

    async def time(self, request: Request) -> Response:
        """GET server-time."""
        return represent(request.scope, server_time())


def read_log_on(body: bytes) -> LogOn:
    """The body of a log-on with user and password; other kinds are not offered. `__type` is required (contract 1.2)."""
    shape = read(log_on, body)
    kind = variant(shape.type)
    if kind in _NOT_OFFERED:
        raise _unsupported(f"must be {CONNECTION_TYPES}{_IC_AUTH}: this server does not offer {kind}")
    if kind != _IC_AUTH:
        raise _unsupported(f"must be {CONNECTION_TYPES}{_IC_AUTH}")
    return shape


def _unsupported(must: str) -> Failure:
    return invalid("__type", must)


def required_language(request: Request) -> str | None:
    """The first language of the required Accept-Language; None for `*`, which leaves it to the user's own."""
    first = request.headers.get("accept-language", "").split(",")[0].partition(";")[0].strip()
    if not first:
        raise missing("Accept-Language")
    if len(first) > MAX_TEXT:
        raise invalid("Accept-Language", "must be a list of language tags")
    return None if first == "*" else first


def machine_of(request: Request) -> str:
    """The client's machine is its address; everybody behind one address is one machine (decision 10)."""
    return request.client.host if request.client else ""


def version_info(version: str) -> VersionInfo:
    """A version of the form 1.2.3 in the members that clients read."""
    major, minor, patch = version.split(".")[:3]
    return VersionInfo(
        major_version=major,
        minor_version=minor,
        su="0",
        build=patch,
        product_id="seatkeeper",
        codebase_id=version,
        product_release_display_string=f"Seatkeeper {version}",
        product_patch_display_string="",
    )


def server_time() -> ServerTime:
    """The server's time now."""
    return ServerTime(compact_time(datetime.now(UTC)))
