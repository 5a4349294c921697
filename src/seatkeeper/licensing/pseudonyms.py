"""Pseudonyms: what stands for a deleted user once he is to be forgotten (rule L11)."""

import re
from typing import Final

from seatkeeper.licensing.entities import fold
from seatkeeper.licensing.events import Pseudonymised
from seatkeeper.licensing.inventory_commands import ForgetUser
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.turn import Turn

_PSEUDONYM: Final = re.compile(r"former-user-\d+")


def pseudonym_of(user_id: int) -> str:
    """What stands for whatever named the user of this associate id: of one user always the same."""
    return f"former-user-{user_id}"


def require_no_pseudonym(login: str) -> None:
    """Refuse a login that is a pseudonym or could become one: nobody shall be taken for forgotten who is not."""
    if _PSEUDONYM.fullmatch(fold(login)):
        raise Refusal(
            Code.INVALID_VALUE,
            "The login {user} cannot be given: such names stand for deleted users that were forgotten.",
            user=login,
        )


def forget_user(turn: Turn, command: ForgetUser) -> bool:
    """Let a deleted user go by his pseudonym. What named him in earlier events, the ledger replaces."""
    user = turn.state.users.get(command.user_id)
    if user is None:
        raise Refusal(Code.UNKNOWN_USER, "There is no user with the associate id {id}.", id=command.user_id)
    if user.deleted_at is None:
        raise Refusal(
            Code.USER_LIVES,
            "{user} is not deleted. Only a deleted user can be forgotten; delete the user first.",
            user=user.login,
        )
    pseudonym = pseudonym_of(user.id)
    if user.login == pseudonym:
        return False
    turn.record(Pseudonymised(user_id=user.id, pseudonym=pseudonym))
    return True
