"""Where applications run: adding runtimes, starting, stopping and removing them.

docs/decisions/mobilefirst-transactions.md.
"""

from seatkeeper.licensing.applications import remove_all
from seatkeeper.licensing.deployment import Runtime
from seatkeeper.licensing.deployment_commands import DefineRuntime, RemoveRuntime
from seatkeeper.licensing.deployment_events import RuntimeDefined, RuntimeRemoved
from seatkeeper.licensing.limits import require_line
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import say
from seatkeeper.licensing.turn import Turn


def define_runtime(turn: Turn, command: DefineRuntime) -> bool:
    """Add a runtime, start it or stop it. A transaction that is under way when it stops is completed."""
    require_line(say("The name of the runtime"), command.name)
    if "/" in command.name:
        raise Refusal(
            Code.INVALID_VALUE,
            "The name of runtime {runtime} has a slash in it: it is a context root without its leading slash.",
            runtime=command.name,
        )
    known = turn.state.runtime_ids.get(command.name)
    before = None if known is None else turn.state.runtimes[known]
    number = turn.state.next_number("runtime") if before is None else before.id
    after = Runtime(id=number, name=command.name, running=command.running)
    if before == after:
        return False
    turn.record(RuntimeDefined(runtime_id=after.id, name=after.name, running=after.running))
    return True


def remove_runtime(turn: Turn, command: RemoveRuntime) -> None:
    """Remove a runtime with its applications; their tokens come back. Its transactions that are over stay recorded."""
    runtime = turn.runtime(command.name)
    waiting = turn.state.unfinished.get(runtime.id) or ()
    if waiting:
        raise Refusal(
            Code.TRANSACTION_UNFINISHED,
            "Runtime {runtime} cannot be removed: {transactions} of its transactions are not over. Wait for their end.",
            runtime=runtime.name,
            transactions=len(waiting),
        )
    remove_all(turn, runtime)
    turn.record(RuntimeRemoved(runtime_id=runtime.id, name=runtime.name))
