"""Transactions: every change of an application goes the same way, from its acceptance to its end, step by step.

Mobilefirst contract 3.1 and 4; decisions 18 to 23; docs/decisions/mobilefirst-transactions.md. One transaction of a
runtime has its lock: PREPARING it has been validated and has reserved the token that it asks for, COMMITTING it makes
its change, REJECTING it gives the token back.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from seatkeeper.licensing.applications import (
    come_into_force,
    is_nothing,
    new_application,
    remove,
    require_application_name,
    require_version,
    reserve_token,
)
from seatkeeper.licensing.changes import changed, fault_of
from seatkeeper.licensing.deployment import (
    Application,
    Change,
    DeleteConfiguration,
    Fault,
    RegisterVersion,
    RemoveVersion,
    Runtime,
    SetConfiguration,
    Transaction,
    TransactionError,
    TransactionStatus,
)
from seatkeeper.licensing.deployment_commands import (
    AdvanceTransaction,
    BeginTransaction,
    RecoverTransactions,
    ReleaseRuntimeLock,
)
from seatkeeper.licensing.deployment_events import TransactionBegun, TransactionMoved
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.limits import can_name
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.tokens import give_back
from seatkeeper.licensing.turn import Turn

_REFUSED: Final[Mapping[Fault, Code]] = {
    Fault.RUNTIME_NOT_RUNNING: Code.RUNTIME_NOT_RUNNING,
    Fault.NO_CONFIGURATION: Code.NO_CONFIGURATION,
    Fault.NO_VERSION: Code.UNKNOWN_VERSION,
}
"""What makes no transaction at all where it is wrong from the start. Other faults end one as FAILURE."""


def begin_transaction(turn: Turn, command: BeginTransaction) -> Transaction:
    """Accept a transaction; where nothing keeps it waiting, carry it out to its end."""
    turn.user_of(command.user_id)
    runtime = turn.runtime(command.runtime)
    waiting = turn.state.unfinished.get(runtime.id) or ()
    _require_names(command.change)
    _require_possible(turn, runtime, command.change)
    _require_place(turn, runtime, len(waiting))
    number = turn.state.next_number("transaction")
    turn.record(
        TransactionBegun(
            transaction_id=number,
            runtime_id=runtime.id,
            change=command.change,
            user_id=command.user_id,
            server=command.server,
        )
    )
    transaction = turn.state.transactions[number]
    while not (command.queued or waiting or transaction.status.over):
        transaction = _step(turn, transaction)
    return transaction


def advance_transaction(turn: Turn, command: AdvanceTransaction) -> Transaction | None:
    """Take one step, unless it has been taken, or is not to be taken yet."""
    transaction = turn.state.transactions.get(command.transaction_id)
    if transaction is None or transaction.status is not command.status or transaction.status.over:
        return None
    if transaction.status is TransactionStatus.PENDING and not _has_waited(turn, transaction):
        return None
    return _step(turn, transaction)


def release_runtime_lock(turn: Turn, command: ReleaseRuntimeLock) -> bool:
    """End the transaction that has the lock, whatever it is doing."""
    user = turn.user_of(command.user_id)
    runtime = turn.runtime(command.runtime)
    holder = _lock_holder(turn, runtime.id)
    if holder is None:
        return False
    _fail(turn, holder, TransactionError(Fault.LOCK_RELEASED, {"user_id": user.id}))
    return True


def recover_transactions(turn: Turn, command: RecoverTransactions) -> int:
    """Take up what was left. The time limit of a step that is under way begins anew: nobody could take it meanwhile."""
    numbers = [number for line in turn.state.unfinished.values() for number in line]
    unfinished = [turn.state.transactions[each] for each in numbers if command.until is None or each <= command.until]
    left = [each for each in unfinished if command.cancel or each.status is not TransactionStatus.PENDING]
    for transaction in left:
        match transaction.status:
            case TransactionStatus.PENDING:
                _move(turn, transaction, TransactionStatus.CANCELED, TransactionError(Fault.CANCELED, {}))
            case TransactionStatus.PREPARING:
                _move(turn, transaction, TransactionStatus.REJECTING, TransactionError(Fault.INTERRUPTED, {}))
            case _:
                _move(turn, transaction, transaction.status)
    return len(left)


def _has_waited(turn: Turn, transaction: Transaction) -> bool:
    """Whether a pending transaction's time has come: to start, or to give up waiting.

    A lock whose transaction has not moved for too long falls to the next in the line.
    """
    first, *others = turn.state.unfinished[transaction.runtime_id]
    if transaction.id == first or _is_past(turn, transaction, turn.policy.deployment.lock_wait):
        return True
    holder = _lock_holder(turn, transaction.runtime_id)
    longest = turn.policy.deployment.longest_lock
    if holder is None or others[0] != transaction.id or not _is_past(turn, holder, longest):
        return False
    _fail(turn, holder, _stalled(holder, longest))
    return True


def _step(turn: Turn, transaction: Transaction) -> Transaction:
    return _STEPS[transaction.status](turn, transaction)


def _prepare(turn: Turn, transaction: Transaction) -> Transaction:
    """Take the lock, validate, and reserve the token that the change asks for."""
    limit = turn.policy.deployment.lock_wait
    runtime = turn.state.runtimes[transaction.runtime_id]
    if _is_past(turn, transaction, limit):
        facts: dict[str, str | int] = {"runtime": runtime.name, "seconds": _seconds(limit)}
        return _move(turn, transaction, TransactionStatus.FAILURE, TransactionError(Fault.LOCK_WAIT, facts))
    before = _application(turn, runtime, transaction.change)
    fault = _fault(turn, runtime, before, transaction.change)
    if fault is None:
        after = changed(before, transaction.change, turn.now)
        reserved = reserve_token(turn, before, after, transaction.id)
        if not isinstance(reserved, TransactionError):
            return _move(turn, transaction, TransactionStatus.PREPARING, reserved=reserved)
        fault = reserved
    return _move(turn, transaction, TransactionStatus.PREPARING, fault)


def _decide(turn: Turn, transaction: Transaction) -> Transaction:
    """Commit what could be prepared in time, reject all else."""
    limit = turn.policy.deployment.prepare
    if transaction.errors:
        return _move(turn, transaction, TransactionStatus.REJECTING)
    if _is_past(turn, transaction, limit):
        return _move(turn, transaction, TransactionStatus.REJECTING, _stalled(transaction, limit))
    return _move(turn, transaction, TransactionStatus.COMMITTING)


def _commit(turn: Turn, transaction: Transaction) -> Transaction:
    """Make the change. A token that was lost meanwhile, because its license was removed, must be had again."""
    limit = turn.policy.deployment.commit
    if _is_past(turn, transaction, limit):
        return _fail(turn, transaction, _stalled(transaction, limit))
    before = _application(turn, turn.state.runtimes[transaction.runtime_id], transaction.change)
    after = changed(before, transaction.change, turn.now)
    reserved = reserve_token(turn, before, after, transaction.id)
    if isinstance(reserved, TransactionError):
        return _fail(turn, transaction, reserved)
    come_into_force(turn, after, transaction.id)
    return _move(turn, transaction, TransactionStatus.SUCCESS)


def _fail(turn: Turn, transaction: Transaction, *errors: TransactionError) -> Transaction:
    """End the transaction that has its runtime's lock, with everything as it was before."""
    application = turn.application_named(turn.state.runtimes[transaction.runtime_id], transaction.change.application)
    if application is not None:
        if transaction.reserved is not None:
            give_back(turn, application, transaction.reserved)
        if is_nothing(application):
            remove(turn, application, transaction.id)
    return _move(turn, transaction, TransactionStatus.FAILURE, *errors)


