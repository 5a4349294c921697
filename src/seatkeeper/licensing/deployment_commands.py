"""What can be asked of the rules about runtimes, their applications and the transactions that change these.

As in `commands`, each docstring says what the outcome is. Decisions 18 to 23;
docs/decisions/mobilefirst-transactions.md.
"""

from msgspec import Struct

from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.deployment import Change, Configuration, Transaction, TransactionStatus


class DefineRuntime(Command[bool], frozen=True):
    """Add a runtime, start it or stop it. Outcome: whether that was new."""

    name: str
    running: bool = True


class RemoveRuntime(Command[None], frozen=True):
    """Remove a runtime with its applications, whose tokens come back. Outcome: None.

    Refused while one of its transactions is not over.
    """

    name: str


class VersionNamed(Struct, frozen=True):
    """A version of an application for one platform, as an administrator says it."""

    platform: str
    version: str
    display_name: str = ""


class DefineApplication(Command[bool], frozen=True):
    """Make an application what an administrator says: its configuration, and exactly these versions.

    Outcome: whether that was new. Where tokens are counted it is refused if the application would lack its own.
    """

    runtime: str
    name: str
    configuration: Configuration | None = None
    versions: tuple[VersionNamed, ...] = ()


class RemoveApplication(Command[None], frozen=True):
    """Remove an application with its configuration and all its versions; its token comes back. Outcome: None."""

    runtime: str
    name: str


class BeginTransaction(Command[Transaction], frozen=True):
    """Accept a change of an application of a running runtime as a transaction. Outcome: the `Transaction`.

    Unless `queued`, it is carried out under the same commit if none of the runtime's is unfinished, and is over in the
    outcome then. Else it is PENDING in the outcome, and waits for those before it. `user_id` starts it on `server`.
    Refused for a runtime that is unknown or does not run, and for a configuration or version to delete that is not
    there.
    """

    runtime: str
    change: Change
    user_id: int
    server: str
    queued: bool = False


class AdvanceTransaction(Command[Transaction | None], frozen=True):
    """Take a transaction one step on from `status`. Outcome: the `Transaction` after it.

    Outcome None, and nothing happens, where it is not in that status any more, or where it has to wait for its
    runtime's lock. Whoever asks, and however often: each step is taken once.
    """

    transaction_id: int
    status: TransactionStatus


class ReleaseRuntimeLock(Command[bool], frozen=True):
    """Take the lock of a runtime from the transaction that has it, which ends as FAILURE and gives back its token.

    Outcome: whether one had it. `user_id` did it.
    """

    runtime: str
    user_id: int


class RecoverTransactions(Command[int], frozen=True):
    """See to what a node left that is gone. Outcome: how many transactions that was.

    PREPARING ones become REJECTING; those and COMMITTING ones are to be advanced (decision 19). After the start of the
    only node those that were PENDING are CANCELED; without `cancel` they wait on, for the node that asks. What was
    begun after the transaction `until` is not looked at: it is another node's, that has come since.
    """

    cancel: bool = True
    until: int | None = None


class SettleTokens(Command[int], frozen=True):
    """Let every application have its token, or be blocked where none is left (decision 23).

    Outcome: how many applications changed. Where tokens are not counted, all come back and none is blocked.
    """
