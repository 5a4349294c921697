"""The seed `license-stages`, statement by statement, over the wire."""

import json

import httpx
import pytest

from tests.icws.client import MEDIA_TYPE, Session, result
from tests.icws.world import World

CONTINUE, ABORT = 0, 1


def post(session: Session, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    return session.call("POST", "licenses/license-stages", body, headers)


def stage(**members: object) -> dict[str, object]:
    return {"stageName": "desktop", "stageFailureAction": 0, "licenseList": ["I3_ACCESS_CLIENT"], **members}


def stages_body(*stages: object) -> dict[str, object]:
    return {"licenseStageOperationList": stages}


@pytest.mark.icws(
    "4.1 POST licenses/license-stages",
    "4.1 licenses are acquired stage by stage",
    "4.1 licenseStageOperationList",
    "4.2 isAvailable is true where the license was acquired",
    "4.2 errorDetails is none where it was",
)
def test_licenses_are_acquired_stage_by_stage(world: World) -> None:
    one, two, three = world.license(), world.license(), world.license()
    with world.log_on(world.user(one, two, three)) as session:
        results = session.stages(("desktop", ABORT, [one, two]), ("extras", CONTINUE, [three]))
        assert results == [
            {"stageName": "desktop", "result": [result(one, 2, "none"), result(two, 2, "none")]},
            {"stageName": "extras", "result": [result(three, 2, "none")]},
        ]
        assert world.holds(session) == {one, two, three}


@pytest.mark.icws("4.1 what is held already is acquired again without effect")
def test_acquiring_again_takes_no_further_seat(world: World) -> None:
    license_ = world.license(concurrent_seats=2)
    user, other = world.user(license_, method="concurrent"), world.user(license_, method="concurrent")
    with world.log_on(user) as session, world.log_on(other) as second:
        for _ in range(3):
            assert session.stages(("again", ABORT, [license_]))[0]["result"] == [result(license_, 2, "none")]
        assert second.status(license_) == 2, "the second of two seats is free still"


@pytest.mark.icws("4.1 other licenses of the session stay as they are")
def test_licenses_acquired_before_stay_acquired(world: World) -> None:
    before, added = world.license(), world.license()
    with world.log_on(world.user(before, added)) as session:
        session.acquire(before)
        session.stages(("more", ABORT, [added, "I3_NOT_THERE"]))
        assert world.holds(session) == {before, added}


@pytest.mark.icws(
    "4.1 stageFailureAction: abort 1",
    "4.4 a stage fails where any of its licenses is not acquired",
    "4.4 what a stage acquired before it failed stays acquired",
    "4.4 stages after an abort are absent",
)
def test_a_failed_stage_that_says_abort_ends_the_sequence(world: World) -> None:
    a, b, c, d = (world.license() for _ in range(4))
    with world.log_on(world.user(a, c, d)) as session:
        results = session.stages(("basis", ABORT, [a, b]), ("contingent", ABORT, [c, d]))
        assert [each["stageName"] for each in results] == ["basis"]
        assert [each["licenseStatus"] for each in results[0]["result"]] == [2, 3]
        assert world.holds(session) == {a}, "what the stage acquired before it failed stays; later stages are not done"


@pytest.mark.icws("4.1 stageFailureAction: continue 0")
def test_a_failed_stage_that_says_continue_does_not_end_the_sequence(world: World) -> None:
    a, b = world.license(), world.license()
    with world.log_on(world.user(b)) as session:
        results = session.stages(("first", CONTINUE, [a]), ("second", CONTINUE, [b]))
        assert [each["stageName"] for each in results] == ["first", "second"]
        assert world.holds(session) == {b}


@pytest.mark.icws("4.1 a stage that succeeds is followed by the next, whatever its action")
def test_a_stage_that_succeeds_is_followed_by_the_next_whatever_its_action(world: World) -> None:
    a, b = world.license(), world.license()
    with world.log_on(world.user(a, b)) as session:
        assert len(session.stages(("first", ABORT, [a]), ("second", ABORT, [b]))) == 2


@pytest.mark.icws("4.1 ININ-ICWS-CSRF-Token")
def test_stages_without_the_csrf_token_are_401(session: Session) -> None:
    answer = post(session, stages_body(stage()), {"Cookie": session.cookie})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 2)


@pytest.mark.icws("4.1 Cookie")
def test_stages_without_the_cookie_are_401(session: Session) -> None:
    answer = post(session, stages_body(stage()), {"ININ-ICWS-CSRF-Token": session.token})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 4)


@pytest.mark.icws("4.1 sessionId")
def test_stages_of_no_session_are_401(session: Session) -> None:
    session.id = "1999999999"
    answer = post(session, stages_body(stage()))
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 1)


@pytest.mark.icws(
    "4.1 licenseStageOperationList.stageName",
    "4.1 licenseStageOperationList.stageFailureAction",
    "4.1 licenseStageOperationList.licenseList",
    "4.1 400, a member missing or wrong",
    "1.4 400 error.request.invalidRepresentation.missingRequiredParameter",
    "1.4 missingPropertyError.__type",
    "1.4 missingPropertyError.propertyName",
)
@pytest.mark.parametrize("member", ["stageName", "stageFailureAction", "licenseList"])
def test_a_stage_without_a_required_member_is_400_and_names_it(session: Session, member: str) -> None:
    incomplete = stage()
    del incomplete[member]
    answer = post(session, stages_body(stage(), incomplete))
    assert answer.status_code == 400
    assert answer.json() == {
        "__type": "urn:inin.com:common:missingPropertyError",
        "errorId": "error.request.invalidRepresentation.missingRequiredParameter",
        "message": f"licenseStageOperationList[1].{member} is required.",
        "propertyName": member,
    }


