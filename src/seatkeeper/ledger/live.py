"""Live sessions as the faces see them."""

from msgspec import Struct

from seatkeeper.licensing.entities import Session, SessionKeys, User
from seatkeeper.licensing.state import Image


class LiveSession(Struct, frozen=True):
    """A live session with its user and the digests of its secrets."""

    session: Session
    user: User
    keys: SessionKeys


def live_in(image: Image, session_id: int) -> LiveSession | None:
    """A session that is in this image with all that belongs to it. The writer may be changing the image meanwhile."""
    session = image.sessions.get(session_id)
    keys = image.session_keys.get(session_id)
    user = None if session is None else image.users.get(session.user_id)
    if session is None or keys is None or user is None:
        return None
    return LiveSession(session=session, user=user, keys=keys)
