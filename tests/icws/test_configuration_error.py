"""PUT of `licenseProperties` that is refused: bodies that cannot be meant, and who may not or cannot (contract 5.5)."""

import pytest

from tests.icws.client import Session
from tests.icws.license_model import AUTOMATION, BASIC_STATION, CLIENT, MEDIA
from tests.icws.properties import additional, head, listed, mistake, problem, put, read
from tests.icws.world import World

WRONG: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"licenseActive": 1}, mistake(13, "licenseActive", "1")),
    ({"hasClientAccess": "yes"}, mistake(13, "hasClientAccess", "yes")),
    ({"mediaLevel": 4}, mistake(9, "mediaLevel", "4")),
    ({"mediaLevel": -1}, mistake(9, "mediaLevel", "-1")),
    ({"mediaLevel": "media1"}, mistake(13, "mediaLevel", "media1")),
    ({"mediaLevel": True}, mistake(13, "mediaLevel", "true")),
    ({"mediaLevel": 2.5}, mistake(13, "mediaLevel", "2.5")),
    ({"interactionProcessAutomationType": 5}, mistake(9, "interactionProcessAutomationType", "5")),
    ({"interactionProcessAutomationType": [1]}, mistake(13, "interactionProcessAutomationType", "[...]")),
    ({"allocationType": 2}, mistake(9, "allocationType", "2")),
    ({"allocationType": 10**300}, mistake(9, "allocationType", "1" + 255 * "0")),
    ({"additionalLicenses": {}}, mistake(13, "additionalLicenses", "{...}")),
    ({"additionalLicenses": listed(*map(str, range(1001)))}, mistake(10, "additionalLicenses", "[...]")),
    ({"additionalLicenses": ["I3_ACCESS_CLIENT"]}, mistake(4, "additionalLicenses[0].id", "null")),
    ({"additionalLicenses": [*listed(CLIENT), {"uri": ""}]}, mistake(4, "additionalLicenses[1].id", "null")),
    ({"additionalLicenses": [{"id": 3}]}, mistake(13, "additionalLicenses[0].id", "3")),
    ({"additionalLicenses": listed(257 * "x")}, mistake(6, "additionalLicenses[0].id", 256 * "x")),
    ({"additionalLicenses": listed("I3_NOT_THERE")}, mistake(2, "additionalLicenses", "I3_NOT_THERE")),
    ({"additionalLicenses": listed(" \0 ")}, mistake(2, "additionalLicenses", " \0 ")),
    ({"additionalLicenses": listed(BASIC_STATION)}, mistake(31, "additionalLicenses", BASIC_STATION)),
]


@pytest.mark.icws(
    "5.5 400 configurationError", "5.5 configurationError.__type", "5.5 configurationError.validationErrors"
)
@pytest.mark.parametrize(("properties", "error"), WRONG)
def test_what_is_wrong_is_named_and_nothing_is_applied(
    office: World, admin: Session, properties: dict[str, object], error: dict[str, object]
) -> None:
    login = office.user(MEDIA[0])
    before = read(admin, f"users/{login}")
    answer = put(admin, f"users/{login}", {"hasClientAccess": True, **properties})
    assert answer.status_code == 400
    body = answer.json()
    assert body["__type"] == "urn:inin.com:configuration:configurationError"
    assert body["validationErrors"] == [error]
    assert f"{error['propertyName']} " in body["message"]
    assert "licenseErrors" not in body
    assert read(admin, f"users/{login}") == before


@pytest.mark.icws("5.5 400 configurationError", "5.5 configurationError.validationErrors")
def test_properties_that_are_no_object_are_refused(office: World, admin: Session) -> None:
    answer = put(admin, f"users/{office.user()}", [1])
    assert answer.status_code == 400
    assert answer.json()["validationErrors"] == [
        {"validationErrorType": 13, "propertyName": "licenseProperties", "propertyValue": "[...]"}
    ]


