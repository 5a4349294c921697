"""What a request can be made to fail with by a test: errors of this face, by name, told as ever."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from msgspec import UNSET

from seatkeeper.icws.errors import (
    COOKIE_CODE,
    CSRF_TOKEN_CODE,
    SESSION_ID_CODE,
    Failure,
    gone,
    internal,
    invalid,
    malformed,
    method_not_allowed,
    missing,
    no_station,
    not_allowed,
    not_found,
    session_ended,
    timed_out,
    too_large,
    unauthorized,
    unavailable,
    wrong_credentials,
)
from seatkeeper.ledger.door import Unavailable
from seatkeeper.licensing.sentences import Sentence, pattern
from seatkeeper.transport.availability import Availability
from seatkeeper.transport.faults import FaceFaults, Faults, Operation, Told

_ORDERED: Final = pattern("This error was ordered by a test.")


def face_faults(ordered: Faults, operations: Collection[Operation], availability: Availability) -> FaceFaults[Failure]:
    """The faults that are ordered of this face's operations."""
    return FaceFaults(ordered, operations, errors(availability), _told)


def errors(availability: Availability) -> Mapping[str, Callable[[], Failure]]:
    """Every error that can be ordered, by name, made as for real requests.

    Where a real one would say what is wrong with its request, these say that a test ordered them.
    """
    return {
        "malformed": lambda: malformed(_ORDERED),
        "missing_property": lambda: missing("property"),
        "invalid_property": lambda: _ordered(invalid("property", _ORDERED)),
        "wrong_credentials": wrong_credentials,
        "session_id_required": lambda: unauthorized(SESSION_ID_CODE, _ORDERED),
        "token_required": lambda: unauthorized(CSRF_TOKEN_CODE, _ORDERED),
        "cookie_required": lambda: unauthorized(COOKIE_CODE, _ORDERED),
        "session_ended": session_ended,
        "access_denied": lambda: not_allowed(_ORDERED),
        "not_found": lambda: _ordered(not_found("")),
        "no_station": no_station,
        "method_not_allowed": lambda: _ordered(method_not_allowed("", ())),
        "gone": lambda: _ordered(gone("")),
        "too_large": lambda: too_large(413, Sentence(_ORDERED, {})),
        "internal": internal,
        "timed_out": lambda: timed_out(Sentence(_ORDERED, {})),
        "unavailable": lambda: unavailable(Unavailable(_ORDERED)),
        "not_accepting_connections": lambda: unavailable(Unavailable(_ORDERED), connecting=availability),
    }


def _ordered(failure: Failure) -> Failure:
    failure.said = Sentence(_ORDERED, {})
    return failure


def _told(failure: Failure) -> Told:
    error_id, error_code = failure.body.error_id, failure.body.error_code
    return Told(failure.status, None if error_id is UNSET else error_id, None if error_code is UNSET else error_code)
