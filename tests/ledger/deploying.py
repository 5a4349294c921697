"""Runtimes and transactions for tests of the ledger; what became of them, read from the tables by statements alone."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.engine import SaveFailed
from seatkeeper.ledger.journal import Entry
from seatkeeper.licensing.commands import Together
from seatkeeper.licensing.deployment import Category, Change, Configuration, LicenseType, RegisterVersion
from seatkeeper.licensing.deployment import SetConfiguration as Set
from seatkeeper.licensing.deployment_commands import BeginTransaction, DefineRuntime
from seatkeeper.licensing.entities import AppliesTo
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from tests.ledger.world import OWNER, inventory, named, rows

APP: Final = "com.package.id"
RUNTIMES: Final = ("mfp", "branch")
COUNTING: Final = Policy(
    deployment=DeploymentPolicy(
        count_tokens=True, feature_owner=OWNER, application_feature="Token", brand_feature="Brand"
    )
)
"""Tokens are counted, of two licenses of the usual owner."""

LOCKING: Final = ("PREPARING", "COMMITTING", "REJECTING")


def house(tokens: int = 1) -> Together:
    """The usual inventory, two runtimes, and so many tokens of each kind."""
    commands: list[Any] = [*inventory().commands, *(DefineRuntime(name=name) for name in RUNTIMES)]
    for name in ("Token", "Brand"):
        commands.append(DefineLicense(owner=OWNER, name=name, display_name=name, applies_to=AppliesTo.APPLICATIONS))
        commands.append(ChangeSeats(license=named(name)[0], assignable=tokens))
    return Together(commands=tuple(commands))


def begin(change: Change, runtime: str = "mfp", *, queued: bool = False) -> BeginTransaction:
    """Begin a transaction."""
    return BeginTransaction(runtime=runtime, change=change, user_id=1, server="node-1", queued=queued)


def configure(app: str = APP, category: Category = Category.B2C, type_: LicenseType = LicenseType.APPLICATION) -> Set:
    """Set an application's configuration."""
    return Set(app, Configuration(category, type_))


def register(app: str = APP, version: str = "1.0") -> RegisterVersion:
    """Register a version of an application."""
    return RegisterVersion(app, "android", version, "An app")


def refusing(status: str, transaction_id: int | None = None) -> Callable[[list[Entry]], Exception | None]:
    """A database that takes no transaction's step to a status, or not that of this one."""

    def refuse(entries: list[Entry]) -> Exception | None:
        steps = [json.loads(entry.data) for entry in entries if entry.kind == "transaction_moved"]
        hit = any(each["status"] == status and transaction_id in (None, each["transaction_id"]) for each in steps)
        return SaveFailed("planted") if hit else None

    return refuse


def statuses(database: Path | Database) -> dict[int, str]:
    """Where each transaction stands."""
    return dict(rows(database, "SELECT id, status FROM transactions"))


def faults(database: Path, transaction_id: int) -> list[str]:
    """What was wrong with a transaction."""
    [(errors,)] = rows(database, "SELECT errors FROM transactions WHERE id = ?", transaction_id)
    return [error["fault"] for error in json.loads(errors)]


def ways(database: Path) -> dict[int, list[tuple[str, int]]]:
    """By transaction, each status that it came to, and the commit in which it did, as the journal tells it."""
    found: dict[int, list[tuple[str, int]]] = {}
    for _, batch, _, event in _steps(database):
        found.setdefault(event["transaction_id"], []).append((event.get("status", "PENDING"), batch))
    return found


def assert_one_at_a_time(database: Path) -> None:
    """No two transactions of one runtime ever had its lock together, and each got it in its turn."""
    holder: dict[int, int | None] = {}
    order: dict[int, list[int]] = {}
    for seq, _, _, event in _steps(database):
        runtime, number, status = event["runtime_id"], event["transaction_id"], event.get("status", "PENDING")
        if status in LOCKING:
            assert holder.get(runtime) in (None, number), f"event {seq}: {holder[runtime]} has the lock of {runtime}"
            if holder.get(runtime) is None:
                order.setdefault(runtime, []).append(number)
            holder[runtime] = number
        elif holder.get(runtime) == number:
            holder[runtime] = None
    for numbers in order.values():
        assert all(first < second for first, second in pairwise(numbers)), numbers


def _steps(database: Path) -> list[tuple[int, int, str, dict[str, Any]]]:
    found = rows(
        database,
        "SELECT seq, batch, kind, data FROM journal WHERE kind IN ('transaction_begun', 'transaction_moved')"
        " ORDER BY seq",
    )
    return [(seq, batch, kind, json.loads(data)) for seq, batch, kind, data in found]
