"""Until when a license can be assigned and used: by its own dates and its owner's, whichever come first.

Decision 24.
"""

from datetime import UTC, datetime

from seatkeeper.licensing.entities import License, Owner, OwnerDetails


def is_past(license_: License, owner: Owner | None, now: int) -> bool:
    """Whether a license, or all of its owner's, has expired: from then on it cannot be assigned."""
    ends = (license_.expires, None if owner is None else owner.details.expires)
    return any(end is not None and now >= end for end in ends)


def usable_until(license_: License, owner: Owner | None) -> int | None:
    """From when on a license cannot be acquired any more; None for never."""
    ends = (end_of(license_), None if owner is None else end_of(owner.details))
    return min((end for end in ends if end is not None), default=None)


def end_of(dated: License | OwnerDetails) -> int | None:
    """When the grace of a license, or of all of an owner's, is over; without any, it ends as it expires."""
    return dated.expires if dated.grace_until is None else dated.grace_until


def date(at: int) -> str:
    """A time, as sentences have it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
