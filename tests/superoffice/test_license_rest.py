"""`/License`: the REST twins that assign, take away and read (contract 4)."""

import httpx
import pytest

from tests.superoffice.client import Desk
from tests.superoffice.world import World

NULL = b'<ArrayOfstring xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
"""An array that is null, as .NET writes it."""


def told(answer: httpx.Response, status: int, error_type: str) -> None:
    """The answer is this error."""
    assert (answer.status_code, answer.json()["ErrorType"]) == (status, error_type), answer.text


def deleted(desk: Desk, path: str, **options: object) -> httpx.Response:
    """DELETE, which may have a body."""
    return desk.http.request("DELETE", path, **options)  # type: ignore[arg-type]


@pytest.mark.superoffice(
    "4 GET License/{moduleOwner}/{associateId}",
    "4 PUT License/{moduleOwner}/{associateId}",
    "4 DELETE License/{moduleOwner}/{associateId}",
    "4 PUT License/{moduleOwner}/{associateId}: an array of names",
    "4 DELETE License/{moduleOwner}/{associateId}: an array of names",
)
def test_put_assigns_delete_takes_away_and_get_lists_as_the_agent_does(world: World, desk: Desk) -> None:
    owner = world.owner()
    one, other = world.module(owner), world.module(owner)
    somebody = world.associate(f"{owner}:{one}")
    path = f"/License/{owner}/{somebody}"
    assigned = desk.http.put(path, json=[other])
    assert assigned.status_code == 200, assigned.text
    assert [(row["Name"], row["InUse"]) for row in assigned.json()] == [(one, 1), (other, 1)], "PUT adds"
    request = {"AssociateId": somebody, "ModuleOwner": owner}
    of_agent = desk.call("License/GetThirdPartyLicenseAssignments", request)
    assert desk.http.get(path).json() == of_agent == assigned.json()
    left = deleted(desk, path, json=[one])
    assert [row["Name"] for row in left.json()] == [other]
    assert desk.assigned(owner, somebody) == [other]


@pytest.mark.superoffice("4 400 for DELETE without a body, and nothing is taken away")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"content": b""},
        {"content": b"null", "headers": {"Content-Type": "application/json"}},
        {"content": NULL, "headers": {"Content-Type": "application/xml"}},
    ],
)
def test_a_delete_that_lost_its_body_takes_nothing_away(world: World, desk: Desk, options: dict[str, object]) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate(f"{owner}:{module}")
    answer = deleted(desk, f"/License/{owner}/{somebody}", **options)
    assert answer.status_code == 400, answer.text
    assert "ModuleLicenseNames" in answer.text
    assert desk.assigned(owner, somebody) == [module]


@pytest.mark.superoffice("3 404 on the REST route for what is not there")
@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_what_is_not_there_is_404(world: World, desk: Desk, verb: str) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody, gone = world.associate(f"{owner}:{module}"), world.associate(f"{owner}:{module}")
    world.delete(gone)
    body = {} if verb == "GET" else {"json": [module]}
    for path in (f"/License/{owner}/{gone}", f"/License/{owner}/4999", f"/License/NOBODY/{somebody}"):
        told(desk.http.request(verb, path, **body), 404, "SoNotFoundException")  # type: ignore[arg-type]
    if verb != "GET":
        path = f"/License/{owner}/{somebody}"
        told(desk.http.request(verb, path, json=[module, "NOTHING"]), 404, "SoNotFoundException")
        assert desk.assigned(owner, somebody) == [module]


@pytest.mark.superoffice("3 404 on the REST route for what is not there")
def test_other_reads_of_what_is_not_there_are_404_and_say_what_is_not(world: World, desk: Desk) -> None:
    owner = world.owner()
    world.module(owner)
    missing = {
        "User/4999": "4999",
        "Site/1": "1",
        f"{owner}/NOTHING": "NOTHING",
        "NOBODY": "NOBODY",
        "NOBODY/NOTHING": "NOBODY",
        "NOBODY/ShopUrl": "NOBODY",
    }
    for path, name in missing.items():
        answer = desk.http.get(f"/License/{path}")
        told(answer, 404, "SoNotFoundException")
        assert name in answer.json()["Message"], answer.text
        assert "resource" not in answer.json()["Message"], "the path is right"


