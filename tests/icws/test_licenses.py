"""Acquiring, replacing and releasing without stages: contract 4."""

import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.icws.client import Session
from tests.icws.world import World


@pytest.mark.icws(
    "4 POST licenses",
    "4 request: licenseList",
    "4 licenseOperationResultList",
    "4 licenseOperationResultList.licenseName",
    "4 licenseOperationResultList.isAvailable",
    "4 licenseOperationResultList.licenseStatus",
    "4 licenseOperationResultList.errorDetails",
    "4 POST adds to what is held",
)
def test_acquiring_adds_to_what_is_held(world: World) -> None:
    one, two = world.license(), world.license()
    with world.log_on(world.user(one, two)) as session:
        assert session.acquire(one) == [
            {"licenseName": one, "isAvailable": True, "licenseStatus": 2, "errorDetails": "none"}
        ]
        session.acquire(two, two)
        assert world.holds(session) == {one, two}


@pytest.mark.icws("4 PUT licenses", "4 PUT holds exactly the new set")
def test_replacing_holds_exactly_the_new_set(world: World) -> None:
    one, two, three = (world.license() for _ in range(3))
    with world.log_on(world.user(one, two, three)) as session:
        session.acquire(one, two)
        answer = session.call("PUT", "licenses", {"licenseList": [two, three]})
        assert [each["licenseStatus"] for each in answer.json()["licenseOperationResultList"]] == [2, 2]
        assert world.holds(session) == {two, three}


@pytest.mark.icws("4 PUT never lets go of what is in both sets")
def test_what_is_in_both_sets_is_kept_even_when_the_pool_could_not_grant_it_anew(world: World) -> None:
    license_ = world.license(concurrent_seats=1)
    with world.log_on(world.user(license_, method="concurrent")) as session:
        session.acquire(license_)
        answer = session.call("PUT", "licenses", {"licenseList": [license_, "I3_NOT_THERE"]})
        assert [each["licenseStatus"] for each in answer.json()["licenseOperationResultList"]] == [2, 9]
        assert world.holds(session) == {license_}


@pytest.mark.icws("4 DELETE licenses", "4 DELETE releases everything")
def test_releasing_lets_go_of_everything_and_is_204(world: World) -> None:
    one, two = world.license(), world.license()
    with world.log_on(world.user(one, two)) as session:
        session.acquire(one, two)
        answer = session.call("DELETE", "licenses")
        assert (answer.status_code, answer.content) == (204, b"")
        assert world.holds(session) == set()


@pytest.mark.icws("6 a user's sessions share one concurrent seat")
def test_a_user_shares_his_concurrent_seat_between_his_sessions(world: World) -> None:
    license_ = world.license(concurrent_seats=1)
    user = world.user(license_, method="concurrent")
    with world.log_on(user) as first, world.log_on(user) as second:
        assert (first.status(license_), second.status(license_)) == (2, 2)
        assert world.holds(first) == world.holds(second) == {license_}


@pytest.mark.icws("4 400, licenseList missing, empty or wrong")
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("body", [{}, {"licenseList": []}, {"licenseList": [None]}, {"licenseList": {}}])
def test_a_list_that_is_missing_or_empty_is_400_and_changes_nothing(
    world: World, method: str, body: dict[str, object]
) -> None:
    license_ = world.license()
    with world.log_on(world.user(license_)) as session:
        session.acquire(license_)
        answer = session.call(method, "licenses", body)
        assert (answer.status_code, answer.json()["propertyName"]) == (400, "licenseList")
        assert world.holds(session) == {license_}


@pytest.mark.icws("4 what is held cannot be read: 405")
def test_there_is_no_way_to_read_what_is_held(session: Session) -> None:
    answer = session.call("GET", "licenses")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, PUT, DELETE"


@pytest.mark.icws("6 an assignable license takes its seat when it is assigned, whoever is logged on")
def test_a_seat_that_is_assigned_is_taken_though_nobody_is_logged_on(world: World) -> None:
    license_ = world.license(assignable_seats=1, concurrent_seats=0)
    world.user(license_)
    refused = seatkeeper("assign", world.user(), license_, data=world.server.data)
    assert f"{license_}" in sentence_of(refused, 1)
    assert "1 of 1 are assigned" in refused.stderr
