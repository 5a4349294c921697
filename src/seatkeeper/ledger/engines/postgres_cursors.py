"""The statements on `deliveries` and `ended_sessions`: each for as many sessions as there are, given as arrays."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import psycopg

from seatkeeper.ledger.deliveries import Cursor, EndedSession, Reached
from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.entities import SessionKeys

Connection = psycopg.Connection[Any]

# A row that says that what it knew to be in hand has arrived is as good as known. A journal that has not this node's
# last event is another one: a standby was promoted that lost it.
_SAME_JOURNAL: Final = "(%s::bigint = 0 OR EXISTS (SELECT FROM journal WHERE seq = %s::bigint AND hash = %s::bytea))"
_STANDS: Final = """
    d.session_id = w.session_id AND d.position = w.old_position AND d.streamed = w.old_streamed
        AND (d.reader IS NOT DISTINCT FROM w.old_reader OR (d.reader IS NULL AND NOT d.streamed))
"""
# Rows are locked in the order of their sessions: two nodes that move the same ones must not wait for each other.
_ADVANCE: Final = f"""
    WITH wanted AS (
        SELECT *
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bool[], %s::bigint[], %s::bigint[], %s::bool[])
            AS w (session_id, old_position, old_reader, old_streamed, position, reader, streamed)
        WHERE {_SAME_JOURNAL}
    ), standing AS (
        SELECT w.* FROM deliveries d JOIN wanted w ON {_STANDS} ORDER BY d.session_id FOR UPDATE OF d
    ), moved AS (
        UPDATE deliveries d SET position = w.position, reader = w.reader, streamed = w.streamed
        FROM standing w WHERE {_STANDS} RETURNING d.session_id
    ), added AS (
        INSERT INTO deliveries (session_id, position, reader, streamed)
        SELECT session_id, position, reader, streamed FROM wanted WHERE old_position IS NULL ORDER BY session_id
        ON CONFLICT (session_id) DO NOTHING RETURNING session_id
    )
    SELECT session_id FROM moved UNION ALL SELECT session_id FROM added
"""
_LOOK: Final = "SELECT session_id, position, reader, streamed FROM deliveries WHERE session_id = ANY(%s)"
_LEAVE: Final = """
    WITH standing AS (
        SELECT w.*
        FROM deliveries d JOIN unnest(%s::bigint[], %s::bigint[], %s::bool[]) AS w (session_id, reader, arrived)
            ON d.session_id = w.session_id AND d.reader = w.reader
        ORDER BY d.session_id FOR UPDATE OF d
    )
    UPDATE deliveries d SET reader = NULL, streamed = NOT w.arrived
    FROM standing w WHERE d.session_id = w.session_id AND d.reader = w.reader
"""
_TAKEN: Final = """
    SELECT w.session_id FROM unnest(%s::bigint[], %s::bigint[]) AS w (session_id, reader)
    JOIN deliveries d ON d.session_id = w.session_id
    WHERE NOT d.streamed OR d.reader IS DISTINCT FROM w.reader
"""
_ENDED: Final = """
    SELECT session_id, user_id, cookie_digest, csrf_digest, language, reason, at, told
    FROM ended_sessions WHERE session_id = ANY(%s)
"""
_TELL_END: Final = "UPDATE ended_sessions SET told = true WHERE session_id = ANY(%s) AND NOT told RETURNING session_id"
_FORGET: Final = "DELETE FROM ended_sessions WHERE at <= %s"
_FORGET_DELIVERIES: Final = """
    DELETE FROM deliveries d WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = d.session_id)
        AND NOT EXISTS (SELECT FROM ended_sessions e WHERE e.session_id = d.session_id)
"""


class OtherJournal(NamedTuple):
    """The database's journal is not the one that this node has read: nothing was written."""


class Advance(NamedTuple):
    """A cursor to be moved, and how far the node has read that wants it."""

    session_id: int
    known: Cursor | None
    wanted: Cursor
    reached: Reached


def leave(connection: Connection, left: Mapping[int, tuple[int, bool]]) -> None:
    """These readers have nothing in hand any more; whether it has arrived."""
    readers, arrived = zip(*left.values(), strict=True)
    connection.execute(_LEAVE, (list(left), list(readers), list(arrived)))


def advance(connection: Connection, wanted: list[Advance]) -> dict[int, Cursor | OtherJournal | None]:
    """Move cursors; where each of them stands then."""
    reached = max((each.reached for each in wanted), key=lambda each: each.position)
    journal = (reached.position, reached.position, reached.digest)
    columns = zip(
        *((each.session_id, *(each.known or (None, None, None)), *each.wanted) for each in wanted), strict=True
    )
    moved = {session_id for (session_id,) in connection.execute(_ADVANCE, (*map(list, columns), *journal))}
    found: dict[int, Cursor | OtherJournal | None] = {
        each.session_id: each.wanted for each in wanted if each.session_id in moved
    }
    others = [each.session_id for each in wanted if each.session_id not in moved]
    if not others:
        return found
    if connection.execute(f"SELECT {_SAME_JOURNAL}", journal).fetchone() != (True,):
        return found | dict.fromkeys(others, OtherJournal())
    return found | dict.fromkeys(others) | look(connection, others)


def look(connection: Connection, sessions: list[int]) -> dict[int, Cursor]:
    """How far these sessions have been told."""
    return {session_id: Cursor(*rest) for session_id, *rest in connection.execute(_LOOK, (sessions,))}


def taken(connection: Connection, streams: list[dict[int, int]]) -> dict[int, list[int]]:
    """Of sessions with their readers, those that another reader has taken."""
    all_streams = {session_id: reader for each in streams for session_id, reader in each.items()}
    rows = connection.execute(_TAKEN, (list(all_streams), list(all_streams.values())))
    return {0: [session_id for (session_id,) in rows]}


def ended(connection: Connection, sessions: list[int]) -> dict[int, EndedSession]:
    """Those of the sessions that ended within the last while."""
    return {
        session_id: EndedSession(
            session_id=session_id,
            user_id=user_id,
            keys=SessionKeys(session_id=session_id, cookie_digest=cookie, csrf_digest=csrf),
            reason=EndReason(int(reason)),
            at=at,
            language=language,
            told=told,
        )
        for session_id, user_id, cookie, csrf, language, reason, at, told in connection.execute(_ENDED, (sessions,))
    }


def tell_end(connection: Connection, sessions: list[int]) -> dict[int, bool]:
    """Those of the sessions whose clients had not been told that they ended; now they have."""
    return {session_id: True for (session_id,) in connection.execute(_TELL_END, (sessions,))}


def forget(connection: Connection, until: list[int]) -> dict[int, None]:
    """Forget sessions that ended until the latest of these times, and how far they were told."""
    if connection.execute(_FORGET, (max(until),)).rowcount:
        connection.execute(_FORGET_DELIVERIES)
    return {}
