"""The writer's statements, made once from the tables, so that they name the columns that the tables have.

Lists of numbers or names are passed as one JSON array, so that a statement is the same for one as for a thousand.
"""

from typing import Final, NamedTuple

from sqlalchemy import Table

from seatkeeper.ledger import tables
from seatkeeper.ledger.engines.selects import names_of, select
from seatkeeper.ledger.mapping import Mapping
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.licensing.entities import HolderKind, Method


class ForRows(NamedTuple):
    """A statement for as many rows as it is given, whose values come one after the other."""

    before: str
    row: str
    after: str = ""

    def of(self, count: int) -> str:
        """The statement for so many rows."""
        return f"{self.before}{', '.join([self.row] * count)}{self.after}"


class Writes(NamedTuple):
    """The statements that bring one table up to date. Insert and update are given all columns, delete those of the
    key."""

    insert: ForRows
    update: ForRows
    delete: ForRows


def _insert(table: Table, after: str = "") -> ForRows:
    names = names_of(table)
    return ForRows(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ", _blanks(len(names)), after)


def _writes(mapping: Mapping) -> Writes:
    table = mapping.table
    given = {name: f"v.column{number}" for number, name in enumerate(names_of(table), 1)}  # as SQLite calls them
    rest = ", ".join(f"{name} = {value}" for name, value in given.items() if name not in mapping.key)
    own = " AND ".join(f"{table.name}.{name} = {given[name]}" for name in mapping.key)
    return Writes(
        insert=_insert(table),
        update=ForRows(f"UPDATE {table.name} SET {rest} FROM (VALUES ", _blanks(len(given)), f") AS v WHERE {own}"),
        # Of the keys as a table: SQLite looks none of several up that it is given as mere values, and reads all rows.
        delete=ForRows(
            f"DELETE FROM {table.name} WHERE ({', '.join(mapping.key)}) IN (SELECT * FROM (VALUES ",
            _blanks(len(mapping.key)),
            "))",
        ),
    )


def _blanks(count: int) -> str:
    return f"({', '.join('?' * count)})"


_GIVEN: Final = "(SELECT value FROM json_each(?))"
_SESSIONS: Final = f"(SELECT id FROM sessions WHERE user_id IN {_GIVEN})"
_HOLDER: Final = f"WHERE holder_kind = {HolderKind.USER.value} AND holder_id IN {_GIVEN}"

WRITES: Final = {name: _writes(mapping) for name, mapping in MAPPINGS.items()}

KINDS: Final = "SELECT DISTINCT kind, version FROM journal WHERE seq > ?"
INSERT_JOURNAL: Final = _insert(tables.journal)

OF_USERS: Final = {
    "credentials": select(tables.credentials, f"WHERE user_id IN {_GIVEN}"),
    "profiles": select(tables.profiles, _HOLDER),
    "assignments": select(tables.assignments, f"{_HOLDER} ORDER BY id"),
    "session_keys": select(tables.session_keys, f"WHERE session_id IN {_SESSIONS}"),
    "subscriptions": select(tables.subscriptions, f"WHERE session_id IN {_SESSIONS}"),
    "holds": select(tables.holds, f"WHERE session_id IN {_SESSIONS} ORDER BY since, session_id, license_id"),
    "users": select(tables.users, f"WHERE id IN {_GIVEN}"),
    "sessions": select(tables.sessions, f"WHERE user_id IN {_GIVEN} ORDER BY id"),
}
"""What belongs to users, given their numbers, by table of the state. Users and sessions come last: whoever looks one up
meanwhile finds it with all that is its own, or not at all."""

USERS_OF_LOGINS: Final = f"SELECT id FROM users WHERE login_key IN {_GIVEN} AND deleted_at IS NULL"
USERS_OF_LICENSES: Final = f"""
    SELECT holder_id FROM assignments
    WHERE holder_kind = {HolderKind.USER.value} AND license_id IN {_GIVEN}
    UNION SELECT user_id FROM holds WHERE license_id IN {_GIVEN}
"""
USERS_OF_SESSIONS: Final = f"SELECT DISTINCT user_id FROM sessions WHERE id IN {_GIVEN}"

LOGONS_OF_SESSIONS: Final = select(tables.logons, f"WHERE session_id IN {_GIVEN}")

ROSTER: Final = f"""
    SELECT a.id FROM assignments a
    JOIN licenses l ON l.id = a.license_id
    LEFT JOIN profiles p
      ON p.holder_kind = a.holder_kind AND p.holder_id = a.holder_id AND p.owner_key = l.owner_key
    WHERE a.license_id = ? AND coalesce(p.enabled, 1)
      AND coalesce(p.method, {Method.ASSIGNABLE.value}) = {Method.ASSIGNABLE.value}
"""
"""The assignments of one license that take an assignable seat."""

SAVE_ACTIVITY: Final = _insert(
    tables.session_activity, " ON CONFLICT (session_id) DO UPDATE SET last_seen = excluded.last_seen"
)
DROP_ACTIVITY: Final = ForRows("DELETE FROM session_activity WHERE session_id IN (VALUES ", "(?)", ")")
SAVE_REPEATS: Final = _insert(
    tables.denial_repeats,
    " ON CONFLICT (seq) DO UPDATE SET repeats = repeats + excluded.repeats, last_at = excluded.last_at",
)

INSERT_SNAPSHOT: Final = _insert(tables.snapshot_rows)
INSERT_SEAL: Final = _insert(tables.seals)
HASH: Final = "SELECT hash FROM journal WHERE seq = ?"
LAST_SNAPSHOT_ROW: Final = "SELECT max(number) FROM snapshot_rows WHERE position = ?"
REMOVE_SEALED: Final = {
    "journal": (
        "DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE seq <= :sealed ORDER BY seq LIMIT :most)"
    ),
    "denial_repeats": (
        "DELETE FROM denial_repeats WHERE seq IN (SELECT seq FROM denial_repeats WHERE seq <= :sealed LIMIT :most)"
    ),
    "older snapshots": (
        "DELETE FROM snapshot_rows WHERE (position, number) IN"
        " (SELECT position, number FROM snapshot_rows WHERE position < :sealed LIMIT :most)"
    ),
    "snapshots of nothing sealed": (
        "DELETE FROM snapshot_rows WHERE (position, number) IN"
        " (SELECT position, number FROM snapshot_rows WHERE position > :sealed LIMIT :most)"
    ),
}
FORGET_EVENT: Final = "UPDATE journal SET personal = ?, personal_salt = NULL WHERE seq = ?"
FORGET_ROW: Final = (
    "UPDATE snapshot_rows SET personal = ?, personal_salt = NULL"
    " WHERE position = (SELECT max(position) FROM seals) AND number = ?"
)

FIRST: Final = "SELECT min(seq) FROM journal"
PLACE: Final = "SELECT seq, at, hash FROM journal WHERE seq = ?"
ENTRIES: Final = select(tables.journal, "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?")
REPEATS: Final = "SELECT seq, repeats, last_at FROM denial_repeats WHERE seq BETWEEN ? AND ?"
SEALS: Final = select(tables.seals, "ORDER BY position")
SNAPSHOT: Final = (
    "SELECT number, data, user_id, personal, personal_salt, personal_digest FROM snapshot_rows"
    " WHERE position = ? AND number > ? ORDER BY number LIMIT ?"
)
EVENTS_NAMING: Final = (
    "SELECT seq, personal FROM journal"
    " WHERE personal_salt IS NOT NULL AND json_extract(CAST(data AS TEXT), '$.user_id') = ?"
)
ROWS_NAMING: Final = (
    "SELECT number, personal FROM snapshot_rows"
    " WHERE position = (SELECT max(position) FROM seals) AND personal_salt IS NOT NULL AND user_id = ?"
)
