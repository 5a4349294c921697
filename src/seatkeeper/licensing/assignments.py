"""Assigning licenses to users and stations, and taking them away.

Contract 5.5, 5.6 and 6; decisions 7 and 24; docs/decisions/removal-and-prerequisites.md.
"""

from collections.abc import Collection, Iterable
from typing import Final

from seatkeeper.licensing.commands import Assign, Unassign, UnassignAll
from seatkeeper.licensing.entities import (
    AppliesTo,
    Assignment,
    Holder,
    HolderKind,
    License,
    LicenseKind,
    LicenseName,
    Method,
    Pool,
    UserType,
    fold,
)
from seatkeeper.licensing.events import Assigned, ReleaseReason, Unassigned
from seatkeeper.licensing.holds import ends_with_its_ground, holds_on, release
from seatkeeper.licensing.plans import Wanted, implied_by, left_over, require_whole, with_implied
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Fact, pattern, say
from seatkeeper.licensing.terms import assignable_until, day
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import KINDS

_FOR_APPLICATIONS: Final = pattern(
    "{license} applies to applications, which take it as their token, and is assigned to nobody and nothing else."
)

_NOT_FOR: Final = {
    (HolderKind.USER, AppliesTo.STATIONS): pattern("{license} applies to stations, not to users."),
    (HolderKind.USER, AppliesTo.APPLICATIONS): _FOR_APPLICATIONS,
    (HolderKind.STATION, AppliesTo.USERS): pattern("{license} applies to users, not to stations."),
    (HolderKind.STATION, AppliesTo.APPLICATIONS): _FOR_APPLICATIONS,
}
"""How it is said that what applies to these is not for such a holder; what is missing here is. Applications have rules
of their own (`tokens`)."""

_TYPES: Final = {
    UserType.INTERNAL: say("internal users"),
    UserType.RESOURCE: say("resources"),
    UserType.EXTERNAL: say("external users"),
    UserType.ANONYMOUS: say("anonymous users"),
    UserType.SYSTEM: say("system users"),
}


def assign(turn: Turn, command: Assign) -> tuple[LicenseName, ...]:
    """Assign licenses, all or none. By the assignable method each takes a seat at once, and may be refused."""
    holder = turn.holder(command.holder)
    return _names(assign_all(turn, with_implied(turn, map(turn.license, command.licenses)), holder))


def assign_all(turn: Turn, all_wanted: Iterable[Wanted], holder: Holder) -> list[License]:
    """Assign licenses, with them what they imply, as far as the holder does not have it; what was new."""
    new: list[Wanted] = []
    for wanted in all_wanted:
        if turn.state.assignments.get((holder, wanted.license.id)) is None:
            give(turn, wanted, holder)
            new.append(wanted)
    for wanted in new:
        with wanted.telling_the_plan():
            _require_prerequisite(turn, wanted.license, holder)
    return [wanted.license for wanted in new]


def give(turn: Turn, wanted: Wanted, holder: Holder) -> None:
    """Assign a license that the holder does not have. Its prerequisite is not asked for here, nor what it implies."""
    license_ = wanted.license
    method = _counting_method(turn, holder, fold(license_.owner))
    with wanted.telling_the_plan():
        _require_assignable(turn, license_, holder)
        require_whole(turn, license_)
        if method is Method.ASSIGNABLE:
            require_seat(turn.state.pools[license_.id], license_)
    turn.record(
        Assigned(
            assignment_id=turn.state.next_number("assignment"),
            license_id=license_.id,
            holder=holder,
            method=method,
        )
    )


def unassign(turn: Turn, command: Unassign) -> tuple[LicenseName, ...]:
    """Take licenses away, and in the same commit end the holds that rested on them (decision 7)."""
    holder = turn.holder(command.holder)
    return _names(unassign_all(turn, map(turn.license, command.licenses), holder))


def unassign_everything(turn: Turn, command: UnassignAll) -> tuple[LicenseName, ...]:
    """Take all that a user has, of whatever owner: so nothing stays that would require it or bring it along."""
    holder = Holder(HolderKind.USER, turn.user_of(command.user_id).id)
    had = [turn.state.licenses[number] for number in turn.state.assigned_to.get(holder) or ()]
    return _names(unassign_all(turn, had, holder))


def unassign_all(turn: Turn, licenses: Iterable[License], holder: Holder) -> list[License]:
    """Take licenses away as far as the holder has them, and what he had because of them; what went."""
    taken: list[License] = []
    for license_ in licenses:
        assignment = turn.state.assignments.get((holder, license_.id))
        if assignment is not None:
            withdraw(turn, assignment)
            taken.append(license_)
    taken += withdraw_left_over(turn, taken, holder)
    _require_not_needed(turn, taken, holder)
    return taken


def withdraw_left_over(
    turn: Turn, gone: Iterable[License], holder: Holder, wanted: Collection[int] = ()
) -> list[License]:
    """Take away what a holder had only because of plans that are gone, and is not `wanted` by itself; what went."""
    over = left_over(turn, gone, holder, wanted)
    for license_ in over:
        withdraw(turn, turn.state.assignments[holder, license_.id])
    return over


