"""Where the API is, in which spellings, and what is told where nothing is (contract 1)."""

import time

import httpx
import pytest

from tests.superoffice.client import DEADLINE, Desk
from tests.superoffice.world import World

CALL = "/api/v1/Agents/License/GetThirdPartyLicenseAssignments"


@pytest.fixture(scope="module")
def owner(world: World) -> str:
    owner = world.owner()
    world.module(owner)
    return owner


@pytest.mark.superoffice(
    "1 an agent's method is POST /api/v1/Agents/<agent>/<method>",
    "1 the API is below each application path that is set, and below none",
    "1 paths match in any case",
    "1 a trailing slash is tolerated",
)
@pytest.mark.parametrize(
    "path",
    [
        CALL,
        f"/SuperOffice{CALL}",
        f"/superoffice{CALL.lower()}",
        f"/CUST26759{CALL.upper()}",
        f"{CALL}/",
        f"/Cust26759{CALL}/",
        "/api/v1/%41gents/License/GetThirdPartyLicenseAssignments",
    ],
)
def test_a_method_is_found_below_each_path_in_any_case(world: World, desk: Desk, owner: str, path: str) -> None:
    request = {"AssociateId": desk.id, "ModuleOwner": owner}
    answer = desk.http.post(f"{world.url}{path}", json=request)
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.superoffice("1 404 for a path that is not there", "1 404 for an agent or a method that is not there")
@pytest.mark.parametrize(
    "path",
    [
        "/api/v2",
        "/api/v1/Agents",
        "/api/v1/Agents/License",
        "/api/v1/Agents/License/GetLicenses",
        "/api/v1/Agents/Contact/GetContactEntity",
        "/api/v1//Agents/License/GetShopUrl",
        "/SuperOffice/api/v1/Contact/1",
        "/api/v1/License/A/B/C",
    ],
)
def test_what_is_not_there_is_404_as_the_api_tells_errors(http: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = http.request(method, path)
        told = answer.json()
        assert (answer.status_code, told["ErrorType"]) == (404, "SoNotFoundException")
        assert path in told["Message"]


@pytest.mark.parametrize("path", ["/", "/SuperOffice/contact", "/OtherPath/api/v1", "/apis", "/loginpage"])
def test_what_is_outside_the_api_is_the_houses_own_404(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert "/SuperOffice/api" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/SuperOffice", "/superoffice/", "/CUST26759"])
def test_an_application_path_alone_leads_to_its_version(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 307
    there = http.get(answer.headers["location"])
    assert (there.status_code, there.headers["content-type"].split(";")[0]) == (200, "text/html")


@pytest.mark.superoffice("1 405 with Allow")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", CALL, {"POST", "GET", "HEAD"}),
        ("POST", "/api", {"GET", "HEAD"}),
        ("PATCH", "/api/v1/License", {"GET", "POST", "HEAD"}),
        ("POST", "/api/v1/License/ACME", {"GET", "DELETE", "HEAD"}),
        ("POST", "/api/v1/License/ACME/7", {"GET", "PUT", "DELETE", "HEAD"}),
        ("POST", "/api/v1/User/currentPrincipal", {"GET", "HEAD"}),
    ],
)
def test_another_verb_is_405_and_told_which_there_are(
    http: httpx.Client, method: str, path: str, allowed: set[str]
) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.superoffice("7 errors are in the type that was asked for, JSON or XML")
def test_a_404_is_told_in_xml_where_that_is_asked_for(http: httpx.Client) -> None:
    answer = http.get("/api/v1/nothing", headers={"Accept": "application/xml"})
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert "<ErrorType>SoNotFoundException</ErrorType>" in answer.text


@pytest.mark.superoffice("1 GET on an agent's method describes the call and does nothing")
def test_get_on_a_method_describes_the_call_and_assigns_nothing(
    world: World, desk: Desk, http: httpx.Client, owner: str
) -> None:
    associate = world.associate()
    module = world.module(owner)
    request = {"AssociateId": str(associate), "ModuleOwner": owner, "ModuleLicenseNames": module}
    described = desk.http.get("/Agents/License/AssignThirdPartyLicenses", params=request)
    assert described.status_code == 200
    told = described.json()
    assert told["Method"] == "POST"
    assert told["Url"] == f"{world.url}/api/v1/Agents/License/AssignThirdPartyLicenses"
    assert told["Parameters"] == [
        {"Name": "AssociateId", "Type": "int32", "StandsIn": "body"},
        {"Name": "ModuleOwner", "Type": "string", "StandsIn": "body"},
        {"Name": "ModuleLicenseNames", "Type": "string[]", "StandsIn": "body"},
    ]
    assert told["Answer"] == "ModuleLicenseLink[]"
    assert desk.assigned(owner, associate) == []
    assert http.get("/api/v1/Agents/License/AssignThirdPartyLicenses").status_code == 401
    of_list = desk.http.get("/Agents/Associate/GetAssociateList").json()["Parameters"]
    assert of_list == [{"Name": "AssociateIds", "Type": "int32[]", "StandsIn": "body, as all of it"}]


@pytest.mark.superoffice("1 a method without arguments is called with an empty body, with or without a Content-Type")
@pytest.mark.parametrize("headers", [{"Content-Type": "application/json", "Content-Length": "0"}, {}])
def test_a_method_without_arguments_takes_an_empty_body(desk: Desk, headers: dict[str, str]) -> None:
    answer = desk.http.post("/Agents/License/GetLicenseForAllOwnersFromDB", headers=headers, content=b"")
    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


@pytest.mark.superoffice("1 a name in a path may hold an encoded slash")
def test_a_name_with_a_slash_is_found_where_the_slash_is_encoded(world: World, desk: Desk) -> None:
    number = world.module(world.owner(), assignable_seats=1).removeprefix("MODULE_")
    owner = f"Partner A/B {number}"
    world.apply("licenses", {"owner": owner, "name": "Plan/Pro 100%", "assignable_seats": 7})
    answer = desk.http.get(f"/License/Partner%20A%2fB%20{number}/Plan%2FPro%20100%25")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["OwnerName"], answer.json()["NumberOfLicenses"]) == (owner, 7)