@pytest.mark.icws(
    "4.1 licenseStageOperationList.stageName",
    "4.1 licenseStageOperationList.stageFailureAction",
    "4.1 licenseStageOperationList.licenseList",
    "4.1 400, a member missing or wrong",
    "4.4 an empty list of licenses or stages is 400",
    "1.4 400 error.request.invalidRepresentation.invalidProperty",
    "1.4 invalidPropertyError.__type",
    "1.4 invalidPropertyError.propertyName",
)
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("stageName", 7),
        ("stageName", None),
        ("stageFailureAction", 2),
        ("stageFailureAction", "abort"),
        ("stageFailureAction", True),
        ("stageFailureAction", 1.0),
        ("licenseList", []),
        ("licenseList", "I3_ACCESS_CLIENT"),
        ("licenseList", [1]),
        ("licenseList", None),
        ("licenseList", ["I3_ACCESS_CLIENT"] * 1001),
    ],
)
def test_a_stage_with_a_wrong_member_is_400_and_names_it(session: Session, member: str, value: object) -> None:
    answer = post(session, stages_body(stage(**{member: value})))
    assert answer.status_code == 400
    assert answer.json()["__type"] == "urn:inin.com:common:invalidPropertyError"
    assert answer.json()["propertyName"] == member


@pytest.mark.icws(
    "4.1 licenseStageOperationList", "4.1 400, body malformed", "4.4 an empty list of licenses or stages is 400"
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"\xff\xfe",
        b'{"licenseStageOperationList": [' + b"[" * 100_000,
        b"{}",
        b'{"licenseStageOperationList": null}',
        b'{"licenseStageOperationList": []}',
        b'{"licenseStageOperationList": {}}',
        b'{"licenseStageOperationList": [null]}',
        b'{"licenseStageOperationList": ["desktop"]}',
    ],
)
def test_a_body_that_is_no_list_of_stages_is_400(session: Session, body: bytes) -> None:
    answer = post(session, body)
    assert answer.status_code == 400
    assert answer.json()["errorId"].startswith("error.request.invalidRepresentation.")
    assert answer.json()["message"]


@pytest.mark.icws("4.4 nothing is acquired where any stage is malformed")
def test_nothing_is_acquired_when_a_later_stage_is_malformed(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user(license_)) as session:
        assert post(session, stages_body(stage(licenseList=[license_]), {})).status_code == 400
        assert world.holds(session) == set()


@pytest.mark.icws(
    "4.1 licenseStageOperationResultList",
    "4.1 licenseStageOperationResultList.stageName",
    "4.1 licenseStageOperationResultList.result",
    "4.1 licenseStageOperationResultList.result.licenseName",
    "4.1 licenseStageOperationResultList.result.isAvailable",
    "4.1 licenseStageOperationResultList.result.licenseStatus",
    "4.1 licenseStageOperationResultList.result.errorDetails",
    "1.1 answers are application/vnd.inin.icws+JSON; charset=utf-8",
    "1.2 an enumeration is a number",
)
def test_every_member_of_a_result_is_there_and_of_its_type(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user(license_)) as session:
        answer = post(session, stages_body(stage(licenseList=[license_, "I3_NOT_THERE"])))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{MEDIA_TYPE}; charset=utf-8"
        [told] = json.loads(answer.content)["licenseStageOperationResultList"]
        assert set(told) == {"stageName", "result"}
        for each in told["result"]:
            assert {key: type(value) for key, value in each.items()} == {
                "licenseName": str,
                "isAvailable": bool,
                "licenseStatus": int,
                "errorDetails": str,
            }


@pytest.mark.icws("4.1 401 with WWW-Authenticate")
@pytest.mark.parametrize("headers", [{}, {"ININ-ICWS-CSRF-Token": "d3Jvbmc=", "Cookie": "icws_1=wrong"}])
def test_a_401_says_where_to_authenticate(session: Session, headers: dict[str, str]) -> None:
    answer = post(session, stages_body(stage()), headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'ICWS realm="ICWS" location="/ICWS/connection"'
    assert answer.json()["errorId"]
    assert answer.json()["message"]


@pytest.mark.icws("4.1 401 with WWW-Authenticate")
def test_stages_of_a_session_that_has_ended_are_401(session: Session) -> None:
    session.log_off()
    answer = post(session, stages_body(stage()))
    assert (answer.status_code, answer.json()["errorCode"]) == (401, -2147221499)


@pytest.mark.icws(
    "4.4 results keep the request's order, one for each mention", "4.4 names match in any case and come back as spelled"
)
def test_results_keep_the_requests_order_and_spelling_with_one_for_each_mention(world: World) -> None:
    license_ = world.license()
    spelled = [license_.lower(), "I3_NOT_THERE", license_, license_]
    with world.log_on(world.user(license_)) as session:
        [told] = session.stages(("mixed", ABORT, spelled))
        assert [each["licenseName"] for each in told["result"]] == spelled
        assert [each["licenseStatus"] for each in told["result"]] == [2, 9, 2, 2]
