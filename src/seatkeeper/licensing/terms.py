"""Until when a license can be assigned and used: by its own dates and its owner's, whichever come first.

Decision 24.
"""

from datetime import UTC, datetime

from seatkeeper.licensing.entities import License, Owner, OwnerDetails


def is_past(license_: License, owner: Owner | None, now: int) -> bool:
    """Whether a license, or all of its owner's, has expired: from then on it cannot be assigned."""
    until = assignable_until(license_, owner)
    return until is not None and now >= until


def assignable_until(license_: License, owner: Owner | None) -> int | None:
    """From when on a license cannot be assigned any more; None for never."""
    return _earlier(license_.expires, None if owner is None else owner.details.expires)


def usable_until(license_: License, owner: Owner | None) -> int | None:
    """From when on a license cannot be acquired any more; None for never."""
    return _earlier(end_of(license_), None if owner is None else end_of(owner.details))


def end_of(dated: License | OwnerDetails) -> int | None:
    """When the grace of a license, or of all of an owner's, is over; without any, it ends as it expires."""
    return dated.expires if dated.grace_until is None else dated.grace_until


def date(at: int) -> str:
    """A time, as sentences have it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(at: int) -> str:
    """The day of a time, UTC, as sentences have it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def _earlier(own: int | None, common: int | None) -> int | None:
    if own is None or common is None:
        return common if own is None else own
    return min(own, common)