_STEPS: Final[Mapping[TransactionStatus, Callable[[Turn, Transaction], Transaction]]] = {
    TransactionStatus.PENDING: _prepare,
    TransactionStatus.PREPARING: _decide,
    TransactionStatus.COMMITTING: _commit,
    TransactionStatus.REJECTING: _fail,
}
"""What takes a transaction on from a status and gives it as it is then. Nothing follows those that are missing here."""


def _move(
    turn: Turn,
    transaction: Transaction,
    status: TransactionStatus,
    *errors: TransactionError,
    reserved: int | None = None,
) -> Transaction:
    """Record a status. What was wrong stays said; a reservation stays until the end. The transaction as it is then."""
    turn.record(
        TransactionMoved(
            transaction_id=transaction.id,
            runtime_id=transaction.runtime_id,
            status=status,
            errors=(*transaction.errors, *errors),
            reserved=None if status.over else transaction.reserved or reserved,
        )
    )
    return turn.state.transactions[transaction.id]


def _require_place(turn: Turn, runtime: Runtime, waiting: int) -> None:
    """Refuse to let a line grow without end (rule L7)."""
    if waiting >= turn.policy.deployment.longest_line:
        raise Refusal(
            Code.LINE_FULL,
            "{count} transactions of runtime {runtime} wait already; try again when some are over.",
            count=waiting,
            runtime=runtime.name,
        )


