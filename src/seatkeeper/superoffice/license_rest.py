"""`/License`: the REST twins of the License agent (contract 4).

They differ from the agent's methods in two things: what is not there is 404 (calling.py), and names have to be said, so
that a DELETE that lost its body takes nothing away.
"""

from seatkeeper.superoffice.calls import Method
from seatkeeper.superoffice.license_agent import LicenseAgent, ModuleNames
from seatkeeper.superoffice.places import Place


class RequiredModuleNames(ModuleNames, frozen=True, kw_only=True, rename="pascal"):
    """An owner's modules that an associate is to have, or to have no more."""

    module_license_names: tuple[str, ...]


def places(agent: LicenseAgent) -> tuple[Place, ...]:
    """Where the methods of the agent are."""
    methods = {each.name: each for each in agent.methods}
    assign = Method("AssignThirdPartyLicenses", RequiredModuleNames, agent.assign)
    unassign = Method("UnassignThirdPartyLicenses", RequiredModuleNames, agent.unassign)
    serial = ("newCompanyName", "newSerialNumber")
    return (
        Place("GET", "License", methods["GetLicenseForAllOwnersFromDB"]),
        Place("POST", "License", methods["AddLicenseFromFile"], body="FileContent"),
        Place("GET", "License/{ownerName}", methods["GetLicenseFromDB"]),
        Place("DELETE", "License/{moduleOwner}", methods["RemoveLicenseFromDB"]),
        Place("GET", "License/{ownerName}/ShopUrl", methods["GetShopUrl"]),
        Place("GET", "License/{ownerName}/{moduleName}", methods["GetModuleLicenseFromDB"]),
        Place("GET", "License/{moduleOwner}/{associateId:int}", methods["GetThirdPartyLicenseAssignments"]),
        Place("PUT", "License/{moduleOwner}/{associateId:int}", assign, body="ModuleLicenseNames"),
        Place("DELETE", "License/{moduleOwner}/{associateId:int}", unassign, body="ModuleLicenseNames"),
        Place("GET", "License/User/{associateId:int}", methods["GetUserLicenses"]),
        Place("GET", "License/User/MdoList", methods["GetUserLicensesMDOList"]),
        Place("GET", "License/Site/{satelliteId:int}", methods["GetSatelliteLicenses"]),
        Place("POST", "License/ChangeSerialNumber", methods["ChangeSerialNumber"], query=serial),
    )
