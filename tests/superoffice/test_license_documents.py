"""What is stored of an owner, and a license document beside it: nothing of this changes anything."""

import re
from typing import Any

import httpx
import pytest

from tests.superoffice.client import Desk
from tests.superoffice.paper import HEAD, document, module
from tests.superoffice.world import World

MODULE_MEMBERS = [
    "OwnerName",
    "ModuleName",
    "ModuleDescription",
    "ModuleTooltip",
    "ModuleVersion",
    "LicenseType",
    "Unrestricted",
    "AllowedUserType",
    "NumberOfLicenses",
    "ExtraFlags",
    "ExtraInfo",
    "SortOrder",
    "IsHidden",
    "PrerequisiteModuleName",
    "Signature",
]
INFO_MEMBERS = [
    "CompanyName",
    "SerialNr",
    "OwnerName",
    "OwnerDescription",
    "NextCheckDate",
    "MaintenanceDate",
    "AdminWarningDate",
    "ExpiryDate",
    "GraceDate",
    "ExtraFlags",
    "ExtraInfo",
    "LicenseUrl",
    "LicenseVersion",
    "DeploymentType",
    "ProductType",
    "ProductDescription",
    "ModuleLicenses",
    "PublicKey",
    "Signature",
]
EXTENDED_MEMBERS = ["Reason", "CanBeActivated", "New", "Current", "ExtendedModuleLicenses", "AccumulatedNextCheckDate"]
COUNTS = ("InUse", "Free", "Added", "NewTotal", "NewFree", "Total")

FULL = document(
    "FULL_OF_DETAILS",
    module("BASE", ModuleDescription="Base", SortOrder=1),
    module("SITE", LicenseType="SiteLicense", NumberOfLicenses=1, SortOrder=2),
    module("SATELLITE", LicenseType="SatelliteLicense", NumberOfLicenses=2, SortOrder=3),
    module(
        "ALL",
        ModuleDescription='US:"Everything";GE:"Alles"',
        ModuleTooltip="All that there is",
        ModuleVersion="11.11",
        Unrestricted=True,
        AllowedUserType="ExternalAssociate",
        NumberOfLicenses=63,
        ExtraFlags=1,
        ExtraInfo="set=BASE",
        SortOrder=73,
        IsHidden=True,
        PrerequisiteModuleName="BASE",
        Signature="bW9kdWxl",
    ),
    OwnerDescription="Details of all kinds",
    ExtraFlags=4,
    ExtraInfo="info",
    LicenseUrl="https://licenses.example/full",
    DeploymentType=1,
    ProductType="standard",
    ProductDescription="The product",
    Signature="c2lnbmF0dXJl",
    PublicKey={
        "OwnerName": "FULL_OF_DETAILS",
        "SignDate": "2026-01-02T03:04:05",
        "ExpiryDate": "2036-01-02T03:04:05",
        "Key": {"P": "cA==", "Q": "cQ==", "G": "Zw==", "Y": "eQ==", "J": "ag==", "Seed": "c2VlZA==", "Counter": 7},
        "Signature": "a2V5",
    },
)


def counts(module: dict[str, Any]) -> tuple[int, ...]:
    return tuple(module[f"NumberOfLicenses{each}"] for each in COUNTS)


