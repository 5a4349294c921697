"""The vendor's own client package, in two versions and unmodified, by every method that its License agent has.

What it returns is compared with what the ledger holds. The methods are called in stories, one for each subject.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.icws.client import Session, log_on_body, open_http
from tests.machine import require
from tests.superoffice.client import PASSWORD
from tests.superoffice.clients.credentials import access_token_of, ticket_of
from tests.superoffice.clients.ledger import check, modules_of, pools
from tests.superoffice.clients.vendor import NEWEST, OLDER, NotInstalled, Vendor, install
from tests.superoffice.world import World

ROOT = Path(__file__).parents[2]
ENGLISH = {"Accept-Language": "en-us"}
UNSET = "0001-01-01T00:00:00.000Z"  # as the package writes it, having read it in UTC

DOCUMENT = """<?xml version="1.0" encoding="utf-8"?>
<LicenseInfo>
  <OwnerName>{owner}</OwnerName>
  <OwnerDescription>Planning of shifts</OwnerDescription>
  <CompanyName>Demo Contact Centre</CompanyName>
  <SerialNr>{serial}</SerialNr>
  <ExpiryDate>2099-12-31T00:00:00</ExpiryDate>
  <GraceDate>2100-03-31T00:00:00</GraceDate>
  <LicenseVersion>1</LicenseVersion>
  <ModuleLicenses>
    <ModuleLicense>
      <OwnerName>{owner}</OwnerName><ModuleName>SHIFTS</ModuleName><ModuleDescription>Shifts</ModuleDescription>
      <LicenseType>UserLicense</LicenseType><NumberOfLicenses>{seats}</NumberOfLicenses>
      <Unrestricted>false</Unrestricted><SortOrder>1</SortOrder>
    </ModuleLicense>
    <ModuleLicense>
      <OwnerName>{owner}</OwnerName><ModuleName>SERVER</ModuleName><ModuleDescription>Server</ModuleDescription>
      <LicenseType>SiteLicense</LicenseType><NumberOfLicenses>1</NumberOfLicenses>
      <Unrestricted>true</Unrestricted><SortOrder>2</SortOrder>
    </ModuleLicense>
  </ModuleLicenses>
