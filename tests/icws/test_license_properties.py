"""PUT of `licenseProperties`, by which administrators of ICWS assign: what users' properties mean (contract 5.5)."""

import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.icws import license_model as plain
from tests.icws.client import MEDIA_TYPE, Session
from tests.icws.license_model import AUTOMATION, CLIENT, MEDIA, RECORDER
from tests.icws.properties import additional, allocation, assigned, counts, done, head, listed, put, read
from tests.icws.world import World
from tests.server_process import start_server

STEPS = 200


@pytest.mark.icws(
    "5.5 PUT users/{id}",
    "5.5 PUT licenseProperties.hasClientAccess",
    "5.5 licenseProperties.hasClientAccess",
    "5.5 updateOperationResult.id",
    "5.5 updateOperationResult.uri",
)
def test_client_access_is_given_and_taken(office: World, admin: Session) -> None:
    login = office.user()
    with office.log_on(login) as session:
        answer = put(admin, f"users/{login}", {"hasClientAccess": True})
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{MEDIA_TYPE}; charset=utf-8")
        assert answer.json() == {"id": login, "uri": f"/configuration/users/{login}"}
        assert read(admin, f"users/{login}")["hasClientAccess"] is True
        assert assigned(session, CLIENT) == {CLIENT}
        done(admin, f"users/{login}", {"hasClientAccess": False})
        assert read(admin, f"users/{login}")["hasClientAccess"] is False
        assert assigned(session, CLIENT) == set()


@pytest.mark.icws("5.5 PUT licenseProperties.mediaLevel", "5.5 licenseProperties.mediaLevel")
@pytest.mark.parametrize(
    "level",
    [
        pytest.param(0, marks=pytest.mark.icws("5.5 mediaLevel: none 0")),
        pytest.param(1, marks=pytest.mark.icws("5.5 mediaLevel: media1 1")),
        pytest.param(2, marks=pytest.mark.icws("5.5 mediaLevel: media2 2")),
        pytest.param(3, marks=pytest.mark.icws("5.5 mediaLevel: media3 3")),
    ],
)
def test_a_media_level_is_exactly_its_own_license(office: World, admin: Session, level: int) -> None:
    login = office.user(MEDIA[0], MEDIA[2])
    done(admin, f"users/{login}", {"mediaLevel": level})
    assert read(admin, f"users/{login}")["mediaLevel"] == level
    with office.log_on(login) as session:
        assert assigned(session, *MEDIA) == ({MEDIA[level - 1]} if level else set())


@pytest.mark.icws(
    "5.5 PUT licenseProperties.interactionProcessAutomationType",
    "5.5 licenseProperties.interactionProcessAutomationType",
)
@pytest.mark.parametrize(
    "level",
    [
        pytest.param(0, marks=pytest.mark.icws("5.5 interactionProcessAutomationType: none 0")),
        pytest.param(1, marks=pytest.mark.icws("5.5 interactionProcessAutomationType: directRoutedWorkItems 1")),
        pytest.param(2, marks=pytest.mark.icws("5.5 interactionProcessAutomationType: groupRoutedWorkItems 2")),
        pytest.param(3, marks=pytest.mark.icws("5.5 interactionProcessAutomationType: processMonitor 3")),
        pytest.param(4, marks=pytest.mark.icws("5.5 interactionProcessAutomationType: processDesigner 4")),
    ],
)
def test_an_automation_type_is_exactly_its_own_license(office: World, admin: Session, level: int) -> None:
    login = office.user(AUTOMATION[1])
    done(admin, f"users/{login}", {"interactionProcessAutomationType": level})
    assert read(admin, f"users/{login}")["interactionProcessAutomationType"] == level
    with office.log_on(login) as session:
        assert assigned(session, *AUTOMATION) == ({AUTOMATION[level - 1]} if level else set())


@pytest.mark.icws(
    "5.5 PUT licenseProperties.allocationType",
    "5.5 licenseProperties.allocationType",
    "5.5 allocationType: assignable 0",
    "5.5 allocationType: concurrent 1",
)
def test_the_allocation_type_moves_the_licenses_from_one_pool_to_the_other(office: World, admin: Session) -> None:
    license_ = office.license()
    login = office.user(license_)
    with office.log_on(office.user(roles=["administrator"])) as all_seeing:
        done(admin, f"users/{login}", {"allocationType": 1})
        assert read(admin, f"users/{login}")["allocationType"] == 1
        shared = counts(all_seeing, license_)
        assert (shared["appliedUserCount"], shared["concurrentConfiguredCount"]) == (0, 1)
        done(admin, f"users/{login}", {"allocationType": 0})
        assert read(admin, f"users/{login}")["allocationType"] == 0
        owned = counts(all_seeing, license_)
        assert (owned["appliedUserCount"], owned["concurrentConfiguredCount"]) == (1, 0)


