"""How events change runtimes, their applications and transactions: the part of `fold` for these."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from seatkeeper.licensing.deployment import Application, Runtime, Transaction, TransactionStatus
from seatkeeper.licensing.deployment_events import (
    ApplicationDefined,
    ApplicationRemoved,
    RuntimeDefined,
    RuntimeRemoved,
    TransactionBegun,
    TransactionMoved,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.indexes import add, count_up, remove
from seatkeeper.licensing.state import State


def _runtime_defined(state: State, event: RuntimeDefined, _at: int) -> None:
    count_up(state, "runtime", event.runtime_id)
    state.runtime_ids.put(event.name, event.runtime_id)
    state.runtimes.put(event.runtime_id, Runtime(event.runtime_id, event.name, event.running))


def _runtime_removed(state: State, event: RuntimeRemoved, _at: int) -> None:
    state.runtime_ids.put(event.name, None)
    state.runtimes.put(event.runtime_id, None)


def _application_defined(state: State, event: ApplicationDefined, _at: int) -> None:
    if state.applications.get(event.application_id) is None:
        count_up(state, "application", event.application_id)
        state.application_ids.put((event.runtime_id, event.name), event.application_id)
        add(state.applications_of, event.runtime_id, event.application_id)
    state.applications.put(
        event.application_id,
        Application(
            id=event.application_id,
            runtime_id=event.runtime_id,
            name=event.name,
            configuration=event.configuration,
            versions=event.versions,
            blocked=event.blocked,
        ),
    )


def _application_removed(state: State, event: ApplicationRemoved, _at: int) -> None:
    state.application_ids.put((event.runtime_id, event.name), None)
    remove(state.applications_of, event.runtime_id, event.application_id)
    state.applications.put(event.application_id, None)


def _transaction_begun(state: State, event: TransactionBegun, at: int) -> None:
    count_up(state, "transaction", event.transaction_id)
    add(state.unfinished, event.runtime_id, event.transaction_id)
    state.transactions.put(
        event.transaction_id,
        Transaction(
            id=event.transaction_id,
            runtime_id=event.runtime_id,
            change=event.change,
            user_id=event.user_id,
            server=event.server,
            status=TransactionStatus.PENDING,
            created_at=at,
            updated_at=at,
        ),
    )


def _transaction_moved(state: State, event: TransactionMoved, at: int) -> None:
    transaction = state.transactions[event.transaction_id]
    state.transactions.put(
        transaction.id,
        replace(transaction, status=event.status, updated_at=at, errors=event.errors, reserved=event.reserved),
    )
    if event.status.over:
        remove(state.unfinished, transaction.runtime_id, transaction.id)


FOLDS: Final[Mapping[type[Event], Callable[[State, Any, int], None]]] = {
    RuntimeDefined: _runtime_defined,
    RuntimeRemoved: _runtime_removed,
    ApplicationDefined: _application_defined,
    ApplicationRemoved: _application_removed,
    TransactionBegun: _transaction_begun,
    TransactionMoved: _transaction_moved,
}
