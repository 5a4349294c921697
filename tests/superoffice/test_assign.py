"""AssignThirdPartyLicenses and UnassignThirdPartyLicenses: what they do and answer (seed, contract 2.2, 3)."""

from datetime import date
from typing import Any

import httpx
import pytest

from tests.icws.client import Session, log_on_body
from tests.icws.client import open_http as open_icws
from tests.superoffice.client import PASSWORD, Desk
from tests.superoffice.world import World

SEED_MEMBERS = [
    "Unrestricted",
    "Total",
    "Tooltip",
    "CanAssign",
    "Free",
    "InUse",
    "IsHidden",
    "Assigned",
    "ModuleLicenseId",
    "Name",
    "Description",
    "PrerequisiteModuleName",
    "SortOrder",
    "ExtraFlags",
    "TableRight",
    "FieldProperties",
]


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    """The modules of an answer, which must be 200."""
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()
    return listed


def names(answer: httpx.Response) -> list[str]:
    """The names of the modules of an answer, in its order."""
    return [each["Name"] for each in rows(answer)]


@pytest.mark.superoffice(
    "2 AssignThirdPartyLicenses",
    "2 AssignThirdPartyLicenses.AssociateId",
    "2 AssignThirdPartyLicenses.ModuleOwner",
    "2 AssignThirdPartyLicenses.ModuleLicenseNames",
    "2.1 ModuleLicenseLink.Unrestricted",
    "2.1 ModuleLicenseLink.Total",
    "2.1 ModuleLicenseLink.Tooltip",
    "2.1 ModuleLicenseLink.CanAssign",
    "2.1 ModuleLicenseLink.Free",
    "2.1 ModuleLicenseLink.InUse",
    "2.1 ModuleLicenseLink.IsHidden",
    "2.1 ModuleLicenseLink.Assigned",
    "2.1 ModuleLicenseLink.Name",
    "2.1 ModuleLicenseLink.Description",
    "2.1 ModuleLicenseLink.PrerequisiteModuleName",
    "2.1 ModuleLicenseLink.SortOrder",
    "2.1 ModuleLicenseLink.ExtraFlags",
    "2.1 ModuleLicenseLink.TableRight",
    "2.1 ModuleLicenseLink.FieldProperties",
    "3 the seed's answer: every member of ModuleLicenseLink",
)
def test_the_answer_has_every_member_of_the_seed_and_true_counts(world: World, desk: Desk) -> None:
    owner = world.owner()
    base = world.module(owner, sort_order=1)
    module = world.module(
        owner,
        assignable_seats=3,
        display_name="Route planning",
        tooltip="Plans routes.",
        hidden=True,
        sort_order=2,
        extra_flags=4,
        prerequisite=f"{owner}:{base}",
    )
    world.associate(f"{owner}:{base}", f"{owner}:{module}")
    somebody = world.associate(f"{owner}:{base}")
    _, row = rows(desk.assign(owner, module, to=somebody))
    assert list(row) == SEED_MEMBERS
    assert {name: row[name] for name in SEED_MEMBERS[:-2] if name != "ModuleLicenseId"} == {
        "Unrestricted": False,
        "Total": 3,
        "Tooltip": "Plans routes.",
        "CanAssign": True,
        "Free": 1,
        "InUse": 2,
        "IsHidden": True,
        "Assigned": True,
        "Name": module,
        "Description": "Route planning",
        "PrerequisiteModuleName": base,
        "SortOrder": 2,
        "ExtraFlags": 4,
    }
    assert {name: type(value) for name, value in row["TableRight"].items()} == {"Mask": str, "Reason": str}
    assert list(row["FieldProperties"]) == SEED_MEMBERS[:-2]
    for told in row["FieldProperties"].values():
        assert list(told) == ["FieldRight", "FieldType", "FieldLength"]
        assert told["FieldType"].startswith("System.")


