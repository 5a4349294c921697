"""Runtimes, the applications that run in them, and the transactions that change these (mobilefirst contract 2, 3).

Names of runtimes and applications, platforms and versions are compared exactly, as application servers compare context
roots and package names. Times are integer milliseconds since 1970-01-01T00:00Z.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct


class Category(StrEnum):
    """The license category of an application (contract 2.0)."""

    B2C = "B2C"
    B2E = "B2E"
    UNDEFINED = "UNDEFINED"


class LicenseType(StrEnum):
    """Which kind of token an application takes (contract 2.0). Non-production takes none."""

    APPLICATION = "APPLICATION"
    ADDITIONAL_BRAND_DEPLOYMENT = "ADDITIONAL_BRAND_DEPLOYMENT"
    NON_PRODUCTION = "NON_PRODUCTION"


class Configuration(Struct, frozen=True, gc=False):
    """An application's license configuration. `license_type` is APPLICATION unless something else is said."""

    category: Category
    license_type: LicenseType = LicenseType.APPLICATION


class Runtime(Struct, frozen=True, gc=False):
    """A place where applications run, by the name of its context root. While it does not run, nothing is deployed."""

    id: int
    name: str
    running: bool = True


class ApplicationVersion(Struct, frozen=True, gc=False):
    """A version of an application for one platform, and when it was registered last."""

    platform: str
    version: str
    display_name: str
    deployed_at: int

    @property
    def key(self) -> tuple[str, str]:
        """By what it is found within its application."""
        return self.platform, self.version


ApplicationKey: TypeAlias = tuple[int, str]
"""By what an application is found: the number of its runtime, and its name there."""


class Application(Struct, frozen=True, gc=False):
    """An application of a runtime: it has a configuration, or versions that are registered, or both.

    `configuration` is None until somebody sets one; its tokens are those of the default type then. `versions` are in
    the order of their platforms and versions. `blocked`: tokens are counted, it has versions, and lacks its token.
    """

    id: int
    runtime_id: int
    name: str
    configuration: Configuration | None = None
    versions: tuple[ApplicationVersion, ...] = ()
    blocked: bool = False

    @property
    def key(self) -> ApplicationKey:
        """By what it is found."""
        return self.runtime_id, self.name

    @property
    def license_type(self) -> LicenseType:
        """Which tokens it takes: of an application that nobody configured, those of the default type."""
        return LicenseType.APPLICATION if self.configuration is None else self.configuration.license_type


class SetConfiguration(Struct, frozen=True, gc=False, tag_field="change", tag="set_configuration"):
    """Set or replace an application's license configuration."""

    application: str
    configuration: Configuration


class DeleteConfiguration(Struct, frozen=True, gc=False, tag_field="change", tag="delete_configuration"):
    """Take an application's license configuration away."""

    application: str


class RegisterVersion(Struct, frozen=True, gc=False, tag_field="change", tag="register_version"):
    """Register a version of an application, or register it again."""

    application: str
    platform: str
    version: str
    display_name: str


class RemoveVersion(Struct, frozen=True, gc=False, tag_field="change", tag="remove_version"):
    """Remove a version of an application."""

    application: str
    platform: str
    version: str


Change: TypeAlias = SetConfiguration | DeleteConfiguration | RegisterVersion | RemoveVersion
"""What a transaction is to do."""


class TransactionType(StrEnum):
    """What a transaction does, as its face says it (contract 3.4)."""

    UPLOAD_ARTIFACT = "UPLOAD_ARTIFACT"
    DELETE_LICENSE_CONFIG = "DELETE_LICENSE_CONFIG"
    DELETE_APPLICATION_ENV_VERSION = "DELETE_APPLICATION_ENV_VERSION"


TYPE_OF: Final[Mapping[type[Change], TransactionType]] = {
    SetConfiguration: TransactionType.UPLOAD_ARTIFACT,
    RegisterVersion: TransactionType.UPLOAD_ARTIFACT,
    DeleteConfiguration: TransactionType.DELETE_LICENSE_CONFIG,
    RemoveVersion: TransactionType.DELETE_APPLICATION_ENV_VERSION,
}


class TransactionStatus(StrEnum):
    """Where a transaction stands (seed mobilefirst-license-configuration; contract 3.1)."""

    PENDING = "PENDING"
    PREPARING = "PREPARING"
    COMMITTING = "COMMITTING"
    REJECTING = "REJECTING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELED = "CANCELED"

    def __init__(self, value: str) -> None:
        self.over: Final = value in {"SUCCESS", "FAILURE", "CANCELED"}
        """Whether nothing follows."""
        self.locks: Final = value in {"PREPARING", "COMMITTING", "REJECTING"}
        """Whether a transaction that stands there has its runtime's lock."""


class Fault(StrEnum):
    """What can be wrong with a transaction. Each has one sentence, and a message code of its face."""

    RUNTIME_NOT_RUNNING = "runtime_not_running"
    NO_CONFIGURATION = "no_configuration"
    STILL_REGISTERED = "still_registered"
    NO_VERSION = "no_version"
    TOKENS_NOT_BOUGHT = "tokens_not_bought"
    TOKENS_SHORT = "tokens_short"
    TOKENS_EXPIRED = "tokens_expired"
    LOCK_WAIT = "lock_wait"
    STALLED = "stalled"
    LOCK_RELEASED = "lock_released"
    INTERRUPTED = "interrupted"
    CANCELED = "canceled"


class TransactionError(Struct, frozen=True, gc=False):
    """One thing that was wrong, and the facts that fill the blanks of its sentence."""

    fault: Fault
    facts: dict[str, str | int]


class Transaction(Struct, frozen=True, gc=False):
    """The record of one change of a runtime's applications, from its acceptance to its end.

    `user_id`: who started it; `server`: the application server that took it. `created_at` never changes; `updated_at`
    is when it reached its status. `reserved`: the license whose token it took for the application while it prepared.
    """

    id: int
    runtime_id: int
    change: Change
    user_id: int
    server: str
    status: TransactionStatus
    created_at: int
    updated_at: int
    errors: tuple[TransactionError, ...] = ()
    reserved: int | None = None

    @property
    def type(self) -> TransactionType:
        """What it does."""
        return TYPE_OF[type(self.change)]
