"""Why a command as a whole was refused. A refused license of an acquisition is not one: it is a verdict."""

from enum import StrEnum

from seatkeeper.licensing.sentences import Fact, Sentence


class Code(StrEnum):
    """The rules' error codes. Every face has one total table from these to its vendor's status, code and text."""

    SESSION_ENDED = "session_ended"
    UNKNOWN_USER = "unknown_user"
    UNKNOWN_OWNER = "unknown_owner"
    UNKNOWN_LICENSE = "unknown_license"
    UNKNOWN_STATION = "unknown_station"
    UNKNOWN_RUNTIME = "unknown_runtime"
    RUNTIME_NOT_RUNNING = "runtime_not_running"
    UNKNOWN_APPLICATION = "unknown_application"
    NO_CONFIGURATION = "no_configuration"
    UNKNOWN_VERSION = "unknown_version"
    TRANSACTION_UNFINISHED = "transaction_unfinished"
    LINE_FULL = "line_full"
    STATION_NOT_PERMITTED = "station_not_permitted"
    NO_STATION = "no_station"
    LOGIN_TAKEN = "login_taken"
    USER_ID_TAKEN = "user_id_taken"
    USER_LIVES = "user_lives"
    NOT_ASSIGNABLE_TO = "not_assignable_to"
    LICENSE_EXPIRED = "license_expired"
    SEATS_EXHAUSTED = "seats_exhausted"
    SEATS_BELOW_USE = "seats_below_use"
    STILL_ASSIGNED = "still_assigned"
    CONCURRENT_STATION = "concurrent_station"
    PREREQUISITE_MISSING = "prerequisite_missing"
    PREREQUISITE_NEEDED = "prerequisite_needed"
    PREREQUISITE_CIRCLE = "prerequisite_circle"
    CHANGED_SINCE = "changed_since"
    INVALID_VALUE = "invalid_value"


class Refusal(Exception):
    """A command was refused whole; nothing of it happened.

    `said` says what is wrong, where, and with which numbers. `index` is the place of the refused command inside
    a `Together`, else None. `license_id` is the license that it is about, where it is about one's seats.
    """

    def __init__(self, code: Code, text: str, /, *, license_id: int | None = None, **facts: Fact) -> None:
        self.said = Sentence(text, facts)
        super().__init__(str(self.said))
        self.code = code
        self.license_id = license_id
        self.index: int | None = None

    @property
    def sentence(self) -> str:
        """What is said, in English."""
        return str(self.said)
