"""Time zones by the names that clients have for them."""

from zoneinfo import available_timezones

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.superoffice.wire.zones import zone_called


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("NO", "Europe/Oslo"),
        ("dk", "Europe/Copenhagen"),
        ("DE", "Europe/Berlin"),
        ("GB", "Europe/London"),
        ("BD", "Asia/Dhaka"),
        ("US-NY", "America/New_York"),
        ("US-HI", "Pacific/Honolulu"),
        ("CA-QC", "America/Toronto"),
        ("au-act", "Australia/Sydney"),
        ("AU-WA", "Australia/Perth"),
        ("UTC", "UTC"),
        ("1", "UTC"),
        ("36", "Australia/Sydney"),
        ("425", "America/Los_Angeles"),
        ("Romance Standard Time", "Europe/Paris"),
        (" europe/oslo ", "Europe/Oslo"),
    ],
)
def test_a_zone_is_found_by_every_kind_of_name(name: str, zone: str) -> None:
    found = zone_called(name)
    assert found is not None
    assert found.key == zone


def test_every_zone_of_iana_and_of_windows_is_found() -> None:
    for zone in available_timezones():
        assert zone_called(zone) is not None, zone
    for name in get_global("windows_zone_mapping"):
        assert zone_called(name) is not None, name


@pytest.mark.parametrize("name", ["", "x", "XX", "US-XX", "0", "999", "../../etc/passwd", "\x00", "Europe/"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_called(name) is None


@given(st.text(max_size=30))
def test_any_text_is_a_zone_or_none(name: str) -> None:
    zone_called(name)
