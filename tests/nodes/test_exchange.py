"""Statements that go out together: what is given arrives as it was, and what fails ends the connection."""

from contextlib import closing
from typing import Any

import psycopg
import pytest

from seatkeeper.ledger.door import DatabaseServer
from seatkeeper.ledger.engines.postgres_exchange import Asked, Exchange, array, columns

_ROWS: list[tuple[Any, ...]] = [
    (1, "plain", True, b"\x00\xff bytes"),
    (-(2**63), 'a "quoted" \\ back\\slash, {braces} and NULL', False, b""),
    (2**63 - 1, "line\nfeed, tab\t, \x01, \u2028 and \U0001f511", None, b"'{}'"),
    (None, None, True, None),
    (0, "", False, b"\\x00"),
    (7, "NULL", False, b"NULL"),
]


def test_what_is_given_as_arrays_arrives_as_it_was(postgres_url: str) -> None:
    statement = """
        SELECT v.number, v.said, v.so, decode(v.bytes, 'base64')
        FROM unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[]) AS v(number, said, so, bytes)
    """
    with closing(DatabaseServer(postgres_url).connect({})) as connection:
        exchange = Exchange(connection)
        for _ in range(2):  # the second time it is prepared
            [found] = exchange.ask([Asked(statement, columns(_ROWS))])
            assert found.rows == _ROWS


def test_each_statement_sees_what_those_before_it_did(postgres_url: str) -> None:
    with closing(DatabaseServer(postgres_url).connect({})) as connection:
        made, put, changed, found = Exchange(connection).ask(
            [
                Asked("CREATE TEMPORARY TABLE numbers (n bigint)"),
                Asked("INSERT INTO numbers SELECT unnest($1::bigint[])", [array([1, 2, 3])]),
                Asked("UPDATE numbers SET n = n + 10 WHERE n > 1"),
                Asked("SELECT n FROM numbers ORDER BY n"),
            ]
        )
    assert made.said == b"CREATE TABLE"
    assert (put.changed, changed.changed) == (3, 2)
    assert found.rows == [(1,), (12,), (13,)]


def test_the_first_that_fails_is_told_and_nothing_behind_it_is_done(postgres_url: str) -> None:
    statements = ("SELECT 1", "SELECT 1 / 0", "SELECT pg_sleep(60)", "SELECT nothing")
    connection = DatabaseServer(postgres_url).connect({})
    with closing(connection), pytest.raises(psycopg.errors.DivisionByZero):
        Exchange(connection).ask(map(Asked, statements))


def test_a_failing_hand_over_closes_the_connection(postgres_url: str) -> None:
    """What the server still answers must not be taken for the answer to something else."""
    with closing(DatabaseServer(postgres_url).connect({})) as connection:
        with pytest.raises(TypeError):
            Exchange(connection).ask([Asked("SELECT 1"), Asked("SELECT $1::text", ["not bytes"])])  # type: ignore[list-item]
        assert connection.closed


@pytest.mark.parametrize(("kind", "value"), [("bigint", 2**63), ("bigint", -(2**70)), ("text", "with \0 in it")])
def test_what_no_column_can_hold_is_a_fault_of_the_data(postgres_url: str, kind: str, value: object) -> None:
    connection = DatabaseServer(postgres_url).connect({})
    with closing(connection), pytest.raises(psycopg.DataError):
        Exchange(connection).ask([Asked(f"SELECT $1::{kind}[]", [array([value])])])