</LicenseInfo>
"""


class Story(NamedTuple):
    """What is told, and the methods that it calls."""

    tell: Callable[[World, Vendor], None]
    methods: frozenset[str]


STORIES: list[Story] = []


def story(*methods: str) -> Callable[[Callable[[World, Vendor], None]], Callable[[World, Vendor], None]]:
    """Register a story and the methods that it calls."""

    def register(tell: Callable[[World, Vendor], None]) -> Callable[[World, Vendor], None]:
        STORIES.append(Story(tell, frozenset(methods)))
        return tell

    return register


# What came with 11 and 12. Their stories are the newer package's alone.
LATER = {"getUserAndInstallationLicenceStatus", "getCentralLicense", "saveCentralLicense", "getFencingInfo"}


@story("assignThirdPartyLicenses", "unassignThirdPartyLicenses", "getThirdPartyLicenseAssignments")
def assigning_and_unassigning(world: World, vendor: Vendor) -> None:
    """What an associate is told to hold is what he holds, and what is counted."""
    owner = world.owner()
    planner = world.module(owner, display_name="Planner", sort_order=1)
    reports = world.module(owner, prerequisite=f"{owner}:{planner}", sort_order=2, assignable_seats=3)
    mobile = world.module(owner, unrestricted=True, assignable_seats=1, sort_order=3)
    associate, other = world.associate(), world.associate(f"{owner}:{planner}", f"{owner}:{mobile}")
    login = world.login_of(associate)

    assert vendor.call("getThirdPartyLicenseAssignments", associate, owner) == []
    links = vendor.call("assignThirdPartyLicenses", associate, owner, [mobile, reports, planner])
    assert [each["name"] for each in links] == [planner, reports, mobile]
    assert {each["name"] for each in links} == modules_of(world, login, owner)
    held = pools(world, owner)
    for link in links:
        pool = held[link["name"]]
        assert link["assigned"] is True
        assert link["inUse"] == pool["assigned"]
        assert link["total"] == link["free"] + link["inUse"]
        assert link["total"] == max(pool["assignable_seats"], pool["assigned"])
        assert link["unrestricted"] is pool["unrestricted"]
    assert [(each["description"], each["inUse"], each["free"]) for each in links] == [
        ("Planner", 2, 3),
        (reports, 1, 2),
        (mobile, 2, 0),
    ]
    assert links[1]["prerequisiteModuleName"] == planner
    assert isinstance(links[0]["tableRight"]["mask"], int)
    assert isinstance(links[0]["fieldProperties"]["Name"]["fieldRight"]["mask"], int)

    # A request can be given as an object, too.
    request = {"associateId": associate, "moduleOwner": owner}
    assert vendor.call("getThirdPartyLicenseAssignments", request) == links
    request = {"associateId": associate, "moduleOwner": owner, "moduleLicenseNames": [mobile]}
    left = vendor.call("unassignThirdPartyLicenses", request)
    assert [each["name"] for each in left] == [planner, reports]
    assert modules_of(world, login, owner) == {planner, reports}
    assert pools(world, owner)[mobile]["assigned"] == 1

    refused = vendor.refused("unassignThirdPartyLicenses", associate, owner, [planner])
    assert (refused.status, refused.body["ErrorType"]) == (400, "SoLicenseException")
    refused = vendor.refused("assignThirdPartyLicenses", other, owner, [reports, "NO_SUCH_MODULE"])
    assert (refused.status, refused.body["ErrorType"]) == (400, "SoNotFoundException")
    assert "NO_SUCH_MODULE" in refused.body["Message"] == refused.body["ErrorMessage"]
    assert modules_of(world, world.login_of(other), owner) == {planner, mobile}

    assert vendor.call("unassignThirdPartyLicenses", associate, owner, [planner, reports]) == []
    assert modules_of(world, login, owner) == set()


@story("getUserLicenses", "getUserLicensesMDOList", "getSatelliteLicenses")
def what_an_associate_has_and_could_have(world: World, vendor: Vendor) -> None:
    """Assigned and unassigned licenses alike, by owner."""
    owner = world.owner(description='US:"Planning";NO:"Planlegging"')
    taken = world.module(owner, assignable_seats=1, sort_order=1)
    full = world.module(owner, assignable_seats=1, sort_order=2)
    free = world.module(owner, unrestricted=True, sort_order=3)
    site = world.module(owner, kind="site", sort_order=4)
    associate = world.associate(f"{owner}:{taken}")
    world.associate(f"{owner}:{full}")

    [mine] = [each for each in vendor.call("getUserLicenses", associate) if each["name"] == owner]
    assert mine["description"] == 'US:"Planning";NO:"Planlegging"', "no language was asked for"
    restricted = [(each["name"], each["assigned"], each["canAssign"]) for each in mine["restrictedModuleLicenses"]]
    assert restricted == [(taken, True, True), (full, False, False)]
    unrestricted = [(each["name"], each["assigned"]) for each in mine["unrestrictedModuleLicenses"]]
    assert unrestricted == [(free, False)]

    leaves = [[leaf["name"] for leaf in branch["childItems"]] for branch in vendor.call("getUserLicensesMDOList")]
    assert [taken, full, free] in leaves

    # 0 is the central database; licenses of satellites are none here.
    names = {
        link["name"]
        for each in vendor.call("getSatelliteLicenses", 0)
        if each["name"] == owner
        for link in (*each["restrictedModuleLicenses"], *each["unrestrictedModuleLicenses"])
    }
    assert names.isdisjoint({taken, full, free})
    assert names <= {site}


@story(
    "getLicenseForAllOwnersFromDB",
    "getLicenseFromDB",
    "getModuleLicenseFromDB",
    "getLicenseFromLicenseServer",
    "getLicenseStatusFromLicenseServer",
    "getModuleLicenseHistoryFromLicenseServer",
    "getShopUrl",
)
def what_was_bought(world: World, vendor: Vendor) -> None:
    """The stored licenses of owners, from the database and from the license server, which are one here."""
    owner = world.owner(
        company="Demo Contact Centre", serial_number="1234567890", shop_url="https://shop.example/planning"
    )
    module = world.module(owner, assignable_seats=4, version="1")
    world.associate(f"{owner}:{module}")

    stored = vendor.call("getLicenseFromDB", owner)
    assert vendor.call("getLicenseFromDB", {"ownerName": owner.lower()}) == stored
    [among] = [
        each
        for each in vendor.call("getLicenseForAllOwnersFromDB")
        if each["current"] and each["current"]["ownerName"] == owner
    ]
    assert among == stored
    assert stored["current"]["companyName"] == "Demo Contact Centre"
    assert stored["current"]["serialNr"] == "1234567890"
    assert stored["current"]["expiryDate"] == UNSET
    [extended] = stored["extendedModuleLicenses"]
    pool = pools(world, owner)[module]
    assert extended["numberOfLicensesTotal"] == pool["assignable_seats"] == 4
    assert extended["numberOfLicensesInUse"] == pool["assigned"] == 1
    assert extended["numberOfLicensesFree"] == 3

    one = vendor.call("getModuleLicenseFromDB", owner, module)
    assert one == stored["current"]["moduleLicenses"][0] == extended["current"]
    assert (one["moduleName"], one["licenseType"], one["allowedUserType"]) == (module, "UserLicense", "Unknown")
    assert one["moduleVersion"] == "1"
    assert vendor.call("getModuleLicenseFromDB", owner, "NO_SUCH_MODULE") is None
    assert vendor.call("getLicenseFromDB", "NO_SUCH_OWNER") is None

    fetched = vendor.call("getLicenseFromLicenseServer", owner)
    assert (fetched["new"] or fetched["current"])["ownerName"] == owner
    assert vendor.call("getLicenseStatusFromLicenseServer", owner)["licenseStatus"] == "Ok"
    assert vendor.call("getShopUrl", owner) == "https://shop.example/planning"
    assert isinstance(vendor.call("getModuleLicenseHistoryFromLicenseServer", stored, extended), str)


@story(
    "getLicenseFromFile",
    "addLicenseFromFile",
    "validateLicenseInfo",
    "activateLicenseInfo",
    "removeLicenseFromDB",
)
def license_documents(world: World, vendor: Vendor) -> None:
    """A document is looked at, activated, changed, refused where it grants too little, and removed."""
    owner = world.owner()
    document = DOCUMENT.format(owner=owner, serial="4711", seats=2)

    shown = vendor.call("getLicenseFromFile", document)
    assert shown["canBeActivated"] is True
    assert shown["new"]["serialNr"] == "4711"
    assert vendor.call("validateLicenseInfo", shown)["succeeded"] is True
    assert pools(world, owner) == {}, "nothing is saved by looking"

    assert vendor.call("addLicenseFromFile", document)["current"]["serialNr"] == "4711"
    assert {name: pool["assignable_seats"] for name, pool in pools(world, owner).items()} == {"SHIFTS": 2, "SERVER": 1}

    associates = [world.associate(), world.associate()]
    for associate in associates:
        vendor.call("assignThirdPartyLicenses", associate, owner, ["shifts"])
    less = vendor.call("getLicenseFromFile", DOCUMENT.format(owner=owner, serial="4711", seats=1))
    assert less["canBeActivated"] is False
    assert less["current"]["moduleLicenses"] != less["new"]["moduleLicenses"]
    refused = vendor.call("activateLicenseInfo", less)
    assert refused["succeeded"] is False
    assert "SHIFTS" in refused["reason"]
    assert pools(world, owner)["SHIFTS"]["assignable_seats"] == 2, "nothing has changed"

    # The package reads dates as local time and returns them in UTC; what it returns is what it was given.
    more = vendor.call("getLicenseFromFile", DOCUMENT.format(owner=owner, serial="4712", seats=9))
    assert vendor.call("activateLicenseInfo", more) == {**refused, "succeeded": True, "reason": ""}
    stored = vendor.call("getLicenseFromDB", owner)["current"]
    assert (stored["serialNr"], stored["expiryDate"]) == ("4712", more["new"]["expiryDate"])
    assert pools(world, owner)["SHIFTS"]["assignable_seats"] == 9

    assert vendor.call("removeLicenseFromDB", owner)["succeeded"] is False, "its licenses are assigned"
    assert vendor.call("removeLicenseFromDB", "SUPEROFFICE")["succeeded"] is False
    for associate in associates:
        vendor.call("unassignThirdPartyLicenses", associate, owner, ["SHIFTS"])
    assert vendor.call("removeLicenseFromDB", owner)["succeeded"] is True
    assert vendor.call("getLicenseFromDB", owner) is None
    assert pools(world, owner) == {}


@story("changeSerialNumber")
def a_new_serial_number(_world: World, vendor: Vendor) -> None:
    """There is no vendor to ask for a license under another number; the answer says so."""
    result = vendor.call("changeSerialNumber", "Demo Contact Centre", "4713")
    assert result["succeeded"] is False
    assert result["reason"]


@story("getUserAndInstallationLicenceStatus")
def what_to_tell_a_user(world: World, vendor: Vendor) -> None:
    """The names of his licenses, whose dates are none."""
    owner = world.owner()
    module = world.module(owner, display_name="Planner")
    status = vendor.call("getUserAndInstallationLicenceStatus", world.associate(f"{owner}:{module}"))
    assert len(status["userLicenses"]) == 1


@story("getCentralLicense", "saveCentralLicense", "getFencingInfo")
def central_licenses_and_limits_of_plans(_world: World, vendor: Vendor) -> None:
    """There is one database, the central one, and no plan that limits it."""
    central = vendor.call("getCentralLicense")
    assert vendor.call("saveCentralLicense", central) == central
    info = vendor.call("getFencingInfo")
    assert (info["isNearingMaximum"], info["hasReachedMaximum"]) == (False, False)


@pytest.fixture(scope="module")
def vendors(world: World) -> Iterator[Callable[..., Vendor]]:
    """An administrator with the vendor's package, by version; the same one for all who ask for the same."""
    try:
        install()
    except NotInstalled as missing:
        require(f"the vendor's package of npm: {missing}", there=False)
    with ExitStack() as stack:
        known: dict[str, Vendor] = {}

        def vendor(package: str, **how: Any) -> Vendor:  # noqa: ANN401 - options of the package
            key = f"{package} {how}"
            if key not in known:
                how.setdefault("password", [world.desk.login, PASSWORD])
                known[key] = stack.enter_context(Vendor(f"{world.url}/SuperOffice", package, **how))
            return known[key]

        yield vendor


