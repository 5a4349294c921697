"""The writer's statements on PostgreSQL: each one for all rows of a kind, given as one array a column.

Bytes are given in base64, and JSON as text: arrays of these are quickly written, and hold nothing that is escaped.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from seatkeeper.ledger import tables
from seatkeeper.ledger.engines.selects import select
from seatkeeper.ledger.mapping import Mapping
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.licensing.entities import HolderKind, Method

_LEDGER_LOCK: Final = 0x5EA7_4EE9
"""The number of the advisory lock that every batch of every node takes, so that one comes after the other (rule L1)."""

CHANNEL: Final = "seatkeeper"
"""What nodes listen to. A notification says that there is something to read, and nothing else."""

TAKE_LOCK: Final = f"SELECT pg_advisory_xact_lock({_LEDGER_LOCK})"
END_WHO_STANDS_STILL: Final = f"""
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE locktype = 'advisory' AND classid = 0 AND objid = {_LEDGER_LOCK} AND objsubid = 1 AND granted
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND state = 'active' AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - interval '6 seconds'
"""
"""Whoever has the lock and has sent a part of what he was sending, and nothing more for longer than that can take."""
NOTIFY: Final = f"SELECT pg_notify('{CHANNEL}', '')"
NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"

_JSON: Final = "json"
_BYTES: Final = "bytea"
_TYPES: Final = {"BIGINT": "bigint", "INTEGER": "integer", "BOOLEAN": "boolean", "BYTEA": _BYTES, "JSON": _JSON}


class Writes(NamedTuple):
    """The statements that bring one table up to date, each of which is given its columns as arrays.

    `insert` and `update` are given all columns of the table; `delete` those of the key.
    """

    insert: str
    update: str
    delete: str


def _type(column: Column[object]) -> str:
    compiled = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # has no types
    return _TYPES.get(compiled, "text")


def _given(columns: Sequence[Column[object]]) -> str:
    """The rows that are given, as a table `v`."""
    types = [_type(each) for each in columns]
    arrays = [f"${n}::{'text' if each in {_JSON, _BYTES} else each}[]" for n, each in enumerate(types, 1)]
    return f"unnest({', '.join(arrays)}) AS v({', '.join(each.name for each in columns)})"


def _value(column: Column[object]) -> str:
    match _type(column):
        case "json":
            return f"v.{column.name}::json"
        case "bytea":
            return f"decode(v.{column.name}, 'base64')"
        case _:
            return f"v.{column.name}"


def _insert(table: Table) -> str:
    columns = list(table.columns)
    names, values = ", ".join(each.name for each in columns), ", ".join(_value(each) for each in columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {_given(columns)}"


def _writes(mapping: Mapping) -> Writes:
    table = mapping.table
    columns = list(table.columns)
    rest = ", ".join(f"{each.name} = {_value(each)}" for each in columns if each.name not in mapping.key)
    own = " AND ".join(f"{table.name}.{name} = v.{name}" for name in mapping.key)
    keys = [table.columns[name] for name in mapping.key]
    return Writes(
        insert=_insert(table),
        update=f"UPDATE {table.name} SET {rest} FROM {_given(columns)} WHERE {own}",
        delete=f"DELETE FROM {table.name} USING {_given(keys)} WHERE {own}",
    )


_USERS: Final = "$1::bigint[]"
_SESSIONS: Final = f"(SELECT id FROM sessions WHERE user_id = ANY({_USERS}))"
_HOLDER: Final = f"WHERE holder_kind = {HolderKind.USER.value} AND holder_id = ANY({_USERS})"

WRITES: Final = {name: _writes(mapping) for name, mapping in MAPPINGS.items()}

KINDS: Final = "SELECT DISTINCT kind, version FROM journal WHERE seq > %s"
ENTRIES: Final = select(tables.journal, "WHERE seq > $1 ORDER BY seq LIMIT $2")
OF_BATCH: Final = "SELECT 1 FROM journal WHERE seq > %s AND batch = %s LIMIT 1"
INSERT_JOURNAL: Final = _insert(tables.journal)

LEAVE_A_MARK: Final = "SELECT pg_logical_emit_message(true, 'seatkeeper', '')"
"""Writes nothing that stays, but a commit waits for the disk, and for a synchronous standby, as for any other. Whatever
was committed before is there then, too."""

OF_USERS: Final = {
    "credentials": select(tables.credentials, f"WHERE user_id = ANY({_USERS})"),
    "profiles": select(tables.profiles, _HOLDER),
    "assignments": select(tables.assignments, f"{_HOLDER} ORDER BY id"),
    "session_keys": select(tables.session_keys, f"WHERE session_id IN {_SESSIONS}"),
    "subscriptions": select(tables.subscriptions, f"WHERE session_id IN {_SESSIONS}"),
    "holds": select(tables.holds, f"WHERE session_id IN {_SESSIONS} ORDER BY since, session_id, license_id"),
    "users": select(tables.users, f"WHERE id = ANY({_USERS})"),
    "sessions": select(tables.sessions, f"WHERE user_id = ANY({_USERS}) ORDER BY id"),
}
"""What belongs to users, given their numbers, by table of the state; users and sessions last, as on SQLite."""

USERS_NEEDED: Final = f"""
    SELECT id FROM users WHERE login_key = ANY(%(logins)s::text[]) AND deleted_at IS NULL
    UNION SELECT user_id FROM sessions WHERE id = ANY(%(sessions)s::bigint[])
    UNION SELECT holder_id FROM assignments
      WHERE holder_kind = {HolderKind.USER.value} AND license_id = ANY(%(licenses)s::bigint[])
    UNION SELECT user_id FROM holds WHERE license_id = ANY(%(licenses)s::bigint[])
