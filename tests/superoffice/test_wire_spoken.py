"""In which language, culture and time zone an associate is spoken to (contract 6.6)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.superoffice.world import World

STORED = 'US:"Planner";NO:"Planlegger";GE:"Planung"'
ASSIGNMENTS = "License/GetThirdPartyLicenseAssignments"


class Texts:
    """An owner and a module of his whose texts are in several languages, and an associate who has it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owner = world.owner(description='US:"Planning";GE:"Planen"', expires=datetime(2098, 7, 1, 10, tzinfo=UTC))
        self.module = world.module(self.owner, display_name=STORED, tooltip='FR:"Aide"')
        self.associate = world.associate(f"{self.owner}:{self.module}")

    def link(self, **headers: str) -> dict[str, Any]:
        """His assignment, as these headers ask for it. Names have `_` for the dash."""
        request = {"AssociateId": self.associate, "ModuleOwner": self.owner}
        [link] = self.world.desk.call(ASSIGNMENTS, request, headers=named(headers))
        told: dict[str, Any] = link
        return told

    def described(self, **headers: str) -> dict[str, Any]:
        """The stored document of the owner."""
        answer = self.document(**headers)
        current: dict[str, Any] = answer.json()["Current"]
        return current

    def document(self, **headers: str) -> httpx.Response:
        """GetLicenseFromDB."""
        return self.world.desk.post("License/GetLicenseFromDB", {"OwnerName": self.owner}, headers=named(headers))


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture(scope="module")
def texts(world: World) -> Texts:
    return Texts(world)


@pytest.mark.superoffice(
    "6.6 without a language texts come as they are stored",
    "6.6 * and x switch translation off, an empty Accept-Language is none",
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept_Language": ""},
        {"Accept_Language": "*"},
        {"Accept_Language": "de", "SO_Language": "*"},
        {"Accept_Language": "de", "SO_Language": "x"},
        {"Accept_Language": "de", "SO_Language": ""},
        {"Accept_Language": "de;q=0"},
        {"SO_Culture": "de"},
    ],
)
def test_without_a_language_texts_come_as_they_are_stored(texts: Texts, headers: dict[str, str]) -> None:
    assert texts.link(**headers)["Description"] == STORED
    assert texts.described(**headers)["OwnerDescription"] == 'US:"Planning";GE:"Planen"'


@pytest.mark.superoffice(
    "6.6 Accept-Language",
    "6.6 SO-Language",
    "6.6 with a language the text of it is chosen",
    "6.6 SO-Language overrides Accept-Language",
    "6.6 the first language that there is of a list is taken",
)
@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"Accept_Language": "de"}, "Planung"),
        ({"Accept_Language": "de-AT"}, "Planung"),
        ({"Accept_Language": "nb-NO, en;q=0.5"}, "Planlegger"),
        ({"Accept_Language": "no"}, "Planlegger"),
        ({"Accept_Language": "en-us; en-gb", "SO_Language": "nb-no"}, "Planlegger"),
        ({"Accept_Language": "en-us; en-gb"}, "Planner"),
        ({"Accept_Language": "fr,de,ru,zh"}, "Planung"),
        ({"Accept_Language": "en;q=0.1, de;q=0.9"}, "Planung"),
        ({"SO_Language": "GE"}, "Planung"),
        ({"Accept_Language": "zh"}, "Planner"),
    ],
)
def test_with_a_language_the_text_of_it_is_chosen(texts: Texts, headers: dict[str, str], text: str) -> None:
    assert texts.link(**headers)["Description"] == text


def test_a_text_that_is_in_none_of_the_languages_nor_in_english_is_in_its_first(texts: Texts) -> None:
    assert texts.link(SO_Language="de")["Tooltip"] == "Aide"


