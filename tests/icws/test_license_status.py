"""Each `licenseStatus` of the seed `license-stages` for its own reason; 0 needs a server of its own (test_settings)."""

import pytest

from tests.icws.client import Session, result
from tests.icws.world import World

CONTINUE, ABORT = 0, 1


@pytest.mark.icws(
    "4.2 licenseStatus: licenseUnknown 9",
    "4.2 errorDetails says why a license was not acquired",
    "4.3 a license that does not exist is a result, not an error",
)
def test_a_license_that_does_not_exist_is_told_in_a_result_and_is_no_error(session: Session) -> None:
    [told] = session.stages(("desktop", CONTINUE, ["I3_NOT_THERE"]))
    assert told["result"] == [result("I3_NOT_THERE", 9, "There is no license named I3_NOT_THERE of owner ININ.")]


@pytest.mark.icws(
    "4.2 licenseStatus: available 2",
    "4.2 isAvailable is true where the license was acquired",
    "4.2 errorDetails is none where it was",
)
def test_an_available_license_is_acquired(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user(license_)) as session:
        assert session.stages(("desktop", ABORT, [license_]))[0]["result"] == [result(license_, 2, "none")]
        assert world.holds(session) == {license_}


@pytest.mark.icws("4.2 licenseStatus: none 1")
def test_a_license_of_the_whole_site_has_no_status(world: World) -> None:
    license_ = world.license(kind="site")
    with world.log_on(world.user()) as session:
        [told] = session.acquire(license_)
        assert told["licenseStatus"] == 1
        assert license_ in told["errorDetails"]


@pytest.mark.icws("4.2 licenseStatus: notAssigned 3")
def test_a_license_that_nobody_assigned_is_not_assigned(world: World, session: Session) -> None:
    license_ = world.license()
    [told] = session.acquire(license_)
    assert told["licenseStatus"] == 3
    assert license_ in told["errorDetails"]


@pytest.mark.icws("4.2 licenseStatus: notAssigned 3", "6 licenses of a user who is not enabled are not assigned")
def test_a_license_whose_user_is_not_enabled_is_not_assigned(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user(license_, enabled=False)) as session:
        assert session.status(license_) == 3


@pytest.mark.icws(
    "4.2 licenseStatus: licenseUnavailable 4, all concurrent seats in use",
    "4.2 errorDetails says why a license was not acquired",
    "6 a concurrent license takes its seat when it is used, and frees it with the session",
)
def test_a_license_whose_concurrent_seats_are_all_in_use_is_unavailable(world: World) -> None:
    license_ = world.license(concurrent_seats=1)
    first, second = (world.user(license_, method="concurrent") for _ in range(2))
    with world.log_on(first) as has, world.log_on(second) as wants:
        assert has.status(license_) == 2
        [told] = wants.acquire(license_)
        assert told == result(license_, 4, f"All 1 concurrent seats of {license_} are in use (1 users hold one).")
        has.log_off()
        assert wants.status(license_) == 2


@pytest.mark.icws("4.2 licenseStatus: licenseUnavailable 4, fewer seats installed than assigned")
def test_a_license_with_fewer_seats_than_assignments_is_unavailable_to_the_latest(world: World) -> None:
    license_ = world.license(assignable_seats=2)
    earlier, later = world.user(license_), world.user(license_)
    world.apply("licenses", {"name": license_, "assignable_seats": 1}, allow_overcommit=True)
    with world.log_on(earlier) as covered, world.log_on(later) as uncovered:
        assert covered.status(license_) == 2
        [told] = uncovered.acquire(license_)
        assert told["licenseStatus"] == 4
        assert later in told["errorDetails"]


@pytest.mark.icws("4.2 licenseStatus: userOnAnotherStation 5")
def test_a_stations_license_is_refused_to_a_user_who_sits_at_another_station_already(world: World) -> None:
    license_ = world.license()
    desk, other_desk, user = world.station(license_), world.station(), world.user()
    with world.log_on(user) as first, world.log_on(user) as second:
        first.sit_at(other_desk)
        second.sit_at(desk)
        [told] = second.acquire(license_)
        assert told["licenseStatus"] == 5
        assert other_desk in told["errorDetails"]


@pytest.mark.icws("4.2 licenseStatus: stationAlreadyInUseOnAnotherMachine 6")
def test_a_stations_license_is_refused_to_its_user_on_another_machine(world: World) -> None:
    license_ = world.license()
    desk, user = world.station(license_), world.user()
    with world.log_on(user) as first, world.log_on(user, address="127.0.0.2") as second:
        first.sit_at(desk)
        second.sit_at(desk)
        [told] = second.acquire(license_)
        assert told["licenseStatus"] == 6
        assert "127.0.0.1" in told["errorDetails"]


@pytest.mark.icws(
    "4.2 licenseStatus: stationAlreadyInUseByAnotherUser 7", "6 whoever sits at a station has its licenses alone"
)
def test_a_stations_license_is_refused_while_another_user_sits_there(world: World) -> None:
    license_ = world.license()
    desk, user = world.station(license_), world.user()
    with world.log_on(user) as first, world.log_on(world.user()) as second:
        first.sit_at(desk)
        second.sit_at(desk)
        [told] = second.acquire(license_)
        assert told["licenseStatus"] == 7
        assert user in told["errorDetails"]


@pytest.mark.icws("4.2 licenseStatus: otherApplicationUsingLicense 8")
def test_a_license_that_is_not_shared_is_refused_to_the_users_other_application(world: World) -> None:
    license_ = world.license(shared=False)
    user = world.user(license_)
    with world.log_on(user, application="Dialer") as first, world.log_on(user, application="Recorder") as second:
        assert first.status(license_) == 2
        [told] = second.acquire(license_)
        assert told["licenseStatus"] == 8
        assert "Dialer" in told["errorDetails"]
