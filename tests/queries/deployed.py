"""Events and rows of runtimes, their applications and transactions, for the queries that tell them."""

from typing import Any

from msgspec import to_builtins

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import (
    ApplicationVersion,
    Category,
    Change,
    Configuration,
    LicenseType,
    TransactionError,
)
from seatkeeper.licensing.deployment_events import ApplicationDefined, ApplicationRemoved, TransactionBegun

B2C = Configuration(Category.B2C)
BRAND = Configuration(Category.B2E, LicenseType.ADDITIONAL_BRAND_DEPLOYMENT)
ANDROID = ApplicationVersion("android", "1.0", "", 1)
IOS = ApplicationVersion("ios", "2.0", "", 2)


def defined(
    application_id: int = 1,
    configuration: Configuration | None = None,
    *versions: ApplicationVersion,
    runtime_id: int = 1,
    blocked: bool = False,
    blocked_because: TransactionError | None = None,
    transaction_id: int | None = None,
) -> ApplicationDefined:
    return ApplicationDefined(
        application_id=application_id,
        runtime_id=runtime_id,
        name=f"app{application_id}",
        configuration=configuration,
        versions=versions,
        blocked=blocked,
        transaction_id=transaction_id,
        blocked_because=blocked_because,
    )


def removed(application_id: int = 1, *, runtime_id: int = 1, transaction_id: int | None = None) -> ApplicationRemoved:
    return ApplicationRemoved(
        application_id=application_id,
        runtime_id=runtime_id,
        name=f"app{application_id}",
        transaction_id=transaction_id,
    )


def begun(transaction_id: int, change: Change, user_id: int = 2) -> TransactionBegun:
    return TransactionBegun(
        transaction_id=transaction_id, runtime_id=1, change=change, user_id=user_id, server="node-1"
    )


def runtimes(*names: str) -> tuple[Any, list[dict[str, Any]]]:
    """The rows of runtimes, numbered from 1."""
    return tables.runtimes, [
        {"id": number, "name": name, "running": True} for number, name in enumerate(names, start=1)
    ]


def transactions(*ends: tuple[int, int, str, TransactionError | None]) -> tuple[Any, list[dict[str, Any]]]:
    """The rows of transactions: number, user, status and error of each."""
    return tables.transactions, [
        {
            "id": number,
            "runtime_id": 1,
            "type": "UPLOAD_ARTIFACT",
            "change": {},
            "user_id": user,
            "server": "node-1",
            "status": status,
            "created_at": 0,
            "updated_at": 0,
            "errors": [] if error is None else [to_builtins(error)],
            "reserved": None,
        }
        for number, user, status, error in ends
    ]