@pytest.mark.superoffice("6.6 reasons and messages are in the language")
def test_messages_and_reasons_are_in_the_language(texts: Texts, world: World) -> None:
    request = {"AssociateId": texts.associate, "ModuleOwner": texts.owner, "ModuleLicenseNames": 7.5}
    for language, said in {
        "de-AT": "muss eine Zeichenkette sein",
        "fr-CA": "doit être une chaîne",
        "zh, de": "muss eine",
        "zh": "must be",
    }.items():
        answer = world.desk.post(
            "License/AssignThirdPartyLicenses",
            {**request, "ModuleLicenseNames": [{}]},
            headers={"Accept-Language": language},
        )
        assert answer.status_code == 400
        assert said in answer.json()["MessageDetail"]
    with world.employ(f"{texts.owner}:{texts.module}", rights=["inventory.read"]) as reader:
        body = {"AssociateId": texts.associate, "ModuleOwner": texts.owner}
        [link] = reader.call(ASSIGNMENTS, body, headers={"SO-Language": "de"})
    assert link["TableRight"]["Reason"] == "Zum Zuweisen braucht man das Recht assignments.write."


@pytest.mark.superoffice("6.6 SO-Culture", "6.6 SO-Culture without a language is ignored")
@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"SO-Culture": "de"}, "10000"),
        ({"SO-Language": "en"}, "10,000"),
        ({"SO-Language": "en", "SO-Culture": "de-CH"}, "10\u2019000"),
        ({"SO-Language": "en", "SO-Culture": "sv"}, "10\u00a0000"),
        ({"SO-Language": "de", "SO-Culture": "nonsense"}, "10.000"),
    ],
)
def test_numbers_in_messages_are_written_as_the_culture_does(
    texts: Texts, world: World, headers: dict[str, str], number: str
) -> None:
    request = {"AssociateId": texts.associate, "ModuleOwner": texts.owner, "ModuleLicenseNames": ["x"] * 10_001}
    answer = world.desk.post("License/AssignThirdPartyLicenses", request, headers=headers)
    assert f" {number} " in answer.json()["MessageDetail"]


@pytest.mark.superoffice(
    "6.6 SO-TimeZone, by code or number",
    "6.6 SO-TimeZone, includeTZOffset",
    "6.6 header SO-TIMEZONE of an answer",
    "6.6 SO-Browser-TZ-Offset is ignored",
)
@pytest.mark.parametrize(
    ("zone", "date", "told"),
    [
        ("NO", "2098-07-01T12:00:00", "Europe/Oslo"),
        ("261", "2098-07-01T12:00:00", "Europe/Oslo"),
        ("us-ny", "2098-07-01T06:00:00", "America/New_York"),
        ("US-NY, includeTZOffset", "2098-07-01T06:00:00-0400", "America/New_York"),
        ("US-NY,includeTZOffset", "2098-07-01T06:00:00-0400", "America/New_York"),
        ("includeTZOffset", "2098-07-01T10:00:00+0000", "UTC"),
        ("Europe/Oslo", "2098-07-01T12:00:00", "Europe/Oslo"),
        ("W. Europe Standard Time", "2098-07-01T12:00:00", "Europe/Berlin"),
        ("UTC", "2098-07-01T10:00:00", "UTC"),
        ("", "2098-07-01T10:00:00", "UTC"),
        ("nowhere", "2098-07-01T10:00:00", "UTC"),
        ("99999", "2098-07-01T10:00:00", "UTC"),
    ],
)
def test_dates_are_of_the_zone_that_is_asked_for(texts: Texts, zone: str, date: str, told: str) -> None:
    answer = texts.document(SO_Timezone=zone, SO_Browser_TZ_Offset="-600")
    assert (answer.json()["Current"]["ExpiryDate"], answer.headers["so-timezone"]) == (date, told)
    assert answer.json()["Current"]["GraceDate"] == "0001-01-01T00:00:00"


def test_without_a_zone_no_header_tells_of_one(texts: Texts) -> None:
    assert "so-timezone" not in texts.document().headers
