"""Who is connected, where he sits and what he holds."""

from collections import defaultdict

from msgspec import Struct
from sqlalchemy import Connection, func, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import HolderKind, Method, StationSetting, fold
from seatkeeper.queries.lists import can_be_stored

_s, _u, _l = tables.sessions.c, tables.users.c, tables.logons.c


class HoldView(Struct, frozen=True):
    """A license that a session holds, on which ground and by which method."""

    owner: str
    name: str
    method: Method
    ground: HolderKind
    since: int


class SessionView(Struct, frozen=True):
    """A live session. Times are milliseconds since 1970-01-01T00:00Z.

    `station` is the name of the station where it sits, None at none; `remote_number` is where it is called.
    `last_seen` is written coalesced (rule L9): it may lag behind by a quarter of the idle time-out.
    """

    session_id: int
    user_id: int
    login: str
    display_name: str
    application: str
    machine: str
    language: str
    setting: StationSetting
    station: str | None
    remote_number: str | None
    connected_at: int
    last_seen: int
    holds: tuple[HoldView, ...]


def live_sessions(connection: Connection, *, login: str | None = None) -> list[SessionView]:
    """Every live session in the order of connecting; with `login`, those of that user (in any case)."""
    if login is not None and not can_be_stored(login):
        return []
    query = (
        select(
            tables.sessions,
            _u.login,
            _u.display_name,
            func.coalesce(_l.setting, int(StationSetting.NONE)).label("setting"),
            tables.stations.c.name.label("station"),
            _l.remote_number,
            func.coalesce(tables.session_activity.c.last_seen, _s.connected_at).label("last_seen"),
        )
        .join(tables.users, _u.id == _s.user_id)
        .outerjoin(tables.logons, _l.session_id == _s.id)
        .outerjoin(tables.stations, tables.stations.c.id == _l.station_id)
        .outerjoin(tables.session_activity, tables.session_activity.c.session_id == _s.id)
        .order_by(_s.id)
    )
    if login is not None:
        query = query.where(_u.login_key == fold(login), _u.deleted_at.is_(None))
    holds = _holds(connection, login)
    return [
        SessionView(
            session_id=row["id"],
            user_id=row["user_id"],
            login=row["login"],
            display_name=row["display_name"],
            application=row["application"],
            machine=row["machine"],
            language=row["language"],
            setting=StationSetting(row["setting"]),
            station=row["station"],
            remote_number=row["remote_number"],
            connected_at=row["connected_at"],
            last_seen=row["last_seen"],
            holds=tuple(holds.get(row["id"], ())),
        )
        for row in connection.execute(query).mappings()
    ]


def _holds(connection: Connection, login: str | None) -> dict[int, list[HoldView]]:
    """What sessions hold, by session, in the order of license names."""
    holds, licenses = tables.holds.c, tables.licenses.c
    query = (
        select(holds.session_id, licenses.owner, licenses.name, holds.method, holds.ground, holds.since)
        .join(tables.licenses, licenses.id == holds.license_id)
        .order_by(holds.session_id, licenses.owner_key, licenses.name_key)
    )
    if login is not None:
        query = query.join(tables.users, _u.id == holds.user_id)
        query = query.where(_u.login_key == fold(login), _u.deleted_at.is_(None))
    held: dict[int, list[HoldView]] = defaultdict(list)
    for row in connection.execute(query):
        held[row.session_id].append(
            HoldView(
                owner=row.owner,
                name=row.name,
                method=Method(row.method),
                ground=HolderKind(row.ground),
                since=row.since,
            )
        )
    return held
