"""What a request can be made to fail with by a test: errors of this face, by name, told as ever."""

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
from seatkeeper.transport.faults import FaceFaults, Faults, Operation, Told

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


def face_faults(ordered: Faults, operations: Collection[Operation]) -> FaceFaults[Failure]:
    """The faults that are ordered of this face's operations."""
    return FaceFaults(ordered, operations, ERRORS, _told)


def _told(failure: Failure) -> Told:
    return Told(failure.status, failure.code, None)
