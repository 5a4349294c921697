"""The License agent as a whole: every method that the contract has is there and answers (contract 2)."""

import pytest

from tests.superoffice.client import Desk
from tests.superoffice.world import World


@pytest.mark.superoffice("2 every method answers 200")
def test_every_method_is_there_and_answers_200(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    links = {"AssociateId": world.associate(), "ModuleOwner": owner}
    of_owner = {"OwnerName": owner}
    info = desk.call("License/GetLicenseFromDB", of_owner)
    granted = f"<ModuleLicense><ModuleName>{module}</ModuleName><NumberOfLicenses>5</NumberOfLicenses></ModuleLicense>"
    modules = f"<ModuleLicenses>{granted}</ModuleLicenses>"
    document = {"FileContent": f"<LicenseInfo><OwnerName>{owner}</OwnerName>{modules}</LicenseInfo>"}
    requests = {
        "GetLicenseForAllOwnersFromDB": None,
        "GetLicenseFromDB": of_owner,
        "GetModuleLicenseFromDB": {**of_owner, "ModuleName": module},
        "GetUserLicenses": links,
        "GetSatelliteLicenses": {"SatelliteId": 0},
        "GetUserLicensesMDOList": None,
        "GetThirdPartyLicenseAssignments": links,
        "AssignThirdPartyLicenses": links,
        "UnassignThirdPartyLicenses": links,
        "GetLicenseFromFile": document,
        "ValidateLicenseInfo": {"LicenseInfo": info},
        "ActivateLicenseInfo": {"NewLicense": info},
        "GetLicenseFromLicenseServer": of_owner,
        "GetLicenseStatusFromLicenseServer": of_owner,
        "GetModuleLicenseHistoryFromLicenseServer": {
            "LicenseInfo": info,
            "ModuleLicense": info["ExtendedModuleLicenses"][0],
        },
        "ChangeSerialNumber": {"NewCompanyName": "The operator", "NewSerialNumber": "4711"},
        "GetShopUrl": of_owner,
        "GetUserAndInstallationLicenceStatus": links,
        "GetCentralLicense": None,
        "SaveCentralLicense": {"License": desk.call("License/GetCentralLicense")},
        "GetFencingInfo": None,
        "AddLicenseFromFile": document,
        "RemoveLicenseFromDB": {"ModuleOwner": owner},
    }
    assert len(requests) == 23
    statuses = {method: desk.post(f"License/{method}", request).status_code for method, request in requests.items()}
    assert statuses == dict.fromkeys(requests, 200)
