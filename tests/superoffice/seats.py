"""Judges by the clients' own log whether more seats were given out than there are, or an answer was lost.

It imports nothing of the server's. An assignment is certain from the receipt of the answer that made it until the
sending of the request that may end it, so what is certain at one moment was so whatever network and clock did.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class Call(NamedTuple):
    """A client's request and the answer, in nanoseconds of one clock. `status` and `received` None: no answer came."""

    assign: bool
    associate: int
    module: str
    sent: int
    received: int | None
    status: int | None


def over_allocated(calls: Iterable[Call], seats: Mapping[str, int]) -> list[str]:
    """Each moment at which more of a module was certainly assigned than there are seats."""
    held: dict[str, set[int]] = defaultdict(set)
    found = []
    for at, _, call in sorted(_moments(calls), key=lambda moment: moment[:2]):
        holders = held[call.module]
        if call.assign:
            holders.add(call.associate)
            if len(holders) > seats[call.module]:
                found.append(f"{call.module}: {len(holders)} of {seats[call.module]} seats assigned at {at}")
        else:
            holders.discard(call.associate)
    return found


def _moments(calls: Iterable[Call]) -> Iterator[tuple[int, int, Call]]:
    """When an assignment becomes certain, and when it ceases to be; at one moment the end comes first."""
    for call in calls:
        if not call.assign:
            yield call.sent, 0, call
        elif call.status == 200 and call.received is not None:
            yield call.received, 1, call


def certain(calls: Iterable[Call]) -> dict[tuple[int, str], bool]:
    """Whether each associate has each module, where that is certain: his last call of it was answered 200 or 400.

    Each associate's calls are made one after the other.
    """
    known: dict[tuple[int, str], bool | None] = {}
    for call in sorted(calls, key=lambda call: call.sent):
        key = (call.associate, call.module)
        if call.status == 200:
            known[key] = call.assign
        elif call.status != 400:
            known[key] = None  # what became of it, nobody knows
    return {key: assigned for key, assigned in known.items() if assigned is not None}
