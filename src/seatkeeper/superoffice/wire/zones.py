"""Time zones by the names that clients have for them (contract 6.6).

The vendor names a zone by its country, `NO`, and where a country has several by its region too, `US-NY`; a few it
documents with numbers. IANA's names and those of Windows are taken as well.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

_NUMBERED: Final[Mapping[str, str]] = {
    "1": "UTC",
    "36": "AU-ACT",
    "50": "BD",
    "114": "CA-QC",
    "140": "DK",
    "156": "FR",
    "261": "NO",
    "425": "US-CA",
    "433": "US-HI",
    "460": "US-NY",
}
"""The numbers that the vendor's documentation tells; which others there are is in its installations alone."""

_REGIONS: Final[Mapping[str, str]] = {
    "America/New_York": "US-CT US-DC US-DE US-FL US-GA US-MA US-MD US-ME US-MI US-NC US-NH US-NJ US-NY US-OH US-PA"
    " US-RI US-SC US-VA US-VT US-WV",
    "America/Indiana/Indianapolis": "US-IN",
    "America/Kentucky/Louisville": "US-KY",
    "America/Chicago": "US-AL US-AR US-IA US-IL US-KS US-LA US-MN US-MO US-MS US-ND US-NE US-OK US-SD US-TN US-TX"
    " US-WI",
    "America/Denver": "US-CO US-MT US-NM US-UT US-WY",
    "America/Boise": "US-ID",
    "America/Phoenix": "US-AZ",
    "America/Los_Angeles": "US-CA US-NV US-OR US-WA",
    "America/Anchorage": "US-AK",
    "Pacific/Honolulu": "US-HI",
    "America/St_Johns": "CA-NL",
    "America/Halifax": "CA-NS CA-PE",
    "America/Moncton": "CA-NB",
    "America/Toronto": "CA-ON CA-QC",
    "America/Winnipeg": "CA-MB",
    "America/Regina": "CA-SK",
    "America/Edmonton": "CA-AB",
    "America/Vancouver": "CA-BC",
    "America/Whitehorse": "CA-YT",
    "America/Yellowknife": "CA-NT",
    "America/Iqaluit": "CA-NU",
    "Australia/Sydney": "AU-ACT AU-NSW",
    "Australia/Melbourne": "AU-VIC",
    "Australia/Brisbane": "AU-QLD",
    "Australia/Adelaide": "AU-SA",
    "Australia/Darwin": "AU-NT",
    "Australia/Perth": "AU-WA",
    "Australia/Hobart": "AU-TAS",
}
"""Where most of a region lives by one zone, that one. Regions (ISO 3166-2) of the countries that the vendor shows
divided."""


@lru_cache(maxsize=1024)
def zone_called(name: str) -> ZoneInfo | None:
    """The zone of this name, number or code, in any case; None where nothing is called so."""
    folded = name.strip().casefold()
    key = _by_name().get(_NUMBERED.get(folded, folded).casefold())
    return None if key is None else ZoneInfo(key)


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, str]:
    """IANA's name of a zone by every name it has here, folded. Of one that means two, IANA's own meaning is last."""
    names = {windows.casefold(): zone for windows, zone in get_global("windows_zone_mapping").items()}
    names |= {zone.casefold(): zone for zone in available_timezones()}
    names |= _of_countries()
    for zone, regions in _REGIONS.items():
        names |= dict.fromkeys(regions.casefold().split(), zone)
    return names


def _of_countries() -> dict[str, str]:
    """By country, the zone that its table names first: the only one, or the one that most live by."""
    zones: dict[str, str] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones.setdefault(country.casefold(), zone)
    return zones
