"""Where the journal begins, what of it was archived, and who can be forgotten in it."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, func, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import fold
from seatkeeper.queries.lists import can_be_stored

_LONGEST_NUMBER: Final = 18  # digits that always fit the 64 bits of a key


class SealView(Struct, frozen=True):
    """A sealed stretch: its last event, when that was, and the archive it is in with its SHA-256."""

    position: int
    at: int
    archive: str
    digest: bytes


class JournalView(Struct, frozen=True):
    """The first and the last event that are in the database, 0 where there is none, and the stretches before them."""

    first: int
    last: int
    seals: tuple[SealView, ...]


def journal_view(connection: Connection) -> JournalView:
    """What there is of the journal."""
    seals = tables.seals.c
    found = connection.execute(
        select(seals.position, seals.at, seals.archive, seals.archive_digest).order_by(seals.position)
    )
    views = tuple(SealView(*row) for row in found)
    sealed = views[-1].position if views else 0
    seq = tables.journal.c.seq
    first, last = connection.execute(select(func.min(seq), func.max(seq)).where(seq > sealed)).one()
    return JournalView(first or 0, last or 0, views)


def deleted_users(connection: Connection, user: str) -> list[int]:
    """The associate ids of the deleted users of this login, or else of the user of this id, deleted or not."""
    key = fold(user)
    if not can_be_stored(key):
        return []
    users = tables.users.c
    named = select(users.id).where(users.login_key == key, users.deleted_at.is_not(None)).order_by(users.id)
    found = list(connection.scalars(named))
    if found or not (key.isascii() and key.isdigit() and len(key) <= _LONGEST_NUMBER):
        return found
    return list(connection.scalars(select(users.id).where(users.id == int(key))))