def told_by(package: str) -> list[Any]:
    """The stories that a package can tell."""
    row = {NEWEST: "latest", OLDER: "10.2.9"}[package]
    text = f"9 npm @superoffice/webapi{',' if package == NEWEST else ''} {row}: every method of its LicenseAgent"
    return [
        pytest.param(package, each, id=f"{package}-{each.tell.__name__}", marks=pytest.mark.superoffice(text))
        for each in STORIES
        if package == NEWEST or not each.methods <= LATER
    ]


@pytest.mark.superoffice("10 User-Agent SO-TS-WebApi/1.0", "6.6 SO-Browser-TZ-Offset is ignored")
@pytest.mark.parametrize(("package", "story"), [*told_by(NEWEST), *told_by(OLDER)])
def test_the_vendors_package_calls_its_methods_and_is_told_what_the_ledger_holds(
    world: World, vendors: Callable[..., Vendor], package: str, story: Story
) -> None:
    vendor = vendors(package)
    vendor.called.clear()
    story.tell(world, vendor)
    assert story.methods <= vendor.called


@pytest.mark.parametrize("package", [NEWEST, OLDER])
def test_no_method_of_the_vendors_package_is_left_out(vendors: Callable[..., Vendor], package: str) -> None:
    told = frozenset[str]().union(*(each.methods for each in STORIES))
    assert told - (LATER if package == OLDER else set()) == vendors(package).methods()


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/New_York"])
def test_a_document_survives_the_vendors_package_in_any_time_zone(
    world: World, vendors: Callable[..., Vendor], zone: str
) -> None:
    """The package takes a date without zone for local time, and returns it in UTC, an unset one in the year 0."""
    vendor, owner = vendors(NEWEST, zone=zone), world.owner()
    shown = vendor.call("getLicenseFromFile", DOCUMENT.format(owner=owner, serial="4711", seats=2))
    assert vendor.call("activateLicenseInfo", shown)["succeeded"] is True
    stored = vendor.call("getLicenseFromDB", owner)["current"]
    for date in ("expiryDate", "graceDate", "maintenanceDate", "adminWarningDate", "nextCheckDate"):
        assert stored[date] == shown["new"][date], date


