"""PUT of `licenseProperties` where the seats do not suffice, or something is doubtful: contract 5.5."""

import pytest

from tests.icws.client import Session
from tests.icws.license_model import CLIENT
from tests.icws.properties import additional, done, head, listed, problem, read
from tests.icws.world import World


@pytest.mark.icws(
    "5.5 updateOperationResult.licenseProblems.licenseErrorType",
    "5.5 updateOperationResult.licenseProblems.license",
    "5.5 licenseErrorType: setErrorExceedsThreshold 2",
)
def test_where_the_seats_do_not_suffice_each_license_is_named_and_nothing_changed(
    office: World, admin: Session
) -> None:
    first, second = office.license(assignable_seats=1), office.license(assignable_seats=0)
    office.user(first)
    login = office.user()
    before, journal = read(admin, f"users/{login}"), head(office)
    wanted = {"licenseActive": True, "hasClientAccess": True, "additionalLicenses": listed(first, second)}
    assert done(admin, f"users/{login}", wanted) == {
        "id": login,
        "uri": f"/configuration/users/{login}",
        "licenseProblems": [problem(2, first), problem(2, second)],
    }
    assert read(admin, f"users/{login}") == before
    assert head(office) == journal


@pytest.mark.icws("5.5 licenseErrorType: setErrorExceedsThreshold 2", "5.5 PUT licenseProperties.licenseActive")
def test_activating_licenses_without_a_seat_is_a_problem(office: World, admin: Session) -> None:
    license_ = office.license(assignable_seats=1)
    login = office.user(license_, enabled=False)
    office.user(license_)
    assert done(admin, f"users/{login}", {"licenseActive": True})["licenseProblems"] == [problem(2, license_)]
    assert read(admin, f"users/{login}")["licenseActive"] is False


@pytest.mark.icws("5.5 licenseErrorType: setErrorExceedsThreshold 2", "5.5 PUT licenseProperties.allocationType")
def test_a_license_in_use_moves_to_the_concurrent_seats_only_if_one_is_free(office: World, admin: Session) -> None:
    license_ = office.license(concurrent_seats=1)
    login, other = office.user(license_), office.user(license_, method="concurrent")
    with office.log_on(login) as session, office.log_on(other) as occupant:
        assert (session.status(license_), occupant.status(license_)) == (2, 2)
        assert done(admin, f"users/{login}", {"allocationType": 1})["licenseProblems"] == [problem(2, license_)]
        assert read(admin, f"users/{login}")["allocationType"] == 0
        occupant.call("DELETE", "licenses")
        result = done(admin, f"users/{login}", {"allocationType": 1})
        assert result["licenseProblems"] == [problem(1, license_)]  # two may use one seat, which is but a warning
        assert office.holds(session) == {license_}
        assert occupant.status(license_) == 4


@pytest.mark.icws("5.5 licenseErrorType: setWarningExceedsThreshold 1")
def test_more_users_than_concurrent_seats_is_a_warning(office: World, admin: Session) -> None:
    license_ = office.license(concurrent_seats=1)
    office.user(license_, method="concurrent")
    login = office.user(method="concurrent")
    result = done(admin, f"users/{login}", {"additionalLicenses": listed(license_)})
    assert result["licenseProblems"] == [problem(1, license_)]
    assert additional(admin, f"users/{login}") == [license_]


@pytest.mark.icws("5.5 licenseErrorType: setWarningMissingQualifiers 3")
def test_a_missing_prerequisite_is_a_warning(office: World, admin: Session) -> None:
    required = office.license()
    license_ = office.license(prerequisite=required)
    login = office.user()
    result = done(admin, f"users/{login}", {"additionalLicenses": listed(license_)})
    assert result["licenseProblems"] == [problem(3, license_)]
    assert additional(admin, f"users/{login}") == [license_]
    assert "licenseProblems" not in done(admin, f"users/{login}", {"additionalLicenses": listed(license_, required)})


@pytest.mark.icws("5.5 licenseErrorType: setWarningMissingQualifiers 3")
def test_taking_away_what_another_license_requires_is_a_warning_too(office: World, admin: Session) -> None:
    license_ = office.license(prerequisite=CLIENT)
    login = office.user(license_, CLIENT)
    assert done(admin, f"users/{login}", {"hasClientAccess": False})["licenseProblems"] == [problem(3, license_)]
    assert additional(admin, f"users/{login}") == [license_]
