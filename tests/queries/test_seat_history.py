"""How the seats of a license changed, as the journal has it."""

from functools import partial

import pytest

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.licensing.events import SeatsChanged
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.seat_history import SeatHistory, Seats, seat_history
from tests.queries.plans import asked
from tests.queries.saving import journal, save

pytestmark = pytest.mark.anyio


def changed(license_id: int, assignable: int, *, concurrent: int = 0, unrestricted: bool = False) -> SeatsChanged:
    return SeatsChanged(
        license_id=license_id,
        assignable_seats=assignable,
        concurrent_seats=concurrent,
        unrestricted=unrestricted,
        assignable_excess=0,
        concurrent_excess=0,
        uncovered=(),
    )


async def test_each_change_of_the_assignable_seats_is_told_once_oldest_first(reads: Reads, database: Database) -> None:
    save(
        database,
        journal(
            (1, changed(1, 5)),
            (2, changed(2, 7)),
            (3, changed(1, 5, concurrent=9)),
            (4, changed(1, 8, concurrent=9)),
            (5, changed(1, 8, unrestricted=True)),
        ),
    )

    history = await reads.run(partial(seat_history, license_id=1))

    assert history.changes == (Seats(1, 5, False), Seats(4, 8, False), Seats(5, 8, True))
    assert history.archived_until is None


async def test_what_is_in_an_archive_is_said_to_be(reads: Reads, database: Database) -> None:
    seal = {"hash": b"", "archive": "a", "archive_digest": b"", "snapshot_digest": b"", "event": 9}
    save(database, (tables.seals, [{"position": 3, "at": 300, **seal}, {"position": 7, "at": 700, **seal}]))

    assert await reads.run(partial(seat_history, license_id=1)) == SeatHistory(700, ())


async def test_the_journal_is_not_gone_through_and_no_more_is_read_than_is_told(
    reads: Reads, database: Database
) -> None:
    save(database, journal((1, changed(1, 5)), (2, changed(2, 7)), (3, changed(11, 9))))
    told = await reads.run(partial(asked, read=partial(seat_history, license_id=1)))
    [of_journal] = [each for each in told if "FROM journal" in each.statement]
    assert "seats_changed_events" in of_journal.plan
    assert [at for at, _ in of_journal.found] == [1]
