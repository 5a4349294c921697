"""Defects planted in the server on purpose, so that the proof is seen to find them. Only the launcher uses them."""

from collections.abc import Callable
from typing import Any, Final

from seatkeeper.ledger.engines.engine import Memoranda
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.journal import Entry
from seatkeeper.licensing import decide, transactions
from seatkeeper.licensing.applications import come_into_force
from seatkeeper.licensing.changes import changed
from seatkeeper.licensing.deployment import Transaction, TransactionStatus
from seatkeeper.licensing.deployment_commands import BeginTransaction, RecoverTransactions
from seatkeeper.licensing.deployment_events import TransactionMoved
from seatkeeper.licensing.state import State
from seatkeeper.licensing.turn import Turn

_rules: Final[dict[type[Any], Callable[[Turn, Any], Any]]] = decide._RULES  # noqa: SLF001 - spoiled from outside on purpose


def lose_a_success() -> None:
    """What is carried out at once, and answered as a success, is rolled back."""
    save, commit = SqliteEngine.save, SqliteEngine.commit
    lost: set[SqliteEngine] = set()

    def save_and_look(engine: SqliteEngine, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        if any(entry.kind == "transaction_begun" for entry in entries) and any(b'"SUCCESS"' in x.data for x in entries):
            lost.add(engine)
        save(engine, entries, state, memoranda)

    def commit_or_lose(engine: SqliteEngine) -> None:
        if engine in lost:
            lost.remove(engine)
            engine.rollback()
        else:
            commit(engine)

    setattr(SqliteEngine, "save", save_and_look)  # noqa: B010 - mypy refuses to assign to a method
    setattr(SqliteEngine, "commit", commit_or_lose)  # noqa: B010 - as above


def let_two_run_at_once() -> None:
    """Whoever need not be queued does not wait for those before him."""
    begin = _rules[BeginTransaction]

    def begin_at_once(turn: Turn, command: BeginTransaction) -> Any:  # noqa: ANN401 - as the rule
        runtime_id = turn.runtime(command.runtime).id
        line = turn.state.unfinished.get(runtime_id) or ()
        turn.state.unfinished.put(runtime_id, None)
        outcome = begin(turn, command)
        turn.state.unfinished.put(runtime_id, (*line, *(turn.state.unfinished.get(runtime_id) or ())) or None)
        return outcome

    _rules[BeginTransaction] = begin_at_once


def complete_what_was_prepared() -> None:
    """After a start, what was being prepared is committed."""
    _recover({TransactionStatus.PREPARING: TransactionStatus.COMMITTING})


def reject_what_was_being_committed() -> None:
    """After a start, what was being committed is rejected."""
    _recover({TransactionStatus.COMMITTING: TransactionStatus.REJECTING})


def cancel_nothing() -> None:
    """After a start, what waited goes on waiting."""
    _recover({TransactionStatus.PENDING: TransactionStatus.PENDING})


def change_while_preparing() -> None:
    """The change is made as soon as it has been found to be possible."""
    steps: Any = transactions._STEPS  # noqa: SLF001 - as above
    prepare = steps[TransactionStatus.PENDING]

    def prepare_and_change(turn: Turn, transaction: Transaction) -> None:
        prepare(turn, transaction)
        runtime = turn.state.runtimes[transaction.runtime_id]
        application = turn.application_named(runtime, transaction.change.application)
        if application is not None and not turn.state.transactions[transaction.id].errors:
            come_into_force(turn, changed(application, transaction.change, turn.now), transaction.id)

    steps[TransactionStatus.PENDING] = prepare_and_change


def _recover(otherwise: dict[TransactionStatus, TransactionStatus]) -> None:
    """Let those of these states come to another state after a start."""
    recover = _rules[RecoverTransactions]

    def recover_otherwise(turn: Turn, command: RecoverTransactions) -> Any:  # noqa: ANN401 - as the rule
        spoiled = [each for _, each in turn.state.transactions.items() if each.status in otherwise]
        for each in spoiled:
            turn.record(
                TransactionMoved(
                    transaction_id=each.id,
                    runtime_id=each.runtime_id,
                    status=otherwise[each.status],
                    errors=each.errors,
                    reserved=each.reserved,
                )
            )
        return len(spoiled) or recover(turn, command)

    _rules[RecoverTransactions] = recover_otherwise


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "lose-a-success": lose_a_success,
    "let-two-run-at-once": let_two_run_at_once,
    "complete-what-was-prepared": complete_what_was_prepared,
    "reject-what-was-being-committed": reject_what_was_being_committed,
    "cancel-nothing": cancel_nothing,
    "change-while-preparing": change_while_preparing,
}