def by_name(info: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {(each["Current"] or each["New"])["ModuleName"]: each for each in info["ExtendedModuleLicenses"]}


def read(desk: Desk, content: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = desk.call("License/GetLicenseFromFile", {"FileContent": content}, headers=headers)
    return shown


@pytest.mark.superoffice(
    "2 AddLicenseFromFile",
    "2 AddLicenseFromFile.FileContent",
    "2 GetLicenseFromDB",
    "2 GetLicenseFromDB.OwnerName",
    *(f"2.1 LicenseInfo.{each}" for each in INFO_MEMBERS),
    *(f"2.1 ModuleLicense.{each}" for each in MODULE_MEMBERS),
    *(f"2.1 ExtendedLicenseInfo.{each}" for each in EXTENDED_MEMBERS),
    *(f"2.1 SignedPublicKey.{each}" for each in ("OwnerName", "SignDate", "ExpiryDate", "Key", "Signature")),
    "2.1 DSAParameters: P, Q, G, Y, J, Seed, Counter",
    "2.1 LicenseType SiteLicense",
    "2.1 LicenseType SatelliteLicense",
    "2.1 LicenseType UserLicense",
    "6.5 a license document, its children in any order",
)
def test_all_that_a_document_says_is_stored_and_told(desk: Desk) -> None:
    added = desk.call("License/AddLicenseFromFile", {"FileContent": FULL})
    stored = desk.call("License/GetLicenseFromDB", {"OwnerName": "full_of_details"})

    assert (added["CanBeActivated"], added["Reason"]) == (True, "")
    assert list(stored) == EXTENDED_MEMBERS
    assert stored["New"] is None
    current = stored["Current"]
    assert list(current) == INFO_MEMBERS
    modules, key = current.pop("ModuleLicenses"), current.pop("PublicKey")
    assert current == {
        **HEAD,
        "OwnerName": "FULL_OF_DETAILS",
        "OwnerDescription": "Details of all kinds",
        "ExtraFlags": 4,
        "ExtraInfo": "info",
        "LicenseUrl": "https://licenses.example/full",
        "DeploymentType": 1,
        "ProductType": "standard",
        "ProductDescription": "The product",
        "Signature": "c2lnbmF0dXJl",
    }
    assert key == {
        "OwnerName": "FULL_OF_DETAILS",
        "SignDate": "2026-01-02T03:04:05",
        "ExpiryDate": "2036-01-02T03:04:05",
        "Key": {"P": "cA==", "Q": "cQ==", "G": "Zw==", "Y": "eQ==", "J": "ag==", "Seed": "c2VlZA==", "Counter": 7},
        "Signature": "a2V5",
    }
    assert [each["LicenseType"] for each in modules] == [
        "UserLicense",
        "SiteLicense",
        "SatelliteLicense",
        "UserLicense",
    ]
    assert all(list(each) == MODULE_MEMBERS for each in modules)
    assert modules[0]["AllowedUserType"] == "Unknown"
    assert modules[3] == {
        "OwnerName": "FULL_OF_DETAILS",
        "ModuleName": "ALL",
        "ModuleDescription": 'US:"Everything";GE:"Alles"',
        "ModuleTooltip": "All that there is",
        "ModuleVersion": "11.11",
        "LicenseType": "UserLicense",
        "Unrestricted": True,
        "AllowedUserType": "ExternalAssociate",
        "NumberOfLicenses": 63,
        "ExtraFlags": 1,
        "ExtraInfo": "set=BASE",
        "SortOrder": 73,
        "IsHidden": True,
        "PrerequisiteModuleName": "BASE",
        "Signature": "bW9kdWxl",
    }
    assert added["Current"] == stored["Current"] | {"ModuleLicenses": modules, "PublicKey": key}


@pytest.mark.superoffice(
    "2 GetLicenseFromFile",
    "2 GetLicenseFromFile.FileContent",
    "2 GetLicenseFromFile shows the document beside what is stored, and saves nothing",
    "2.1 ExtendedModuleLicense.New",
    "2.1 ExtendedModuleLicense.Current",
    *(f"2.1 ExtendedModuleLicense.NumberOfLicenses{each}" for each in COUNTS),
)
def test_a_document_is_shown_beside_what_is_stored(world: World, desk: Desk) -> None:
    owner = world.owner()
    kept, going = world.module(owner, assignable_seats=5), world.module(owner, assignable_seats=3)
    for _ in range(2):
        world.associate(f"{owner}:{kept}")
    before = desk.call("License/GetLicenseFromDB", {"OwnerName": owner})

    shown = read(desk, document(owner, module(kept, NumberOfLicenses=9), module("NEW", NumberOfLicenses=4)))

    modules = by_name(shown)
    assert (shown["CanBeActivated"], shown["Reason"]) == (True, "")
    assert {name: (each["New"] is None, each["Current"] is None) for name, each in modules.items()} == {
        kept: (False, False),
        "NEW": (False, True),
        going: (True, False),
    }
    assert counts(modules[kept]) == (2, 3, 4, 9, 7, 5)
    assert counts(modules["NEW"]) == (0, 0, 4, 4, 4, 0)
    assert counts(modules[going]) == (0, 3, -3, 0, 0, 3)
    assert (modules[kept]["New"]["NumberOfLicenses"], modules[kept]["Current"]["NumberOfLicenses"]) == (9, 5)
    assert desk.call("License/GetLicenseFromDB", {"OwnerName": owner}) == before


@pytest.mark.superoffice("2.2 a license set that grants less than is assigned is refused")
def test_a_document_that_grants_less_than_is_assigned_says_so(world: World, desk: Desk) -> None:
    owner = world.owner()
    short, missing = world.module(owner), world.module(owner)
    world.associate(f"{owner}:{short}", f"{owner}:{missing}")
    world.associate(f"{owner}:{short}")

    shown = read(desk, document(owner, module(short, NumberOfLicenses=1)))

    assert shown["CanBeActivated"] is False
    assert short in shown["Reason"]
    assert missing in shown["Reason"]
    assert counts(by_name(shown)[short]) == (2, 3, -4, 1, -1, 5)


@pytest.mark.superoffice("2 GetLicenseForAllOwnersFromDB")
def test_all_owners_are_told_with_their_use(world: World, desk: Desk) -> None:
    owner = world.owner(next_check="2031-01-01", description="An owner")
    name = world.module(owner, assignable_seats=7)
    world.associate(f"{owner}:{name}")

    owners = {each["Current"]["OwnerName"]: each for each in desk.call("License/GetLicenseForAllOwnersFromDB")}

    assert counts(by_name(owners[owner])[name]) == (1, 6, 0, 7, 6, 7)
    assert owners[owner]["Current"]["NextCheckDate"] == "2031-01-01T00:00:00"
    [first] = {each["AccumulatedNextCheckDate"] for each in owners.values()}
    assert "2000" < first <= "2031-01-01T00:00:00"
    other = world.owner()
    world.module(other)
    assert desk.call("License/GetLicenseFromDB", {"OwnerName": other})["AccumulatedNextCheckDate"] == first


def test_an_unrestricted_module_counts_what_is_in_use(world: World, desk: Desk) -> None:
    owner = world.owner()
    name = world.module(owner, assignable_seats=1, unrestricted=True)
    for _ in range(3):
        world.associate(f"{owner}:{name}")

    [module] = desk.call("License/GetLicenseFromDB", {"OwnerName": owner})["ExtendedModuleLicenses"]

    assert counts(module) == (3, 0, 0, 3, 0, 3)
    assert module["Current"]["NumberOfLicenses"] == 1


@pytest.mark.superoffice("2 GetLicenseFromDB answers null for an owner without a license")
def test_an_owner_without_a_license_is_null(desk: Desk) -> None:
    assert desk.call("License/GetLicenseFromDB", {"OwnerName": "NOBODY"}) is None


def test_a_document_is_read_with_any_root_any_namespace_and_any_order_of_children(desk: Desk) -> None:
    content = (
        '<?xml version="1.0" encoding="utf-16"?>\n<x:Whatever xmlns:x="urn:anything">'
        "<x:ModuleLicenses><x:ModuleLicense><x:NumberOfLicenses>3</x:NumberOfLicenses><x:LicenseType>UserLicense"
        "</x:LicenseType><x:ModuleName>ONE</x:ModuleName><x:OwnerName>ROOTLESS</x:OwnerName><x:Unknown><y/></x:Unknown>"
        "</x:ModuleLicense></x:ModuleLicenses><x:ExpiryDate>0</x:ExpiryDate></x:Whatever>"
    )

    shown = read(desk, content)

    assert (shown["CanBeActivated"], shown["Reason"]) == (True, "")
    assert shown["New"]["ExpiryDate"] == "0001-01-01T00:00:00"
    assert [each["ModuleName"] for each in shown["New"]["ModuleLicenses"]] == ["ONE"]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def of_module(member: str, text: str) -> str:
    """A document whose module has this member in line 3."""
    return f"<x>\n<ModuleLicenses><ModuleLicense>\n<{member}>{text}</{member}></ModuleLicense></ModuleLicenses></x>"


@pytest.mark.superoffice("6.5 400 for entities, external or not, and for what is too deep or too large, soon")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "XML"),
        ("no XML", "line 1"),
        ("<LicenseInfo>\n<ModuleLicenses>\n</LicenseInfo>", "line 3"),
        (f"{BOMB}]><x><CompanyName>&j;</CompanyName><ModuleLicenses/></x>", "DOCTYPE"),
        (f"{OUTSIDE}<x><CompanyName>&a;</CompanyName><ModuleLicenses/></x>", "DOCTYPE"),
        ("<a>" * 50_000 + "</a>" * 50_000, "depth"),
        ("<Contact/>", "ModuleLicenses"),
        ("<x>\n<ModuleLicenses/>\n<ExpiryDate>soon</ExpiryDate></x>", "Line 3"),
        (of_module("NumberOfLicenses", "many"), "Line 3"),
        (of_module("NumberOfLicenses", "99999999999999999999"), "NumberOfLicenses"),
        (of_module("LicenseType", "SiteLicense2"), "SiteLicense, "),
        (of_module("Unrestricted", "maybe"), "true, "),
        (of_module("ModuleName", "<b/>"), "ModuleName"),
        ("<x><ModuleLicenses/><CompanyName>a</CompanyName><CompanyName>b</CompanyName></x>", "second time"),
    ],
)
@pytest.mark.parametrize("method", ["GetLicenseFromFile", "AddLicenseFromFile"])
def test_what_is_no_license_document_is_400_and_says_where(desk: Desk, method: str, content: str, said: str) -> None:
    answer = desk.post(f"License/{method}", {"FileContent": content})

    assert answer.status_code == 400, answer.text
    assert said in answer.json()["Message"]
    assert "root:" not in answer.text


