"""Finding an event by its time."""

from collections.abc import Callable

from seatkeeper.ledger.journal import Head


def last_before(at: int, first: int, last: int, place: Callable[[int], Head | None]) -> Head | None:
    """The last event between these two that is earlier than this time; None where there is none.

    `place` is the event of a number. Times rise with the numbers, so the half is searched.
    """
    found, low, high = None, first, last
    while low <= high:
        middle = (low + high) // 2
        there = place(middle)
        if there is not None and there.at >= at:
            high = middle - 1
        else:
            found, low = there or found, middle + 1
    return found
