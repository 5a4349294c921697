"""How many seats of a license were bought, and when that changed: from the journal."""

from itertools import groupby
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from seatkeeper.ledger import tables
from seatkeeper.licensing.events import SeatsChanged

_j = tables.journal.c

_IS_CHANGE: Final = text("journal.kind = 'seats_changed'")  # spelled out, so that the partial index is seen to have all
_decoder: Final = msgspec.json.Decoder(SeatsChanged)


class _License(ColumnElement[int]):
    """The license that an event of the journal is about: `data` is JSON, in bytes that engines read differently."""

    inherit_cache = True
    type = tables.Number


@compiles(_License, "sqlite")
def _of_sqlite(_element: _License, _compiler: SQLCompiler, **_: Any) -> str:  # noqa: ANN401 - as SQLAlchemy has it
    return "json_extract(CAST(journal.data AS TEXT), '$.license_id')"


@compiles(_License, "postgresql")
def _of_postgresql(_element: _License, _compiler: SQLCompiler, **_: Any) -> str:  # noqa: ANN401 - as above
    return "CAST(CAST(convert_from(journal.data, 'UTF8') AS json) ->> 'license_id' AS bigint)"


class Seats(Struct, frozen=True):
    """The assignable seats of a license, from `at` on (milliseconds since 1970-01-01T00:00Z)."""

    at: int
    assignable: int
    unrestricted: bool


class SeatHistory(Struct, frozen=True):
    """How a license's assignable seats changed, oldest first.

    `archived_until`: what happened up to then stands in an archive and not here; None where all of it is here.
    """

    archived_until: int | None
    changes: tuple[Seats, ...]


def seat_history(connection: Connection, license_id: int) -> SeatHistory:
    """All that the database knows of it."""
    of_license = select(_j.at, _j.data).where(_IS_CHANGE, _License() == license_id).order_by(_j.seq)
    events = ((row.at, _decoder.decode(row.data)) for row in connection.execute(of_license))
    seats = (Seats(at, event.assignable_seats, event.unrestricted) for at, event in events)
    changes = tuple(next(same) for _, same in groupby(seats, key=lambda each: (each.assignable, each.unrestricted)))
    return SeatHistory(connection.execute(select(func.max(tables.seals.c.at))).scalar_one(), changes)
