"""Keeping the image small between batches (rule L2): users leave it, the longest loaded first, and what is over."""

from collections.abc import Iterable

from seatkeeper.licensing.deployment_events import TransactionMoved
from seatkeeper.licensing.entities import Holder, HolderKind, fold
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.state import Image


def evict(image: Image, keep: int) -> None:
    """Drop users with all that is theirs until no more than `keep` are left. They are loaded again when needed.

    The one loaded last stays in any case: somebody has just asked for him.
    """
    while len(image.users) > max(keep, 1):
        drop(image, next(iter(image.users)))


def drop_finished(image: Image, events: Iterable[Event]) -> None:
    """Drop the transactions that these events ended: nothing is decided on them any more."""
    for event in events:
        if isinstance(event, TransactionMoved) and event.status.over:
            image.transactions.pop(event.transaction_id, None)


def drop(image: Image, user_id: int) -> None:
    """Drop a user who is there.

    The user himself first: whoever looks him up meanwhile finds him with his password, or not at all.
    """
    user = image.users.pop(user_id)
    if image.user_ids.get(fold(user.login)) == user_id:
        del image.user_ids[fold(user.login)]
    image.credentials.pop(user_id, None)
    holder = Holder(HolderKind.USER, user_id)
    for license_id in image.assigned_to.pop(holder, ()):
        del image.assignments[holder, license_id]
    for owner_key in image.profiled.pop(holder, ()):
        del image.profiles[holder, owner_key]
    for session_id in image.sessions_of.pop(user_id, ()):
        del image.sessions[session_id]
        image.session_keys.pop(session_id, None)
        image.subscriptions.pop(session_id, None)
        for license_id in image.held_by.pop(session_id, ()):
            del image.holds[session_id, license_id]
