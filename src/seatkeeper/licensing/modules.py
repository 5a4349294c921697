"""Assigning an owner's licenses to a user by his number, as a CRM does (decisions 13, 15 and 17).

The rules are those of every assignment. A CRM knows assignable seats alone, so what would take none is refused here.
"""

from seatkeeper.licensing.assignments import assign_all, assignments_of_owner, lacking, unassign_all
from seatkeeper.licensing.commands import AssignModules, UnassignModules
from seatkeeper.licensing.eligibility import can_assign, is_concurrent_only
from seatkeeper.licensing.entities import Holder, HolderKind, License, LicenseName, Method, User, fold
from seatkeeper.licensing.outcomes import Module
from seatkeeper.licensing.owners import require_owner
from seatkeeper.licensing.plans import with_implied
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.turn import Turn


def assign_modules(turn: Turn, command: AssignModules) -> tuple[Module, ...]:
    """Assign licenses with what comes with them, all or none."""
    user, licenses = _named(turn, command)
    holder, owner_key = _holder(user), fold(command.owner)
    all_wanted = with_implied(turn, licenses)
    for wanted in all_wanted:
        if turn.state.assignments.get((holder, wanted.license.id)) is None:
            with wanted.telling_the_plan():
                _require_assignable_seats(turn, wanted.license)
    new = assign_all(turn, all_wanted, holder)
    if new and turn.profile(holder, owner_key).method is Method.CONCURRENT:
        raise Refusal(
            Code.NOT_ASSIGNABLE_TO,
            "{user} has licenses of {owner} by the concurrent method, which takes no assignable seats. Change the"
            " method of that profile, or assign the license there.",
            user=user.login,
            owner=command.owner,
        )
    return _modules(turn, user, owner_key)


def unassign_modules(turn: Turn, command: UnassignModules) -> tuple[Module, ...]:
    """Take licenses away, all or none, with what the user had because of them."""
    user, licenses = _named(turn, command)
    unassign_all(turn, licenses, _holder(user))
    return _modules(turn, user, fold(command.owner))


def _named(turn: Turn, command: AssignModules | UnassignModules) -> tuple[User, list[License]]:
    """The user, and the licenses of the owner by their names. Raises Refusal for whatever there is not."""
    user = turn.user_of(command.user_id)
    names = [LicenseName(command.owner, name) for name in command.names]
    if not names or any(turn.license_id(name) is None for name in names):  # else it is there, which costs less to see
        require_owner(turn, command.owner)
    return user, [turn.license(name) for name in names]


def _require_assignable_seats(turn: Turn, license_: License) -> None:
    pool = turn.state.pools[license_.id]
    if is_concurrent_only(pool):
        raise Refusal(
            Code.NOT_ASSIGNABLE_TO,
            "{license} has concurrent seats only ({seats}), and none that can be assigned.",
            license=license_.name,
            seats=pool.concurrent_seats,
        )


def _modules(turn: Turn, user: User, owner_key: str) -> tuple[Module, ...]:
    """What he has of an owner, by sort order, then name."""
    has = [turn.state.licenses[each.license_id] for each in assignments_of_owner(turn, _holder(user), owner_key)]
    has.sort(key=lambda license_: (license_.details.sort_order, fold(license_.name)))
    return tuple(_module(turn, user, license_) for license_ in has)


def _module(turn: Turn, user: User, license_: License) -> Module:
    state, owner_key, holder = turn.state, fold(license_.owner), _holder(user)
    pool = state.pools[license_.id]
    return Module(
        license=license_,
        pool=pool,
        required=None if license_.prerequisite is None else state.licenses[license_.prerequisite].name,
        assigned=True,
        can_assign=can_assign(
            license_,
            pool,
            owner=turn.owner(owner_key),
            user=user,
            profile=turn.profile(holder, owner_key),
            assigned=True,
            lacks_prerequisite=lacking(turn, license_, holder) is not None,
            now=turn.now,
        ),
    )


def _holder(user: User) -> Holder:
    return Holder(HolderKind.USER, user.id)
