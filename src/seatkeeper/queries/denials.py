"""Refusals as the journal has them, newest first.

A denial of which the journal tells once may have been repeated since (rule L10); how often stands in a table of its
own, as far as it has been saved.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Select, select, text

from seatkeeper.ledger import tables
from seatkeeper.licensing.events import Denied
from seatkeeper.licensing.verdicts import Reason

_j, _r = tables.journal.c, tables.denial_repeats.c
_s, _u, _l = tables.sessions.c, tables.users.c, tables.logons.c

_IS_DENIAL: Final = text("journal.kind = 'denied'")  # spelled out, so that the partial index is seen to have them all
_decoder: Final = msgspec.json.Decoder(Denied)

_STEP: Final = 100
"""Denials that are read at a time."""


class DenialView(Struct, frozen=True):
    """A refused license. Times are milliseconds since 1970-01-01T00:00Z.

    `owner` is None for a license that nobody knows, or no more. `application`, `machine` and `station` are those of the
    session as it is now; None where it has ended, and `station` also where it sits at none. `repeats` and `last_at`:
    how often the same was refused within the minute after, and when last, as far as it has been saved.
    """

    seq: int
    at: int
    login: str
    display_name: str
    license: str
    owner: str | None
    reason: Reason
    session_id: int
    application: str | None
    machine: str | None
    station: str | None
    repeats: int
    last_at: int


class Lately(Struct, frozen=True):
    """How often each license was refused since `since`, by its number; None stands for names that nobody knows.

    Repeats are not counted.
    """

    since: int
    counts: dict[int | None, int]


def newest_denials(connection: Connection, *, after: int, limit: int) -> list[DenialView]:
    """The newest `limit` refusals whose number is above `after`, newest first."""
    rows = connection.execute(_denials().where(_j.seq > after).limit(limit)).all()
    denied = [_decoder.decode(row.data) for row in rows]
    users = _users(connection, {each.user_id for each in denied})
    sessions = _sessions(connection, {each.session_id for each in denied})
    owners = _owners(connection, {each.license_id for each in denied if each.license_id is not None})
    repeats = _repeats(connection, [row.seq for row in rows])
    views = []
    for row, each in zip(rows, denied, strict=True):
        user, session = users[each.user_id], sessions.get(each.session_id)
        count, last_at = repeats.get(row.seq, (0, row.at))
        views.append(
            DenialView(
                seq=row.seq,
                at=row.at,
                login=user.login,
                display_name=user.display_name,
                license=each.license,
                owner=None if each.license_id is None else owners.get(each.license_id),
                reason=each.reason,
                session_id=each.session_id,
                application=None if session is None else session.application,
                machine=None if session is None else session.machine,
                station=None if session is None else session.station,
                repeats=count,
                last_at=last_at,
            )
        )
    return views


def denied_lately(connection: Connection, *, since: int, limit: int) -> Lately:
    """How often each license was refused since then.

    Of more than `limit` refusals only the newest are counted, and `since` of the answer is the time of the oldest.
    """
    counts: dict[int | None, int] = {}
    counted, oldest = 0, since
    # Read some at a time: what is older than `since` is not looked at.
    with connection.execute(_denials().execution_options(yield_per=_STEP)) as rows:
        for row in rows:
            if row.at < since:
                break
            if counted == limit:
                return Lately(oldest, counts)
            license_id = _decoder.decode(row.data).license_id
            counts[license_id] = counts.get(license_id, 0) + 1
            counted, oldest = counted + 1, row.at
    return Lately(since, counts)


def _denials() -> Select[tuple[int, int, bytes]]:
    return select(_j.seq, _j.at, _j.data).where(_IS_DENIAL).order_by(_j.seq.desc())


def _users(connection: Connection, numbers: set[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """These users, deleted ones too."""
    rows = connection.execute(select(_u.id, _u.login, _u.display_name).where(_u.id.in_(numbers)))
    return {row.id: row for row in rows}


def _sessions(connection: Connection, numbers: set[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    query = (
        select(_s.id, _s.application, _s.machine, tables.stations.c.name.label("station"))
        .outerjoin(tables.logons, _l.session_id == _s.id)
        .outerjoin(tables.stations, tables.stations.c.id == _l.station_id)
        .where(_s.id.in_(numbers))
    )
    return {row.id: row for row in connection.execute(query)}


def _owners(connection: Connection, numbers: set[int]) -> dict[int, str]:
    licenses = tables.licenses.c
    return {
        row.id: row.owner
        for row in connection.execute(select(licenses.id, licenses.owner).where(licenses.id.in_(numbers)))
    }


def _repeats(connection: Connection, numbers: list[int]) -> dict[int, tuple[int, int]]:
    rows = connection.execute(select(_r.seq, _r.repeats, _r.last_at).where(_r.seq.in_(numbers)))
    return {row.seq: (row.repeats, row.last_at) for row in rows}
