"""The seed `license-subscriptions`, statement by statement, over the wire."""

from typing import Any

import pytest

from tests.icws.client import Session
from tests.icws.world import World

PATH = "messaging/subscriptions/licenses"


def message(statuses: dict[str, bool], *, delta: bool) -> dict[str, Any]:
    return {
        "__type": "urn:inin.com:licenses:licenseMessage",
        "isDelta": delta,
        "licenseAssignedStatusList": [{"name": name, "isAssigned": assigned} for name, assigned in statuses.items()],
    }


@pytest.mark.icws(
    "3.1 the first message of a subscription is full, later ones are deltas",
    "3.5 the first message names every listed license, unknown ones too",
)
def test_the_first_message_tells_where_every_listed_license_stands(world: World) -> None:
    mine, free = world.license(), world.license()
    with world.log_on(world.user(mine)) as session:
        session.subscribe(mine, free, "I3_NOT_THERE")
        assert session.poll() == [message({mine: True, free: False, "I3_NOT_THERE": False}, delta=False)]


@pytest.mark.icws("3.5 PUT messaging/subscriptions/licenses", "3.5 PUT: 200 without a body")
def test_a_subscription_is_answered_200_without_a_body(session: Session) -> None:
    answer = session.subscribe("I3_ACCESS_CLIENT")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-type" not in answer.headers


@pytest.mark.icws("3.5 PUT replaces the session's earlier list, and drops its undelivered messages")
def test_a_new_list_replaces_the_old_one_and_its_undelivered_messages(world: World) -> None:
    old, new = world.license(), world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(old)
        session.subscribe(new)
        world.assign(login, old, new)
        assert session.poll() == [message({new: False}, delta=False), message({new: True}, delta=True)]


