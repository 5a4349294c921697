"""What a request can be made to fail with by a test: errors of this face, by name, told as ever."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final

from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.sentences import Sentence, pattern
from seatkeeper.mobilefirst.errors import (
    Failure,
    internal,
    invalid_parameter,
    invalid_payload,
    not_allowed,
    not_found,
    timed_out,
    unauthorized,
    unavailable,
)
from seatkeeper.transport.faults import Faults, Operation, Told

# The sentence is that of the ICWS face: where a real error would say what is wrong with a request, nothing is.
_ORDERED: Final = pattern("This error was ordered by a test.")
_SAID: Final = Sentence(_ORDERED, {})

ERRORS: Final[Mapping[str, Callable[[], Failure]]] = {
    "mobilefirst.invalid_payload": lambda: invalid_payload(_ORDERED),
    "mobilefirst.invalid_parameter": lambda: invalid_parameter(_ORDERED),
    "mobilefirst.unauthorized": lambda: unauthorized(_SAID),
    "mobilefirst.not_allowed": lambda: not_allowed(_SAID),
    "mobilefirst.not_found": lambda: not_found(_SAID),
    "mobilefirst.internal": internal,
    "mobilefirst.timed_out": timed_out,
    "mobilefirst.unavailable": lambda: unavailable(Unavailable(_ORDERED)),
}
"""Every error that can be ordered, by name, made as for real requests."""


class OrderedFaults:
    """Lets the faults that are ordered happen to requests of this face."""

    def __init__(self, ordered: Faults, operations: Collection[Operation]) -> None:
        self._ordered = ordered
        ordered.know(operations, {name: _told(error()) for name, error in ERRORS.items()})

    async def befall(self, operation: Operation) -> None:
        """Wait as long as a fault says, and raise the Failure that it says. Before anything is looked at or done."""
        fault = self._ordered.befall(operation, None)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.error is not None:
                failure = ERRORS[fault.error]()
                raise failure


def _told(failure: Failure) -> Told:
    return Told(failure.status, failure.code, None)
