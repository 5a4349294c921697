"""The statements on `deliveries`: what two nodes do at once to the same sessions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg

from seatkeeper.ledger.deliveries import Cursor, Reached
from seatkeeper.ledger.engines.postgres_cursors import Advance, advance, leave

SESSIONS = range(1, 301)
ROUNDS = 30


def test_two_nodes_that_move_the_same_cursors_in_any_order_do_not_wait_for_each_other(postgres_url: str) -> None:
    """PostgreSQL would end one of them after a second, and with it all that this node was certain of."""
    together = Barrier(2, timeout=10)

    def move(node: int) -> list[int]:
        sessions, moved = SESSIONS[:: 1 if node == 1 else -1], []
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            for position in range(ROUNDS):
                known, wanted = Cursor(position, None, streamed=False), Cursor(position + 1, node, streamed=False)
                together.wait()
                found = advance(connection, [Advance(each, known, wanted, Reached()) for each in sessions])
                mine = [each for each in sessions if found[each] == wanted]
                together.wait()
                leave(connection, dict.fromkeys(sessions, (node, True)))
                together.wait()
                moved += mine
        return moved

    with psycopg.connect(postgres_url) as connection:
        connection.cursor().executemany(
            "INSERT INTO deliveries (session_id, position, streamed) VALUES (%s, 0, false)",
            [(each,) for each in SESSIONS],
        )
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(move, (1, 2))
    assert sorted(one + other) == sorted(list(SESSIONS) * ROUNDS), "each was moved by one of them"
