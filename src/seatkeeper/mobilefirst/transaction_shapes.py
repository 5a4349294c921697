"""How a transaction is told: alone, in a list, and as the result of what began it (seed; mobilefirst contract 3)."""

from typing import Final

from msgspec import Struct

from seatkeeper.licensing.deployment import (
    Change,
    DeleteConfiguration,
    RegisterVersion,
    RemoveVersion,
    SetConfiguration,
    TransactionStatus,
    TransactionType,
)
from seatkeeper.mobilefirst.artifacts import APP_DESCRIPTOR, Project, resource_name
from seatkeeper.mobilefirst.errors import error_told
from seatkeeper.mobilefirst.rendering import time_of
from seatkeeper.queries.transactions import TransactionView

APP_LICENSE_CONFIG: Final = "APP_LICENSE_CONFIG"
"""The type of an artifact that is a license configuration (contract 2.1)."""

_FAILED: Final = frozenset({TransactionStatus.FAILURE, TransactionStatus.CANCELED})


class Description(Struct, frozen=True):
    """The artifact that a transaction is about."""

    name: str
    type: str


class Error(Struct, frozen=True):
    """One thing that was wrong: the code of the message, and what it says."""

    details: str


class Transaction(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A transaction. `product_version` stands where the transaction is the whole answer (contract 3.2)."""

    app_server_id: str
    description: Description
    errors: list[Error]
    id: int
    project: Project
    status: TransactionStatus
    time_created: str
    time_updated: str
    type: TransactionType
    user_name: str
    product_version: str | None = None


class Result(Struct, frozen=True, rename="camel"):
    """The envelope in which a transaction is told to whoever began it.

    `ok` is false for one that failed or was canceled; of one that is not over it says that it was accepted
    (decision 19).
    """

    ok: bool
    product_version: str
    transaction: Transaction

    @classmethod
    def of(cls, transaction: Transaction, product_version: str) -> "Result":
        """The envelope of a transaction."""
        return cls(transaction.status not in _FAILED, product_version, transaction)


def transaction_told(view: TransactionView, language: str, product_version: str | None = None) -> Transaction:
    """A transaction as it is told, its errors in the language of whoever reads it."""
    return Transaction(
        app_server_id=view.server,
        description=_described(view.change),
        errors=[Error(error_told(each, language)) for each in view.errors],
        id=view.id,
        project=Project(view.runtime),
        status=view.status,
        time_created=time_of(view.created_at),
        time_updated=time_of(view.updated_at),
        type=view.type,
        user_name=view.user,
        product_version=product_version,
    )


def _described(change: Change) -> Description:
    match change:
        case SetConfiguration() | DeleteConfiguration():
            return Description(change.application, APP_LICENSE_CONFIG)
        case RegisterVersion() | RemoveVersion():
            return Description(resource_name(change.application, change.platform, change.version), APP_DESCRIPTOR)
