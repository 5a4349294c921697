"""What AssignThirdPartyLicenses and its sisters refuse, and how they say it (contract 3, "error cases", and 7)."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from lxml import etree

from tests.superoffice.client import Desk
from tests.superoffice.world import World

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date()


def told(answer: httpx.Response, status: int, error_type: str, *words: str) -> None:
    """The answer is this error, and its text has all these words."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body == {
        "Error": True,
        "ErrorType": error_type,
        "Message": body["Message"],
        "ErrorMessage": body["Message"],
        "ErrorSource": "Seatkeeper",
    }
    assert [word for word in words if word not in body["Message"]] == [], body["Message"]


@pytest.mark.superoffice("3 400 SoNotFoundException: unknown or deleted associate")
@pytest.mark.parametrize("number", [0, -1, 4999, 2**31 - 1])
@pytest.mark.parametrize("verb", ["assign", "unassign"])
def test_an_unknown_associate_is_400(world: World, desk: Desk, verb: str, number: int) -> None:
    owner = world.owner()
    module = world.module(owner)
    answer = desk.assign(owner, module, to=number) if verb == "assign" else desk.unassign(owner, module, of=number)
    told(answer, 400, "SoNotFoundException", str(number))


@pytest.mark.superoffice("3 400 SoNotFoundException: unknown or deleted associate")
def test_a_deleted_associate_is_400(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    gone = world.associate(f"{owner}:{module}")
    world.delete(gone)
    told(desk.assign(owner, module, to=gone), 400, "SoNotFoundException", str(gone))
    told(desk.unassign(owner, module, of=gone), 400, "SoNotFoundException", str(gone))


@pytest.mark.superoffice("3 400 SoNotFoundException: unknown owner")
@pytest.mark.parametrize("modules", [(), ("PLANNER",)])
@pytest.mark.parametrize("owner", ["NOBODY", "x" * 20_000, "nul\0inside", "{braces}"])
def test_an_unknown_owner_is_400(world: World, desk: Desk, owner: str, modules: tuple[str, ...]) -> None:
    somebody = world.associate()
    told(desk.assign(owner, *modules, to=somebody), 400, "SoNotFoundException")
    told(desk.unassign(owner, *modules, of=somebody), 400, "SoNotFoundException")


@pytest.mark.superoffice(
    "3 400 SoNotFoundException: unknown module",
    "7 Error",
    "7 ErrorType",
    "7 Message",
    "7 ErrorMessage",
    "7 ErrorSource",
)
@pytest.mark.parametrize("module", ["NOTHING", "x" * 20_000, "nul\0inside", "{braces}"])
def test_an_unknown_module_is_400(world: World, desk: Desk, module: str) -> None:
    owner = world.owner()
    known = world.module(owner)
    somebody = world.associate(f"{owner}:{known}")
    told(desk.assign(owner, module, to=somebody), 400, "SoNotFoundException", owner)
    told(desk.unassign(owner, known, module, of=somebody), 400, "SoNotFoundException", owner)
    assert desk.assigned(owner, somebody) == [known]


@pytest.mark.superoffice("7 errors are in the type that was asked for, JSON or XML")
@pytest.mark.parametrize("text", ["nul\0inside", "\x1b[31m", "\ufffe", "<script>&"])
def test_a_name_that_xml_cannot_hold_is_refused_in_xml_all_the_same(world: World, desk: Desk, text: str) -> None:
    owner = world.owner()
    world.module(owner)
    request = {"AssociateId": world.associate(), "ModuleOwner": owner, "ModuleLicenseNames": [text]}
    answer = desk.post("License/AssignThirdPartyLicenses", request, headers={"Accept": "application/xml"})
    assert answer.status_code == 400, answer.text
    error = etree.fromstring(answer.content)
    assert (error.tag, error.findtext("ErrorType")) == ("Error", "SoNotFoundException")
    assert owner in (error.findtext("Message") or "")


@pytest.mark.superoffice("3 400: owner SUPEROFFICE")
@pytest.mark.parametrize("owner", ["SUPEROFFICE", "SuperOffice"])
def test_superoffice_is_no_third_party(world: World, desk: Desk, owner: str) -> None:
    module = world.module("SUPEROFFICE")
    somebody = world.associate()
    told(desk.assign(owner, module, to=somebody), 400, "SoInvalidArgumentException", "SUPEROFFICE")
    told(desk.unassign(owner, module, of=somebody), 400, "SoInvalidArgumentException", "SUPEROFFICE")
    asked = desk.post("License/GetThirdPartyLicenseAssignments", {"AssociateId": somebody, "ModuleOwner": owner})
    told(asked, 400, "SoInvalidArgumentException", "SUPEROFFICE")


@pytest.mark.superoffice("3 400: a site or satellite license", "2.2 site and satellite licenses are not assigned")
@pytest.mark.parametrize("kind", ["site", "satellite"])
def test_what_covers_everybody_is_not_assigned(world: World, desk: Desk, kind: str) -> None:
    owner = world.owner()
    module = world.module(owner, kind=kind)
    told(desk.assign(owner, module, to=world.associate()), 400, "SoIllegalOperationException", module, kind)


@pytest.mark.superoffice("3 400: a user of another type", "2.2 a license for one user type is refused to others")
def test_a_license_for_another_type_of_user_is_refused(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, user_type="external")
    answer = desk.assign(owner, module, to=world.associate())
    told(answer, 400, "SoIllegalOperationException", module)
    assert desk.assign(owner, module, to=world.associate(user_type="external")).status_code == 200


@pytest.mark.superoffice(
    "3 400 SoLicenseException: no free license", "2.2 assignments of a restricted license do not exceed its number"
)
def test_more_than_was_bought_is_refused(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    world.associate(f"{owner}:{module}")
    somebody = world.associate()
    told(desk.assign(owner, module, to=somebody), 400, "SoLicenseException", module, "1")
    assert desk.assigned(owner, somebody) == []


@pytest.mark.superoffice(
    "3 400 SoLicenseException: prerequisite not held", "2.2 a license is assigned only where its prerequisite is"
)
def test_a_license_without_its_prerequisite_is_refused(world: World, desk: Desk) -> None:
    owner = world.owner()
    base = world.module(owner)
    module = world.module(owner, prerequisite=f"{owner}:{base}")
    told(desk.assign(owner, module, to=world.associate()), 400, "SoLicenseException", module, base)


@pytest.mark.superoffice("3 400 SoLicenseException: expired", "2.2 assigning after the expiry date is refused")
def test_an_expired_license_is_refused_also_within_its_grace(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, expires=YESTERDAY, grace_until=TOMORROW)
    told(desk.assign(owner, module, to=world.associate()), 400, "SoLicenseException", module)


@pytest.mark.superoffice("3 400 SoLicenseException: expired", "2.2 assigning after the expiry date is refused")
def test_a_license_of_an_expired_owner_is_refused(world: World, desk: Desk) -> None:
    owner = world.owner(expires=YESTERDAY)
    module = world.module(owner, expires=TOMORROW)
    told(desk.assign(owner, module, to=world.associate()), 400, "SoLicenseException", module)


@pytest.mark.superoffice("3 400: a license with concurrent seats only")
def test_a_license_with_concurrent_seats_only_is_refused(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=0, concurrent_seats=5)
    told(desk.assign(owner, module, to=world.associate()), 400, "SoIllegalOperationException", module, "concurrent")


@pytest.mark.superoffice("3 400: an associate whose method is concurrent")
def test_an_associate_whose_method_is_concurrent_is_refused(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate(profiles={owner: {"method": "concurrent"}})
    told(desk.assign(owner, module, to=somebody), 400, "SoIllegalOperationException", "concurrent")
    assert desk.assigned(owner, somebody) == []


@pytest.mark.superoffice("3 403 SoSentryException: no right to assign")
@pytest.mark.parametrize("members", [{}, {"roles": ["operator"]}])
def test_whoever_may_not_assign_is_403_and_changes_nothing(
    world: World, desk: Desk, members: dict[str, object]
) -> None:
    owner = world.owner()
    module, other = world.module(owner), world.module(owner)
    with world.employ(f"{owner}:{module}", **members) as clerk:
        told(clerk.assign(owner, other, to=clerk.id), 403, "SoSentryException", "assignments.write")
        told(clerk.unassign(owner, module, of=clerk.id), 403, "SoSentryException", "assignments.write")
        told(clerk.assign("NOBODY", to=4999), 403, "SoSentryException")
        assert desk.assigned(owner, clerk.id) == [module]


@pytest.mark.superoffice("3 401 SoSessionException: not authenticated")
def test_whoever_shows_nothing_is_401(world: World, desk: Desk, http: httpx.Client) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate()
    request = {"AssociateId": somebody, "ModuleOwner": owner, "ModuleLicenseNames": [module]}
    answer = http.post("/api/v1/Agents/License/AssignThirdPartyLicenses", json=request)
    told(answer, 401, "SoSessionException")
    assert "Basic" in answer.headers["www-authenticate"]
    assert desk.assigned(owner, somebody) == []


@pytest.mark.superoffice("3 400: malformed body")
@pytest.mark.parametrize(
    "body", [b"{", b'"text"', b"[1]", b"\xff\xfe\x00", b"[" * 5000, b'{"ModuleOwner": "half a pair \\ud800"}']
)
def test_a_body_that_cannot_be_read_is_400(desk: Desk, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for verb in ("Assign", "Unassign"):
        answer = desk.post(f"License/{verb}ThirdPartyLicenses", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.json()["Message"]


@pytest.mark.superoffice("3 400: missing or ill-typed member", "7 MessageDetail")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("AssociateId", None),
        ("AssociateId", "seven"),
        ("AssociateId", 7.5),
        ("AssociateId", 2**31),
        ("AssociateId", -(2**70)),
        ("AssociateId", True),
        ("AssociateId", {}),
        ("ModuleOwner", None),
        ("ModuleOwner", {}),
        ("ModuleLicenseNames", [{}]),
        ("ModuleLicenseNames", [["PLANNER"]]),
    ],
)
def test_a_member_that_is_missing_or_wrong_is_400_and_named(desk: Desk, member: str, value: object) -> None:
    request: dict[str, object] = {"AssociateId": 1, "ModuleOwner": "NOBODY", "ModuleLicenseNames": [], member: value}
    if value is None:
        del request[member]
    answer = desk.post("License/AssignThirdPartyLicenses", request)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["Message", "MessageDetail"]
    assert member in answer.text


def test_more_names_than_a_call_may_have_are_400(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate()
    told(desk.assign(owner, *[module] * 1001, to=somebody), 400, "SoInvalidArgumentException", "1000", "1001")
    assert desk.assigned(owner, somebody) == []
    assert desk.assign(owner, *[module] * 1000, to=somebody).status_code == 200


@pytest.mark.parametrize("verb", ["Assign", "Unassign"])
@pytest.mark.parametrize("blank", ["", " ", "\t\u3000"])
def test_a_blank_name_is_refused_by_its_place(world: World, desk: Desk, verb: str, blank: str) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate(f"{owner}:{module}")
    for asked, message in (
        ({"ModuleOwner": owner, "ModuleLicenseNames": [module, blank]}, "ModuleLicenseNames[1] is empty."),
        ({"ModuleOwner": blank, "ModuleLicenseNames": [module]}, "ModuleOwner is empty."),
        ({"ModuleOwner": blank, "ModuleLicenseNames": []}, "ModuleOwner is empty."),
    ):
        answer = desk.post(f"License/{verb}ThirdPartyLicenses", {"AssociateId": somebody, **asked})
        told(answer, 400, "SoInvalidArgumentException")
        assert answer.json()["Message"] == message
    assert desk.assigned(owner, somebody) == [module]


@pytest.mark.superoffice("3 no error is answered 2xx, and none 404 on an agent's route")
@pytest.mark.parametrize("request_", [None, {}, [], {"AssociateId": 4999, "ModuleOwner": "NOBODY"}])
@pytest.mark.parametrize("verb", ["Assign", "Unassign"])
def test_no_error_looks_like_success_to_the_vendors_clients(desk: Desk, verb: str, request_: object) -> None:
    assert desk.post(f"License/{verb}ThirdPartyLicenses", request_).status_code == 400


def test_select_leaves_an_error_whole(world: World, desk: Desk) -> None:
    request = {"AssociateId": world.associate(), "ModuleOwner": "NOBODY"}
    answer = desk.post("License/AssignThirdPartyLicenses", request, params={"$select": "name"})
    told(answer, 400, "SoNotFoundException", "NOBODY")


@pytest.mark.superoffice("6.6 reasons and messages are in the language")
def test_a_refusal_is_told_in_the_language_that_is_asked_for(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    world.associate(f"{owner}:{module}")
    request = {"AssociateId": world.associate(), "ModuleOwner": owner, "ModuleLicenseNames": [module]}
    answer = desk.post("License/AssignThirdPartyLicenses", request, headers={"SO-Language": "de"})
    told(answer, 400, "SoLicenseException", module)
    english = desk.post("License/AssignThirdPartyLicenses", request, headers={"SO-Language": "en"})
    assert answer.json()["Message"] != english.json()["Message"]
