"""What the License agent tells of licenses: an associate's, the central ones, one module (contract 2, 7.3)."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import start_server
from tests.superoffice.client import Desk
from tests.superoffice.world import World

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
UNSET = "0001-01-01T00:00:00"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """A server of one's own: what is told of a whole installation depends on whatever else is in it."""
    with start_server(tmp_path / "data") as server:
        world = World(server)
        yield world
        world.close()


def owners_of(desk: Desk, associate_id: int) -> dict[str, dict[str, Any]]:
    """What GetUserLicenses answers, by the owner's name."""
    return {each["Name"]: each for each in desk.call("License/GetUserLicenses", {"AssociateId": associate_id})}


def links_of(owner: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Both lists of a LicenseOwner, by the module's name."""
    both = itertools.chain(owner["RestrictedModuleLicenses"], owner["UnrestrictedModuleLicenses"])
    return {each["Name"]: each for each in both}


@pytest.mark.superoffice(
    "2 GetThirdPartyLicenseAssignments",
    "2 GetThirdPartyLicenseAssignments.AssociateId",
    "2 GetThirdPartyLicenseAssignments.ModuleOwner",
)
def test_assignments_are_what_the_associate_has_of_the_owner_and_no_more(world: World, desk: Desk) -> None:
    owner, other = world.owner(), world.owner()
    has, lacks, foreign = world.module(owner), world.module(owner), world.module(other)
    somebody = world.associate(f"{owner}:{has}", f"{other}:{foreign}")
    world.associate(f"{owner}:{lacks}")
    request = {"AssociateId": somebody, "ModuleOwner": owner.lower()}
    [row] = desk.call("License/GetThirdPartyLicenseAssignments", request)
    assert (row["Name"], row["Assigned"], row["InUse"], row["Free"], row["Total"]) == (has, True, 1, 4, 5)
    assert desk.assign(owner, to=somebody).json() == [row], "and as assigning answers it"


@pytest.mark.superoffice("7 reading what is not there is null or an empty list")
def test_tokens_of_applications_are_no_modules(world: World, desk: Desk) -> None:
    owner = world.owner()
    module, tokens = world.module(owner), world.module(owner, applies_to="applications")
    somebody = world.associate(f"{owner}:{module}")
    assert list(links_of(owners_of(desk, somebody)[owner])) == [module]
    assert desk.call("License/GetModuleLicenseFromDB", {"OwnerName": owner, "ModuleName": tokens}) is None
    refused = desk.assign(owner, tokens, to=somebody)
    assert refused.status_code == 400
    assert f"{tokens} applies to applications" in refused.json()["Message"]


@pytest.mark.superoffice("7 reading what is not there is null or an empty list")
def test_what_is_not_there_is_empty_or_null(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    gone = world.associate(f"{owner}:{module}")
    world.delete(gone)
    for number in (gone, 0, -1, 4999, 2**31 - 1):
        asked = {"AssociateId": number, "ModuleOwner": owner}
        assert desk.call("License/GetThirdPartyLicenseAssignments", asked) == []
        assert desk.call("License/GetUserLicenses", {"AssociateId": number}) == []
        assert desk.call("License/GetUserAndInstallationLicenceStatus", {"AssociateId": number}) is None
    for nobody in ("NOBODY", "", "nul\0inside", "x" * 20_000):
        asked = {"AssociateId": world.desk.id, "ModuleOwner": nobody}
        assert desk.call("License/GetThirdPartyLicenseAssignments", asked) == []
        assert desk.call("License/GetModuleLicenseFromDB", {"OwnerName": nobody, "ModuleName": module}) is None


@pytest.mark.superoffice(
    "2 GetUserLicenses",
    "2 GetUserLicenses.AssociateId",
    "2 GetUserLicenses lists what is assigned and what is not, by owner",
    "2.1 LicenseOwner.Name",
    "2.1 LicenseOwner.Description",
    "2.1 LicenseOwner.RestrictedModuleLicenses",
    "2.1 LicenseOwner.UnrestrictedModuleLicenses",
)
def test_user_licenses_are_all_there_are_by_owner_and_say_which_he_has(world: World, desk: Desk) -> None:
    owner = world.owner(description="Everything for planners")
    has, lacks = world.module(owner, sort_order=2), world.module(owner, sort_order=1, hidden=True)
    free = world.module(owner, unrestricted=True, assignable_seats=1)
    world.module(owner, kind="site")
    found = owners_of(desk, world.associate(f"{owner}:{has}"))[owner]
    assert list(found)[:4] == ["Name", "Description", "RestrictedModuleLicenses", "UnrestrictedModuleLicenses"]
    assert found["Description"] == "Everything for planners"
    assert [(each["Name"], each["Assigned"]) for each in found["RestrictedModuleLicenses"]] == [
        (lacks, False),
        (has, True),
    ]
    assert [(each["Name"], each["Assigned"]) for each in found["UnrestrictedModuleLicenses"]] == [(free, False)]


@pytest.mark.superoffice("2.1 ModuleLicenseLink.CanAssign", "3 CanAssign says whether assigning would be granted")
def test_can_assign_says_what_assigning_then_comes_to(world: World, desk: Desk) -> None:
    owner, ended = world.owner(), world.owner(expires=YESTERDAY)
    base = world.module(owner)
    full = world.module(owner, assignable_seats=1)
    world.associate(f"{owner}:{full}")
    expected = {
        base: True,
        full: False,
        world.module(owner, hidden=True): True,
        world.module(owner, assignable_seats=0, unrestricted=True): True,
        world.module(owner, user_type="internal"): True,
        world.module(owner, user_type="external"): False,
        world.module(owner, expires=YESTERDAY): False,
        world.module(owner, applies_to="stations"): False,
        world.module(owner, assignable_seats=0, concurrent_seats=3): False,
        world.module(owner, prerequisite=f"{owner}:{base}"): False,
        world.module(owner, prerequisite=f"{owner}:{world.module(owner, kind='site')}"): True,
    }
    late = world.module(ended)
    concurrent = world.associate(profiles={owner: {"method": "concurrent"}})
    assert not any(each["CanAssign"] for each in links_of(owners_of(desk, concurrent)[owner]).values())
    somebody = world.associate()
    found = owners_of(desk, somebody)
    assert {name: each["CanAssign"] for name, each in links_of(found[owner]).items()} == expected
    assert links_of(found[ended])[late]["CanAssign"] is False
    assert desk.assign(ended, late, to=somebody).status_code == 400
    for name, can in sorted(expected.items(), key=lambda each: each[0] == base):
        assert desk.assign(owner, name, to=somebody).status_code == (200 if can else 400), name


@pytest.mark.superoffice("2.1 ModuleLicenseLink.CanAssign")
def test_what_he_has_already_can_be_assigned_without_a_free_seat(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    somebody = world.associate(f"{owner}:{module}")
    assert links_of(owners_of(desk, somebody)[owner])[module]["CanAssign"] is True
    assert links_of(owners_of(desk, world.associate())[owner])[module]["CanAssign"] is False


@pytest.mark.superoffice("2 GetThirdPartyLicenseAssignments", "2 GetUserLicenses")
def test_ones_own_licenses_are_for_everybody_those_of_others_are_not(world: World) -> None:
    owner = world.owner()
    module = world.module(owner)
    other = world.associate(f"{owner}:{module}")
    methods = ("GetThirdPartyLicenseAssignments", "GetUserLicenses", "GetUserAndInstallationLicenceStatus")
    with world.employ(f"{owner}:{module}") as clerk, world.employ(roles=["operator"]) as operator:
        for method in methods:
            assert clerk.call(f"License/{method}", {"AssociateId": clerk.id, "ModuleOwner": owner})
            assert operator.call(f"License/{method}", {"AssociateId": other, "ModuleOwner": owner})
            refused = clerk.post(f"License/{method}", {"AssociateId": other, "ModuleOwner": owner})
            assert (refused.status_code, refused.json()["ErrorType"]) == (403, "SoSentryException")


@pytest.mark.superoffice(
    "2 GetSatelliteLicenses",
    "2 GetSatelliteLicenses.SatelliteId",
    "2 GetSatelliteLicenses takes 0 for the central database",
    "2 GetCentralLicense",
)
def test_the_central_database_has_the_satellite_licenses(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, kind="satellite", assignable_seats=2)
    world.module(owner)
    central = desk.call("License/GetSatelliteLicenses", {"SatelliteId": 0})
    [found] = [each for each in central if each["Name"] == owner]
    [row] = found["RestrictedModuleLicenses"]
    assert [row[each] for each in ("Name", "Total", "Free", "InUse", "Assigned", "CanAssign")] == [
        module,
        2,
        2,
        0,
        False,
        False,
    ]
    assert desk.call("License/GetCentralLicense") == central
    assert desk.call("License/GetSatelliteLicenses", {"SatelliteId": 1}) == []


@pytest.mark.superoffice("2 SaveCentralLicense", "2 SaveCentralLicense.License")
def test_saving_the_central_licenses_as_they_are_is_accepted_and_nothing_else(world: World, desk: Desk) -> None:
    world.module(world.owner(), kind="satellite")
    central = desk.call("License/GetCentralLicense")
    assert desk.call("License/SaveCentralLicense", {"License": central}) == central
    central[0]["RestrictedModuleLicenses"][0]["Total"] += 1
    no_licenses: list[object] = []
    for changed in (central, central[1:], no_licenses):
        refused = desk.post("License/SaveCentralLicense", {"License": changed})
        assert (refused.status_code, refused.json()["ErrorType"]) == (400, "SoNotSupportedException")
    with world.employ() as clerk:
        refused = clerk.post("License/SaveCentralLicense", {"License": central})
        assert (refused.status_code, refused.json()["ErrorType"]) == (403, "SoSentryException")


@pytest.mark.superoffice(
    "2 GetUserLicensesMDOList",
    "2 GetUserLicensesMDOList has owners on top and licenses below",
    "2.1 SelectableMDOListItem.Id",
    "2.1 SelectableMDOListItem.Name",
    "2.1 SelectableMDOListItem.ToolTip",
    "2.1 SelectableMDOListItem.Hidden",
    "2.1 SelectableMDOListItem.ChildItems",
    "2.1 SelectableMDOListItem: Deleted, Rank, Type, ColorBlock, IconHint, Selected, LastChanged, ExtraInfo,"
    " StyleHint, FullName",
)
def test_the_tree_has_owners_on_top_and_their_user_licenses_below(world: World, desk: Desk) -> None:
    owner = world.owner(description="Everything for planners")
    shown = world.module(owner, display_name="Planner", tooltip="Plans.", sort_order=7)
    hidden = world.module(owner, hidden=True, sort_order=8)
    world.module(owner, kind="site")
    tree = desk.call("License/GetUserLicensesMDOList")
    [top] = [each for each in tree if each["FullName"] == owner]
    assert (top["Name"], top["Type"]) == ("Everything for planners", "ModuleOwner")
    first, second = top["ChildItems"]
    assert {**first, "TableRight": None, "FieldProperties": None} == {
        "Id": links_of(owners_of(desk, desk.id)[owner])[shown]["ModuleLicenseId"],
        "Name": "Planner",
        "ToolTip": "Plans.",
        "Deleted": False,
        "Rank": 7,
        "Type": "ModuleLicense",
        "ColorBlock": 0,
        "IconHint": "",
        "Selected": False,
        "LastChanged": UNSET,
        "ChildItems": [],
        "ExtraInfo": "",
        "StyleHint": "",
        "Hidden": False,
        "FullName": f"{owner}.{shown}",
        "TableRight": None,
        "FieldProperties": None,
    }
    assert (second["FullName"], second["Hidden"]) == (f"{owner}.{hidden}", True)


@pytest.mark.superoffice(
    "2 GetModuleLicenseFromDB",
    "2 GetModuleLicenseFromDB.OwnerName",
    "2 GetModuleLicenseFromDB.ModuleName",
    "2 GetModuleLicenseFromDB answers null for a module that is not there",
    "2.1 ModuleLicense.OwnerName",
    "2.1 ModuleLicense.ModuleName",
    "2.1 ModuleLicense.ModuleDescription",
    "2.1 ModuleLicense.ModuleTooltip",
    "2.1 ModuleLicense.ModuleVersion",
    "2.1 ModuleLicense.LicenseType",
    "2.1 ModuleLicense.Unrestricted",
    "2.1 ModuleLicense.AllowedUserType",
    "2.1 ModuleLicense.NumberOfLicenses",
    "2.1 ModuleLicense.ExtraFlags",
    "2.1 ModuleLicense.ExtraInfo",
    "2.1 ModuleLicense.SortOrder",
    "2.1 ModuleLicense.IsHidden",
    "2.1 ModuleLicense.PrerequisiteModuleName",
    "2.1 ModuleLicense.Signature",
    "2.1 LicenseType UserLicense",
    "2.1 enumerations travel as their names",
    "2.1 members are in the order of their declaration",
)
def test_a_module_is_told_as_it_was_bought(world: World, desk: Desk) -> None:
    owner = world.owner()
    base, implied = world.module(owner), world.module(owner, hidden=True)
    module = world.module(
        owner,
        display_name="Team plan",
        tooltip="For teams.",
        version="2",
        assignable_seats=12,
        user_type="external",
        extra_flags=1,
        extra_info=f"set={implied}",
        sort_order=4,
        hidden=True,
        prerequisite=f"{owner}:{base}",
        signature="c2lnbmVk",
    )
    asked = {"OwnerName": owner.lower(), "ModuleName": module.lower()}
    found = desk.call("License/GetModuleLicenseFromDB", asked)
    assert list(found.items()) == [
        ("OwnerName", owner),
        ("ModuleName", module),
        ("ModuleDescription", "Team plan"),
        ("ModuleTooltip", "For teams."),
        ("ModuleVersion", "2"),
        ("LicenseType", "UserLicense"),
        ("Unrestricted", False),
        ("AllowedUserType", "ExternalAssociate"),
        ("NumberOfLicenses", 12),
        ("ExtraFlags", 1),
        ("ExtraInfo", f"set={implied}"),
        ("SortOrder", 4),
        ("IsHidden", True),
        ("PrerequisiteModuleName", base),
        ("Signature", "c2lnbmVk"),
    ]
    assert desk.call("License/GetModuleLicenseFromDB", {**asked, "ModuleName": "NOTHING"}) is None


@pytest.mark.superoffice("2.1 AllowedUserType: the names of UserType")
@pytest.mark.parametrize(
    ("user_type", "told"),
    [
        ("any", "Unknown"),
        ("internal", "InternalAssociate"),
        ("resource", "ResourceAssociate"),
        ("external", "ExternalAssociate"),
        ("anonymous", "AnonymousAssociate"),
        ("system", "SystemAssociate"),
    ],
)
def test_for_which_users_a_license_is_is_told_by_name(world: World, desk: Desk, user_type: str, told: str) -> None:
    owner = world.owner()
    asked = {"OwnerName": owner, "ModuleName": world.module(owner, user_type=user_type)}
    assert desk.call("License/GetModuleLicenseFromDB", asked)["AllowedUserType"] == told


@pytest.mark.superoffice("2.1 LicenseType SiteLicense", "2.1 LicenseType SatelliteLicense")
@pytest.mark.parametrize(("kind", "told"), [("site", "SiteLicense"), ("satellite", "SatelliteLicense")])
def test_the_kind_of_a_license_is_told_by_name(world: World, desk: Desk, kind: str, told: str) -> None:
    owner = world.owner()
    asked = {"OwnerName": owner, "ModuleName": world.module(owner, kind=kind)}
    assert desk.call("License/GetModuleLicenseFromDB", asked)["LicenseType"] == told


@pytest.mark.superoffice(
    "2 GetUserAndInstallationLicenceStatus",
    "2 GetUserAndInstallationLicenceStatus.AssociateId",
    "2.1 UserAndInstallationLicenceStatus.AdminWarningDate",
    "2.1 UserAndInstallationLicenceStatus.ExpiryDate",
    "2.1 UserAndInstallationLicenceStatus.GraceDate",
    "2.1 UserAndInstallationLicenceStatus.CompanyName",
    "2.1 UserAndInstallationLicenceStatus.SerialNr",
    "2.1 UserAndInstallationLicenceStatus.UserLicenses",
)
def test_the_status_names_what_he_has_and_the_dates_of_what_ends_first(timed: World) -> None:
    sooner = timed.owner(
        company="The operator",
        serial_number="4711",
        warn_from="2098-10-01",
        expires="2098-12-31",
        grace_until="2099-01-31",
    )
    later, dateless, foreign = timed.owner(expires="2099-12-31"), timed.owner(), timed.owner(expires="2097-12-31")
    modules = [f"{owner}:{timed.module(owner)}" for owner in (later, sooner, dateless)]
    timed.module(foreign)
    request = {"AssociateId": timed.associate(*modules)}
    assert timed.desk.call("License/GetUserAndInstallationLicenceStatus", request) == {
        "AdminWarningDate": "2098-10-01T00:00:00",
        "ExpiryDate": "2098-12-31T00:00:00",
        "GraceDate": "2099-01-31T00:00:00",
        "CompanyName": "The operator",
        "SerialNr": "4711",
        "UserLicenses": sorted(each.replace(":", ".") for each in modules),
    }
    nothing = timed.desk.call("License/GetUserAndInstallationLicenceStatus", {"AssociateId": timed.associate()})
    assert nothing == {
        "AdminWarningDate": UNSET,
        "ExpiryDate": UNSET,
        "GraceDate": UNSET,
        "CompanyName": "",
        "SerialNr": "",
        "UserLicenses": [],
    }


@pytest.mark.superoffice(
    "2 GetFencingInfo",
    "2 GetFencingInfo tells of no limit where there is none",
    "2.1 FencingInfo: ActiveCount, Maximum, IsNearingMaximum, HasReachedMaximum, WarningMessage, WarningTooltip",
)
def test_fencing_tells_how_full_the_fullest_user_plan_is(alone: World) -> None:
    def fence() -> dict[str, Any]:
        told = alone.desk.call("License/GetFencingInfo")
        return {name: told[name] for name in told if name not in {"TableRight", "FieldProperties"}}

    none = {
        "ActiveCount": 0,
        "Maximum": 0,
        "IsNearingMaximum": False,
        "HasReachedMaximum": False,
        "WarningMessage": "",
        "WarningTooltip": "",
    }
    owner = alone.owner()
    alone.module(owner, assignable_seats=1, unrestricted=True, extra_flags=1)
    assert fence() == none
    plan = alone.module(owner, assignable_seats=10, extra_flags=1)
    for _ in range(8):
        alone.associate(f"{owner}:{plan}")
    assert fence() == {**none, "ActiveCount": 8, "Maximum": 10}
    alone.associate(f"{owner}:{plan}")
    near = fence()
    assert (near["ActiveCount"], near["IsNearingMaximum"], near["HasReachedMaximum"]) == (9, True, False)
    assert near["WarningMessage"] == f"9 of 10 seats of {owner}.{plan} are taken."
    assert f"{owner}.{plan}" in near["WarningTooltip"]
    alone.associate(f"{owner}:{plan}")
    assert (fence()["IsNearingMaximum"], fence()["HasReachedMaximum"]) == (True, True)
    alone.apply("licenses", {"owner": owner, "name": plan, "unrestricted": True})
    assert fence() == none
