"""How many seats of a license were bought, and when that changed: from the journal."""

from itertools import groupby
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import JSON, Connection, Text, cast, func, select, text, type_coerce

from seatkeeper.ledger import tables
from seatkeeper.licensing.events import SeatsChanged

_j = tables.journal.c

_IS_CHANGE: Final = text("journal.kind = 'seats_changed'")  # spelled out, so that the partial index is seen to have all
_LICENSE: Final = type_coerce(cast(_j.data, Text), JSON)["license_id"].as_integer()
_decoder: Final = msgspec.json.Decoder(SeatsChanged)


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
    of_license = select(_j.at, _j.data).where(_IS_CHANGE, license_id == _LICENSE).order_by(_j.seq)
    events = ((row.at, _decoder.decode(row.data)) for row in connection.execute(of_license))
    seats = (Seats(at, event.assignable_seats, event.unrestricted) for at, event in events)
    changes = tuple(next(same) for _, same in groupby(seats, key=lambda each: (each.assignable, each.unrestricted)))
    return SeatHistory(connection.execute(select(func.max(tables.seals.c.at))).scalar_one(), changes)
