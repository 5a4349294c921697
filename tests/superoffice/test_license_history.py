"""What a module's history says, however much of it there is."""

from zoneinfo import ZoneInfo

from seatkeeper.queries.seat_history import SeatHistory, Seats
from seatkeeper.superoffice.documents.license_server import history_of
from seatkeeper.superoffice.wire.cultures import Spoken

HOUR = 60 * 60 * 1000
DAY = 24 * HOUR


def test_what_was_archived_is_said_to_be() -> None:
    past = SeatHistory(10 * DAY, (Seats(20 * DAY, 5, unrestricted=False), Seats(30 * DAY, 1, unrestricted=True)))

    assert history_of(past, Spoken()).splitlines() == [
        "What changed until 1970-01-11 is in the archives of the journal.",
        "1970-01-21: 5 bought.",
        "1970-01-31: 1 bought, and any number may be assigned.",
    ]


def test_days_are_those_of_the_zone_as_the_culture_writes_them() -> None:
    past = SeatHistory(None, (Seats(30 * DAY - HOUR, 1500, unrestricted=False),))

    assert history_of(past, Spoken(("de",), "de", ZoneInfo("Europe/Berlin"))) == "31. Januar 1970: 1.500 gekauft."
    assert history_of(past, Spoken(("en",), "en", None)) == "January 30, 1970: 1,500 bought."


def test_the_latest_two_hundred_changes_are_told() -> None:
    past = SeatHistory(None, tuple(Seats(number * DAY, number, unrestricted=False) for number in range(500)))

    lines = history_of(past, Spoken()).splitlines()

    assert len(lines) == 200
    assert lines[-1].endswith(": 499 bought.")


def test_nothing_known_is_nothing_told() -> None:
    assert history_of(SeatHistory(None, ()), Spoken()) == ""
