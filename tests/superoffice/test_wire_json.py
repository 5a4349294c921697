"""JSON in and out, `$select`, dates, TableRight and FieldProperties."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.superoffice.client import Desk
from tests.superoffice.world import World

ASSIGN = "License/AssignThirdPartyLicenses"
ASSIGNMENTS = "License/GetThirdPartyLicenseAssignments"
UNSET = "0001-01-01T00:00:00"

LINK = [
    *("Unrestricted", "Total", "Tooltip", "CanAssign", "Free", "InUse", "IsHidden", "Assigned", "ModuleLicenseId"),
    *("Name", "Description", "PrerequisiteModuleName", "SortOrder", "ExtraFlags", "TableRight", "FieldProperties"),
]


class Holder:
    """An associate who has one of two modules of an owner."""

    def __init__(self, world: World) -> None:
        self.desk = world.desk
        self.owner = world.owner()
        self.module = world.module(self.owner, display_name="Planner", sort_order=1)
        self.other = world.module(self.owner, sort_order=2)
        self.id = world.associate(f"{self.owner}:{self.module}")

    def links(self, query: str = "", desk: Desk | None = None) -> Any:  # noqa: ANN401 - whatever JSON holds
        """His assignments, with `query` at the end of the URL."""
        request = {"AssociateId": self.id, "ModuleOwner": self.owner}
        return (desk or self.desk).call(ASSIGNMENTS + query, request)


@pytest.fixture
def holder(world: World) -> Holder:
    return Holder(world)


@pytest.mark.superoffice("6.2 members of answers are PascalCase")
def test_the_members_of_an_answer_are_those_of_the_publication_in_its_order(holder: Holder) -> None:
    assert [list(link) for link in holder.links()] == [LINK]


@pytest.mark.superoffice(
    "6.2 members of requests match in any case",
    "6.2 unknown members are ignored",
    "6.2 a number as text is a number",
    "6.2 a single value where an array is expected is an array of one",
)
def test_a_request_may_be_written_as_published_clients_write_theirs(holder: Holder) -> None:
    request = {
        "associateid": f" {holder.id} ",
        "MODULEOWNER": holder.owner,
        "moduleLicenseNames": holder.other,
        "somethingElse": {"associateId": [1]},
    }
    links = holder.desk.call(ASSIGN, request)
    assert [link["Name"] for link in links] == [holder.module, holder.other]


def test_null_names_change_nothing_and_answer_what_is_assigned(holder: Holder) -> None:
    request = {"AssociateId": holder.id, "ModuleOwner": holder.owner, "ModuleLicenseNames": None}
    assert holder.desk.call(ASSIGN, request) == holder.links()


@pytest.mark.superoffice("6.2 nothing is null, with 200")
def test_nothing_is_null(holder: Holder) -> None:
    answer = holder.desk.post("License/GetModuleLicenseFromDB", {"OwnerName": holder.owner, "ModuleName": "NOTHING"})
    assert (answer.status_code, answer.text) == (200, "null")


@pytest.mark.superoffice("7 MessageDetail")
@pytest.mark.parametrize(
    ("change", "member", "said"),
    [
        ({"AssociateId": None}, "AssociateId", "AssociateId is missing."),
        ({"AssociateId": "seven"}, "AssociateId", "AssociateId must be a whole number from"),
        ({"AssociateId": 1.5}, "AssociateId", "AssociateId must be a whole number from"),
        ({"AssociateId": True}, "AssociateId", "AssociateId must be a whole number from"),
        ({"AssociateId": 2**31}, "AssociateId", "to 2147483647."),
        ({"AssociateId": 10**30}, "AssociateId", "to 2147483647."),
        ({"AssociateId": [1]}, "AssociateId", "AssociateId must be a whole number from"),
        ({"ModuleOwner": {}}, "ModuleOwner", "ModuleOwner must be a string."),
        ({"ModuleOwner": True}, "ModuleOwner", "ModuleOwner must be a string."),
        ({"ModuleLicenseNames": [None]}, "ModuleLicenseNames[0]", "ModuleLicenseNames[0] must be a string."),
        ({"ModuleLicenseNames": ["x", {}]}, "ModuleLicenseNames[1]", "ModuleLicenseNames[1] must be a string."),
        ({"ModuleLicenseNames": ["x"] * 10_001}, "ModuleLicenseNames", "must not have more than 10"),
    ],
)
def test_a_parameter_that_is_missing_or_wrong_is_named(
    holder: Holder, change: dict[str, object], member: str, said: str
) -> None:
    request = {"AssociateId": holder.id, "ModuleOwner": holder.owner, "ModuleLicenseNames": [holder.other], **change}
    answer = holder.desk.post(ASSIGN, request)
    assert answer.status_code == 400
    assert list(answer.json()) == ["Message", "MessageDetail"]
    assert member in answer.json()["Message"]
    assert said in answer.json()["MessageDetail"]
    assert holder.desk.assigned(holder.owner, holder.id) == [holder.module]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1,]",
        b"\xff",
        b'"\\ud800"',
        b"[" * 100_000,
        b"1" * 5000,
        b"1e999",
        b"NaN",
        b"[]",
        b'"text"',
        b"7",
        b"true",
    ],
)
def test_a_body_that_cannot_be_read_is_400_and_says_why(holder: Holder, body: bytes) -> None:
    answer = holder.desk.http.post(f"/Agents/{ASSIGN}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["Message"]


@pytest.mark.superoffice(
    "6.3 $select",
    "6.3 what is not selected is null, and keeps its key",
    "6.3 each element of an array is selected from",
    "6.3 names match in any case",
    "6.3 a/b and a.b reach inside",
    "6.3 unknown names are ignored",
    "6.3 it is read as it is and percent-encoded",
)
@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?$select=Name,Total", {"Name", "Total"}),
        ("?%24select=name%2Ctotal", {"Name", "Total"}),
        ("?$SELECT=NAME&$select=total", {"Name", "Total"}),
        ("?$select= name , department, category/id", {"Name"}),
        ("?$select=tableRight", {"TableRight"}),
        ("?$select=department", set()),
    ],
)
def test_what_is_selected_is_kept_and_the_rest_is_null(holder: Holder, query: str, kept: set[str]) -> None:
    holder.desk.assign(holder.owner, holder.other, to=holder.id)
    whole, some = holder.links(), holder.links(query)
    assert len(some) == 2
    assert [list(link) for link in some] == [LINK] * 2
    assert some == [{name: value if name in kept else None for name, value in link.items()} for link in whole]


@pytest.mark.parametrize("query", ["", "?$select=", "?$select=,", "?select=name"])
def test_without_a_selection_everything_is_there(holder: Holder, query: str) -> None:
    assert None not in holder.links(query)[0].values()


@pytest.mark.superoffice("6.3 a/b and a.b reach inside")
@pytest.mark.parametrize("step", ["/", ".", "%2F"])
def test_a_selection_reaches_inside(holder: Holder, step: str) -> None:
    [link] = holder.links(f"?$select=tableright{step}MASK,fieldProperties{step}name{step}fieldtype")
    assert link["TableRight"] == {"Mask": "Select, Update", "Reason": None}
    assert link["FieldProperties"].pop("Name") == {
        "FieldRight": None,
        "FieldType": "System.String",
        "FieldLength": None,
    }
    assert set(link["FieldProperties"].values()) == {None}
    [link] = holder.links(f"?$select=tableright{step}mask,tableRight")
    assert link["TableRight"]["Reason"] == ""
    [owner] = [
        each
        for each in holder.desk.call(
            f"License/GetUserLicenses?$select=name,restrictedmodulelicenses{step}name", {"AssociateId": holder.id}
        )
        if each["Name"] == holder.owner
    ]
    assert [each["Name"] for each in owner["RestrictedModuleLicenses"]] == [holder.module, holder.other]
    assert {each["Total"] for each in owner["RestrictedModuleLicenses"]} == {None}


def test_a_selection_of_absurd_depth_is_answered(holder: Holder) -> None:
    [link] = holder.links("?$select=" + "a/" * 5000 + ",name")
    assert link["Name"] == holder.module


def test_an_error_is_told_whole_whatever_is_selected(holder: Holder) -> None:
    answer = holder.desk.post(f"{ASSIGN}?$select=name", {"AssociateId": holder.id, "ModuleOwner": "nobody"})
    assert None not in answer.json().values()


@pytest.mark.superoffice(
    "8 TableRight.Mask",
    "8 TableRight.Reason",
    "8 FieldProperties: FieldRight, FieldType, FieldLength",
    "8 Mask is a text of names, joined by comma and blank",
    "8 who may not assign has Select, who may has Update as well",
)
def test_the_rights_are_those_of_the_caller(world: World, holder: Holder) -> None:
    [link] = holder.links()
    assert link["TableRight"] == {"Mask": "Select, Update", "Reason": ""}
    properties = link["FieldProperties"]
    assert list(properties) == LINK[:-2]
    assert {name for name, each in properties.items() if each["FieldRight"]["Mask"] == "Update"} == {"Assigned"}
    assert properties["Total"] == {
        "FieldRight": {"Mask": "Read", "Reason": ""},
        "FieldType": "System.Int32",
        "FieldLength": 4,
    }
    assert (properties["Name"]["FieldType"], properties["Name"]["FieldLength"]) == ("System.String", 239)
    assert properties["Assigned"]["FieldType"] == "System.Boolean"
    with world.employ(f"{holder.owner}:{holder.module}", rights=["inventory.read"]) as reader:
        [read] = holder.links(desk=reader)
    assert read["TableRight"] == {"Mask": "Select", "Reason": "Assigning needs the right assignments.write."}
    assert {each["FieldRight"]["Mask"] for each in read["FieldProperties"].values()} == {"Read"}


@pytest.mark.superoffice("8 TableRight.Mask", "8 TableRight.Reason")
def test_carriers_inside_others_have_rights_too_and_what_nobody_changes_is_for_reading(holder: Holder) -> None:
    owners = holder.desk.call("License/GetUserLicenses", {"AssociateId": holder.id})
    [owner] = [each for each in owners if each["Name"] == holder.owner]
    assert owner["TableRight"] == {"Mask": "Select", "Reason": "This is for reading only."}
    assert owner["RestrictedModuleLicenses"][0]["TableRight"]["Mask"] == "Select, Update"
    assert owner["FieldProperties"]["RestrictedModuleLicenses"]["FieldType"] == "ModuleLicenseLink[]"


def described(world: World, owner: str, **headers: str) -> dict[str, Any]:
    """The document of an owner, as it is stored."""
    current: dict[str, Any] = world.desk.call("License/GetLicenseFromDB", {"OwnerName": owner}, headers=headers)[
        "Current"
    ]
    return current


@pytest.mark.superoffice(
    "6.2 a date is written without zone, to the second", "6.2 an unset date is 0001-01-01T00:00:00"
)
def test_dates_are_written_without_zone_to_the_second(world: World) -> None:
    owner = world.owner(expires=datetime(2099, 12, 31, 22, 30, 5, 250_000, tzinfo=timezone(timedelta(hours=2))))
    stored = described(world, owner)
    assert (stored["ExpiryDate"], stored["GraceDate"]) == ("2099-12-31T20:30:05", UNSET)


@pytest.mark.superoffice(
    "6.2 a date is read without zone, with Z and with an offset", "6.2 a date before year 2 is unset"
)
def test_dates_are_read_as_clients_write_them(world: World) -> None:
    owner = world.owner(expires=datetime(2099, 12, 31, tzinfo=UTC))
    world.module(owner)
    for written, read in {
        "2098-12-31T00:00:00": "2098-12-31T00:00:00",
        "2097-12-31T00:00:00Z": "2097-12-31T00:00:00",
        "2096-12-31T00:00:00.000Z": "2096-12-31T00:00:00",
        "2095-12-31T00:00:00+0000": "2095-12-31T00:00:00",
        "2094-12-31T05:00:00+05:00": "2094-12-31T00:00:00",
        "2093-12-31": "2093-12-31T00:00:00",
        "0000-12-31T23:06:32.000Z": UNSET,
        "2092-12-31T00:00:00": "2092-12-31T00:00:00",
        "-000001-12-31T00:00:00Z": UNSET,
        UNSET: UNSET,
    }.items():
        whole = world.desk.call("License/GetLicenseFromDB", {"OwnerName": owner})
        proposed = {**whole, "New": {**whole["Current"], "ExpiryDate": written}}
        result = world.desk.call("License/ActivateLicenseInfo", {"NewLicense": proposed})
        assert (result["Succeeded"], result["Reason"]) == (True, "")
        assert described(world, owner)["ExpiryDate"] == read, written


@pytest.mark.superoffice("6.2 a date is read without zone, with Z and with an offset")
@pytest.mark.parametrize(
    "date", ["soon", "2027-13-01", "2027-01-31T25:00:00", "12027-01-31", "2027-01-31T00:00:00+9999"]
)
def test_what_is_no_date_is_named(world: World, date: str) -> None:
    request = {"NewLicense": {"new": {"expiryDate": date}}}
    answer = world.desk.post("License/ActivateLicenseInfo", request)
    assert answer.status_code == 400
    assert answer.json()["MessageDetail"] == ("NewLicense.New.ExpiryDate must be a date such as 2027-01-31T00:00:00.")


@pytest.mark.parametrize(
    ("member", "value"), [("LicenseType", "Everybody"), ("AllowedUserType", 1), ("LicenseType", [])]
)
def test_what_is_no_name_of_an_enumeration_is_named(world: World, member: str, value: object) -> None:
    request = {"NewLicense": {"New": {"ModuleLicenses": [{member: "unknown"}, {member: value}]}}}
    answer = world.desk.post("License/ActivateLicenseInfo", request)
    assert answer.status_code == 400
    assert answer.json()["MessageDetail"].startswith(f"NewLicense.New.ModuleLicenses[1].{member} must be ")
