"""What a request can be made to fail with by a test: errors of this face, by name, told as ever."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Sentence, pattern
from seatkeeper.superoffice.errors import (
    SERVER,
    SESSION_CHALLENGE,
    Failure,
    Unbound,
    internal,
    malformed,
    not_allowed,
    not_found,
    of_refusal,
    timed_out,
    unauthorized,
    unavailable,
)
from seatkeeper.transport.faults import FaceFaults, Faults, Operation, Told

# The sentence is that of the ICWS face: where a real error would say what is wrong with a request, nothing is.
_ORDERED: Final = pattern("This error was ordered by a test.")
_SAID: Final = Sentence(_ORDERED, {})

ERRORS: Final[Mapping[str, Callable[[], Failure]]] = {
    "superoffice.malformed": lambda: malformed(_ORDERED),
    "superoffice.unbound": lambda: Unbound(_SAID),
    "superoffice.no_free_license": lambda: of_refusal(Refusal(Code.SEATS_EXHAUSTED, _ORDERED), rest=False),
    "superoffice.unauthorized": lambda: unauthorized(_SAID, SESSION_CHALLENGE),
    "superoffice.not_allowed": lambda: not_allowed(_ORDERED),
    "superoffice.not_found": lambda: not_found(_SAID),
    "superoffice.too_large": lambda: Failure(413, SERVER, _SAID),
    "superoffice.internal": internal,
    "superoffice.timed_out": timed_out,
    "superoffice.unavailable": lambda: unavailable(Unavailable(_ORDERED)),
}
"""Every error that can be ordered, by name, made as for real requests."""


def face_faults(ordered: Faults, operations: Collection[Operation]) -> FaceFaults[Failure]:
    """The faults that are ordered of this face's operations."""
    return FaceFaults(ordered, operations, ERRORS, _told)


def _told(failure: Failure) -> Told:
    return Told(failure.status, failure.error_type, None)
