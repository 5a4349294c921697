"""Every setting: its default, its unit, and what it is for. `lookup` finds what somebody has set instead."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import asdict

from seatkeeper.settings.addresses import (
    DEFAULT_HTTP,
    check_application_path,
    check_context_root,
    check_database,
    check_host,
    check_issuer,
    check_origin,
    check_proxy,
    host_and_port,
    spelled,
)


class SettingsError(Exception):
    """A setting is unknown or has a value it cannot have. The text says which one, where, and what would be right."""


def _is(
    description: str,
    unit: str = "",
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
) -> Meta:
    bounds = {"ge": ge, "gt": gt, "le": le, "min_length": min_length}
    make: Any = Meta  # its type allows only literal combinations of bounds
    made: Meta = make(
        description=description,
        extra={"unit": unit},
        **{name: bound for name, bound in bounds.items() if bound is not None},
    )
    return made


def _license(property_: str) -> Meta:
    return _is(f"license that {property_} means", min_length=1)


Names = tuple[str, ...]


def _check_each(name: str, values: Iterable[str], check: Callable[[str], object]) -> None:
    for value in values:
        try:
            check(value)
        except ValueError as error:
            raise ValueError(f"{name}: {value!r} {error}") from None


class ListenSettings(Struct, frozen=True):
    """Where clients connect, and whose word is taken for where they come from.

    Raises ValueError for an address, a proxy or a combination that cannot be.
    """

    http: Annotated[Names, _is("addresses to listen on for HTTP; port 0 takes any free one")] = (spelled(DEFAULT_HTTP),)
    https: Annotated[Names, _is("addresses to listen on for HTTPS")] = ()
    certificate: Annotated[Path | None, _is("certificate for HTTPS and its chain (PEM file)")] = None
    key: Annotated[Path | None, _is("its private key (PEM file), unless that stands in the same file")] = None
    trusted_proxies: Annotated[
        Names, _is("proxies, as addresses or networks, whose X-Forwarded-For and -Proto are believed")
    ] = ()

    def __post_init__(self) -> None:
        _check_each("listen.http", self.http, host_and_port)
        _check_each("listen.https", self.https, host_and_port)
        _check_each("listen.trusted_proxies", self.trusted_proxies, check_proxy)
        fixed = [each for each in (*self.http, *self.https) if host_and_port(each).port]
        twice = next((each for each in fixed if fixed.count(each) > 1), None)
        if twice is not None:
            raise ValueError(f"listen.http and listen.https name {twice} twice; only one can listen there.")
        if not (self.http or self.https):
            raise ValueError("listen.http and listen.https name no address; nobody could reach the server.")
        if self.https and self.certificate is None:
            raise ValueError(
                "listen.https needs listen.certificate, and listen.key unless the key stands in the same file."
            )


class IcwsSettings(Struct, frozen=True):
    """The ICWS face. Raises ValueError for a host or an origin that cannot be."""

    owner: Annotated[str, _is("owner of the licenses that ICWS names by bare name", min_length=1)] = "ININ"
    server_name: Annotated[str, _is("name by which the server calls itself", min_length=1)] = "seatkeeper"
    disclose_unknown: Annotated[bool, _is("tell an unknown license (9) from one not assigned (3)")] = True
    retired: Annotated[Names, _is("resources or features that answer 410")] = ()
    idle_timeout: Annotated[int, _is("without activity a session expires after", "seconds", ge=1)] = 900
    ping_interval: Annotated[float, _is("between heartbeats of an idle event stream", "seconds", gt=0)] = 15.0
    revoke_on_unassign: Annotated[bool, _is("unassigning also ends holds on concurrent seats")] = False
    alternate_hosts: Annotated[Names, _is("servers that clients are to try where this one takes no log-ons")] = ()
    allowed_origins: Annotated[Names, _is("web pages of other sites that may use the API, by their origins")] = ()

    def __post_init__(self) -> None:
        _check_each("icws.alternate_hosts", self.alternate_hosts, check_host)
        _check_each("icws.allowed_origins", self.allowed_origins, check_origin)


class IcwsLicenseSettings(Struct, frozen=True):
    """Which license of `icws.owner` each of the `licenseProperties` of ICWS means (contract 5.5, 5.6), by name.

    Raises ValueError where two name the same: nobody could say which of them is meant.
    """

    client_access: Annotated[str, _license("`hasClientAccess`")] = "I3_ACCESS_CLIENT"
    media_1: Annotated[str, _license("`mediaLevel` 1")] = "I3_ACCESS_ACD_MEDIA_1"
    media_2: Annotated[str, _license("`mediaLevel` 2")] = "I3_ACCESS_ACD_MEDIA_2"
    media_3: Annotated[str, _license("`mediaLevel` 3")] = "I3_ACCESS_ACD_MEDIA_3_PLUS"
    direct_routed_work_items: Annotated[str, _license("`interactionProcessAutomationType` 1")] = "I3_ACCESS_IPA_USER"
    group_routed_work_items: Annotated[str, _license("`interactionProcessAutomationType` 2")] = "I3_ACCESS_IPA_USER_ACD"
    # The vendor's names of these two are not known; what they are called here is ours.
    process_monitor: Annotated[str, _license("`interactionProcessAutomationType` 3")] = "I3_ACCESS_IPA_MONITOR"
    process_designer: Annotated[str, _license("`interactionProcessAutomationType` 4")] = "I3_ACCESS_IPA_DESIGNER"
    basic_station: Annotated[str, _license("a station's `hasBasicStationLicense`")] = "I3_LICENSE_BASIC_STATION"
    recorder: Annotated[str, _license("a station's `hasRecorderAccess`")] = "I3_ACCESS_RECORDER"

    def __post_init__(self) -> None:
        meant: dict[str, str] = {}
        for property_, license_ in asdict(self).items():
            other = meant.setdefault(license_.strip().casefold(), property_)
            if other != property_:
                both = f"icws_licenses.{other} and icws_licenses.{property_}"
                raise ValueError(f"{both} both name {license_}; each must name a license of its own.")


class SuperOfficeSettings(Struct, frozen=True):
    """The SuperOffice face. Raises ValueError for a path, a name, a digest or an origin that cannot be, and where no
    client could show who it is.
    """

    paths: Annotated[Names, _is("application paths below which the API is, `/` for none")] = ("/", "/SuperOffice")
    basic: Annotated[bool, _is("take user and password with each request")] = True
    tickets: Annotated[bool, _is("take tickets (`SOTicket`)")] = True
    bearer: Annotated[bool, _is("take access tokens of this server and of the issuer of single sign-on")] = True
    cookies: Annotated[bool, _is("take sessions of browsers, with their XSRF value")] = True
    ticket_idle: Annotated[
        int, _is("without a request a ticket or a browser's session ends after", "seconds", ge=60)
    ] = 6 * 3600
    token_lifetime: Annotated[int, _is("an access token ends after", "seconds", ge=60)] = 20 * 60
    app_tokens: Annotated[
        Names, _is("SHA-256 of each application token that is known, in hex; with any, tickets need one")
    ] = ()
    context: Annotated[str, _is("what this installation calls itself to its clients", min_length=1)] = "Cust00000"
    allowed_origins: Annotated[Names, _is("web pages of other sites that may use the API, by their origins")] = ()

    def __post_init__(self) -> None:
        _check_each("superoffice.paths", self.paths, check_application_path)
        _check_digests("superoffice.app_tokens", self.app_tokens)
        _check_each("superoffice.context", [self.context], _check_context)
        _check_each("superoffice.allowed_origins", self.allowed_origins, check_origin)
        folded = [path.lower() for path in self.paths]
        twice = next((path for path in folded if folded.count(path) > 1), None)
        if twice is not None:
            raise ValueError(f"superoffice.paths names {twice} twice; paths that differ by case only are the same.")
        if self.paths and not (self.basic or self.tickets or self.bearer or self.cookies):
            raise ValueError(
                "superoffice.basic, .tickets, .bearer and .cookies are all off, so that nobody could use the API;"
                " leave one on, or set superoffice.paths to none."
            )


class MobileFirstSettings(Struct, frozen=True):
    """The MobileFirst face, the transactions of applications and their tokens. Raises ValueError for a context root
    that cannot be, and for two kinds of tokens that are one.
    """

    contexts: Annotated[Names, _is("context roots below which the administration API is; none switches it off")] = (
        "mfpadmin",
        "worklightadmin",
    )
    product_version: Annotated[str, _is("version that answers name", min_length=1)] = "8.0"
    server_id: Annotated[str, _is("name of this application server in transactions", min_length=1)] = "seatkeeper"
    audit: Annotated[bool, _is("let `/audit` give the audit trail")] = True
    longest_line: Annotated[int, _is("of a runtime that may wait; more are answered 503", "transactions", ge=1)] = 1_000
    lock_wait: Annotated[float, _is("a transaction waits for its runtime's lock", "seconds", gt=0)] = 1200.0
    longest_lock: Annotated[
        float, _is("without getting on, a transaction loses the lock to the next after", "seconds", gt=0)
    ] = 1800.0
    prepare_timeout: Annotated[float, _is("a transaction may prepare", "seconds", gt=0)] = 1800.0
    commit_timeout: Annotated[float, _is("a transaction may commit", "seconds", gt=0)] = 120.0
    delete_registered: Annotated[
        bool, _is("let a configuration be deleted while versions of its application are registered")
    ] = False
    count_tokens: Annotated[bool, _is("let every application that has a version take a token")] = False
    feature_owner: Annotated[str, _is("owner of the licenses that are tokens", min_length=1)] = "MOBILEFIRST"
    application_feature: Annotated[str, _is("its license for type APPLICATION", min_length=1)] = "ibmmfpfa"
    brand_feature: Annotated[str, _is("its license for type ADDITIONAL_BRAND_DEPLOYMENT", min_length=1)] = "ibmmfpabd"

    def __post_init__(self) -> None:
        _check_each("mobilefirst.contexts", self.contexts, check_context_root)
        folded = [context.lower() for context in self.contexts]
        twice = next((context for context in folded if folded.count(context) > 1), None)
        if twice is not None:
            raise ValueError(f"mobilefirst.contexts names {twice} twice; names that differ by case only are the same.")
        if self.application_feature.strip().casefold() == self.brand_feature.strip().casefold():
            raise ValueError(
                "mobilefirst.application_feature and mobilefirst.brand_feature name the same license;"
                " each must name one of its own."
            )


def _check_digests(name: str, values: Iterable[str]) -> None:
    """A wrong one is not repeated: it may be the secret itself."""
    for place, value in enumerate(values, 1):
        if re.fullmatch("[0-9a-fA-F]{64}", value) is None:
            raise ValueError(
                f"{name}: number {place} is no SHA-256; write its 64 hexadecimal digits, as"
                " `printf %s TOKEN | sha256sum` prints them."
            )


def _check_context(text: str) -> None:
    if re.fullmatch("[A-Za-z0-9_-]{1,64}", text) is None:
        raise ValueError("is no name for it; write at most 64 letters, digits, - and _: it stands in access tokens.")


class IdentitySettings(Struct, frozen=True):
    """Log-ons."""

    hashing_threads: Annotated[int, _is("passwords hashed at once, 19 MiB each", "threads", ge=1, le=256)] = 2
    remember_credentials: Annotated[float, _is("a verified password is not hashed for", "seconds", ge=0)] = 300.0
    remembered_credentials: Annotated[int, _is("verified passwords remembered", "credentials", ge=1)] = 20_000
    free_attempts: Annotated[int, _is("failures of a user at an address not slowed", "attempts", ge=1)] = 5
    free_attempts_user: Annotated[int, _is("failures of a user not slowed", "attempts", ge=1)] = 20
    free_attempts_address: Annotated[int, _is("failures of an address not slowed", "attempts", ge=1)] = 100
    first_delay: Annotated[float, _is("first delay; each further doubles it", "seconds", ge=0, le=10)] = 0.5
    longest_delay: Annotated[float, _is("longest delay of a log-on", "seconds", ge=0, le=20)] = 8.0
    forget_attempts: Annotated[float, _is("without a failure, the former are forgotten in", "seconds", gt=0)] = 900.0


class SingleSignOnSettings(Struct, frozen=True):
    """Log-ons with tokens of an OpenID Connect issuer. There are none as long as no issuer is named.

    Raises ValueError for an issuer that cannot be, and for one whose tokens are for nobody in particular.
    """

    issuer: Annotated[str, _is("issuer whose tokens are believed, as it calls itself; empty for none")] = ""
    audience: Annotated[str, _is("audience that tokens must be for: this server's client id")] = ""
    user_claim: Annotated[str, _is("claim that says the user's login", min_length=1)] = "preferred_username"
    leeway: Annotated[int, _is("that the issuer's clock may differ", "seconds", ge=0, le=300)] = 60

    def __post_init__(self) -> None:
        if self.issuer:
            _check_each("single_sign_on.issuer", [self.issuer], check_issuer)
        if bool(self.issuer) != bool(self.audience):
            raise ValueError("single_sign_on.issuer and single_sign_on.audience need each other; set both or none.")


class LedgerSettings(Struct, frozen=True):
    """The ledger's bounds (rules L2, L7)."""

    queue: Annotated[int, _is("that may wait; more are answered 503", "commands", ge=1)] = 10_000
    batch: Annotated[int, _is("under one commit at most", "commands", ge=1)] = 512
    batch_milliseconds: Annotated[int, _is("spent deciding one batch at most", "milliseconds", ge=1)] = 50
    cached_users: Annotated[int, _is("kept in memory between batches", "users", ge=1)] = 200_000
    keep_ended: Annotated[int, _is("an ended session can still be asked for", "seconds", ge=0)] = 600


