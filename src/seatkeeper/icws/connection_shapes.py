"""The representations of `connection`, read and written (contract 2). What comes in is checked as in `shapes`."""

from typing import Final

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.json import Decoder

from seatkeeper.icws.configuration.objects import ConfigurationId
from seatkeeper.icws.shapes import NotAnObject, text

CONNECTION_TYPES: Final = "urn:inin.com:connection:"


class LogOn(Struct, rename="camel"):
    """The three kinds of connection request settings together (contract 2.1)."""

    type: object = field(name="__type", default=UNSET)
    application_name: object = UNSET
    user_id: object = field(name="userID", default=UNSET)
    password: object = UNSET
    auth_token_seed: object = UNSET
    auth_token: object = UNSET
    auth_token_source_session: object = UNSET
    disconnect_source_session: object = UNSET
    single_sign_on_token: object = UNSET


class AuthTokenRequest(Struct, rename="camel"):
    """`createUniqueAuthTokenRequest` (contract 2.3)."""

    auth_token_seed: object = UNSET


class StationSettings(Struct, rename="camel"):
    """The four station settings together (contract 2.4)."""

    type: object = field(name="__type", default=UNSET)
    workstation: object = UNSET
    remote_number: object = UNSET


log_on: Final[Decoder[LogOn | NotAnObject]] = Decoder(LogOn | NotAnObject)
auth_token_request: Final[Decoder[AuthTokenRequest | NotAnObject]] = Decoder(AuthTokenRequest | NotAnObject)
station_settings: Final[Decoder[StationSettings | NotAnObject]] = Decoder(StationSettings | NotAnObject)


def variant(value: object) -> str:
    """The required `__type` of a connection representation, without the part that all share (contract 1.2)."""
    return text(value, "__type").removeprefix(CONNECTION_TYPES)


class FeatureInfo(Struct, rename="camel"):
    """One feature and its version, a number (contract 1.8)."""

    feature_id: str
    version: int


class FeatureInfoList(Struct, rename="camel"):
    """The features when asked for on their own; a log-on carries them bare (contract 2.1, 2.2)."""

    feature_info_list: list[FeatureInfo]


class VersionInfo(Struct, rename="camel"):
    """The server's version, all in strings (contract 2.2)."""

    major_version: str
    minor_version: str
    su: str
    build: str
    product_id: str
    codebase_id: str
    product_release_display_string: str
    product_patch_display_string: str


class ServerTime(Struct, rename="camel"):
    """The server's time, compact (contract 1.2)."""

    server_utc_time: str


class Language(Struct):
    """A language that the server speaks."""

    id: str = field(name="languageID")
    display_name: str = field(name="languageDisplayName")


class IdentityProvider(Struct, rename="camel"):
    """A provider of single sign-on by SAML, of which this server has none."""

    display_name: str
    identity_provider_id: str
    built_in_identity_provider: bool


class AuthenticationInfo(Struct, rename="camel"):
    """How a user can show who he is."""

    allow_ic_auth: bool
    identity_providers: tuple[IdentityProvider, ...] = ()


class ServerInfo(Struct, rename="camel"):
    """What a log-on page needs to know (contract 2.2)."""

    languages: list[Language]
    accept_language: str
    authentication: AuthenticationInfo


class SwitchoverStatus(Struct, rename="camel"):
    """Whether there is another server to go to, and which of them takes log-ons (contract 2.3)."""

    is_switchover_active: bool
    primary_host: str
    backup_host: str | UnsetType = UNSET
    is_manual_switch_only: bool | UnsetType = UNSET


class EffectiveStation(Struct, rename="camel"):
    """Where a session sits, as far as others need to know."""

    station_id: ConfigurationId


class PurecloudIntegration(Struct, rename="camel"):
    """Whether the server works together with the vendor's cloud."""

    integration_enabled: bool


class ConnectionResponse(Struct, rename="camel"):
    """A new session (contract 2.1). What follows `alternateHostList` only where included."""

    csrf_token: str
    session_id: str
    user_id: str = field(name="userID")
    user_display_name: str
    ic_server: str
    alternate_host_list: tuple[str, ...]
    version: VersionInfo | UnsetType = UNSET
    features: list[FeatureInfo] | UnsetType = UNSET
    server_time_info: ServerTime | UnsetType = UNSET
    default_workstation_id: str | UnsetType | None = UNSET
    effective_station: EffectiveStation | UnsetType | None = UNSET
    purecloud_integration: PurecloudIntegration | UnsetType = UNSET


class AuthToken(Struct, rename="camel"):
    """A token with which the user of a session can log on once more (contract 2.3)."""

    auth_token: str


class ConnectionState(Struct, rename="camel"):
    """Whether a session is up (contract 2.3)."""

    connection_state: int
    reason: str | UnsetType = UNSET
    should_reconnect: bool | UnsetType = UNSET


class StationInformation(Struct, rename="camel"):
    """Where a session sits (contract 2.4)."""

    id: str
    extension: str
    station_setting: int
    remote_number: str | UnsetType = UNSET