TWICE = (module("ONE"), module("TWO"), module("one"))


@pytest.mark.superoffice(
    "2.1 names are at most 239 characters, descriptions, tooltips and versions 254, ExtraInfo 3999"
)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (document("", module("ONE")), "OwnerName"),
        (document("A:B", module("ONE")), "colon"),
        (document("A"), "no module"),
        (document("A", *TWICE), "2 times"),
        (document("A", module("ONE", OwnerName="B")), "B"),
        (document("A", module("")), "ModuleName"),
        (document("A", module("ONE", NumberOfLicenses=-1)), "NumberOfLicenses"),
        (document("A", module("ONE", LicenseType="Unknown")), "LicenseType"),
        (document("A", module("N" * 240)), "240"),
        (document("O" * 240, module("ONE")), "240"),
        (document("A", module("ONE", ModuleDescription="d" * 255)), "ModuleDescription has 255"),
        (document("A", module("ONE", ModuleTooltip="d" * 255)), "ModuleTooltip has 255"),
        (document("A", module("ONE", ModuleVersion="d" * 255)), "ModuleVersion has 255"),
        (document("A", module("ONE", ExtraInfo="d" * 4000)), "ExtraInfo has 4"),
        (document("A", module("ONE"), ExpiryDate="1950-01-01"), "1970"),
        (document("A", module("ONE", PrerequisiteModuleName="TWO")), "TWO"),
        (
            document("A", module("ONE", PrerequisiteModuleName="TWO"), module("TWO", PrerequisiteModuleName="ONE")),
            "circle",
        ),
        (document("A", module("ONE"), ExpiryDate="2020-01-01", GraceDate="2020-02-01"), "2020-02-01"),
    ],
)
def test_a_document_that_cannot_be_activated_says_why(desk: Desk, content: str, said: str) -> None:
    shown = read(desk, content)
    added = desk.call("License/AddLicenseFromFile", {"FileContent": content})

    for each in (shown, added):
        assert each["CanBeActivated"] is False
        assert re.search(re.escape(said), re.sub(r"(?<=\d),(?=\d)", "", each["Reason"])), each["Reason"]
    assert desk.call("License/GetLicenseFromDB", {"OwnerName": "A"}) is None


