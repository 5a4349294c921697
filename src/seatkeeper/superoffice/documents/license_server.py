"""What an owner's license server says of a license: how it is, and what was bought when."""

from collections.abc import Iterator
from typing import Final

from seatkeeper.licensing.sentences import Sentence, pattern, say
from seatkeeper.queries.modules import OwnerModules
from seatkeeper.queries.seat_history import SeatHistory
from seatkeeper.superoffice.documents.days import written
from seatkeeper.superoffice.wire.carriers import CheckLicenseStatusResult, LicenseStatus
from seatkeeper.superoffice.wire.cultures import Spoken

_MOST_LINES: Final = 200
"""Of a module's history: the latest."""

_SEATS: Final = pattern("{day}: {count} bought.")
_UNRESTRICTED: Final = pattern("{day}: {count} bought, and any number may be assigned.")


def status_of(owned: OwnerModules, now: int, spoken: Spoken) -> CheckLicenseStatusResult:
    """How an owner's license is at a time, in milliseconds since 1970-01-01T00:00Z."""
    name, details = owned.owner.name, owned.owner.details
    ends = details.grace_until or details.expires
    if ends is not None and now >= ends:
        why = say("The licenses of {owner} ended on {day}.", owner=name, day=written(ends, spoken))
        return CheckLicenseStatusResult(LicenseStatus.PROBLEM_WITH_LICENSE, spoken.said(why), details.shop_url)
    if details.expires is not None and now >= details.expires:
        why = say("The licenses of {owner} expired on {day}.", owner=name, day=written(details.expires, spoken))
    elif details.warn_from is not None and now >= details.warn_from and details.expires is not None:
        why = say("The licenses of {owner} expire on {day}.", owner=name, day=written(details.expires, spoken))
    else:
        return CheckLicenseStatusResult(LicenseStatus.OK)
    kind = LicenseStatus.USE_CUSTOM_MESSAGE_AND_URL if details.shop_url else LicenseStatus.USE_CUSTOM_MESSAGE
    return CheckLicenseStatusResult(kind, spoken.said(why), details.shop_url)


def history_of(past: SeatHistory, spoken: Spoken) -> str:
    """How many seats of a module were bought, and when that changed, a line each."""
    return "\n".join(spoken.said(line) for line in _lines(past, spoken))


def _lines(past: SeatHistory, spoken: Spoken) -> Iterator[Sentence]:
    if past.archived_until is not None:
        yield say(
            "What changed until {day} is in the archives of the journal.", day=written(past.archived_until, spoken)
        )
    for each in past.changes[-_MOST_LINES:]:
        said = _UNRESTRICTED if each.unrestricted else _SEATS
        yield say(said, day=written(each.at, spoken), count=each.assignable)
