"""The methods that ask an owner's license server, which is this one."""

import pytest

from tests.superoffice.client import Desk
from tests.superoffice.paper import document, module
from tests.superoffice.world import World


@pytest.mark.superoffice("2 GetLicenseFromLicenseServer", "2 GetLicenseFromLicenseServer.OwnerName")
def test_the_license_server_has_what_is_stored(world: World, desk: Desk) -> None:
    owner = world.owner(expires="2099-12-31", company="Demo Contact Centre")
    name = world.module(owner)

    served = desk.call("License/GetLicenseFromLicenseServer", {"OwnerName": owner.lower()})

    assert served["New"] == served["Current"]
    assert served["New"]["CompanyName"] == "Demo Contact Centre"
    assert (served["CanBeActivated"], served["Reason"]) == (True, "")
    assert [each["New"]["ModuleName"] for each in served["ExtendedModuleLicenses"]] == [name]
    assert desk.call("License/GetLicenseFromLicenseServer", {"OwnerName": "NOBODY"}) is None


@pytest.mark.superoffice(
    "2 GetLicenseStatusFromLicenseServer",
    "2 GetLicenseStatusFromLicenseServer.OwnerName",
    "2.1 CheckLicenseStatusResult.LicenseStatus",
    "2.1 CheckLicenseStatusResult.Message",
    "2.1 CheckLicenseStatusResult.Url",
    "2.1 LicenseStatus Ok",
    "2.1 LicenseStatus ProblemWithLicense",
    "2.1 LicenseStatus UseCustomMessage",
    "2.1 LicenseStatus UseCustomMessageAndUrl",
)
@pytest.mark.parametrize(
    ("dates", "status", "said"),
    [
        ({}, "Ok", ""),
        ({"expires": "2099-12-31", "warn_from": "2099-10-01"}, "Ok", ""),
        ({"expires": "2099-12-31", "warn_from": "2020-01-01"}, "UseCustomMessage", "2099-12-31"),
        ({"expires": "2020-01-02", "grace_until": "2099-12-31"}, "UseCustomMessage", "2020-01-02"),
        ({"expires": "2020-01-02", "grace_until": "2020-02-03"}, "ProblemWithLicense", "2020-02-03"),
        ({"expires": "2020-01-02"}, "ProblemWithLicense", "2020-01-02"),
    ],
)
def test_the_status_says_how_the_license_is(
    world: World, desk: Desk, dates: dict[str, str], status: str, said: str
) -> None:
    without = world.owner(company="any", **dates)
    with_shop = world.owner(shop_url="https://shop.example/", **dates)

    plain = desk.call("License/GetLicenseStatusFromLicenseServer", {"OwnerName": without})
    shop = desk.call("License/GetLicenseStatusFromLicenseServer", {"OwnerName": with_shop})

    assert (plain["LicenseStatus"], plain["Url"]) == (status, "")
    assert said in plain["Message"]
    assert bool(plain["Message"]) == bool(said)
    assert shop["LicenseStatus"] == status.replace("Message", "MessageAndUrl")
    assert shop["Url"] == ("https://shop.example/" if said else "")


def test_the_status_of_an_owner_that_nobody_knows_is_a_problem(desk: Desk) -> None:
    status = desk.call("License/GetLicenseStatusFromLicenseServer", {"OwnerName": "NOBODY"})

    assert status["LicenseStatus"] == "ProblemWithLicense"
    assert "NOBODY" in status["Message"]


@pytest.mark.superoffice(
    "2 GetModuleLicenseHistoryFromLicenseServer",
    "2 GetModuleLicenseHistoryFromLicenseServer.LicenseInfo",
    "2 GetModuleLicenseHistoryFromLicenseServer.ModuleLicense",
    "2 a method whose type is string answers a JSON string",
)
def test_the_history_of_a_module_is_what_was_bought_when(world: World, desk: Desk) -> None:
    owner = world.owner()
    for count, unrestricted in ((5, False), (1500, False), (2, True)):
        content = document(owner, module("ONE", NumberOfLicenses=count, Unrestricted=unrestricted))
        assert desk.call("License/AddLicenseFromFile", {"FileContent": content})["CanBeActivated"]
    license_ = desk.call("License/GetLicenseFromDB", {"OwnerName": owner})
    request = {"LicenseInfo": license_, "ModuleLicense": license_["ExtendedModuleLicenses"][0]}

    plain = desk.call("License/GetModuleLicenseHistoryFromLicenseServer", request)
    german = desk.call(
        "License/GetModuleLicenseHistoryFromLicenseServer", request, headers={"Accept-Language": "de-DE"}
    )

    assert [line.partition(": ")[2].split()[0] for line in plain.splitlines()] == ["5", "1500", "2"]
    assert plain.splitlines()[0].startswith("20")
    assert "1.500 gekauft" in german
    nothing = request | {"ModuleLicense": {"New": {"OwnerName": owner, "ModuleName": "NONE"}}}
    assert desk.call("License/GetModuleLicenseHistoryFromLicenseServer", nothing) == ""


@pytest.mark.superoffice(
    "2 ChangeSerialNumber", "2 ChangeSerialNumber.NewCompanyName", "2 ChangeSerialNumber.NewSerialNumber"
)
def test_a_serial_number_is_not_issued_here_and_nothing_changes(world: World, desk: Desk) -> None:
    owner = world.owner(company="Demo Contact Centre", serial_number="1234567890")
    before = desk.call("License/GetLicenseForAllOwnersFromDB")

    result = desk.call("License/ChangeSerialNumber", {"NewCompanyName": "Another", "NewSerialNumber": "42"})

    assert result["Succeeded"] is False
    assert "42" in result["Reason"]
    assert "Another" in result["Reason"]
    assert owner in {each["Current"]["OwnerName"] for each in before}
    assert desk.call("License/GetLicenseForAllOwnersFromDB") == before


@pytest.mark.superoffice("2 GetShopUrl", "2 GetShopUrl.OwnerName")
def test_the_shop_is_where_the_inventory_says(world: World, desk: Desk) -> None:
    owner, without = world.owner(shop_url="https://shop.example/planning"), world.owner(company="any")

    assert desk.call("License/GetShopUrl", {"OwnerName": owner}) == "https://shop.example/planning"
    assert desk.call("License/GetShopUrl", {"OwnerName": without}) == ""
    assert desk.call("License/GetShopUrl", {"OwnerName": "NOBODY"}) is None