@pytest.mark.superoffice("5 Basic", "5 401: a wrong password")
def test_the_vendors_package_is_told_that_its_password_is_wrong(world: World, vendors: Callable[..., Vendor]) -> None:
    wrong = vendors(NEWEST, password=[world.desk.login, "wrong"]).refused("getUserLicenses", world.desk.id)
    assert wrong.status == 401
    assert wrong.challenge is not None
    assert wrong.challenge.startswith("Basic")
    assert wrong.body["ErrorType"] == "SoSessionException"


@pytest.mark.superoffice("5 SOTicket, its name in any case", "5 Bearer with a token of this server")
@pytest.mark.parametrize(("way", "package"), [("ticket", NEWEST), ("token", OLDER)])
def test_the_vendors_package_authenticates_with_a_ticket_and_with_an_access_token(
    world: World, vendors: Callable[..., Vendor], way: str, package: str
) -> None:
    owner = world.owner()
    module, associate = world.module(owner), world.associate()
    with world.stranger() as http:
        secret = {"ticket": ticket_of, "token": access_token_of}[way](http, world.desk.login)
    vendor = vendors(package, password=None, appToken="any", **{way: secret})
    [link] = vendor.call("assignThirdPartyLicenses", associate, owner, [module])
    assert link["name"] == module
    assert modules_of(world, world.login_of(associate), owner) == {module}
    wrong = vendors(package, password=None, **{way: f"{secret[:-6]}AAAAAA"})
    refused = wrong.refused("unassignThirdPartyLicenses", associate, owner, [module])
    assert (refused.status, refused.body["ErrorType"]) == (401, "SoSessionException")
    assert modules_of(world, world.login_of(associate), owner) == {module}