"""
"""The users of these logins, of these sessions, and who has or holds one of these licenses."""

LOGONS_OF_SESSIONS: Final = select(tables.logons, "WHERE session_id = ANY(%s::bigint[])")
ACTIVITY: Final = "SELECT session_id, last_seen FROM session_activity WHERE session_id = ANY(%s::bigint[])"

ROSTERS: Final = f"""
    SELECT a.id, a.license_id FROM assignments a
    JOIN licenses l ON l.id = a.license_id
    LEFT JOIN profiles p
      ON p.holder_kind = a.holder_kind AND p.holder_id = a.holder_id AND p.owner_key = l.owner_key
    WHERE a.license_id = ANY(%s::bigint[]) AND coalesce(p.enabled, true)
      AND coalesce(p.method, {Method.ASSIGNABLE.value}) = {Method.ASSIGNABLE.value}
"""
"""The assignments of these licenses that take an assignable seat."""

SAVE_ACTIVITY: Final = """
    INSERT INTO session_activity (session_id, last_seen)
    SELECT v.session_id, v.last_seen FROM unnest($1::bigint[], $2::bigint[]) AS v(session_id, last_seen)
    JOIN sessions ON sessions.id = v.session_id
    ON CONFLICT (session_id) DO UPDATE SET last_seen = greatest(session_activity.last_seen, excluded.last_seen)
"""
"""Of sessions that live still: another node may have ended one."""
DROP_ACTIVITY: Final = "DELETE FROM session_activity WHERE session_id = ANY($1::bigint[])"
SAVE_REPEATS: Final = """
    INSERT INTO denial_repeats (seq, repeats, last_at)
    SELECT seq, repeats, last_at FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS v(seq, repeats, last_at)
    ON CONFLICT (seq) DO UPDATE
      SET repeats = denial_repeats.repeats + excluded.repeats,
          last_at = greatest(denial_repeats.last_at, excluded.last_at)
"""
INSERT_ENDED: Final = f"{_insert(tables.ended_sessions)} ON CONFLICT DO NOTHING"

INSERT_SNAPSHOT: Final = _insert(tables.snapshot_rows)
INSERT_SEAL: Final = _insert(tables.seals)
HASH: Final = "SELECT hash FROM journal WHERE seq = %s"
LAST_SNAPSHOT_ROW: Final = "SELECT count(*) - 1 FROM snapshot_rows WHERE position = %s"
REMOVE_SEALED: Final = (
    "DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE seq <= %(sealed)s ORDER BY seq LIMIT %(most)s)",
    "DELETE FROM denial_repeats WHERE seq IN (SELECT seq FROM denial_repeats WHERE seq <= %(sealed)s LIMIT %(most)s)",
    """DELETE FROM snapshot_rows WHERE (position, number) IN
       (SELECT position, number FROM snapshot_rows WHERE position < %(sealed)s LIMIT %(most)s)""",
    """DELETE FROM snapshot_rows WHERE (position, number) IN
       (SELECT position, number FROM snapshot_rows WHERE position > %(sealed)s LIMIT %(most)s)""",
)
"""What stands in an archive, and snapshots that do not count any more, or not yet."""
FORGET_EVENTS: Final = (
    "UPDATE journal SET personal = decode(v.said, 'base64'), personal_salt = NULL"
    " FROM unnest($1::bigint[], $2::text[]) AS v(number, said) WHERE journal.seq = v.number"
)
FORGET_ROWS: Final = (
    "UPDATE snapshot_rows SET personal = decode(v.said, 'base64'), personal_salt = NULL"
    " FROM unnest($1::bigint[], $2::text[]) AS v(number, said)"
    " WHERE position = (SELECT max(position) FROM seals) AND snapshot_rows.number = v.number"
)
REBUILD: Final = tuple(f"VACUUM (FULL) {name}" for name in tables.metadata.tables)
