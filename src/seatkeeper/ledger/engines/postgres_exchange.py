"""Statements that go to PostgreSQL together and are answered together: prepared, and in one round trip.

Not by psycopg's pipeline, for two reasons. Behind its end that asks to be sent what there is, which stops PostgreSQL's
clock that ends a transaction in which nothing happens: a node that stands still would keep the lock (rule L1). And it
converts each value by itself and waits once a statement: that was a third of the time of a batch.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from seatkeeper.ledger.engines.postgres_connection import BoundedConnection

Row = tuple[Any, ...]

_DONE: Final = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}
_ENCODING: Final = "utf-8"  # of every connection
_encode: Final = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """A statement, and what stands in the places of its $1, $2, ... as PostgreSQL writes it."""

    statement: str
    given: Sequence[bytes] = ()


class Answer(NamedTuple):
    """What came of a statement: what the server says (as in `COMMIT`), how many rows it changed, and those it found."""

    said: bytes
    changed: int
    rows: list[Row]


class Exchange:
    """A connection's statements, each prepared when it is first asked."""

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection
        self._reading = Transformer(connection)
        self._names: dict[str, bytes] = {}

    def ask(self, asked: Iterable[Asked]) -> list[Answer]:
        """Have these executed in turn, as far as none fails; what came of each.

        Raises psycopg.Error for the first that failed. Whatever is raised, the connection is not to be used any more.
        """
        pgconn = self._connection.pgconn
        try:
            pgconn.enter_pipeline_mode()
            prepared = [self._send(pgconn, each) for each in asked]
            pgconn.pipeline_sync()
            results = self._connection.wait(_results(pgconn, prepared))
            pgconn.exit_pipeline_mode()
        except psycopg.Error:
            raise
        except BaseException:  # its answers would be taken for those to what is asked next
            self._connection.close()
            raise
        return [self._answer(result) for result in results]

    def _send(self, pgconn: PGconn, asked: Asked) -> bool:
        """Give libpq a statement to send; whether it is to be prepared before."""
        name = self._names.get(asked.statement)
        prepares = name is None
        if name is None:
            name = self._names[asked.statement] = b"exchange_%d" % len(self._names)
            pgconn.send_prepare(name, asked.statement.encode())
        pgconn.send_query_prepared(name, asked.given)
        return prepares

    def _answer(self, result: PGresult) -> Answer:
        rows: list[Row] = []
        if result.ntuples:
            self._reading.set_pgresult(result)
            rows = self._reading.load_rows(0, result.ntuples, tuple)
        return Answer(result.command_status or b"", result.command_tuples or 0, rows)


def columns(rows: Sequence[Sequence[Any]]) -> list[bytes]:
    """Rows as one array a column."""
    return [array(column) for column in zip(*rows, strict=True)]


def array(values: Sequence[Any]) -> bytes:
    """An array of numbers, truth values or texts, or of bytes in base64, any of them None. Raises psycopg.DataError.

    PostgreSQL writes it as JSON is written, but for the brackets, and for what JSON escapes in a text.
    """
    written = _encode(values)
    if b"\\" in written:
        return bytes(Transformer().get_dumper(list(values), PyFormat.TEXT).dump(list(values)) or b"")
    return b"{%b}" % written[1:-1]


def _results(pgconn: PGconn, prepared: list[bool]) -> PQGen[list[PGresult]]:
    """Send what libpq was given, and take all answers: a statement's, before it that of its preparing, at last the
    end's."""
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    for prepares in prepared:
        if prepares:
            _require((yield from generators.fetch_many(pgconn)))
        results.append(_require((yield from generators.fetch_many(pgconn))))
    yield from generators.fetch_many(pgconn)
    return results


def _require(results: list[PGresult]) -> PGresult:
    """The one result. Raises psycopg.Error where it is a fault."""
    if not results:
        raise psycopg.OperationalError("the database did not answer a statement")
    if results[0].status not in _DONE:
        raise error_from_result(results[0], encoding=_ENCODING)
    return results[0]