@pytest.mark.icws("5.5 PUT licenseProperties.licenseActive", "5.5 licenseProperties.licenseActive")
def test_inactive_licenses_take_no_seat_and_are_refused_until_they_are_active_again(
    office: World, admin: Session
) -> None:
    license_ = office.license(assignable_seats=1)
    login = office.user(license_)
    with office.log_on(login) as session:
        done(admin, f"users/{login}", {"licenseActive": False})
        assert read(admin, f"users/{login}")["licenseActive"] is False
        assert additional(admin, f"users/{login}") == [license_]
        assert session.status(license_) == 3
        other = office.user(license_)  # takes the one seat
        office.unassign(other, license_)
        done(admin, f"users/{login}", {"licenseActive": True})
        assert read(admin, f"users/{login}")["licenseActive"] is True
        assert session.status(license_) == 2


@pytest.mark.icws("5.5 PUT licenseProperties.additionalLicenses", "5.5 licenseProperties.additionalLicenses")
def test_additional_licenses_are_exactly_those_that_are_listed_in_any_case(office: World, admin: Session) -> None:
    one, two, three = (office.license(display_name=f"License {number}") for number in range(3))
    login = office.user(one, two, CLIENT, MEDIA[1])
    done(admin, f"users/{login}", {"additionalLicenses": [{"id": two.lower()}, {"id": three, "displayName": 4}]})
    properties = read(admin, f"users/{login}")
    assert properties["additionalLicenses"] == [allocation(two, "License 1"), allocation(three, "License 2")]
    assert (properties["hasClientAccess"], properties["mediaLevel"]) == (True, 2)
    done(admin, f"users/{login}", {"additionalLicenses": []})
    properties = read(admin, f"users/{login}")
    assert properties["additionalLicenses"] == []
    assert (properties["hasClientAccess"], properties["mediaLevel"]) == (True, 2)


@pytest.mark.icws("5.5 PUT licenseProperties.additionalLicenses")
def test_an_additional_license_that_a_property_means_is_assigned_too(office: World, admin: Session) -> None:
    """Clients are known that list everything there is, beside the properties (contract 5.1)."""
    login = office.user()
    everything = {"hasClientAccess": False, "mediaLevel": 2, "additionalLicenses": listed(CLIENT, MEDIA[0], RECORDER)}
    done(admin, f"users/{login}", everything)
    properties = read(admin, f"users/{login}")
    assert (properties["hasClientAccess"], properties["mediaLevel"]) == (True, 2)
    assert additional(admin, f"users/{login}") == [MEDIA[0], RECORDER]


@pytest.mark.icws("5.5 PUT users/{id}", "5.5 licenseProperties.mediaLevel", "5.5 licenseProperties.additionalLicenses")
def test_to_write_what_was_read_changes_nothing(office: World, admin: Session) -> None:
    """Of several media licenses the highest is the level and the others are additional, so that none is lost."""
    login = office.user(MEDIA[0], MEDIA[2], AUTOMATION[0], office.license(), method="concurrent", enabled=False)
    before = read(admin, f"users/{login}")
    assert (before["mediaLevel"], before["allocationType"], before["licenseActive"]) == (3, 1, False)
    journal = head(office)
    assert done(admin, f"users/{login}", before) == {"id": login, "uri": f"/configuration/users/{login}"}
    assert read(admin, f"users/{login}") == before
    assert head(office) == journal


@pytest.mark.icws("5.5 PUT users/{id}", "1.2 unknown members are ignored")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"licenseProperties": None},
        {"licenseProperties": {}},
        {"licenseProperties": dict.fromkeys(("licenseActive", "mediaLevel", "additionalLicenses", "allocationType"))},
        {"licenseProperties": {"hasRecorderAccess": True, "x-icws": None, "mediaTypes": [1], "acdSocialMedia": True}},
        {"configurationId": {"id": "somebody else"}, "extension": "4711", "roles": {"actualValue": []}},
    ],
)
def test_what_is_absent_null_or_unknown_changes_nothing(office: World, admin: Session, body: object) -> None:
    login = office.user(CLIENT, MEDIA[0], office.license())
    before, journal = read(admin, f"users/{login}"), head(office)
    answer = admin.call("PUT", f"configuration/users/{login}", body)
    assert (answer.status_code, answer.json()["id"]) == (200, login)
    assert read(admin, f"users/{login}") == before
    assert head(office) == journal


@pytest.mark.icws("5.5 updateOperationResult.id", "5.5 updateOperationResult.uri")
def test_a_user_is_found_in_any_case_and_named_as_stored(office: World, admin: Session) -> None:
    office.apply("users", {"login": "Élodie Team/7"})
    result = done(admin, "users/%C3%89LODIE%20team%2F7", {"hasClientAccess": True})
    assert result == {"id": "Élodie Team/7", "uri": "/configuration/users/%C3%89lodie%20Team%2F7"}
    assert read(admin, "users/%C3%89lodie%20Team%2F7")["hasClientAccess"] is True


@pytest.mark.icws("5.5 a change of licenses is heard by the license subscription")
def test_the_streams_of_the_user_hear_of_it_at_once(office: World, admin: Session) -> None:
    one, two = office.license(), office.license()
    login = office.user(one)
    with office.log_on(login) as session:
        session.subscribe(one, two, CLIENT)
        with session.stream() as events:
            assert events.message()["isDelta"] is False
            done(admin, f"users/{login}", {"hasClientAccess": True, "additionalLicenses": listed(two)})
            heard: dict[str, bool] = {}
            while len(heard) < 3:
                message = events.message()
                assert message["isDelta"] is True
                heard |= {each["name"]: each["isAssigned"] for each in message["licenseAssignedStatusList"]}
            assert heard == {one: False, two: True, CLIENT: True}