@pytest.mark.superoffice(
    "2.1 names are at most 239 characters, descriptions, tooltips and versions 254, ExtraInfo 3999",
    "2.1 names of any alphabet are taken",
)
def test_names_and_texts_of_the_longest_are_taken(desk: Desk) -> None:
    owner = "Ö" * 239
    longest = module(
        "日" * 239, ModuleDescription="d" * 254, ModuleTooltip="t" * 254, ModuleVersion="v" * 254, ExtraInfo="i" * 3999
    )

    added = desk.call("License/AddLicenseFromFile", {"FileContent": document(owner, longest)})

    assert (added["CanBeActivated"], added["Reason"]) == (True, "")
    assert added["Current"]["OwnerName"] == owner
    assert added["Current"]["ModuleLicenses"][0]["ModuleName"] == "日" * 239


def test_of_many_reasons_the_first_twenty_are_told(desk: Desk) -> None:
    content = document("A", *(module(f"M{number}", NumberOfLicenses=-1) for number in range(25)))

    reason = read(desk, content)["Reason"]

    assert reason.count("NumberOfLicenses") == 20
    assert reason.endswith("Further reasons: 5.")


def test_reasons_are_in_the_language_and_count_as_its_culture_does(desk: Desk) -> None:
    content = document("A", module("ONE", ExtraInfo="d" * 4000))

    plain = read(desk, content)["Reason"]
    german = read(desk, content, headers={"Accept-Language": "de"})["Reason"]

    assert plain != german
    assert "4.000" in german


