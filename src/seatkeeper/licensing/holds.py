"""Taking and ending holds, and what that does to the concurrent seats: a seat for each user, not for each hold."""

from seatkeeper.licensing.entities import Assignment, Hold, HolderKind, Method
from seatkeeper.licensing.events import Acquired, Released, ReleaseReason
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import Ground


def take(turn: Turn, session_id: int, user_id: int, license_id: int, ground: Ground) -> None:
    """Let a session hold a license on a ground that has been found to grant it."""
    turn.record(
        Acquired(
            session_id=session_id,
            user_id=user_id,
            license_id=license_id,
            ground=ground.kind,
            assignment_id=ground.assignment_id,
            method=ground.method,
            takes_seat=ground.method is Method.CONCURRENT
            and not uses_concurrently(turn, user_id, license_id, besides=None),
        )
    )


def release(turn: Turn, hold: Hold, reason: ReleaseReason) -> None:
    """End one hold. The seat is free when it was the user's last on a concurrent ground (decision 5)."""
    turn.record(
        Released(
            session_id=hold.session_id,
            user_id=hold.user_id,
            license_id=hold.license_id,
            frees_seat=hold.method is Method.CONCURRENT
            and not uses_concurrently(turn, hold.user_id, hold.license_id, besides=hold.session_id),
            reason=reason,
        )
    )


def release_all(turn: Turn, session_id: int, reason: ReleaseReason) -> None:
    """Release whatever a session holds."""
    for license_id in turn.state.held_by.get(session_id) or ():
        release(turn, turn.state.holds[session_id, license_id], reason)


def uses_concurrently(turn: Turn, user_id: int, license_id: int, *, besides: int | None) -> bool:
    """Whether a session of this user, other than `besides`, holds the license on a concurrent ground."""
    for session_id in turn.state.sessions_of.get(user_id) or ():
        if session_id != besides:
            hold = turn.state.holds.get((session_id, license_id))
            if hold is not None and hold.method is Method.CONCURRENT:
                return True
    return False


def holds_on(turn: Turn, assignment: Assignment) -> list[Hold]:
    """The live holds that rest on an assignment: of the user's sessions, or of the sessions at the station.

    A concurrent hold that outlived an earlier assignment of this license to its user rests on the present one. No
    session acquires the token of an application.
    """
    holder = assignment.holder
    match holder.kind:
        case HolderKind.USER:
            sessions = turn.state.sessions_of.get(holder.id) or ()
        case HolderKind.STATION:
            sessions = turn.state.present.get(holder.id) or ()
        case HolderKind.APPLICATION:
            return []
    holds = (turn.state.holds.get((session_id, assignment.license_id)) for session_id in sessions)
    return [hold for hold in holds if hold is not None and hold.ground is holder.kind]


def ends_with_its_ground(turn: Turn, hold: Hold) -> bool:
    """Whether a hold ends when its assignment goes or is disabled (decision 7); else it stays, and stays counted."""
    return hold.method is Method.ASSIGNABLE or turn.policy.revoke_on_unassign
