"""Which rights methods need, and what is told to who lacks them (docs/decisions/crm-licenses.md)."""

from collections.abc import Iterable

from seatkeeper.identity.rights import Right
from seatkeeper.superoffice.calls import Caller
from seatkeeper.superoffice.errors import not_allowed


def require_may_assign(caller: Caller) -> None:
    """Raises Failure 403 for who may not assign licenses and take them away."""
    if not caller.may(Right.ASSIGN):
        raise not_allowed(
            "{user} may not assign licenses; the right {right} allows it.", user=caller.user.login, right=Right.ASSIGN
        )


def require_may_change_inventory(caller: Caller) -> None:
    """Raises Failure 403 for who may not change what was bought."""
    if not caller.may(Right.INVENTORY_WRITE):
        raise not_allowed(
            "{user} may not change what was bought; the right {right} allows it.",
            user=caller.user.login,
            right=Right.INVENTORY_WRITE,
        )


def require_may_see(caller: Caller, associates: Iterable[int]) -> None:
    """Raises Failure 403 for who may not see all of these associates and their licenses: himself everybody may."""
    if set(associates) != {caller.user.id}:
        require_may_see_others(caller)


def require_may_see_others(caller: Caller) -> None:
    """Raises Failure 403 for who may not see other associates and their licenses."""
    if not caller.may(Right.INVENTORY_READ, Right.ASSIGN):
        raise not_allowed(
            "{user} may not see other associates; the right {read} or {assign} allows it.",
            user=caller.user.login,
            read=Right.INVENTORY_READ,
            assign=Right.ASSIGN,
        )