def withdraw(turn: Turn, assignment: Assignment) -> None:
    """End one assignment and the holds on it; a concurrent hold stays unless the policy revokes it."""
    license_ = turn.state.licenses[assignment.license_id]
    for hold in holds_on(turn, assignment):
        if ends_with_its_ground(turn, hold):
            release(turn, hold, ReleaseReason.UNASSIGNED)
    turn.record(
        Unassigned(
            assignment_id=assignment.id,
            license_id=license_.id,
            holder=assignment.holder,
            method=_counting_method(turn, assignment.holder, fold(license_.owner)),
        )
    )


def assignments_of_owner(turn: Turn, holder: Holder, owner_key: str) -> list[Assignment]:
    """What a holder has of one owner, in the order of assigning."""
    return [
        turn.state.assignments[holder, license_id]
        for license_id in turn.state.assigned_to.get(holder) or ()
        if fold(turn.state.licenses[license_id].owner) == owner_key
    ]


def _names(licenses: Iterable[License]) -> tuple[LicenseName, ...]:
    return tuple(LicenseName(each.owner, each.name) for each in licenses)


def _counting_method(turn: Turn, holder: Holder, owner_key: str) -> Method | None:
    """By which method a holder's assignments count; None while his profile is disabled."""
    profile = turn.profile(holder, owner_key)
    return profile.method if profile.enabled else None


def _require_assignable(turn: Turn, license_: License, holder: Holder) -> None:
    if license_.kind is not LicenseKind.USER:
        raise Refusal(
            Code.NOT_ASSIGNABLE_TO,
            "{license} is a {kind} license: it covers the whole installation and is not assigned.",
            license=license_.name,
            kind=KINDS[license_.kind],
        )
    not_for = _NOT_FOR.get((holder.kind, license_.applies_to))
    if not_for is not None:
        raise Refusal(Code.NOT_ASSIGNABLE_TO, not_for, license=license_.name)
    user_type = license_.details.user_type
    if holder.kind is HolderKind.USER and user_type not in (None, turn.state.users[holder.id].user_type):
        raise Refusal(
            Code.NOT_ASSIGNABLE_TO,
            "{license} is for {type} only, and {user} is none of them.",
            license=license_.name,
            type=_TYPES[user_type],
            user=turn.state.users[holder.id].login,
        )
    until = assignable_until(license_, turn.owner(fold(license_.owner)))
    if until is not None and turn.now >= until:
        raise _expired(license_, until)


def _expired(license_: License, at: int) -> Refusal:
    if license_.expires == at:
        return Refusal(
            Code.LICENSE_EXPIRED,
            "{license} expired on {date} and cannot be assigned any more.",
            license=license_.name,
            date=day(at),
        )
    return Refusal(
        Code.LICENSE_EXPIRED,
        "The licenses of {owner} expired on {date}: {license} cannot be assigned any more.",
        owner=license_.owner,
        date=day(at),
        license=license_.name,
    )


def require_seat(pool: Pool, license_: License) -> None:
    """Refuse where one more assignment could not take an assignable seat."""
    if not pool.unrestricted and pool.assigned >= pool.assignable_seats:
        raise Refusal(
            Code.SEATS_EXHAUSTED,
            "No assignable seat of {license} is free: {assigned} of {seats} are assigned ({users} to users, {stations}"
            " to stations).",
            license_id=license_.id,
            license=license_.name,
            assigned=pool.assigned,
            seats=pool.assignable_seats,
            users=pool.assigned_users,
            stations=pool.assigned_stations,
        )


def lacking(turn: Turn, license_: License, holder: Holder) -> License | None:
    """The prerequisite of a license, where the holder does not have it.

    Everybody has one that covers the whole installation, which is never assigned.
    """
    if license_.prerequisite is None or turn.state.assignments.get((holder, license_.prerequisite)) is not None:
        return None
    required = turn.state.licenses[license_.prerequisite]
    return required if required.kind is LicenseKind.USER else None


def told(turn: Turn, holder: Holder) -> Fact:
    """How a sentence calls a holder."""
    match holder.kind:
        case HolderKind.USER:
            return turn.state.users[holder.id].login
        case HolderKind.STATION:
            return say("station {station}", station=turn.state.stations[holder.id].name)
        case HolderKind.APPLICATION:
            return say("application {application}", application=turn.state.applications[holder.id].name)


def _require_prerequisite(turn: Turn, license_: License, holder: Holder) -> None:
    required = lacking(turn, license_, holder)
    if required is not None:
        raise Refusal(
            Code.PREREQUISITE_MISSING,
            "{license} requires {required}, which {holder} does not have. Assign {required} before, or with it.",
            license=license_.name,
            required=required.name,
            holder=told(turn, holder),
        )


def _require_not_needed(turn: Turn, taken: list[License], holder: Holder) -> None:
    """Refuse to take away what something that the holder keeps requires or brings along."""
    kept = [turn.state.licenses[number] for number in turn.state.assigned_to.get(holder) or ()]
    dependents = {each.prerequisite: each for each in kept}
    plans = implied_by(turn, kept)
    for license_ in taken:
        if license_.id in dependents:
            raise Refusal(
                Code.PREREQUISITE_NEEDED,
                "{license} cannot be taken away: {dependent}, assigned here too, requires it.",
                license=license_.name,
                dependent=dependents[license_.id].name,
            )
        if license_.id in plans:
            raise Refusal(
                Code.PREREQUISITE_NEEDED,
                "{license} cannot be taken away: it comes with the user plan {plan}, assigned here too.",
                license=license_.name,
                plan=plans[license_.id].name,
            )
