"""Whose licenses they are: what is said of an owner as a whole, and removing one with all it has.

docs/decisions/owners-and-plans.md.
"""

from seatkeeper.licensing.entities import LicenseName, Owner, OwnerDetails, fold
from seatkeeper.licensing.events import OwnerDefined, OwnerRemoved
from seatkeeper.licensing.inventory_commands import DefineOwner, RemoveLicenses, RemoveOwner
from seatkeeper.licensing.licenses import remove_licenses
from seatkeeper.licensing.limits import require_int32, require_name
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.turn import Turn


def define_owner(turn: Turn, command: DefineOwner) -> bool:
    """Say something of an owner, whether it has licenses or not; one of whom nothing is said keeps no row."""
    require_name(command.name, "The owner name is empty.")
    require_int32("deployment_type", command.details.deployment_type)
    require_int32("extra_flags", command.details.extra_flags)
    before = turn.owner(fold(command.name))
    if command.details == OwnerDetails():
        return _say_nothing_more(turn, before)
    after = Owner(
        id=turn.state.next_number("owner") if before is None else before.id,
        name=command.name if before is None else before.name,
        details=command.details,
    )
    if before == after:
        return False
    turn.record(OwnerDefined(owner_id=after.id, name=after.name, details=after.details))
    return True


def remove_owner(turn: Turn, command: RemoveOwner) -> None:
    """Remove an owner with all its licenses. It is refused while one is assigned: nobody loses an assignment by it.

    Whoever has one must be loaded.
    """
    owner_key = fold(command.name)
    require_owner(turn, command.name)
    said = turn.owner(owner_key)
    going = {each.id: each for each in turn.licenses_of(owner_key)}
    for assignment in turn.state.assignments.values():
        if assignment.license_id in going:
            raise Refusal(
                Code.STILL_ASSIGNED,
                "{owner} cannot be removed: {license} is assigned. Take it away from everybody who has it before.",
                owner=going[assignment.license_id].owner if said is None else said.name,
                license=going[assignment.license_id].name,
            )
    remove_licenses(turn, RemoveLicenses(licenses=tuple(LicenseName(x.owner, x.name) for x in going.values())))
    _say_nothing_more(turn, said)


def require_owner(turn: Turn, name: str) -> None:
    """Refuse an owner of whom nothing is said and who has no license."""
    owner_key = fold(name)
    if turn.owner(owner_key) is None and all(key != owner_key for (key, _), _ in turn.state.license_ids.items()):
        raise Refusal(Code.UNKNOWN_OWNER, "There is no owner of licenses named {owner}.", owner=name)


def _say_nothing_more(turn: Turn, owner: Owner | None) -> bool:
    if owner is None:
        return False
    turn.record(OwnerRemoved(owner_id=owner.id, name=owner.name))
    return True
