"""What sealing and forgetting write, in bounded steps, each under one commit that a batch may have to wait for."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from seatkeeper.ledger.engines.engine import Forgotten, Reading
from seatkeeper.ledger.journal import Seal, pseudonymised
from seatkeeper.ledger.snapshot import SnapshotDigest, SnapshotRow

STEP: Final = 2_000
"""Rows that are written or removed at once."""


def last_seal(reading: Reading) -> Seal | None:
    """The seal behind which the journal begins, or None. Raises JournalError where one cannot be read."""
    seals = reading.seals()
    return seals[-1] if seals else None


def next_rows(rows: Iterator[SnapshotRow], digest: SnapshotDigest, most: int) -> list[SnapshotRow]:
    """The next rows of a snapshot, taken into its digest."""
    step = list(islice(rows, most))
    for row in step:
        digest.add(row)
    return step


def steps_of(naming: Forgotten, user_id: int, most: int) -> Iterator[Forgotten]:
    """What names a user, as his pseudonym.

    A snapshot of later than he was forgotten names him by that already. It keeps its salt, since the event that says
    why there is none may be archived.
    """
    events = [(number, pseudonymised(said, user_id)) for number, said in naming.events]
    rows = [
        (number, pseudonym)
        for number, said in naming.snapshot_rows
        if (pseudonym := pseudonymised(said, user_id)) != said
    ]
    for start in range(0, len(rows), most):
        yield Forgotten([], rows[start : start + most])
    for start in range(0, len(events), most):
        yield Forgotten(events[start : start + most], [])