class JournalSettings(Struct, frozen=True):
    """Sealing old stretches of the journal (rule L11); nothing is sealed before somebody asks for it."""

    keep_months: Annotated[int, _is("`journal seal` leaves what is younger than", "months", ge=1, le=1200)] = 13
    archive: Annotated[Path, _is("directory of the archives; if not absolute, in the data directory")] = Path("archive")


class InventorySettings(Struct, frozen=True):
    """Applying inventories."""

    changes_at_once: Annotated[int, _is("of one plan at most; more are applied in steps", "changes", ge=1)] = 10_000
    step: Annotated[int, _is("of a file under one commit, in steps", "rows", ge=1, le=100_000)] = 1_000


class LimitsSettings(Struct, frozen=True):
    """What one request may take."""

    body: Annotated[int, _is("longest request body; longer ones get 413", "bytes", ge=1024)] = 1024 * 1024
    headers: Annotated[
        int, _is("longest request line and headers; longer ones get 431", "bytes", ge=1024, le=1024 * 1024)
    ] = 32 * 1024
    request_seconds: Annotated[
        float, _is("longest time; event streams and waits for a transaction are exempt", "seconds", gt=0)
    ] = 30.0
    inventory_body: Annotated[int, _is("longest inventory in one request", "bytes", ge=1024)] = 16 * 1024 * 1024
    inventory_seconds: Annotated[float, _is("longest time for an inventory", "seconds", gt=0)] = 300.0


