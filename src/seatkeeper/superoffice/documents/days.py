"""The dates of licenses: days, whatever zones they went through (docs/decisions/license-documents.md)."""

from datetime import UTC, datetime
from typing import Final

from babel import Locale
from babel.dates import format_date

from seatkeeper.superoffice.wire.cultures import Spoken

_HOUR: Final = 60 * 60 * 1000
_DAY: Final = 24 * _HOUR
_WEST: Final = 12 * _HOUR
_EAST: Final = 14 * _HOUR
"""How far the zones of the world are from UTC, in milliseconds."""

_NEVER_FROM: Final = 253_370_764_800_000
"""9999-01-01: the last date that .NET has lies in that year, and means never."""


def day(moment: int | None, stored: int | None = None) -> int | None:
    """The beginning of the day, UTC, that a time means; None for never. All in milliseconds since 1970-01-01T00:00Z.

    Clients read a date as the beginning of a day where they are, and send that time back: so it is the stored day where
    no more than a zone lies between the two, and else the day whose beginning is nearest.
    """
    if moment is None or moment >= _NEVER_FROM - _EAST:
        return None
    if stored is not None and -_WEST <= stored - moment <= _EAST:
        return stored
    return (moment + _WEST) // _DAY * _DAY


def written(moment: int, spoken: Spoken) -> str:
    """The day of a time, inside a sentence: as the client's culture writes it, or else as 2031-12-31."""
    there = datetime.fromtimestamp(moment / 1000, UTC).astimezone(spoken.zone or UTC).date()
    if spoken.culture is None:
        return there.isoformat()
    return format_date(there, format="long", locale=Locale.parse(spoken.culture.replace("_", "-"), sep="-"))
