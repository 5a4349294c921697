"""Which applications have their tokens, and which are blocked: settled anew when seats, dates or settings changed.

Decision 23; docs/decisions/mobilefirst-transactions.md.
"""

from collections.abc import Set

from msgspec.structs import replace

from seatkeeper.licensing.applications import define
from seatkeeper.licensing.deployment import Application
from seatkeeper.licensing.deployment_commands import SettleTokens
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.outcomes import BlockedApplication, Foreseen
from seatkeeper.licensing.tokens import give_back_others, give_back_void, lacks_token, take_token, why_no_token
from seatkeeper.licensing.turn import Turn


def settle_tokens(turn: Turn, _command: SettleTokens) -> int:
    """Take back what does not count any more, then give what is free to those who lack it, the oldest first.

    An application that a transaction is at work on is left to that, and settled after it.
    """
    resting = _at_rest(turn)
    for application in resting:
        give_back_void(turn, application)
        give_back_others(turn, application)
    changed = 0
    for application in resting:
        blocked = lacks_token(turn, application)
        if blocked and why_no_token(turn, application) is None:
            take_token(turn, application)
            blocked = False
        if blocked is not application.blocked:
            define(turn, replace(application, blocked=blocked), None)
            changed += 1
    return changed


def blocked_now(turn: Turn) -> Set[int]:
    """The applications that are blocked, by their numbers."""
    return {each.id for each in turn.state.applications.values() if each.blocked}


def foreseen(turn: Turn, before: Set[int]) -> Foreseen:
    """Now that tokens are settled: who is blocked and was not `before`, and who was and is not, in order of age."""
    now = blocked_now(turn)
    applications = turn.state.applications
    lost = (applications[number] for number in sorted(now - before))
    back = (applications.get(number) for number in sorted(before - now))  # None where it was removed
    return Foreseen(
        blocked=tuple(
            BlockedApplication(_runtime_of(turn, each), each.name, sentence_of(error))
            for each in lost
            if (error := why_no_token(turn, each)) is not None  # of one that settling has left blocked it never is
        ),
        unblocked=tuple((_runtime_of(turn, each), each.name) for each in back if each is not None),
    )


def _runtime_of(turn: Turn, application: Application) -> str:
    return turn.state.runtimes[application.runtime_id].name


def _at_rest(turn: Turn) -> list[Application]:
    """The applications that no transaction with a runtime's lock is at work on, in the order in which they came."""
    started = (each for each in turn.state.transactions.values() if each.status.locks)
    at_work = {(each.runtime_id, each.change.application) for each in started}
    resting = (each for each in turn.state.applications.values() if each.key not in at_work)
    return sorted(resting, key=lambda application: application.id)
