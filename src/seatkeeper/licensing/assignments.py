"""Assigning licenses to users and stations, taking them away, and the profile that says how they count.

Contract 5.5, 5.6 and 6; decisions 7, 24 and 25; docs/decisions/removal-and-prerequisites.md.
"""

from seatkeeper.licensing.commands import Assign, ChangeProfile, Unassign
from seatkeeper.licensing.entities import (
    AppliesTo,
    Assignment,
    Hold,
    Holder,
    HolderKind,
    License,
    LicenseKind,
    Method,
    Pool,
    Profile,
    fold,
)
from seatkeeper.licensing.events import (
    Assigned,
    ProfileChanged,
    ReleaseReason,
    SeatMove,
    Unassigned,
)
from seatkeeper.licensing.holds import release, take, uses_concurrently
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import pattern
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import KINDS, Ground

_NOT_FOR = {
    HolderKind.USER: (AppliesTo.STATIONS, pattern("{license} applies to stations, not to users.")),
    HolderKind.STATION: (AppliesTo.USERS, pattern("{license} applies to users, not to stations.")),
}
"""What a license applies to that is not for such a holder, and how that is said."""


def assign(turn: Turn, command: Assign) -> tuple[str, ...]:
    """Assign licenses, all or none. By the assignable method each takes a seat at once, and may be refused."""
    holder = turn.holder(command.holder)
    new: list[License] = []
    for name in command.licenses:
        license_ = turn.license(name)
        if turn.state.assignments.get((holder, license_.id)) is None:
            give(turn, license_, holder)
            new.append(license_)
    for license_ in new:
        _require_prerequisite(turn, license_, holder)
    return tuple(each.name for each in new)


def give(turn: Turn, license_: License, holder: Holder) -> None:
    """Assign a license that the holder does not have. Its prerequisite is not asked for here."""
    _require_assignable(turn, license_, holder)
    method = _counting_method(turn, holder, fold(license_.owner))
    if method is Method.ASSIGNABLE:
        _require_seat(turn.state.pools[license_.id], license_)
    turn.record(
        Assigned(
            assignment_id=turn.state.next_number("assignment"),
            license_id=license_.id,
            holder=holder,
            method=method,
        )
    )


def unassign(turn: Turn, command: Unassign) -> tuple[str, ...]:
    """Take licenses away, and in the same commit end the holds that rested on them (decision 7)."""
    holder = turn.holder(command.holder)
    taken: list[License] = []
    for name in command.licenses:
        license_ = turn.license(name)
        assignment = turn.state.assignments.get((holder, license_.id))
        if assignment is not None:
            withdraw(turn, assignment)
            taken.append(license_)
    for license_ in taken:
        _require_not_needed(turn, license_, holder)
    return tuple(each.name for each in taken)


def withdraw(turn: Turn, assignment: Assignment) -> None:
    """End one assignment and the holds on it; a concurrent hold stays unless the policy revokes it."""
    license_ = turn.state.licenses[assignment.license_id]
    for hold in _holds_on(turn, assignment):
        if _ends_with_its_ground(turn, hold):
            release(turn, hold, ReleaseReason.UNASSIGNED)
    turn.record(
        Unassigned(
            assignment_id=assignment.id,
            license_id=license_.id,
            holder=assignment.holder,
            method=_counting_method(turn, assignment.holder, fold(license_.owner)),
        )
    )


def change_profile(turn: Turn, command: ChangeProfile) -> bool:
    """Enable, disable or change the method, for all of a holder's licenses of one owner at once."""
    holder = turn.holder(command.holder)
    if holder.kind is HolderKind.STATION and command.method is Method.CONCURRENT:
        raise Refusal(
            Code.CONCURRENT_STATION,
            "Station {station} cannot have the concurrent method: a station's licenses are assignable.",
            station=command.holder.name,
        )
    before = turn.profile(holder, fold(command.owner))
    after = Profile(holder=holder, owner_key=before.owner_key, enabled=command.enabled, method=command.method)
    if before == after:
        return False
    assignments = assignments_of_owner(turn, holder, before.owner_key)
    moves = tuple(_move(assignment, before, after) for assignment in assignments)
    for move in moves:
        if move.assignable > 0:
            _require_seat(turn.state.pools[move.license_id], turn.state.licenses[move.license_id])
    turn.record(
        ProfileChanged(
            holder=holder,
            owner=command.owner,
            enabled=after.enabled,
            method=after.method,
            moves=moves,
        )
    )
    for assignment in assignments:
        for hold in _holds_on(turn, assignment):
            _follow_profile(turn, hold, assignment, after)
    return True


