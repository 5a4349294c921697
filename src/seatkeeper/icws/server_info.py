"""What the server says of itself: version, features, time, languages, and where else to go (contract 1.8, 2.2, 2.3)."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.connection_shapes import (
    AuthenticationInfo,
    FeatureInfo,
    FeatureInfoList,
    Language,
    ServerInfo,
    ServerTime,
    SwitchoverStatus,
    VersionInfo,
)
from seatkeeper.icws.errors import invalid
from seatkeeper.icws.representation import compact_time, represent
from seatkeeper.icws.retirement import Retirement
from seatkeeper.icws.speech import language_of
from seatkeeper.languages.catalogues import ENGLISH, names, offered
from seatkeeper.ledger.door import LiveSession
from seatkeeper.settings import IcwsSettings
from seatkeeper.transport.availability import Availability, State

CONNECTION_VERSION: Final = 11  # log-on by token and single sign-on, all words of `include`, `switchover-status`
CONFIGURATION_VERSION: Final = 2  # tells what is wrong with a query by identifiers of its own
LICENSES_VERSION: Final = 2  # tells an unknown license from one not assigned
MESSAGING_VERSION: Final = 2  # server-sent events


class Server:
    """What the server says of itself. Retired features are not named; `now` gives its time in milliseconds."""

    def __init__(
        self,
        settings: IcwsSettings,
        availability: Availability,
        retirement: Retirement,
        now: Callable[[], int],
    ) -> None:
        self._versions = {
            "configuration": CONFIGURATION_VERSION,
            "connection": CONNECTION_VERSION,
            "licenses": LICENSES_VERSION if settings.disclose_unknown else LICENSES_VERSION - 1,
            "messaging": MESSAGING_VERSION,
        }
        self._server_name = settings.server_name
        self._availability = availability
        self._retirement = retirement
        self._now = now
        self.version_info = version_info(installed("seatkeeper"))

    @property
    def feature_infos(self) -> list[FeatureInfo]:
        """The features that are here, with their versions."""
        covered = self._retirement.covers_feature
        return [FeatureInfo(name, version) for name, version in self._versions.items() if not covered(name)]

    def now(self) -> ServerTime:
        """The server's time."""
        return ServerTime(compact_time(datetime.fromtimestamp(self._now() / 1000, UTC)))

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
        known = ", ".join(info.feature_id for info in self.feature_infos)
        raise invalid("featureId", "must be one of {features}", features=known)

    async def time(self, request: Request) -> Response:
        """GET server-time."""
        return represent(request.scope, self.now())

    async def information(self, request: Request) -> Response:
        """GET server-info. Its two parameters are ignored: there is no identity provider to choose among, since clients
        bring the token of single sign-on along, and the language is that of Accept-Language."""
        language = offered(language_of(request.scope)) or ENGLISH
        spoken = [Language(tag, name) for tag, name in names(language).items()]
        return represent(request.scope, ServerInfo(spoken, language, AuthenticationInfo(allow_ic_auth=True)))

    async def switchover(self, request: Request, _session: LiveSession) -> Response:
        """GET switchover-status: with alternate hosts a pair, whose primary is the one that takes log-ons."""
        here, others = self._server_name, self._availability.alternate_hosts
        if not others:
            return represent(request.scope, SwitchoverStatus(is_switchover_active=False, primary_host=here))
        stands_by = self._availability.state is State.STANDBY
        primary, backup = (others[0], here) if stands_by else (here, others[0])
        status = SwitchoverStatus(
            is_switchover_active=True, primary_host=primary, backup_host=backup, is_manual_switch_only=True
        )
        return represent(request.scope, status)


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