@pytest.mark.icws("3.5 PUT leaves the subscriptions of the user's other sessions alone")
def test_a_subscription_leaves_the_users_other_sessions_alone(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as first, world.log_on(login) as second:
        first.subscribe(license_)
        second.subscribe("I3_ACCESS_CLIENT")
        first.poll()
        world.assign(login, license_)
        assert first.poll() == [message({license_: True}, delta=True)]


@pytest.mark.icws("3.5 assigning a listed license to the session's user is told", "3.5 a delta names only what changed")
def test_an_assignment_is_told_as_a_delta(world: World) -> None:
    one, two = world.license(), world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(one, two)
        session.poll()
        world.assign(login, two)
        assert session.poll() == [message({two: True}, delta=True)]


@pytest.mark.icws("3.5 taking a listed license from the session's user is told")
def test_an_unassignment_is_told_as_a_delta(world: World) -> None:
    license_ = world.license()
    login = world.user(license_)
    with world.log_on(login) as session:
        session.subscribe(license_)
        session.poll()
        world.unassign(login, license_)
        assert session.poll() == [message({license_: False}, delta=True)]


@pytest.mark.icws("3.5 assignments to others and of other licenses are not told")
def test_assignments_to_others_and_of_other_licenses_are_not_told(world: World) -> None:
    listed, unlisted = world.license(), world.license()
    login, other = world.user(), world.user()
    with world.log_on(login) as session:
        session.subscribe(listed)
        session.poll()
        world.assign(other, listed)
        world.assign(login, unlisted)
        assert session.poll() == []


@pytest.mark.icws("3.5 acquiring and releasing is not told")
def test_acquiring_and_releasing_is_not_told(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user(license_)) as session:
        session.subscribe(license_)
        session.poll()
        session.acquire(license_)
        session.call("DELETE", "licenses")
        assert session.poll() == []


@pytest.mark.icws("3.5 assigned does not mean acquired")
def test_an_assigned_license_is_told_as_assigned_before_anybody_acquires_it(world: World) -> None:
    license_ = world.license(concurrent_seats=1)
    login, other = (world.user(license_, method="concurrent") for _ in range(2))
    with world.log_on(login) as session, world.log_on(other) as rival:
        rival.acquire(license_)
        session.subscribe(license_)
        assert session.poll() == [message({license_: True}, delta=False)]
        assert session.status(license_) == 4


@pytest.mark.icws(
    "3.1 every message has isDelta",
    "1.2 a message has its __type",
    "3.5 licenseMessage.__type",
    "3.5 licenseMessage.isDelta",
    "3.5 licenseMessage.licenseAssignedStatusList",
    "3.5 licenseMessage.licenseAssignedStatusList.name",
    "3.5 licenseMessage.licenseAssignedStatusList.isAssigned",
)
def test_every_member_of_a_message_is_there_and_of_its_type(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user()) as session:
        session.subscribe(license_)
        [told] = session.poll()
        assert {key: type(value) for key, value in told.items()} == {
            "__type": str,
            "isDelta": bool,
            "licenseAssignedStatusList": list,
        }
        [status] = told["licenseAssignedStatusList"]
        assert {key: type(value) for key, value in status.items()} == {"name": str, "isAssigned": bool}


@pytest.mark.icws("3.5 a license is told under the name that the client spelled")
def test_a_license_is_told_under_the_name_that_the_client_spelled(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(license_.lower())
        world.assign(login, license_)
        assert session.poll() == [
            message({license_.lower(): False}, delta=False),
            message({license_.lower(): True}, delta=True),
        ]


@pytest.mark.icws("3.5 request: licenseList", "3.5 400, licenseList missing, empty or wrong")
@pytest.mark.parametrize(
    ("body", "type_name"),
    [
        ({}, "missingPropertyError"),
        ({"licenseList": []}, "invalidPropertyError"),
        ({"licenseList": None}, "invalidPropertyError"),
        ({"licenseList": "I3_ACCESS_CLIENT"}, "invalidPropertyError"),
        ({"licenseList": ["I3_ACCESS_CLIENT", 1]}, "invalidPropertyError"),
    ],
)
def test_a_subscription_without_a_list_of_names_is_400(
    session: Session, body: dict[str, object], type_name: str
) -> None:
    answer = session.call("PUT", PATH, body)
    assert answer.status_code == 400
    assert answer.json()["__type"] == f"urn:inin.com:common:{type_name}"
    assert answer.json()["propertyName"] == "licenseList"


@pytest.mark.icws("3.5 400, body malformed", "1.4 400 error.request.invalidRepresentation.malformed")
def test_a_malformed_subscription_is_400_and_leaves_the_old_one(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(license_)
        session.poll()
        answer = session.call("PUT", PATH, b'{"licenseList": [')
        assert answer.status_code == 400
        assert answer.json()["errorId"] == "error.request.invalidRepresentation.malformed"
        world.assign(login, license_)
        assert session.poll() == [message({license_: True}, delta=True)]


@pytest.mark.icws("3.5 ININ-ICWS-CSRF-Token", "3.5 Cookie", "3.5 401 with WWW-Authenticate")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("kept", "code"), [("ININ-ICWS-CSRF-Token", 4), ("Cookie", 2)])
def test_a_subscription_without_a_credential_is_401(session: Session, method: str, kept: str, code: int) -> None:
    body = {"licenseList": ["I3_ACCESS_CLIENT"]} if method == "PUT" else None
    answer = session.call(method, PATH, body, {kept: session.credentials[kept]})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, code)
    assert answer.headers["www-authenticate"] == 'ICWS realm="ICWS" location="/ICWS/connection"'


@pytest.mark.icws("3.5 DELETE messaging/subscriptions/licenses", "3.5 DELETE: 204, and nothing more is told")
def test_after_unsubscribing_nothing_more_is_told(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(license_)
        answer = session.call("DELETE", PATH)
        assert (answer.status_code, answer.content) == (204, b"")
        world.assign(login, license_)
        assert session.poll() == [], "not even what was undelivered"


@pytest.mark.icws("3.5 DELETE without a subscription is 204")
def test_unsubscribing_without_a_subscription_is_204(session: Session) -> None:
    assert session.call("DELETE", PATH).status_code == 204


@pytest.mark.icws("3.5 a full message and the deltas since equal a fresh full message")
def test_an_old_snapshot_and_the_messages_since_equal_a_fresh_read(world: World) -> None:
    names = [world.license() for _ in range(4)]
    login = world.user(names[0])
    with world.log_on(login) as session, world.log_on(login) as fresh:
        session.subscribe(*names)
        world.assign(login, *names[1:])
        world.unassign(login, names[0], names[2])
        world.assign(login, names[2])
        world.unassign(login, names[3])
        cache: dict[str, bool] = {}
        for told in session.poll():
            if not told["isDelta"]:
                cache.clear()
            cache |= {each["name"]: each["isAssigned"] for each in told["licenseAssignedStatusList"]}
        fresh.subscribe(*names)
        [snapshot] = fresh.poll()
        assert cache == {each["name"]: each["isAssigned"] for each in snapshot["licenseAssignedStatusList"]}
        assert cache == {names[0]: False, names[1]: True, names[2]: True, names[3]: False}
