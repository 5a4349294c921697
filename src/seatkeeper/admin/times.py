"""Times on the wire of the admin face."""

from datetime import UTC, datetime


def moment(milliseconds: int) -> datetime:
    """The UTC time of so many milliseconds since 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
