"""Times as inventory files write them, and as they are kept: in milliseconds since 1970-01-01T00:00Z."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
_MIDNIGHT: Final = time()


def milliseconds(moment: datetime) -> int:
    """A moment as it is kept. Raises ValueError where it has no zone, or is not of the years 1970 to 9998, UTC."""
    if moment.tzinfo is None or not _EPOCH <= moment < _END:
        raise ValueError
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def written_date(at: int | None) -> date | datetime | str:
    """A time as a file writes it: a date where it is the beginning of one, UTC."""
    if at is None:
        return "never"
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.date() if moment.time() == _MIDNIGHT else moment
