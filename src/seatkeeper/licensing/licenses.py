"""What was bought: licenses, what they require, and their seats.

Decisions 24 and 25; docs/decisions/removal-and-prerequisites.md.
"""

from seatkeeper.licensing.assignments import withdraw, withdraw_left_over
from seatkeeper.licensing.entities import Holder, HolderKind, License, LicenseKind, LicenseName, Pool
from seatkeeper.licensing.events import LicenseDefined, LicenseRemoved, ReleaseReason, SeatsChanged
from seatkeeper.licensing.holds import release
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense, RemoveLicenses
from seatkeeper.licensing.limits import LARGEST, require_int32, require_name
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seats, seats_of
from seatkeeper.licensing.sentences import say
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import KINDS


def define_license(turn: Turn, command: DefineLicense) -> bool:
    """Add a license with no seats, or describe one anew.

    Whoever has one that is to cover the whole installation must be loaded.
    """
    require_name(command.owner, "The owner name is empty.")
    require_name(command.name, "The license name is empty.")
    require_int32("sort_order", command.details.sort_order)
    require_int32("extra_flags", command.details.extra_flags)
    known = turn.state.license_ids.get(LicenseName(command.owner, command.name).key)
    before = None if known is None else turn.state.licenses[known]
    number = turn.state.next_number("license") if before is None else before.id
    after = License(
        id=number,
        owner=command.owner if before is None else before.owner,
        name=command.name if before is None else before.name,
        display_name=command.display_name,
        description=command.description,
        applies_to=command.applies_to,
        kind=command.kind,
        shared=command.shared,
        expires=command.expires,
        grace_until=command.grace_until,
        prerequisite=_prerequisite(turn, command, number),
        details=command.details,
    )
    if before == after:
        return False
    _require_no_circle(turn, after)
    if before is not None and before.kind is LicenseKind.USER and after.kind is not LicenseKind.USER:
        _require_unassigned(turn, after)
    turn.record(
        LicenseDefined(
            license_id=after.id,
            owner=after.owner,
            name=after.name,
            display_name=after.display_name,
            description=after.description,
            applies_to=after.applies_to,
            license_kind=after.kind,
            shared=after.shared,
            expires=after.expires,
            grace_until=after.grace_until,
            prerequisite=after.prerequisite,
            details=after.details,
        )
    )
    return True


def remove_licenses(turn: Turn, command: RemoveLicenses) -> None:
    """Remove licenses with everything that rests on them. What is said of them in the journal keeps its name.

    However many they are, holds and assignments are looked through once: nobody else has to know who has a license.
    """
    going = {license_.id: license_ for license_ in map(turn.license, command.licenses)}
    for each in turn.state.licenses.values():
        if each.prerequisite in going and each.id not in going:
            raise Refusal(
                Code.PREREQUISITE_NEEDED,
                "{license} cannot be removed: {dependent} requires it. Remove that too, or let it require nothing.",
                license=going[each.prerequisite].name,
                dependent=each.name,
            )
    for hold in [each for each in turn.state.holds.values() if each.license_id in going]:
        release(turn, hold, ReleaseReason.LICENSE_REMOVED)
    gone: dict[Holder, list[License]] = {}
    for assignment in [each for each in turn.state.assignments.values() if each.license_id in going]:
        withdraw(turn, assignment)
        gone.setdefault(assignment.holder, []).append(going[assignment.license_id])
    for license_ in going.values():
        turn.record(LicenseRemoved(license_id=license_.id, owner=license_.owner, name=license_.name))
    for holder, licenses in gone.items():
        withdraw_left_over(turn, licenses, holder)


