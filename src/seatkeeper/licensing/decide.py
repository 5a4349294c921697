"""From a state and a command to an outcome and events: the one door to the rules."""

from collections.abc import Callable
from typing import Any, TypeVar

from seatkeeper.licensing import (
    acquisition,
    applications,
    assignments,
    commands,
    configuration,
    deployment_commands,
    documents,
    explanation,
    holders,
    inventory_commands,
    licenses,
    modules,
    owners,
    profiles,
    pseudonyms,
    runtimes,
    sessions,
    settling,
    stations,
    subscriptions,
    transactions,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.outcomes import Foreseen
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import present
from seatkeeper.licensing.state import State
from seatkeeper.licensing.turn import Turn

T = TypeVar("T")


def decide(state: State, command: commands.Command[T], now: int, policy: Policy) -> tuple[T, list[Event]]:
    """Decide one command at the time `now` (milliseconds). Its effects stand in `state` afterwards.

    Raises Refusal where the rules do not allow it, and whatever goes wrong otherwise; in both cases `state` is left
    as it was.
    """
    turn = Turn(state, now, policy)
    mark = state.mark()
    try:
        outcome: T = _RULES[type(command)](turn, command)
    except BaseException:
        state.rollback(mark)
        raise
    return outcome, turn.events


def _together(turn: Turn, command: commands.Together | commands.Rehearse) -> tuple[Any, ...]:
    for seen in command.seen:
        if present(turn.state, seen) != seen.row:
            raise Refusal(Code.CHANGED_SINCE, "This was planned before {what} changed; plan it anew.", what=seen.what)
    return tuple(_one_of(turn, index, each) for index, each in enumerate(command.commands))


def _rehearse(turn: Turn, command: commands.Rehearse) -> Foreseen:
    before = settling.blocked_now(turn)
    with turn.rehearsal():
        _together(turn, command)
        settling.settle_tokens(turn, deployment_commands.SettleTokens())  # as the ledger does after them
        return settling.foreseen(turn, before)


def _one_of(turn: Turn, index: int, command: commands.Command[Any]) -> Any:  # noqa: ANN401 - of any command
    try:
        return _RULES[type(command)](turn, command)
    except Refusal as refusal:
        refusal.index = index
        raise


_RULES: dict[type[Any], Callable[[Turn, Any], Any]] = {
    commands.Connect: sessions.connect,
    commands.EndSession: sessions.end_session,
    commands.ExpireSession: sessions.expire_session,
    commands.FindSession: sessions.find_session,
    commands.FindUser: sessions.find_user,
    commands.AcquireInStages: acquisition.acquire_in_stages,
    commands.AcquireLicenses: acquisition.acquire_licenses,
    commands.ReplaceLicenses: acquisition.replace_licenses,
    commands.ReleaseLicenses: acquisition.release_licenses,
    commands.SetStation: stations.set_station,
    commands.LeaveStation: stations.leave_station,
    commands.Subscribe: subscriptions.subscribe,
    commands.Unsubscribe: subscriptions.unsubscribe,
    commands.Assign: assignments.assign,
    commands.Unassign: assignments.unassign,
    commands.AssignModules: modules.assign_modules,
    commands.UnassignModules: modules.unassign_modules,
    commands.UnassignAll: assignments.unassign_everything,
    commands.ChangeProfile: profiles.change_profile,
    commands.ConfigureLicenses: configuration.configure_licenses,
    inventory_commands.DefineLicense: licenses.define_license,
    inventory_commands.RemoveLicenses: licenses.remove_licenses,
    inventory_commands.ChangeSeats: licenses.change_seats,
    inventory_commands.DefineOwner: owners.define_owner,
    inventory_commands.RemoveOwner: owners.remove_owner,
    inventory_commands.ActivateDocument: documents.activate_document,
    inventory_commands.DefineStation: holders.define_station,
    inventory_commands.RemoveStation: holders.remove_station,
    inventory_commands.DefineUser: holders.define_user,
    inventory_commands.SetPassword: holders.set_password,
    inventory_commands.DeleteUser: holders.delete_user,
    inventory_commands.ForgetUser: pseudonyms.forget_user,
    deployment_commands.DefineRuntime: runtimes.define_runtime,
    deployment_commands.RemoveRuntime: runtimes.remove_runtime,
    deployment_commands.DefineApplication: applications.define_application,
    deployment_commands.RemoveApplication: applications.remove_application,
    deployment_commands.BeginTransaction: transactions.begin_transaction,
    deployment_commands.AdvanceTransaction: transactions.advance_transaction,
    deployment_commands.ReleaseRuntimeLock: transactions.release_runtime_lock,
    deployment_commands.RecoverTransactions: transactions.recover_transactions,
    deployment_commands.SettleTokens: settling.settle_tokens,
    commands.Explain: explanation.explain,
    commands.Together: _together,
    commands.Rehearse: _rehearse,
}
