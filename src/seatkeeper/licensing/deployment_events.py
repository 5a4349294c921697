"""What happened to runtimes, their applications, and the transactions that change these."""

from seatkeeper.licensing.deployment import (
    ApplicationVersion,
    Change,
    Configuration,
    TransactionError,
    TransactionStatus,
)
from seatkeeper.licensing.event import Event


class RuntimeDefined(Event, frozen=True, tag="runtime_defined"):
    """A runtime was added, started or stopped."""

    runtime_id: int
    name: str
    running: bool


class RuntimeRemoved(Event, frozen=True, tag="runtime_removed"):
    """A runtime was removed; its applications went by events of their own before."""

    runtime_id: int
    name: str


class ApplicationDefined(Event, frozen=True, tag="application_defined"):
    """An application was added, configured, registered, blocked, or the contrary: what it is from now on.

    `transaction_id`: the transaction that did it; None where an administrator or the server itself did.
    `blocked_because`: why it could not have its token then; None for one that is not blocked, or could have it.
    """

    application_id: int
    runtime_id: int
    name: str
    configuration: Configuration | None
    versions: tuple[ApplicationVersion, ...]
    blocked: bool
    transaction_id: int | None
    blocked_because: TransactionError | None = None


class ApplicationRemoved(Event, frozen=True, tag="application_removed"):
    """Nothing is left of an application: neither a configuration nor a version. Its tokens went before."""

    application_id: int
    runtime_id: int
    name: str
    transaction_id: int | None


class TransactionBegun(Event, frozen=True, tag="transaction_begun"):
    """A transaction was accepted; it is PENDING."""

    transaction_id: int
    runtime_id: int
    change: Change
    user_id: int
    server: str


class TransactionMoved(Event, frozen=True, tag="transaction_moved"):
    """A transaction reached another status. `errors` are all of its errors so far, `reserved` is its token."""

    transaction_id: int
    runtime_id: int
    status: TransactionStatus
    errors: tuple[TransactionError, ...]
    reserved: int | None
