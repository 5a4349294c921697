"""Who the caller is, who others are, and taking all licenses away (contract 5, 9, 9.1)."""

import pytest

from tests.superoffice.client import Desk
from tests.superoffice.world import World

TEXTS = 'NO:"Planlegger";US:"Planner"'


@pytest.mark.superoffice(
    "9 GET User/currentPrincipal",
    "9.1 UserType",
    "9.1 Associate",
    "9.1 AssociateId",
    "9.1 GroupId",
    "9.1 SecondaryGroups",
    "9.1 FullName",
    "9.1 UserName",
    "9.1 RoleName",
    "9.1 RoleType",
    "9.1 FunctionRights",
    "9.1 DatabaseContextIdentifier",
)
def test_the_principal_is_the_caller(world: World) -> None:
    members = {
        "display_name": "Ground floor desk",
        "user_type": "external",
        "group_id": 40,
        "secondary_groups": [41, 42],
    }
    with world.employ(roles=["operator"], rights=["assignments.write"], **members) as desk:
        told = desk.http.get("/User/currentPrincipal").json()
    assert (told["Associate"], told["AssociateId"], told["UserName"]) == (desk.login, desk.id, desk.login)
    assert (told["FullName"], told["UserType"]) == ("Ground floor desk", "ExternalAssociate")
    assert (told["GroupId"], told["SecondaryGroups"]) == (40, [41, 42])
    assert (told["RoleName"], told["RoleType"]) == ("operator", "ExternalUser")
    assert told["FunctionRights"] == sorted(told["FunctionRights"])
    assert {"assignments.write", "inventory.read"} <= set(told["FunctionRights"])
    assert told["DatabaseContextIdentifier"] == "Cust26759"


@pytest.mark.superoffice(
    "9.1 IsPerson, PersonId, CountryId, HomeCountryId, ContactId, BusinessId, CategoryId, ContactOwner, RoleId,"
    " RoleDescription, EMailAddress, EjUserId, EjAccessLevel, EjUserStatus"
)
def test_what_a_crm_alone_knows_of_the_principal_is_there_and_empty(desk: Desk) -> None:
    told = desk.http.get("/User/currentPrincipal").json()
    numbers = ("Person", "Country", "HomeCountry", "Contact", "Business", "Category", "Role", "EjUser")
    assert [told[f"{name}Id"] for name in numbers] == [0] * len(numbers)
    assert (told["ContactOwner"], told["EjAccessLevel"], told["IsPerson"]) == (0, 0, False)
    assert (told["RoleDescription"], told["EMailAddress"], told["EjUserStatus"]) == ("", "", "StatusNone")


