"""A holder's licensing profile for one owner: whether its licenses count, by which method, and what a change does.

Contract 5.5 and 6; decision 7.
"""

from seatkeeper.licensing.assignments import assignments_of_owner, require_seat
from seatkeeper.licensing.commands import ChangeProfile
from seatkeeper.licensing.entities import Assignment, Hold, HolderKind, Method, Profile, fold
from seatkeeper.licensing.events import ProfileChanged, ReleaseReason, SeatMove
from seatkeeper.licensing.holds import ends_with_its_ground, holds_on, release, take, uses_concurrently
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import Ground


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
            require_seat(turn.state.pools[move.license_id], turn.state.licenses[move.license_id])
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
        for hold in holds_on(turn, assignment):
            _follow_profile(turn, hold, assignment, after)
    return True


def _follow_profile(turn: Turn, hold: Hold, assignment: Assignment, after: Profile) -> None:
    """Let a live hold follow its assignment: away when disabled, into the other pool when that is now the method.

    A concurrent hold that was kept while its profile was disabled follows when that is enabled again; else its user
    would take a seat of both pools.
    """
    if not after.enabled:
        if ends_with_its_ground(turn, hold):
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