def test_head_is_answered_as_get_without_a_body(http: httpx.Client, desk: Desk) -> None:
    assert (http.head("/api").status_code, http.head("/api").content) == (200, b"")
    assert desk.http.head("/User/currentAssociate").status_code == 200


@pytest.mark.superoffice("10 answers are not to be cached")
def test_answers_and_errors_are_not_to_be_cached(desk: Desk, http: httpx.Client) -> None:
    for answer in (desk.http.get("/User/currentAssociate"), http.get("/api/v1"), http.get("/api/v1/nothing")):
        assert answer.headers["cache-control"] == "no-cache"
        assert (answer.headers["pragma"], answer.headers["expires"]) == ("no-cache", "-1")


@pytest.mark.superoffice("7 413 and 431 where a request is beyond a limit")
def test_a_request_beyond_a_limit_is_told_as_the_api_tells_errors(http: httpx.Client) -> None:
    body = http.post(CALL, content=b" " * (1024 * 1024 + 1))
    assert (body.status_code, body.json()["ErrorType"]) == (413, "SoServerException")
    headers = http.post(CALL, headers={"SO-AppToken": "x" * 33_000})
    assert headers.status_code == 431


def test_a_call_is_logged_with_its_face_and_its_user_and_counted_by_its_route(
    world: World, desk: Desk, owner: str
) -> None:
    answer = desk.post("License/GetThirdPartyLicenseAssignments", {"AssociateId": desk.id, "ModuleOwner": owner})
    line = logged(world, f"request_id={answer.headers['x-request-id']} ")
    assert "face=superoffice" in line
    assert f"user={desk.login}" in line
    counted = world.admin.get(f"{world.url}/metrics").text
    assert f'face="superoffice",method="POST",route="{CALL}",status="2xx"' in counted


def logged(world: World, what: str) -> str:
    """The line of the log that has this in it: it is written when the answer has been sent."""
    deadline = time.monotonic() + DEADLINE
    while True:
        found = [line for line in world.server.log.read_text().splitlines() if what in line]
        if found:
            return found[-1]
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
