"""The vendor's message codes that this face says before its own words (contract 11), and what each is said of."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from seatkeeper.licensing.deployment import Fault
from seatkeeper.licensing.refusals import Code

INTERNAL: Final = "FWLSE3000E"
CONFLICT: Final = "FWLSE3001E"
NOT_FOUND: Final = "FWLSE3002E"
DATABASE: Final = "FWLSE3010E"
LOCK_WAIT: Final = "FWLSE3021E"
NO_RUNTIME: Final = "FWLSE3030E"
NO_APPLICATION: Final = "FWLSE3034E"
RUNTIME_NOT_RUNNING: Final = "FWLSE3041E"
INVALID_PAYLOAD: Final = "FWLSE3051E"
UNRECOGNIZED_PAYLOAD: Final = "FWLSE3052E"
INVALID_PARAMETER: Final = "FWLSE3053E"
STALLED: Final = "FWLSE3090E"
FAILED: Final = "FWLSE3091W"
CANCELED: Final = "FWLSE3092W"
TOKENS_SHORT: Final = "FWLSE3129E"
TOKENS_EXPIRED: Final = "FWLSE3130E"
NO_CONFIGURATION: Final = "FWLSE30302E"
NOT_DELETABLE: Final = "FWLSE30303E"

CODE_OF: Final[Mapping[Fault, str]] = {
    Fault.RUNTIME_NOT_RUNNING: RUNTIME_NOT_RUNNING,
    Fault.NO_CONFIGURATION: NOT_DELETABLE,
    Fault.STILL_REGISTERED: NOT_DELETABLE,
    Fault.NO_VERSION: NOT_FOUND,
    Fault.TOKENS_NOT_BOUGHT: TOKENS_SHORT,
    Fault.TOKENS_SHORT: TOKENS_SHORT,
    Fault.TOKENS_EXPIRED: TOKENS_EXPIRED,
    Fault.LOCK_WAIT: LOCK_WAIT,
    Fault.STALLED: STALLED,
    Fault.LOCK_RELEASED: FAILED,
    Fault.INTERRUPTED: FAILED,
    Fault.CANCELED: CANCELED,
}
"""Every fault of a transaction, by the code of its message."""


class Told(NamedTuple):
    """How a refusal of the rules is told: its status, and the code of its message."""

    status: int
    code: str


_MISSING: Final = Told(404, NOT_FOUND)
_CONFLICT: Final = Told(409, CONFLICT)

TOLD: Final[Mapping[Code, Told]] = {
    Code.INVALID_VALUE: Told(400, INVALID_PAYLOAD),
    Code.UNKNOWN_RUNTIME: Told(404, NO_RUNTIME),
    Code.RUNTIME_NOT_RUNNING: Told(404, RUNTIME_NOT_RUNNING),
    Code.UNKNOWN_APPLICATION: Told(404, NO_APPLICATION),
    Code.NO_CONFIGURATION: Told(404, NO_CONFIGURATION),
    Code.UNKNOWN_VERSION: _MISSING,
    Code.UNKNOWN_USER: _CONFLICT,  # whoever asks was deleted while he did
    Code.LINE_FULL: Told(503, LOCK_WAIT),
    # What follows is refused to no request of this face: it is about sessions, stations and other inventory.
    Code.TRANSACTION_UNFINISHED: _CONFLICT,
    Code.SESSION_ENDED: _CONFLICT,
    Code.SEATS_EXHAUSTED: _CONFLICT,
    Code.LICENSE_EXPIRED: _CONFLICT,
    Code.UNKNOWN_OWNER: _MISSING,
    Code.UNKNOWN_LICENSE: _MISSING,
    Code.UNKNOWN_STATION: _MISSING,
    Code.STATION_NOT_PERMITTED: _CONFLICT,
    Code.NO_STATION: _MISSING,
    Code.LOGIN_TAKEN: _CONFLICT,
    Code.USER_ID_TAKEN: _CONFLICT,
    Code.USER_LIVES: _CONFLICT,
    Code.NOT_ASSIGNABLE_TO: _CONFLICT,
    Code.SEATS_BELOW_USE: _CONFLICT,
    Code.STILL_ASSIGNED: _CONFLICT,
    Code.CONCURRENT_STATION: _CONFLICT,
    Code.PREREQUISITE_MISSING: _CONFLICT,
    Code.PREREQUISITE_NEEDED: _CONFLICT,
    Code.PREREQUISITE_CIRCLE: _CONFLICT,
    Code.CHANGED_SINCE: _CONFLICT,
}
"""Every code of the rules, as this face tells it."""
