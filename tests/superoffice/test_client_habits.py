"""Requests as published clients were seen to send them, header by header, where those clients cannot be run.

So a machine without Node or without the package indexes sees that they are understood, too. test_vendor_clients.py
and test_python_sdk.py run the clients themselves.
"""

import json
from typing import Any

import httpx
import pytest

from tests.superoffice.clients.credentials import ticket_of
from tests.superoffice.clients.ledger import modules_of
from tests.superoffice.world import World

AGENT = "/SuperOffice/api/v1/Agents/License"

# The vendor's package for Node, both versions. A method without arguments has the type, and no body.
VENDOR = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "SO-TS-WebApi/1.0",
    "SO-Browser-TZ-Offset": "60",
    "Accept-Language": "",
    "Accept-Encoding": "gzip, compress, deflate, br",
}
LATEST = "9 npm @superoffice/webapi, latest: every method of its LicenseAgent"
OLDER = "9 npm @superoffice/webapi 10.2.9: every method of its LicenseAgent"
PYTHON = "9 PyPI superoffice-python-sdk: its License calls"

DOCUMENT = (
    "<LicenseInfo><OwnerName>{owner}</OwnerName><ModuleLicenses><ModuleLicense><OwnerName>{owner}</OwnerName>"
    "<ModuleName>SHIFTS</ModuleName><LicenseType>UserLicense</LicenseType><NumberOfLicenses>2</NumberOfLicenses>"
    "</ModuleLicense></ModuleLicenses></LicenseInfo>"
)


def send(world: World, verb: str, path: str, headers: dict[str, str], body: str | None = None) -> httpx.Response:
    """Exactly these headers, and what HTTP itself needs."""
    content = None if body is None else body.encode()
    return world.desk.http.send(httpx.Request(verb, f"{world.url}{path}", headers=headers, content=content))


@pytest.mark.superoffice(
    LATEST, OLDER, "6.2 members of requests match in any case", "6.6 SO-Browser-TZ-Offset is ignored"
)
def test_the_vendors_package_sends_camel_case_and_no_body_where_there_is_nothing_to_say(world: World) -> None:
    owner, associate = world.owner(company="Demo Contact Centre"), world.associate()
    module = world.module(owner)
    document = DOCUMENT.format(owner=world.owner())

    def call(method: str, **request: object) -> Any:  # noqa: ANN401 - whatever JSON holds
        answer = send(world, "POST", f"{AGENT}/{method}", VENDOR, json.dumps(request) if request else "")
        assert answer.status_code == 200, f"{method}: {answer.text}"
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.json()

    who = {"associateId": associate, "moduleOwner": owner}
    [link] = call("AssignThirdPartyLicenses", **who, moduleLicenseNames=[module])
    assert (link["Name"], link["InUse"]) == (module, 1)
    assert call("GetThirdPartyLicenseAssignments", **who) == [link]
    assert call("UnassignThirdPartyLicenses", **who, moduleLicenseNames=[module]) == []
    stored = call("GetLicenseFromDB", ownerName=owner)
    assert stored["Current"]["CompanyName"] == "Demo Contact Centre"
    assert stored in call("GetLicenseForAllOwnersFromDB")
    assert call("GetModuleLicenseFromDB", ownerName=owner, moduleName=module)["ModuleName"] == module
    assert owner in {each["Name"] for each in call("GetUserLicenses", associateId=associate)}
    assert isinstance(call("GetSatelliteLicenses", satelliteId=0), list)
    assert isinstance(call("GetUserLicensesMDOList"), list)
    assert call("GetLicenseFromFile", fileContent=document)["New"]
    assert call("AddLicenseFromFile", fileContent=document)["Current"]
    assert call("ValidateLicenseInfo", licenseInfo=stored)["Succeeded"] is True
    assert call("ActivateLicenseInfo", newLicense={**stored, "new": stored["Current"]})["Succeeded"] is True
    assert call("GetLicenseFromLicenseServer", ownerName=owner)
    assert call("GetLicenseStatusFromLicenseServer", ownerName=owner)["LicenseStatus"] == "Ok"
    [extended] = stored["ExtendedModuleLicenses"]
    assert isinstance(call("GetModuleLicenseHistoryFromLicenseServer", licenseInfo=stored, moduleLicense=extended), str)
    assert call("ChangeSerialNumber", newCompanyName="Demo Contact Centre", newSerialNumber="1")["Succeeded"] is False
    assert isinstance(call("GetShopUrl", ownerName=owner), str)
    assert call("GetUserAndInstallationLicenceStatus", associateId=associate)["UserLicenses"] == []
    central = call("GetCentralLicense")
    assert call("SaveCentralLicense", license=central) == central
    assert call("GetFencingInfo")["HasReachedMaximum"] in (True, False), "other tests have plans, too"
    assert call("RemoveLicenseFromDB", moduleOwner=owner)["Succeeded"] is True


@pytest.mark.superoffice(
    PYTHON, "1 a trailing slash is tolerated", "6.1 no Accept, or an unknown one, is answered in JSON"
)
def test_the_package_for_python_misspells_what_it_accepts_and_posts_with_a_slash_at_the_end(world: World) -> None:
    with world.stranger() as http:
        http.headers.clear()
        http.headers.update(
            {
                "Authorization": f"SOTicket {ticket_of(http, world.desk.login)}",
                "SO-AppToken": "any",
                "Content-Type": "application/json",
                "Accept": "aplication/json",
                "User-Agent": "python-requests/2.34.2",
            }
        )
        owner, associate = world.owner(), world.associate()
        module = world.module(owner)
        place = f"/Cust26759/api/v1/License/{owner}/{associate}"
        assert http.put(place, content=json.dumps([module])).status_code == 200
        [link] = http.get(place).json()
        assert (link["Name"], link["Assigned"]) == (module, True)
        assert http.delete(place).status_code == 400, "it cannot send which"
        assert modules_of(world, world.login_of(associate), owner) == {module}

        document = DOCUMENT.format(owner=world.owner())
        posted = http.post("/Cust26759/api/v1/License/", content=json.dumps(document))
        assert (posted.status_code, posted.headers["content-type"]) == (200, "application/json; charset=utf-8")


@pytest.mark.superoffice("1 a method without arguments is called with an empty body, with or without a Content-Type")
@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}, {"Accept": "application/json"}])
def test_clients_for_php_send_no_content_type_where_there_is_no_body(world: World, headers: dict[str, str]) -> None:
    answer = send(world, "POST", f"{AGENT}/GetFencingInfo", headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.superoffice("6.1 JSON that is labelled as a form is read", "6.2 a number as text is a number")
@pytest.mark.parametrize("body", ['{"AssociateId": "%d"}', '{"associateid": %d}', "AssociateId=%d"])
def test_generated_clients_label_json_as_a_form_and_accept_every_type_at_once(world: World, body: str) -> None:
    owner = world.owner()
    module = world.module(owner)
    associate = world.associate(f"{owner}:{module}")
    accept = (
        "application/json, text/json, application/xml, text/xml, application/json-patch+json, "
        "application/merge-patch+json"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}
    answer = send(world, "POST", f"{AGENT}/GetUserLicenses", headers, body % associate)
    assert answer.status_code == 200, answer.text
    assert owner in {each["Name"] for each in answer.json()}