def test_a_document_as_xml_in_a_request_as_xml(desk: Desk) -> None:
    content = document("NESTED", module("ONE"))
    escaped = content.replace("&", "&amp;").replace("<", "&lt;")

    answer = desk.http.post(
        "/Agents/License/GetLicenseFromFile",
        content=f"<R><FileContent>{escaped}</FileContent></R>",
        headers={"Content-Type": "application/xml"},
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["New"]["OwnerName"] == "NESTED"


def test_everybody_reads_what_was_bought_and_only_administrators_change_it(world: World, http: httpx.Client) -> None:
    owner = world.owner()
    world.module(owner)
    content = document(owner, module("ONE"))
    with world.employ() as agent:
        assert agent.call("License/GetLicenseFromDB", {"OwnerName": owner})["Current"]["OwnerName"] == owner
        assert agent.call("License/GetLicenseFromFile", {"FileContent": content})["CanBeActivated"] is True
        for method, request in (
            ("AddLicenseFromFile", {"FileContent": content}),
            ("ActivateLicenseInfo", {"NewLicense": {}}),
            ("RemoveLicenseFromDB", {"ModuleOwner": owner}),
            ("ChangeSerialNumber", {"NewCompanyName": "x", "NewSerialNumber": "1"}),
        ):
            answer = agent.post(f"License/{method}", request)
            assert (answer.status_code, answer.json()["ErrorType"]) == (403, "SoSentryException"), method
    assert http.post("/api/v1/Agents/License/GetLicenseForAllOwnersFromDB").status_code == 401