@pytest.mark.superoffice("3 400 SoLicenseException: no free license")
def test_a_refusal_is_400_as_the_agents(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    world.associate(f"{owner}:{module}")
    told(desk.http.put(f"/License/{owner}/{world.associate()}", json=[module]), 400, "SoLicenseException")
    told(desk.http.put(f"/License/SuperOffice/{world.associate()}", json=[]), 400, "SoInvalidArgumentException")


@pytest.mark.superoffice("3 403 SoSentryException: no right to assign")
def test_whoever_may_not_assign_is_403(world: World) -> None:
    owner = world.owner()
    module = world.module(owner)
    with world.employ() as clerk:
        path = f"/License/{owner}/{clerk.id}"
        told(clerk.http.put(path, json=[module]), 403, "SoSentryException")
        told(deleted(clerk, path, json=[module]), 403, "SoSentryException")
        assert clerk.http.get(path).json() == []


@pytest.mark.superoffice(
    "4 GET License/User/{associateId}",
    "4 GET License/User/MdoList",
    "4 GET License/Site/{satelliteId}",
    "4 GET License/{ownerName}/{moduleName}",
)
def test_the_reads_answer_what_the_agents_do(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    world.module(owner, kind="satellite")
    somebody = world.associate(f"{owner}:{module}")
    for path, method, request in (
        (f"/License/User/{somebody}", "GetUserLicenses", {"AssociateId": somebody}),
        ("/License/User/MdoList", "GetUserLicensesMDOList", None),
        ("/License/Site/0", "GetSatelliteLicenses", {"SatelliteId": 0}),
        (f"/License/{owner}/{module}", "GetModuleLicenseFromDB", {"OwnerName": owner, "ModuleName": module}),
    ):
        answer = desk.http.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json() == desk.call(f"License/{method}", request)


@pytest.mark.superoffice(
    "4 literal segments come before variable ones", "4 a second segment of digits is an associate's id"
)
def test_literals_come_before_variables_and_digits_before_names(world: World, desk: Desk) -> None:
    somebody = world.associate()
    world.apply("licenses", {"owner": "User", "name": "MdoList", "assignable_seats": 1})
    world.apply("licenses", {"owner": "Digits", "name": str(somebody), "assignable_seats": 1})
    assert isinstance(desk.http.get("/License/user/mdolist").json(), list), "the tree, not the module"
    assert desk.http.get(f"/License/Digits/{somebody}").json() == [], "an associate's modules, not the module"
    assert desk.http.get(f"/License/Digits/{10**30}").status_code in {400, 404}


def document(owner: str, module: str) -> str:
    """A license document of one module, of which it grants two."""
    return (
        f"<LicenseInfo><OwnerName>{owner}</OwnerName><CompanyName>The operator</CompanyName><ModuleLicenses>"
        f"<ModuleLicense><OwnerName>{owner}</OwnerName><ModuleName>{module}</ModuleName>"
        "<LicenseType>UserLicense</LicenseType><NumberOfLicenses>2</NumberOfLicenses></ModuleLicense>"
        "</ModuleLicenses></LicenseInfo>"
    )


@pytest.mark.superoffice(
    "4 GET License",
    "4 POST License",
    "4 POST License: a string with the document",
    "4 GET License/{ownerName}",
    "4 DELETE License/{moduleOwner}",
)
def test_a_document_is_posted_read_and_removed(desk: Desk) -> None:
    owner = "REST_DOCUMENTS"
    posted = desk.http.post("/License", json=document(owner, "PLANNER"))
    assert posted.status_code == 200, posted.text
    assert posted.json()["Reason"] == ""
    read = desk.http.get(f"/License/{owner.lower()}")
    assert read.status_code == 200, read.text
    assert read.json() == desk.call("License/GetLicenseFromDB", {"OwnerName": owner})
    assert [each["NumberOfLicensesTotal"] for each in read.json()["ExtendedModuleLicenses"]] == [2]
    assert desk.http.get("/License").json() == desk.call("License/GetLicenseForAllOwnersFromDB")
    removed = desk.http.delete(f"/License/{owner}")
    assert (removed.status_code, removed.json()["Succeeded"]) == (200, True), removed.text
    told(desk.http.get(f"/License/{owner}"), 404, "SoNotFoundException")


@pytest.mark.superoffice("4 GET License/{ownerName}/ShopUrl")
def test_the_shop_of_an_owner_is_a_json_string(world: World, desk: Desk) -> None:
    owner = world.owner(shop_url="https://shop.example/planning")
    answer = desk.http.get(f"/License/{owner}/shopurl")
    assert (answer.status_code, answer.json()) == (200, "https://shop.example/planning")
    told(desk.http.get("/License/NOBODY/ShopUrl"), 404, "SoNotFoundException")


@pytest.mark.superoffice(
    "4 POST License/ChangeSerialNumber",
    "4 ChangeSerialNumber?newCompanyName",
    "4 ChangeSerialNumber?newSerialNumber",
)
def test_a_new_serial_number_is_asked_for_in_the_query(desk: Desk) -> None:
    asked = {"NewCompanyName": "The operator", "newSerialNumber": "4711"}
    answer = desk.http.post("/License/ChangeSerialNumber", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["Succeeded"] is False
    assert "The operator" in answer.json()["Reason"]
    assert "4711" in answer.json()["Reason"]
    assert answer.json() == desk.call("License/ChangeSerialNumber", asked)