def change_seats(turn: Turn, command: ChangeSeats) -> bool:
    """Set the seats bought. Below what is taken it is refused, or, where allowed, leaves an excess to shrink.

    A change that raises no excess, such as buying some of the missing seats, needs no permission.
    """
    license_ = turn.license(command.license)
    pool = turn.state.pools[license_.id]
    before = seats_of(pool)
    after = Seats(
        assignable=before.assignable if command.assignable is None else command.assignable,
        concurrent=before.concurrent if command.concurrent is None else command.concurrent,
        unrestricted=before.unrestricted if command.unrestricted is None else command.unrestricted,
    )
    _require_possible(license_, after)
    if before == after:
        return False
    assignable_excess = 0 if after.unrestricted else max(0, pool.assigned - after.assignable)
    concurrent_excess = 0 if after.unrestricted else max(0, pool.concurrent_in_use - after.concurrent)
    raised = assignable_excess > pool.assignable_excess or concurrent_excess > pool.concurrent_excess
    if raised and not command.allow_overcommit:
        raise _below_use(license_, pool, after)
    turn.record(
        SeatsChanged(
            license_id=license_.id,
            assignable_seats=after.assignable,
            concurrent_seats=after.concurrent,
            unrestricted=after.unrestricted,
            assignable_excess=assignable_excess,
            concurrent_excess=concurrent_excess,
            uncovered=_uncovered(turn, pool, assignable_excess),
        )
    )
    return True


def _prerequisite(turn: Turn, command: DefineLicense, number: int) -> int | None:
    """The number of the license required; a license that is being added may name itself, and is told what that is."""
    required = command.prerequisite
    if required is None:
        return None
    itself = required.key == LicenseName(command.owner, command.name).key
    return number if itself else turn.license(required).id


def _require_no_circle(turn: Turn, license_: License) -> None:
    """That a license does not come to require itself, by however many others."""
    names: list[str] = []
    required = license_.prerequisite
    while required is not None:
        other = license_ if required == license_.id else turn.state.licenses[required]
        names.append(other.name)
        if other is license_:
            raise Refusal(
                Code.PREREQUISITE_CIRCLE,
                "Prerequisites go round in a circle: {license} {others}.",
                license=license_.name,
                others=tuple(say("requires {license}", license=name) for name in names),
            )
        required = other.prerequisite


def _require_unassigned(turn: Turn, license_: License) -> None:
    """That nobody has a license which is to cover the whole installation, whether it counts for him or not."""
    holders = [each.holder.kind for each in turn.state.assignments.values() if each.license_id == license_.id]
    if holders:
        raise Refusal(
            Code.STILL_ASSIGNED,
            "{license} cannot become a {kind} license while it is assigned ({users} to users, {stations} to stations,"
            " {applications} to applications): such a license covers the whole installation and is not assigned. Take"
            " it away from everybody who has it before.",
            license=license_.name,
            kind=KINDS[license_.kind],
            users=holders.count(HolderKind.USER),
            stations=holders.count(HolderKind.STATION),
            applications=holders.count(HolderKind.APPLICATION),
        )


def _uncovered(turn: Turn, pool: Pool, excess: int) -> tuple[int, ...]:
    """The latest assignments that the seats do not reach: as many as are assigned beyond them."""
    if excess <= len(pool.uncovered):
        return pool.uncovered[len(pool.uncovered) - excess :]
    roster = sorted(number for number, license_id in turn.state.seated.items() if license_id == pool.license_id)
    if len(roster) != pool.assigned:
        raise ValueError(f"the roster of license {pool.license_id} is not loaded, or not all of it")
    return tuple(roster[-excess:])


def _below_use(license_: License, pool: Pool, after: Seats) -> Refusal:
    return Refusal(
        Code.SEATS_BELOW_USE,
        "{license} has {assigned} assignable seats assigned and {in_use} concurrent seats in use; it cannot be lowered"
        " to {assignable} assignable and {concurrent} concurrent seats unless overcommitment is allowed.",
        license=license_.name,
        assigned=pool.assigned,
        in_use=pool.concurrent_in_use,
        assignable=after.assignable,
        concurrent=after.concurrent,
    )


def _require_possible(license_: License, seats: Seats) -> None:
    if min(seats.assignable, seats.concurrent) < 0:
        raise Refusal(Code.INVALID_VALUE, "{license} cannot have fewer than 0 seats.", license=license_.name)
    if max(seats.assignable, seats.concurrent) > LARGEST:
        raise Refusal(
            Code.INVALID_VALUE, "{license} cannot have more than {most} seats.", license=license_.name, most=LARGEST
        )