@pytest.mark.superoffice(
    "9.1 Licenses",
    "9.1 Licenses are the site licenses, and the user licenses that are assigned",
    "9.1 GrantedModuleLicense.OwnerName",
    "9.1 GrantedModuleLicense.OwnerDescription",
    "9.1 GrantedModuleLicense.OwnerId",
    "9.1 GrantedModuleLicense.ModuleId",
    "9.1 GrantedModuleLicense.Name",
    "9.1 GrantedModuleLicense.Description",
    "9.1 GrantedModuleLicense.Version",
    "9.1 GrantedModuleLicense.LicenseType",
    "9.1 GrantedModuleLicense.ExtraFlags",
    "9.1 GrantedModuleLicense.ExtraInfo",
    "9.1 GrantedModuleLicense.SortOrder",
    "9.1 GrantedModuleLicense.LicenseNumber",
    "9.1 GrantedModuleLicense.IsHidden",
    "9.1 GrantedModuleLicense.IsUnrestricted",
    "9.1 GrantedModuleLicense.ExpiryDate",
)
def test_the_principals_licenses_are_the_sites_and_his_own(world: World) -> None:
    owner = world.owner(description=TEXTS, expires="2099-06-30")
    site = world.module(owner, kind="site", unrestricted=True, sort_order=1)
    own = world.module(
        owner,
        display_name=TEXTS,
        version="7.1",
        sort_order=2,
        hidden=True,
        extra_flags=4,
        extra_info="room=2",
        expires="2098-12-31",
    )
    world.module(owner)
    with world.employ(f"{owner}:{own}") as desk:
        told = desk.http.get("/User/currentPrincipal", headers={"Accept-Language": "no"}).json()
        [of_site, of_user] = [each for each in told["Licenses"] if each["OwnerName"] == owner]
        request = {"AssociateId": desk.id, "ModuleOwner": owner}
        [link] = desk.call("License/GetThirdPartyLicenseAssignments", request)
    assert (of_site["Name"], of_site["LicenseType"], of_site["LicenseNumber"]) == (site, "SiteLicense", 0)
    assert (of_site["IsUnrestricted"], of_site["ExpiryDate"]) == (True, "2099-06-30T00:00:00")
    assert of_user["ModuleId"] == link["ModuleLicenseId"]
    assert of_user["OwnerId"] > 0
    assert {name: of_user[name] for name in of_user if name not in {"ModuleId", "OwnerId", *PAIR}} == {
        "OwnerName": owner,
        "OwnerDescription": "Planlegger",
        "Name": own,
        "Description": "Planlegger",
        "Version": "7.1",
        "LicenseType": "UserLicense",
        "ExtraFlags": 4,
        "ExtraInfo": "room=2",
        "SortOrder": 2,
        "LicenseNumber": 1,
        "IsHidden": True,
        "IsUnrestricted": False,
        "ExpiryDate": "2098-12-31T00:00:00",
    }


PAIR = ("TableRight", "FieldProperties")


@pytest.mark.superoffice(
    "9 GET User/currentAssociate",
    "9 Associate.AssociateId",
    "9 Associate.Name",
    "9 Associate.Type",
    "9 Associate.GroupIdx",
    "9 Associate.FullName",
    "9 Associate.FormalName",
    "9 Associate.Deleted",
    "9 Associate.UserName",
    "9 Associate: PersonId, Rank, Tooltip, EjUserId, ExtraFields, CustomFields",
)
def test_the_current_associate_is_the_caller_as_others_see_him(world: World) -> None:
    with world.employ(display_name="Ground floor desk", user_type="resource", group_id=7) as desk:
        told = desk.http.get("/User/currentAssociate").json()
    assert {name: told[name] for name in told if name not in PAIR} == {
        "AssociateId": desk.id,
        "Name": desk.login,
        "PersonId": 0,
        "Rank": 0,
        "Tooltip": "Ground floor desk",
        "Type": "ResourceAssociate",
        "GroupIdx": 7,
        "FullName": "Ground floor desk",
        "FormalName": "Ground floor desk",
        "Deleted": False,
        "EjUserId": 0,
        "UserName": desk.login,
        "ExtraFields": {},
        "CustomFields": {},
    }


@pytest.mark.superoffice("9 Associate/GetAssociate")
def test_an_associate_is_found_by_his_number_in_query_or_body(world: World, desk: Desk) -> None:
    associate = world.associate()
    for options in ({"params": {"associateId": associate}}, {"params": {"ASSOCIATEID": associate}}):
        assert desk.call("Associate/GetAssociate", **options)["Name"] == world.login_of(associate)
    assert desk.call("Associate/GetAssociate", {"associateId": str(associate)})["AssociateId"] == associate
    for nobody in (1, 0, -1, 2_147_483_647):
        assert desk.call("Associate/GetAssociate", params={"associateId": nobody}) is None


@pytest.mark.parametrize("number", ["", "x", "2147483648", "1e3", "9" * 5000])
def test_a_number_that_is_none_is_400(desk: Desk, number: str) -> None:
    answer = desk.post("Associate/GetAssociate", params={"associateId": number})
    assert answer.status_code == 400
    assert "AssociateId" in answer.text