class LogSettings(Struct, frozen=True):
    """The server's log, on standard error."""

    format: Annotated[Literal["console", "json"], _is("for people, or one JSON object a line")] = "console"
    level: Annotated[Literal["debug", "info", "warning", "error"], _is("least weight of what is logged")] = "info"


class Settings(Struct, frozen=True):
    """All settings. Raises ValueError for a database that cannot be, and for what does not go with the one that is."""

    data: Annotated[Path, _is("data directory; made if it does not exist")] = Path("data")
    database: Annotated[
        str,
        _is("the PostgreSQL database of all nodes, as a `postgresql://` URL; empty for SQLite in the data directory"),
    ] = ""
    workers: Annotated[int, _is("that serve on this machine; more than one needs `database`", "processes", ge=1)] = 1
    standby: Annotated[bool, _is("start without taking log-ons, until told to resume")] = False
    testing: Annotated[bool, _is("let tests set the clock, order errors and more, at `/v1/testing`")] = False
    listen: ListenSettings = field(default_factory=ListenSettings)
    icws: IcwsSettings = field(default_factory=IcwsSettings)
    icws_licenses: IcwsLicenseSettings = field(default_factory=IcwsLicenseSettings)
    superoffice: SuperOfficeSettings = field(default_factory=SuperOfficeSettings)
    mobilefirst: MobileFirstSettings = field(default_factory=MobileFirstSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    single_sign_on: SingleSignOnSettings = field(default_factory=SingleSignOnSettings)
    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    inventory: InventorySettings = field(default_factory=InventorySettings)
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    log: LogSettings = field(default_factory=LogSettings)

    def __post_init__(self) -> None:
        if not self.database:
            if self.workers > 1:
                raise ValueError(
                    "workers: one process alone can use SQLite's database in the data directory; set database to a"
                    " postgresql:// URL, or leave workers at 1."
                )
            return
        try:
            check_database(self.database)
        except ValueError as error:  # without the value, in which there may be a password
            raise ValueError(f"database {error}") from None
        if self.testing:
            raise ValueError(
                "testing: tests may set the clock of a server that has its database to itself; the nodes of a"
                " PostgreSQL database go by that database's. Leave testing off, or database empty."
            )

    def __repr__(self) -> str:
        return "Settings(…)"  # a URL of a database may have a password in it
