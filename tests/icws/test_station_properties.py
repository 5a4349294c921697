"""PUT of `licenseProperties` of stations: contract 5.6."""

import pytest

from tests.icws.client import Session
from tests.icws.license_model import BASIC_STATION, CLIENT, MEDIA, RECORDER
from tests.icws.properties import allocation, done, listed, mistake, problem, put, read
from tests.icws.world import World


@pytest.mark.icws(
    "5.6 PUT stations/{id}",
    "5.6 PUT licenseProperties.hasBasicStationLicense",
    "5.6 PUT licenseProperties.hasRecorderAccess",
    "5.6 PUT licenseProperties.hasClientAccess",
    "5.6 PUT licenseProperties.mediaLevel",
    "5.6 PUT licenseProperties.interactionProcessAutomationType",
    "5.6 PUT licenseProperties.additionalLicenses",
    "5.6 licenseProperties.hasBasicStationLicense",
    "5.6 licenseProperties.hasRecorderAccess",
    "5.6 licenseProperties.hasClientAccess",
    "5.6 licenseProperties.mediaLevel",
    "5.6 licenseProperties.interactionProcessAutomationType",
    "5.6 licenseProperties.additionalLicenses",
    "5.6 licenseProperties.licenseActive",
    "5.6 updateOperationResult.id",
    "5.6 updateOperationResult.uri",
)
def test_a_station_is_given_licenses_that_whoever_sits_there_may_use(office: World, admin: Session) -> None:
    station, license_ = office.station(), office.license(applies_to="stations")
    wanted = {
        "hasBasicStationLicense": True,
        "hasRecorderAccess": True,
        "hasClientAccess": True,
        "mediaLevel": 2,
        "interactionProcessAutomationType": 1,
        "additionalLicenses": listed(license_),
    }
    assert done(admin, f"stations/{station.upper()}", wanted) == {
        "id": station,
        "uri": f"/configuration/stations/{station}",
    }
    assert read(admin, f"stations/{station}") == {
        **wanted,
        "licenseActive": True,
        "additionalLicenses": [allocation(license_)],
    }
    with office.log_on(office.user()) as session:
        assert session.sit_at(station).status_code == 200
        statuses = [
            each["licenseStatus"] for each in session.acquire(BASIC_STATION, RECORDER, CLIENT, MEDIA[1], license_)
        ]
        assert statuses == [2, 2, 2, 2, 2]
        done(admin, f"stations/{station}", {"hasBasicStationLicense": False, "hasRecorderAccess": False})
        assert office.holds(session) == {CLIENT, MEDIA[1], license_}
    properties = read(admin, f"stations/{station}")
    assert (properties["hasBasicStationLicense"], properties["hasRecorderAccess"]) == (False, False)


@pytest.mark.icws("5.6 PUT licenseProperties.licenseActive", "5.6 licenseProperties.licenseActive")
def test_a_station_whose_licenses_are_inactive_gives_none(office: World, admin: Session) -> None:
    station = office.station(BASIC_STATION)
    with office.log_on(office.user()) as session:
        session.sit_at(station)
        done(admin, f"stations/{station}", {"licenseActive": False})
        assert read(admin, f"stations/{station}")["licenseActive"] is False
        assert session.status(BASIC_STATION) == 3
        done(admin, f"stations/{station}", {"licenseActive": True})
        assert session.status(BASIC_STATION) == 2


@pytest.mark.icws("5.6 400 configurationError")
def test_a_station_is_never_concurrent(office: World, admin: Session) -> None:
    station = office.station()
    answer = put(admin, f"stations/{station}", {"allocationType": 1, "hasClientAccess": True})
    assert answer.status_code == 400
    assert answer.json()["validationErrors"] == [mistake(31, "allocationType", "1")]
    properties = read(admin, f"stations/{station}")
    assert properties["hasClientAccess"] is False
    assert "allocationType" not in properties
    assert done(admin, f"stations/{station}", {"allocationType": 0}) == {
        "id": station,
        "uri": f"/configuration/stations/{station}",
    }


@pytest.mark.icws("5.6 updateOperationResult.licenseProblems")
def test_a_station_takes_no_seat_that_there_is_not(office: World, admin: Session) -> None:
    station, full = office.station(), office.license(assignable_seats=0)
    result = done(admin, f"stations/{station}", {"hasBasicStationLicense": True, "additionalLicenses": listed(full)})
    assert result["licenseProblems"] == [problem(2, full)]
    assert read(admin, f"stations/{station}")["hasBasicStationLicense"] is False


@pytest.mark.icws("5.6 400 configurationError")
def test_a_license_for_users_alone_is_refused_to_a_station(office: World, admin: Session) -> None:
    station, license_ = office.station(), office.license(applies_to="users")
    answer = put(admin, f"stations/{station}", {"additionalLicenses": listed(license_)})
    assert answer.status_code == 400
    assert [each["validationErrorType"] for each in answer.json()["validationErrors"]] == [31]