@pytest.mark.superoffice("9 Associate/GetAssociateList")
def test_associates_are_listed_by_an_array_of_numbers_in_its_order(world: World, desk: Desk) -> None:
    first, second, gone = (world.associate() for _ in range(3))
    world.delete(gone)
    listed = desk.call("Associate/GetAssociateList", [second, 1, first, gone])
    assert [(each["AssociateId"], each["Deleted"]) for each in listed] == [
        (second, False),
        (first, False),
        (gone, True),
    ]
    assert desk.call("Associate/GetAssociateList", []) == []
    for wrong in ({"AssociateIds": 5}, ["x"], [[1]], "no array"):
        assert desk.post("Associate/GetAssociateList", wrong).status_code == 400, wrong


@pytest.mark.superoffice("9 Associate/GetAssociatesByGroup")
def test_associates_are_found_by_their_first_and_further_groups(world: World, desk: Desk) -> None:
    first, further, gone = (
        world.associate(group_id=870),
        world.associate(group_id=871, secondary_groups=[87, 870]),
        world.associate(group_id=870),
    )
    world.delete(gone)
    for group, members in ((870, [first, further]), (87, [further]), (8700, []), (0, [])):
        listed = desk.call("Associate/GetAssociatesByGroup", {"GroupId": group, "Type": 2})
        assert [each["AssociateId"] for each in listed] == members


def test_others_are_shown_to_who_may_see_or_assign_their_licenses(world: World, desk: Desk) -> None:
    with world.employ() as nobody, world.employ(rights=["assignments.write"]) as assigner:
        for method, options in (
            ("Associate/GetAssociate", {"params": {"associateId": desk.id}}),
            ("Associate/GetAssociateList", {"request": [nobody.id, desk.id]}),
            ("Associate/GetAssociatesByGroup", {"request": {"GroupId": 1, "Type": 2}}),
        ):
            refused = nobody.post(method, **options)
            assert (refused.status_code, refused.json()["ErrorType"]) == (403, "SoSentryException"), method
            assert assigner.post(method, **options).status_code == 200
        assert nobody.call("Associate/GetAssociate", params={"associateId": nobody.id})["Name"] == nobody.login


@pytest.mark.superoffice("5 GET User/currentToken", "5 User/GetAccessToken")
def test_an_access_token_speaks_for_who_asked_for_it(world: World) -> None:
    with world.employ() as desk, world.stranger() as http:
        token = desk.http.get("/User/currentToken").json()
        other = desk.call("User/GetAccessToken", {"AppToken": "", "IncludeCsSession": False})
        assert token.startswith("8A:Cust26759.")
        assert other != token
        for each in (token, other):
            answer = http.get("/api/v1/User/currentAssociate", headers={"Authorization": f"Bearer {each}"})
            assert answer.json()["Name"] == desk.login


@pytest.mark.superoffice("9 User/RemoveLicenses", "1 a method that returns nothing answers 204")
def test_all_licenses_of_all_owners_are_taken_away(world: World, desk: Desk) -> None:
    first, second = world.owner(), world.owner()
    needed = world.module(first)
    needing = world.module(first, prerequisite=f"{first}:{needed}")
    other = world.module(second)
    associate = world.associate(f"{first}:{needed}", f"{first}:{needing}", f"{second}:{other}")
    assert desk.assigned(first, associate)
    assert desk.assigned(second, associate)
    for _ in range(2):
        removed = desk.post("User/RemoveLicenses", {"AssociateId": associate})
        assert (removed.status_code, removed.content) == (204, b"")
        assert desk.assigned(first, associate) == desk.assigned(second, associate) == []


def test_licenses_are_taken_away_by_who_may_and_from_who_is_there(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    associate = world.associate(f"{owner}:{module}")
    with world.employ(roles=["operator"]) as operator:
        assert operator.post("User/RemoveLicenses", {"AssociateId": associate}).status_code == 403
    assert desk.assigned(owner, associate) == [module]
    unknown = desk.post("User/RemoveLicenses", {"AssociateId": 2_000_000_000})
    assert (unknown.status_code, unknown.json()["ErrorType"]) == (400, "SoNotFoundException")