def _ends_with_its_ground(turn: Turn, hold: Hold) -> bool:
    """Whether a hold ends when its assignment goes or is disabled (decision 7); else it stays, and stays counted."""
    return hold.method is Method.ASSIGNABLE or turn.policy.revoke_on_unassign


def _follow_profile(turn: Turn, hold: Hold, assignment: Assignment, after: Profile) -> None:
    """Let a live hold follow its assignment: away when disabled, into the other pool when that is now the method.

    A concurrent hold that was kept while its profile was disabled follows when that is enabled again; else its user
    would take a seat of both pools.
    """
    if not after.enabled:
        if _ends_with_its_ground(turn, hold):
            release(turn, hold, ReleaseReason.DISABLED)
    elif hold.method is not after.method:
        pool = turn.state.pools[hold.license_id]
        license_ = turn.state.licenses[hold.license_id]
        if (
            after.method is Method.CONCURRENT
            and not pool.unrestricted
            and pool.concurrent_in_use >= pool.concurrent_seats
            and not uses_concurrently(turn, hold.user_id, hold.license_id, besides=hold.session_id)
        ):
            raise Refusal(
                Code.SEATS_EXHAUSTED,
                "The method cannot change while {license} is held: all {seats} concurrent seats of it are in use.",
                license_id=license_.id,
                license=license_.name,
                seats=pool.concurrent_seats,
            )
        release(turn, hold, ReleaseReason.METHOD_CHANGED)
        ground = Ground(hold.ground, assignment.id, after.method)
        take(turn, hold.session_id, hold.user_id, hold.license_id, ground)


def _move(assignment: Assignment, before: Profile, after: Profile) -> SeatMove:
    def counts(profile: Profile, method: Method) -> bool:
        return profile.enabled and profile.method is method

    return SeatMove(
        license_id=assignment.license_id,
        assignment_id=assignment.id,
        assignable=counts(after, Method.ASSIGNABLE) - counts(before, Method.ASSIGNABLE),
        concurrent=counts(after, Method.CONCURRENT) - counts(before, Method.CONCURRENT),
    )


def assignments_of_owner(turn: Turn, holder: Holder, owner_key: str) -> list[Assignment]:
    """What a holder has of one owner, in the order of assigning."""
    return [
        turn.state.assignments[holder, license_id]
        for license_id in turn.state.assigned_to.get(holder) or ()
        if fold(turn.state.licenses[license_id].owner) == owner_key
    ]


def _holds_on(turn: Turn, assignment: Assignment) -> list[Hold]:
    """The live holds that rest on an assignment: of the user's sessions, or of the sessions at the station.

    A concurrent hold that outlived an earlier assignment of this license to its user rests on the present one.
    """
    holder = assignment.holder
    index = turn.state.sessions_of if holder.kind is HolderKind.USER else turn.state.present
    holds = (turn.state.holds.get((session_id, assignment.license_id)) for session_id in index.get(holder.id) or ())
    return [hold for hold in holds if hold is not None and hold.ground is holder.kind]


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
    others, not_for = _NOT_FOR[holder.kind]
    if license_.applies_to is others:
        raise Refusal(Code.NOT_ASSIGNABLE_TO, not_for, license=license_.name)
    if license_.expires is not None and turn.now >= license_.expires:
        raise Refusal(
            Code.LICENSE_EXPIRED, "{license} has expired and cannot be assigned any more.", license=license_.name
        )


def _require_seat(pool: Pool, license_: License) -> None:
    if not pool.unrestricted and pool.assigned >= pool.assignable_seats:
        raise Refusal(
            Code.SEATS_EXHAUSTED,
            "All {seats} assignable seats of {license} are assigned ({users} to users, {stations} to stations).",
            license_id=license_.id,
            seats=pool.assignable_seats,
            license=license_.name,
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


def _require_prerequisite(turn: Turn, license_: License, holder: Holder) -> None:
    required = lacking(turn, license_, holder)
    if required is not None:
        raise Refusal(
            Code.PREREQUISITE_MISSING,
            "{license} requires {required}, which is not assigned here. Assign that before, or with it.",
            license=license_.name,
            required=required.name,
        )


def _require_not_needed(turn: Turn, license_: License, holder: Holder) -> None:
    for number in turn.state.assigned_to.get(holder) or ():
        dependent = turn.state.licenses[number]
        if dependent.prerequisite == license_.id:
            raise Refusal(
                Code.PREREQUISITE_NEEDED,
                "{license} cannot be taken away: {dependent}, assigned here too, requires it.",
                license=license_.name,
                dependent=dependent.name,
            )