@pytest.mark.icws("5.5 400 configurationError")
def test_licenses_that_nobody_is_assigned_any_more_or_ever_are_refused(office: World, admin: Session) -> None:
    site, expired = office.license(kind="site"), office.license(expires="2020-01-01")
    login = office.user()
    answer = put(admin, f"users/{login}", {"additionalLicenses": listed(site, expired)})
    assert answer.status_code == 400
    errors = answer.json()["validationErrors"]
    assert [(each["validationErrorType"], each["propertyValue"]) for each in errors] == [(31, site), (31, expired)]
    assert additional(admin, f"users/{login}") == []


@pytest.mark.icws("5.5 400 configurationError")
def test_a_property_that_means_a_license_that_there_is_not_is_refused(world: World) -> None:
    """The server of the other tests has no license for process designers."""
    with world.log_on(world.user(roles=["administrator"])) as admin:
        answer = put(admin, f"users/{world.user()}", {"interactionProcessAutomationType": 4})
    assert answer.status_code == 400
    assert answer.json()["validationErrors"] == [mistake(2, "interactionProcessAutomationType", "4")]
    assert AUTOMATION[3] in answer.json()["message"]


@pytest.mark.icws(
    "5.5 configurationError.validationErrors",
    "5.5 configurationError.licenseErrors",
    "5.5 where another part fails nothing is applied",
)
def test_everything_that_is_wrong_is_named_at_once_with_the_licenses_that_have_no_seat(
    office: World, admin: Session
) -> None:
    full = office.license(assignable_seats=0)
    login = office.user(MEDIA[0])
    before, journal = read(admin, f"users/{login}"), head(office)
    wanted = {
        "hasClientAccess": True,
        "mediaLevel": 7,
        "licenseActive": "no",
        "additionalLicenses": listed("I3_NOT_THERE", full, BASIC_STATION),
    }
    answer = put(admin, f"users/{login}", wanted)
    assert answer.status_code == 400
    errors = {each["propertyName"]: each["propertyValue"] for each in answer.json()["validationErrors"][:2]}
    assert errors == {"licenseProperties.mediaLevel": "7", "licenseProperties.licenseActive": "no"}
    refused = [each["propertyValue"] for each in answer.json()["validationErrors"][2:]]
    assert refused == ["I3_NOT_THERE", BASIC_STATION]
    assert answer.json()["licenseErrors"] == [problem(2, full)]
    assert read(admin, f"users/{login}") == before
    assert head(office) == journal


@pytest.mark.icws("5.5 400 configurationError")
def test_of_very_many_mistakes_the_message_tells_the_first(office: World, admin: Session) -> None:
    answer = put(admin, f"users/{office.user()}", {"additionalLicenses": listed(*(f"X{n}" for n in range(1000)))})
    assert (answer.status_code, len(answer.json()["validationErrors"])) == (400, 1000)
    assert "990 further mistakes" in answer.json()["message"]
    assert len(answer.json()["message"]) < 2000


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{", b'{"licenseProperties": "\xff"}', b"[" * 100_000])
def test_a_body_that_is_no_object_is_malformed(office: World, admin: Session, body: bytes) -> None:
    answer = admin.call("PUT", f"configuration/users/{office.user()}", body)
    assert answer.status_code == 400
    assert answer.json()["errorId"] == "error.request.invalidRepresentation.malformed"


@pytest.mark.icws("5.5 {id}: 403", "5.6 {id}: 403")
@pytest.mark.parametrize("path", ["users/{user}", "stations/{station}", "users/nobody"])
def test_whoever_may_not_assign_is_403(office: World, path: str) -> None:
    login = office.user(roles=["operator"])
    with office.log_on(login) as session:
        answer = put(session, path.format(user=login, station=office.station()), {"hasClientAccess": True})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, 7)
    assert "assignments.write" in answer.json()["message"]


@pytest.mark.icws("5.5 {id}: 404", "5.6 {id}: 404")
@pytest.mark.parametrize("path", ["users/nobody", "stations/nowhere", "users/%00", "users/%ED%A0%80", "stations/%F0"])
@pytest.mark.parametrize("properties", [{"hasClientAccess": True}, {"mediaLevel": 9}, None])
def test_what_is_not_there_is_404(admin: Session, path: str, properties: object) -> None:
    answer = put(admin, path, properties)
    assert (answer.status_code, answer.json()["message"].startswith("There is no ")) == (404, True)