@pytest.mark.icws("5.5 a change of licenses is heard by the license subscription")
def test_a_license_in_use_that_is_taken_away_is_released(office: World, admin: Session) -> None:
    license_ = office.license()
    login = office.user(license_)
    with office.log_on(login) as session:
        assert session.status(license_) == 2
        done(admin, f"users/{login}", {"additionalLicenses": []})
        assert office.holds(session) == set()


@pytest.mark.icws("5.5 PUT users/{id}")
def test_the_counts_of_the_allocations_move(office: World, admin: Session) -> None:
    license_ = office.license(assignable_seats=5)
    with office.log_on(office.user(roles=["administrator"])) as all_seeing:
        for number, login in enumerate((office.user(), office.user()), 1):
            done(admin, f"users/{login}", {"additionalLicenses": listed(license_)})
            seen = counts(all_seeing, license_)
            assert (seen["assignableConfiguredCount"], seen["appliedUserCount"]) == (number, number)
        done(admin, f"stations/{office.station()}", {"additionalLicenses": listed(license_)})
        seen = counts(all_seeing, license_)
        assert (seen["assignableConfiguredCount"], seen["appliedStationCount"]) == (3, 1)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose properties mean other licenses."""
    env = {
        "SEATKEEPER_ICWS_OWNER": "DESK",
        "SEATKEEPER_ICWS_LICENSES_CLIENT_ACCESS": "SEAT",
        "SEATKEEPER_ICWS_LICENSES_RECORDER": "TAPE",
    }
    with start_server(tmp_path_factory.mktemp("renamed") / "data", env=env) as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.icws("5.5 PUT licenseProperties.hasClientAccess", "5.6 PUT licenseProperties.hasRecorderAccess")
def test_the_settings_say_which_license_a_property_means(renamed: World) -> None:
    for name in ("SEAT", "TAPE", CLIENT):
        renamed.apply("licenses", {"name": name, "assignable_seats": 10})
    login, station = renamed.user(CLIENT), renamed.station()
    with renamed.log_on(renamed.user(roles=["administrator"])) as admin, renamed.log_on(login) as session:
        assert read(admin, f"users/{login}")["hasClientAccess"] is False
        assert additional(admin, f"users/{login}") == [CLIENT]
        done(admin, f"users/{login}", {"hasClientAccess": True})
        assert assigned(session, "SEAT", "TAPE", CLIENT) == {"SEAT", CLIENT}
        done(admin, f"stations/{station}", {"hasRecorderAccess": True})
        session.sit_at(station)
        assert session.status("TAPE") == 2


@pytest.mark.icws("5.5 PUT users/{id}", "5.6 PUT stations/{id}", "5.5 GET users/{id}", "5.6 GET stations/{id}")
def test_writes_one_after_the_other_come_to_what_the_model_says(tmp_path: Path) -> None:
    """The whole way once more, on few seats; the test of the model itself walks much farther."""
    chance = random.Random(2026)  # noqa: S311 - a test's choices, not secrets
    with start_server(tmp_path / "data") as server:
        world = World(server)
        model = plain.Model({name: plain.Seats(chance.randint(0, 2), chance.randint(0, 1)) for name in plain.LICENSES})
        for name, seats in model.seats.items():
            entry = {"name": name, "applies_to": plain.ONLY_FOR.get(name, "both"), **seats._asdict()}
            required = plain.REQUIRES.get(name)
            world.apply("licenses", entry if required is None else {**entry, "prerequisite": required})
        holders: list[plain.Holder] = [("users", world.user()), ("users", world.user()), ("stations", world.station())]
        model.accounts = dict.fromkeys(holders, plain.Account())
        with world.log_on(world.user(roles=["administrator"])) as admin:
            for _ in range(STEPS):
                holder = chance.choice(holders)
                body = plain.random_body(chance, holder[0])
                assert told(put(admin, "/".join(holder), body)) == model.put(holder, body)
                properties = read(admin, "/".join(holder))
                names = {each["id"] for each in properties["additionalLicenses"]}
                assert {**properties, "additionalLicenses": names} == model.properties(holder)
        world.close()


def told(answer: httpx.Response) -> set[tuple[str, str]]:
    """What an answer says of licenses, as the model has it."""
    body = answer.json()
    mistakes = body.get("validationErrors", [])
    assert answer.status_code == (400 if mistakes else 200), answer.text
    words = {1: "more", 2: "exceeds", 3: "lacks"}
    problems = {
        (words[each["licenseErrorType"]], each["license"]["id"])
        for each in body.get("licenseErrors", body.get("licenseProblems", []))
    }
    words = {2: "unknown", 31: "unfit"}
    return problems | {(words[each["validationErrorType"]], each["propertyValue"].upper()) for each in mistakes}