@pytest.mark.superoffice("2.1 ModuleLicenseLink.ModuleLicenseId")
def test_a_module_has_one_number_wherever_it_is_listed(world: World, desk: Desk) -> None:
    owner = world.owner()
    one, other = world.module(owner), world.module(owner)
    somebody = world.associate()
    assigned = {row["Name"]: row["ModuleLicenseId"] for row in rows(desk.assign(owner, one, other, to=somebody))}
    listed = desk.call("License/GetUserLicenses", {"AssociateId": world.associate()})
    [of_owner] = [each for each in listed if each["Name"] == owner]
    assert assigned == {row["Name"]: row["ModuleLicenseId"] for row in of_owner["RestrictedModuleLicenses"]}
    assert len(set(assigned.values())) == 2


@pytest.mark.superoffice(
    "3 assigning adds to what is assigned",
    "3 the answer is what the associate holds of the owner, by SortOrder then name",
)
def test_assigning_adds_and_answers_all_that_he_has_of_the_owner_by_sort_order_then_name(
    world: World, desk: Desk
) -> None:
    owner, other = world.owner(), world.owner()
    third, second = world.module(owner, sort_order=5), world.module(owner, sort_order=5)
    first = world.module(owner, sort_order=-1)
    somebody = world.associate(f"{owner}:{third}", f"{other}:{world.module(other)}")
    assert names(desk.assign(owner, second, first, to=somebody)) == [first, *sorted([second, third])]
    assert desk.assigned(owner, somebody) == [first, *sorted([second, third])]