@pytest.mark.superoffice("6.6 SO-Language overrides Accept-Language", "6.6 SO-TimeZone, by code or number")
def test_the_vendors_package_asks_for_a_language_and_a_time_zone(world: World, vendors: Callable[..., Vendor]) -> None:
    owner = world.owner(expires="2099-07-01")
    module = world.module(owner, display_name='US:"Planner";NO:"Planlegger";GE:"Planung"')
    associate = world.associate(f"{owner}:{module}")

    def description(**options: object) -> str:
        [link] = vendors(NEWEST).call("getThirdPartyLicenseAssignments", associate, owner, options)
        return str(link["description"])

    assert description(languageCode="no") == "Planlegger"
    assert description(languageCode="de", cultureCode="de") == "Planung"
    assert description() == description(languageCode="") == 'US:"Planner";NO:"Planlegger";GE:"Planung"'

    there = vendors(NEWEST).call("getLicenseFromDB", owner, {"timezone": "Europe/Oslo", "timezoneInclude": True})
    assert there["current"]["expiryDate"] == "2099-07-01T00:00:00.000Z", "a moment is the same wherever it is told"


@pytest.mark.superoffice(
    "3 assigning is heard by the user's ICWS session", "3 an assignment made elsewhere is seen here"
)
@pytest.mark.parametrize("package", [NEWEST, OLDER])
def test_an_icws_stream_tells_of_what_the_vendors_package_assigns_and_takes(
    world: World, vendors: Callable[..., Vendor], package: str
) -> None:
    vendor, license_ = vendors(package), world.module("ININ")
    associate = world.associate()
    login = world.login_of(associate)
    http = open_http(world.url)
    with Session(http, http.post("/icws/connection", json=log_on_body(login), headers=ENGLISH)) as session:
        assert session.subscribe(license_).status_code == 200
        with session.stream() as stream:
            assert stream.message()["licenseAssignedStatusList"] == [{"name": license_, "isAssigned": False}]
            for _ in range(2):
                [link] = vendor.call("assignThirdPartyLicenses", associate, "ININ", [license_])
                assert (link["name"], link["inUse"]) == (license_, 1)
                told = stream.message()
                assert told["isDelta"] is True
                assert told["licenseAssignedStatusList"] == [{"name": license_, "isAssigned": True}]
                assert session.status(license_) == 2, "what is assigned can be acquired"
                assert vendor.call("unassignThirdPartyLicenses", associate, "ININ", [license_]) == []
                assert stream.message()["licenseAssignedStatusList"] == [{"name": license_, "isAssigned": False}]
                assert session.status(license_) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("vendors")
def test_the_tour_of_the_readme_shows_each_change_beside_what_icws_tells_of_it() -> None:
    command = [sys.executable, "-m", "tests.superoffice.clients"]
    toured = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert toured.returncode == 0, toured.stdout + toured.stderr
    told = [json.loads(line.partition(": ")[2]) for line in toured.stdout.splitlines() if "ICWS stream: " in line]
    assert [(each["name"], each["isAssigned"]) for [each] in told] == [
        ("I3_ACCESS_RECORDER", False),
        ("I3_ACCESS_RECORDER", True),
        ("I3_ACCESS_RECORDER", False),
    ]
    assert "400 SoLicenseException: LEGACY_IMPORT expired on 2024-06-30" in toured.stdout
    assert "the chain is whole" in toured.stdout


def test_the_ledger_is_whole_after_all_that(world: World) -> None:
    assert "agree" in check(world)
