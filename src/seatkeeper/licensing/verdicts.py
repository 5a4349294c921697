"""What the check of one license came to: granted or refused, why, and with which numbers."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct

from seatkeeper.licensing.entities import HolderKind, LicenseKind, Method
from seatkeeper.licensing.sentences import NO_SUCH_LICENSE, Fact, Sentence, pattern, say


class Status(IntEnum):
    """ICWS `licenseStatus` (seed license-stages; contract 4.2)."""

    UNKNOWN_ERROR = 0
    NONE = 1
    AVAILABLE = 2
    NOT_ASSIGNED = 3
    LICENSE_UNAVAILABLE = 4
    USER_ON_ANOTHER_STATION = 5
    STATION_ALREADY_IN_USE_ON_ANOTHER_MACHINE = 6
    STATION_ALREADY_IN_USE_BY_ANOTHER_USER = 7
    OTHER_APPLICATION_USING_LICENSE = 8
    LICENSE_UNKNOWN = 9


class Reason(StrEnum):
    """Why a license was refused. Each has one sentence and one status."""

    POOL_INCONSISTENT = "pool_inconsistent"
    SITE_LICENSE = "site_license"
    FOR_APPLICATIONS = "for_applications"
    NOT_ASSIGNED = "not_assigned"
    USER_NOT_ENABLED = "user_not_enabled"
    STATION_NOT_ENABLED = "station_not_enabled"
    ALL_IN_USE = "all_in_use"
    NOT_COVERED = "not_covered"
    EXPIRED = "expired"
    ON_ANOTHER_STATION = "on_another_station"
    ON_ANOTHER_MACHINE = "on_another_machine"
    STATION_TAKEN = "station_taken"
    OTHER_APPLICATION = "other_application"
    UNKNOWN_LICENSE = "unknown_license"


STATUS_OF = {
    Reason.POOL_INCONSISTENT: Status.UNKNOWN_ERROR,
    Reason.SITE_LICENSE: Status.NONE,
    Reason.FOR_APPLICATIONS: Status.NOT_ASSIGNED,
    Reason.NOT_ASSIGNED: Status.NOT_ASSIGNED,
    Reason.USER_NOT_ENABLED: Status.NOT_ASSIGNED,
    Reason.STATION_NOT_ENABLED: Status.NOT_ASSIGNED,
    Reason.ALL_IN_USE: Status.LICENSE_UNAVAILABLE,
    Reason.NOT_COVERED: Status.LICENSE_UNAVAILABLE,
    Reason.EXPIRED: Status.LICENSE_UNAVAILABLE,
    Reason.ON_ANOTHER_STATION: Status.USER_ON_ANOTHER_STATION,
    Reason.ON_ANOTHER_MACHINE: Status.STATION_ALREADY_IN_USE_ON_ANOTHER_MACHINE,
    Reason.STATION_TAKEN: Status.STATION_ALREADY_IN_USE_BY_ANOTHER_USER,
    Reason.OTHER_APPLICATION: Status.OTHER_APPLICATION_USING_LICENSE,
    Reason.UNKNOWN_LICENSE: Status.LICENSE_UNKNOWN,
}

KINDS: Final = {
    LicenseKind.SITE: say("site"),
    LicenseKind.SATELLITE: say("satellite"),
}
"""The kinds of licenses that no user acquires, as a sentence has them before the word license."""

SENTENCES: Final = {
    Reason.POOL_INCONSISTENT: pattern(
        "{license} could not be checked: its pool records {in_use} concurrent of {concurrent_seats} and {assigned}"
        " assigned of {assignable_seats} seats, which cannot be; ask the operator to run 'seatkeeper check'."
    ),
    Reason.SITE_LICENSE: pattern(
        "{license} is a {kind} license: it covers the whole installation and no user acquires it."
    ),
    Reason.FOR_APPLICATIONS: pattern(
        "{license} is a token, which applications of a runtime take and no user acquires."
    ),
    Reason.NOT_ASSIGNED: pattern("{license} is assigned neither to {user} nor to {station}."),
    Reason.USER_NOT_ENABLED: pattern("{license} is assigned to {user}, but licensing is not enabled for {user}."),
    Reason.STATION_NOT_ENABLED: pattern(
        "{license} is assigned to station {station}, but licensing is not enabled for it."
    ),
    Reason.ALL_IN_USE: pattern("All {seats} concurrent seats of {license} are in use ({in_use} users hold one)."),
    Reason.NOT_COVERED: pattern(
        "{assigned} assignable seats of {license} are assigned but only {seats} are installed, and {holder} is not"
        " among the first {seats}."
    ),
    Reason.EXPIRED: pattern("{license} could be used until {until} and has expired."),
    Reason.ON_ANOTHER_STATION: pattern(
        "{license} belongs to station {station}, but {user} is logged on to {other_station} as well."
    ),
    Reason.ON_ANOTHER_MACHINE: pattern(
        "{license} belongs to station {station}, which {user} already uses on another machine ({other_machine})."
    ),
    Reason.STATION_TAKEN: pattern("{license} belongs to station {station}, which {other_user} is using."),
    Reason.OTHER_APPLICATION: pattern(
        "{license} is not shared between applications, and {user} holds it in {other_application}."
    ),
    Reason.UNKNOWN_LICENSE: NO_SUCH_LICENSE,
}
"""What is said of each reason, with the facts of the verdict."""


class Ground(Struct, frozen=True, gc=False):
    """What a grant rests on: the assignment, of the user or of the station, and the method."""

    kind: HolderKind
    assignment_id: int
    method: Method


class Verdict(Struct, frozen=True):
    """The check of one license. Granted: `reason` None and `ground` set. Refused: the reason and its facts.

    `license` is the name as the client spelled it.
    """

    license: str
    reason: Reason | None
    facts: Mapping[str, Fact]
    ground: Ground | None

    @property
    def granted(self) -> bool:
        """Whether the license was acquired or already held."""
        return self.reason is None

    @property
    def status(self) -> Status:
        """The ICWS status of this verdict."""
        return Status.AVAILABLE if self.reason is None else STATUS_OF[self.reason]

    @property
    def sentence(self) -> str:
        """What is said, in English; `none` when granted."""
        return "none" if self.said is None else str(self.said)

    @property
    def said(self) -> Sentence | None:
        """One sentence that names the license, the reason and the numbers; None when granted."""
        return None if self.reason is None else Sentence(SENTENCES[self.reason], self.facts)


class StageVerdict(Struct, frozen=True):
    """The verdicts of one stage, in the order of its licenses."""

    name: str
    verdicts: tuple[Verdict, ...]