def _require_names(change: Change) -> None:
    """Refuse names that cannot be. One of something to delete is none of an application: that is not there."""
    match change:
        case SetConfiguration():
            require_application_name(change.application)
        case RegisterVersion():
            require_application_name(change.application)
            require_version(change.platform, change.version, change.display_name)
        case DeleteConfiguration() | RemoveVersion():
            pass


def _require_possible(turn: Turn, runtime: Runtime, change: Change) -> None:
    """Refuse what is wrong already. What others that wait will make of the application is known only when they have."""
    if not runtime.running:
        raise _refused(_not_running(runtime))
    line = [turn.state.transactions[number] for number in turn.state.unfinished.get(runtime.id) or ()]
    if _can_come_to_be(change) and any(each.change.application == change.application for each in line):
        return
    if isinstance(change, RemoveVersion):
        turn.application(runtime, change.application)
    fault = _fault(turn, runtime, _application(turn, runtime, change), change)
    if fault is not None and fault.fault in _REFUSED:
        raise _refused(fault)


def _can_come_to_be(change: Change) -> bool:
    """Whether what a change is about can be there one day."""
    return not isinstance(change, RemoveVersion) or (can_name(change.platform) and can_name(change.version))


def _fault(turn: Turn, runtime: Runtime, application: Application, change: Change) -> TransactionError | None:
    if not runtime.running:
        return _not_running(runtime)
    return fault_of(change, runtime, application, delete_registered=turn.policy.deployment.delete_registered)


def _not_running(runtime: Runtime) -> TransactionError:
    return TransactionError(Fault.RUNTIME_NOT_RUNNING, {"runtime": runtime.name})


def _refused(fault: TransactionError) -> Refusal:
    facts: dict[str, Any] = fault.facts
    return Refusal(_REFUSED[fault.fault], sentence_of(fault).pattern, **facts)


def _seconds(limit: int) -> str | int:
    """A limit as it is told: whole seconds, or with their fraction."""
    whole, rest = divmod(limit, 1000)
    return f"{limit / 1000}" if rest else whole


def _stalled(transaction: Transaction, limit: int) -> TransactionError:
    return TransactionError(Fault.STALLED, {"status": transaction.status.value, "seconds": _seconds(limit)})


def _is_past(turn: Turn, transaction: Transaction, limit: int) -> bool:
    """Whether it has been where it is for longer than so many milliseconds."""
    return turn.now - transaction.updated_at > limit


def _lock_holder(turn: Turn, runtime_id: int) -> Transaction | None:
    """The transaction that has a runtime's lock."""
    for number in turn.state.unfinished.get(runtime_id) or ():
        first = turn.state.transactions[number]
        return first if first.status.locks else None
    return None


def _application(turn: Turn, runtime: Runtime, change: Change) -> Application:
    """The application that a change is about, with nothing where it is not there yet."""
    known = turn.application_named(runtime, change.application)
    return new_application(turn, runtime, change.application) if known is None else known
