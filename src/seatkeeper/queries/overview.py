"""What the journal and the tables tell of the last minutes, in reads whose cost does not grow with the journal."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, func, select

from seatkeeper.ledger import tables
from seatkeeper.queries.denials import Lately, denied_lately

DENIALS_WITHIN: Final = 5 * 60_000  # milliseconds
MOST_DENIALS: Final = 1_000
LOG_ONS_WITHIN: Final = 60_000  # milliseconds
MOST_EVENTS: Final = 5_000

_j, _s, _u = tables.journal.c, tables.sessions.c, tables.users.c


class NewestSession(Struct, frozen=True):
    """Who connected last, of those who still are."""

    login: str
    application: str
    connected_at: int


class Recent(Struct, frozen=True):
    """The last minutes.

    `log_ons`: of the time since `log_ons_since`, which is a minute ago, or less where `MOST_EVENTS` of the journal do
    not reach as far. `denied` likewise: five minutes, or the newest `MOST_DENIALS`.
    """

    newest: NewestSession | None
    log_ons: int
    log_ons_since: int
    denied: Lately


def recent(connection: Connection, *, now: int) -> Recent:
    """The last minutes before `now`, in milliseconds since 1970-01-01T00:00Z."""
    log_ons, log_ons_since = _log_ons(connection, now - LOG_ONS_WITHIN)
    return Recent(
        newest=_newest(connection),
        log_ons=log_ons,
        log_ons_since=log_ons_since,
        denied=denied_lately(connection, since=now - DENIALS_WITHIN, limit=MOST_DENIALS),
    )


def _newest(connection: Connection) -> NewestSession | None:
    query = select(_u.login, _s.application, _s.connected_at).join(tables.users, _u.id == _s.user_id)
    row = connection.execute(query.order_by(_s.id.desc()).limit(1)).one_or_none()
    return None if row is None else NewestSession(row.login, row.application, row.connected_at)


def _log_ons(connection: Connection, since: int) -> tuple[int, int]:
    """How many logged on among the newest events, and since when these reach back."""
    head = connection.execute(select(func.coalesce(func.max(_j.seq), 0))).scalar_one()
    looked_at = _j.seq > head - MOST_EVENTS
    if head > MOST_EVENTS:
        oldest = select(func.coalesce(func.min(_j.at), since)).where(looked_at)
        since = max(since, connection.execute(oldest).scalar_one())
    query = select(func.count()).where(looked_at, _j.at >= since, _j.kind == "connected")
    return connection.execute(query).scalar_one(), since
