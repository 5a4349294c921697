"""Hearing of the assignment of licenses (seed license-subscriptions; contract 3.5).

Assigned means here that an acquisition could rest on it: the license is assigned to the user and his profile for its
owner is enabled. What the user's station holds does not count, nor does what is acquired or released.
"""

from seatkeeper.licensing.commands import Subscribe, Unsubscribe
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseName, fold
from seatkeeper.licensing.events import Subscribed, Unsubscribed
from seatkeeper.licensing.turn import Turn


def subscribe(turn: Turn, command: Subscribe) -> tuple[tuple[str, bool], ...]:
    """Replace the session's subscription and say where each license stands at this moment."""
    session = turn.session(command.session_id)
    assigned = tuple(is_assigned(turn, session.user_id, LicenseName(command.owner, name)) for name in command.names)
    turn.record(
        Subscribed(
            session_id=session.id,
            user_id=session.user_id,
            owner=command.owner,
            names=command.names,
            assigned=assigned,
        )
    )
    return tuple(zip(command.names, assigned, strict=True))


def unsubscribe(turn: Turn, command: Unsubscribe) -> None:
    """Drop the session's subscription, if it has one."""
    session = turn.session(command.session_id)
    if turn.state.subscriptions.get(session.id) is not None:
        turn.record(Unsubscribed(session_id=session.id, user_id=session.user_id))


def is_assigned(turn: Turn, user_id: int, name: LicenseName) -> bool:
    """Whether the license is assigned to the user and counts. A name nobody knows is not."""
    license_id = turn.license_id(name)
    holder = Holder(HolderKind.USER, user_id)
    return (
        license_id is not None
        and turn.state.assignments.get((holder, license_id)) is not None
        and turn.profile(holder, fold(name.owner)).enabled
    )