@pytest.mark.superoffice("3 assigning again changes nothing", "3 a name twice in a request counts once")
def test_a_repeated_name_takes_one_seat(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    somebody = world.associate()
    first = rows(desk.assign(owner, module, module.lower(), to=somebody))
    assert [(row["Name"], row["InUse"], row["Free"]) for row in first] == [(module, 1, 0)]
    assert rows(desk.assign(owner, module, to=somebody)) == first


@pytest.mark.superoffice("3 no names: no change, and what is assigned comes back")
@pytest.mark.parametrize("nothing", [{"ModuleLicenseNames": []}, {"ModuleLicenseNames": None}, {}])
@pytest.mark.parametrize("verb", ["Assign", "Unassign"])
def test_no_names_change_nothing(world: World, desk: Desk, verb: str, nothing: dict[str, object]) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate(f"{owner}:{module}")
    request = {"AssociateId": somebody, "ModuleOwner": owner, **nothing}
    assert names(desk.post(f"License/{verb}ThirdPartyLicenses", request)) == [module]
    assert desk.assigned(owner, somebody) == [module]


@pytest.mark.superoffice("3 all or nothing")
def test_one_bad_name_among_ten_assigns_none(world: World, desk: Desk) -> None:
    owner = world.owner()
    modules = [world.module(owner) for _ in range(9)]
    somebody = world.associate()
    refused = desk.assign(owner, *modules[:6], "NO_SUCH_MODULE", *modules[6:], to=somebody)
    assert refused.status_code == 400
    assert "NO_SUCH_MODULE" in refused.json()["Message"]
    assert desk.assigned(owner, somebody) == []
    assert names(desk.assign(owner, *modules, to=somebody)) == sorted(modules), "and each seat was free"


@pytest.mark.superoffice(
    "3 a prerequisite in the same call satisfies, in any order",
    "2.2 a license is assigned only where its prerequisite is",
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_prerequisite_in_the_same_call_satisfies_in_any_order(world: World, desk: Desk, turned: bool) -> None:
    owner = world.owner()
    first = world.module(owner)
    second = world.module(owner, prerequisite=f"{owner}:{first}")
    third = world.module(owner, prerequisite=f"{owner}:{second}")
    chain = [first, second, third]
    somebody = world.associate()
    assert desk.assign(owner, second, third, to=somebody).status_code == 400
    assert desk.assigned(owner, somebody) == []
    assert names(desk.assign(owner, *(reversed(chain) if turned else chain), to=somebody)) == chain


@pytest.mark.superoffice(
    "3 owner and module are found in any case and answered as stored", "2.1 names of any alphabet are taken"
)
def test_owner_and_module_are_found_in_any_case_and_answered_as_stored(world: World, desk: Desk) -> None:
    owner, somebody = world.owner(), world.associate()
    world.apply("licenses", {"owner": owner, "name": f"Größe planen {somebody}", "assignable_seats": 1})
    assert names(desk.assign(owner.lower(), f" GRÖSSE planen {somebody}", to=somebody)) == [f"Größe planen {somebody}"]


@pytest.mark.superoffice("3 a hidden license can be assigned")
def test_a_hidden_license_can_be_assigned(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, hidden=True)
    [row] = rows(desk.assign(owner, module, to=world.associate()))
    assert (row["Name"], row["IsHidden"], row["Assigned"]) == (module, True, True)


@pytest.mark.superoffice(
    "2.2 assignments of an unrestricted license may exceed its number",
    "3 Total is what is in use where that exceeds an unrestricted license's number",
    "3 Total = Free + InUse, always",
)
def test_an_unrestricted_license_goes_beyond_its_number(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=2, unrestricted=True)
    counts = []
    for _ in range(3):
        [row] = rows(desk.assign(owner, module, to=world.associate()))
        counts.append((row["Unrestricted"], row["Total"], row["Free"], row["InUse"]))
    assert counts == [(True, 2, 1, 1), (True, 2, 0, 2), (True, 3, 0, 3)]


@pytest.mark.superoffice("3 Free is negative where more is assigned than there is")
def test_an_overcommitted_license_has_less_than_none_free(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=2)
    one, _ = world.associate(f"{owner}:{module}"), world.associate(f"{owner}:{module}")
    world.apply("licenses", {"owner": owner, "name": module, "assignable_seats": 1}, allow_overcommit=True)
    [row] = rows(desk.assign(owner, to=one))
    assert (row["Total"], row["Free"], row["InUse"]) == (1, -1, 2)
    assert desk.assign(owner, module, to=world.associate()).status_code == 400


@pytest.mark.superoffice("2.2 deleted associates are not counted")
def test_a_deleted_associate_gives_his_seat_back(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner, assignable_seats=1)
    gone = world.associate(f"{owner}:{module}")
    world.delete(gone)
    [row] = rows(desk.assign(owner, module, to=world.associate()))
    assert (row["InUse"], row["Free"]) == (1, 0)


@pytest.mark.superoffice(
    "2 UnassignThirdPartyLicenses",
    "2 UnassignThirdPartyLicenses.AssociateId",
    "2 UnassignThirdPartyLicenses.ModuleOwner",
    "2 UnassignThirdPartyLicenses.ModuleLicenseNames",
    "2 UnassignThirdPartyLicenses returns what is still assigned",
)
def test_unassigning_takes_what_is_named_and_answers_what_is_left(world: World, desk: Desk) -> None:
    owner = world.owner()
    modules = [world.module(owner) for _ in range(3)]
    somebody = world.associate(*(f"{owner}:{module}" for module in modules))
    left = rows(desk.unassign(owner, modules[1], of=somebody))
    assert [(row["Name"], row["InUse"]) for row in left] == [(modules[0], 1), (modules[2], 1)]
    assert names(desk.unassign(owner, modules[1], modules[0], of=somebody)) == [modules[2]], "what he lacks is no fault"
    assert names(desk.unassign(owner, modules[2], of=somebody)) == []


@pytest.mark.superoffice("2.2 a prerequisite that is still needed is not taken away", "3 all or nothing")
def test_a_prerequisite_that_is_still_needed_stays_and_so_does_all_else(world: World, desk: Desk) -> None:
    owner = world.owner()
    other, needed = world.module(owner), world.module(owner)
    dependent = world.module(owner, prerequisite=f"{owner}:{needed}")
    somebody = world.associate(*(f"{owner}:{module}" for module in (other, needed, dependent)))
    refused = desk.unassign(owner, other, needed, of=somebody)
    assert (refused.status_code, refused.json()["ErrorType"]) == (400, "SoLicenseException")
    assert dependent in refused.json()["Message"]
    assert desk.assigned(owner, somebody) == [other, needed, dependent]
    assert names(desk.unassign(owner, needed, dependent, of=somebody)) == [other], "both at once, in any order"


@pytest.mark.superoffice(
    "2.2 a user plan assigns the modules that it implies",
    "2.2 taking a user plan away takes its hidden modules away, unless another plan implies them",
)
def test_a_user_plan_brings_and_takes_the_hidden_modules_that_it_implies(world: World, desk: Desk) -> None:
    owner = world.owner()
    own, common = world.module(owner, hidden=True), world.module(owner, hidden=True)
    small = world.module(owner, extra_flags=1, extra_info=f"set={common}")
    large = world.module(owner, extra_flags=1, extra_info=f"set={own},{common}")
    somebody = world.associate()
    assert names(desk.assign(owner, large, to=somebody)) == sorted([own, common, large])
    assert names(desk.assign(owner, small, to=somebody)) == sorted([own, common, small, large])
    assert names(desk.unassign(owner, large, of=somebody)) == sorted([common, small])
    assert names(desk.unassign(owner, small, of=somebody)) == []


@pytest.mark.superoffice("2.2 a user plan assigns the modules that it implies", "3 all or nothing")
def test_a_plan_without_a_seat_for_what_it_implies_is_refused_whole(world: World, desk: Desk) -> None:
    owner = world.owner()
    implied = world.module(owner, hidden=True, assignable_seats=1)
    plan = world.module(owner, extra_flags=1, extra_info=f"set={implied}")
    world.associate(f"{owner}:{implied}")
    somebody = world.associate()
    refused = desk.assign(owner, plan, to=somebody)
    assert (refused.status_code, refused.json()["ErrorType"]) == (400, "SoLicenseException")
    assert implied in refused.json()["Message"]
    assert desk.assigned(owner, somebody) == []


@pytest.mark.superoffice("2.2 acquiring after the grace date is refused")
def test_what_was_assigned_cannot_be_acquired_after_its_grace(world: World, desk: Desk) -> None:
    past, within = world.module("ININ"), world.module("ININ")
    somebody = world.associate()
    assert names(desk.assign("ININ", past, within, to=somebody)) == [past, within]
    ended = {"owner": "ININ", "expires": date(2020, 1, 1)}
    world.apply("licenses", {**ended, "name": past, "grace_until": date(2020, 2, 1)}, {**ended, "name": within})
    world.apply("licenses", {"owner": "ININ", "name": within, "grace_until": date(2999, 1, 1)})
    with open_icws(world.url) as http:
        body = log_on_body(world.login_of(somebody), PASSWORD)
        session = Session(http, http.post("/icws/connection", json=body, headers={"Accept-Language": "en"}))
        assert (session.status(past), session.status(within)) == (4, 2)


@pytest.mark.superoffice("3 an assignment made elsewhere is seen here")
def test_an_assignment_made_elsewhere_is_seen_here(world: World, desk: Desk) -> None:
    owner = world.owner()
    module = world.module(owner)
    somebody = world.associate()
    holder = {"kind": "user", "name": world.login_of(somebody)}
    answer = world.admin.post("/assignments", json={"holder": holder, "licenses": [f"{owner}:{module}"]})
    assert answer.is_success, answer.text
    assert desk.assigned(owner, somebody) == [module]


@pytest.mark.superoffice("3 assigning is heard by the user's ICWS session")
def test_an_icws_session_of_the_user_hears_of_it(world: World, desk: Desk) -> None:
    module = world.module("ININ")
    somebody = world.associate()
    with open_icws(world.url) as http:
        body = log_on_body(world.login_of(somebody), PASSWORD)
        session = Session(http, http.post("/icws/connection", json=body, headers={"Accept-Language": "en"}))
        assert session.subscribe(module).is_success
        with session.stream() as stream:
            heard = [stream.message()]
            assert names(desk.assign("inin", module, to=somebody)) == [module]
            heard.append(stream.message())
            assert names(desk.unassign("ININ", module, of=somebody)) == []
            heard.append(stream.message())
    statuses = [(each["isDelta"], each["licenseAssignedStatusList"]) for each in heard]
    assert statuses == [
        (delta, [{"name": module, "isAssigned": assigned}])
        for delta, assigned in [(False, False), (True, True), (True, False)]
    ]
