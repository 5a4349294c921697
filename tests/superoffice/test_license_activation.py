"""Activating and removing an owner's license: all of it in one commit, or nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.superoffice.client import Desk
from tests.superoffice.paper import document, module
from tests.superoffice.world import World

TEXTS = 'US:"Planner";NO:"Planlegger";GE:"Planung"'


def stored(desk: Desk, owner: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = desk.call("License/GetLicenseFromDB", {"OwnerName": owner}, headers=headers)
    return found


def seats(desk: Desk, owner: str) -> dict[str, int]:
    found = stored(desk, owner)
    return {each["ModuleName"]: each["NumberOfLicenses"] for each in found["Current"]["ModuleLicenses"]}


def add(desk: Desk, content: str) -> dict[str, Any]:
    added: dict[str, Any] = desk.call("License/AddLicenseFromFile", {"FileContent": content})
    return added


def activate(desk: Desk, new: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    result: dict[str, Any] = desk.call("License/ActivateLicenseInfo", {"NewLicense": {"New": new}}, headers=headers)
    return result


@pytest.mark.superoffice("2 AddLicenseFromFile activates a valid document and returns what is active")
def test_a_document_replaces_all_that_the_owner_granted(world: World, desk: Desk) -> None:
    owner = world.owner()
    kept, going = world.module(owner, assignable_seats=5), world.module(owner)
    associate = world.associate(f"{owner}:{kept}")

    added = add(desk, document(owner, module(kept, NumberOfLicenses=9), module("NEW")))

    assert (added["CanBeActivated"], added["Reason"]) == (True, "")
    assert {each["ModuleName"] for each in added["Current"]["ModuleLicenses"]} == {kept, "NEW"}
    assert seats(desk, owner) == {kept: 9, "NEW": 5}
    assert desk.assigned(owner, associate) == [kept]
    assert going not in seats(desk, owner)
    assert desk.assign(owner, "NEW", to=associate).status_code == 200


@pytest.mark.superoffice(
    "2 ActivateLicenseInfo",
    "2 ActivateLicenseInfo.NewLicense",
    "2 ActivateLicenseInfo saves all of a license in one commit, or nothing",
    "2 ValidateLicenseInfo",
    "2 ValidateLicenseInfo.LicenseInfo",
    "2 ValidateLicenseInfo saves nothing",
    "2.1 LicenseResult.Succeeded",
    "2.1 LicenseResult.Reason",
)
def test_a_license_is_validated_and_then_activated(desk: Desk, world: World) -> None:
    owner = world.owner()
    content = document(owner, module("ONE"), module("TWO", PrerequisiteModuleName="ONE"))
    shown = desk.call("License/GetLicenseFromFile", {"FileContent": content})

    valid = desk.call("License/ValidateLicenseInfo", {"LicenseInfo": shown})
    assert (valid["Succeeded"], valid["Reason"]) == (True, "")
    assert stored(desk, owner) is None

    done = desk.call("License/ActivateLicenseInfo", {"NewLicense": shown})
    assert (done["Succeeded"], done["Reason"]) == (True, "")
    assert seats(desk, owner) == {"ONE": 5, "TWO": 5}


def test_what_is_refused_changes_nothing_and_says_every_reason(world: World, desk: Desk) -> None:
    owner = world.owner(company="Demo Contact Centre")
    one, two = world.module(owner), world.module(owner)
    for _ in range(2):
        world.associate(f"{owner}:{one}", f"{owner}:{two}")
    before = stored(desk, owner)
    new = before["Current"] | {
        "CompanyName": "Changed",
        "ModuleLicenses": [each | {"NumberOfLicenses": 1} for each in before["Current"]["ModuleLicenses"]],
    }

    validated = desk.call("License/ValidateLicenseInfo", {"LicenseInfo": {"New": new}})
    activated = activate(desk, new)

    assert validated["Reason"] == activated["Reason"]
    for each in (validated, activated):
        assert each["Succeeded"] is False
        assert one in each["Reason"]
        assert two in each["Reason"]
    assert stored(desk, owner) == before


@pytest.mark.superoffice("2.2 a version newer than the maintenance date covers is refused")
def test_a_version_after_the_end_of_maintenance_is_refused(desk: Desk, world: World) -> None:
    owner = world.owner()
    assert add(desk, document(owner, module("ONE"), MaintenanceDate="2020-01-01", LicenseVersion="1"))["CanBeActivated"]

    newer = add(desk, document(owner, module("ONE"), MaintenanceDate="2020-01-01", LicenseVersion="2"))
    maintained = add(desk, document(owner, module("ONE"), LicenseVersion="2"))

    assert newer["CanBeActivated"] is False
    assert "2020-01-01" in newer["Reason"]
    assert maintained["CanBeActivated"] is True


def test_what_is_activated_again_as_it_was_told_is_as_it_was(world: World, desk: Desk) -> None:
    """As a client in Oslo does: it reads dates as local and sends them in UTC, and texts in its language."""
    owner = world.owner(description=TEXTS, shop_url="https://shop.example/x", expires="2099-01-31")
    world.module(owner, display_name=TEXTS, tooltip=TEXTS, sort_order=1)
    before = stored(desk, owner)
    norwegian = {"Accept-Language": "no"}
    current = stored(desk, owner, headers=norwegian)["Current"]
    assert current["OwnerDescription"] == "Planlegger"
    assert current["ModuleLicenses"][0]["ModuleDescription"] == "Planlegger"
    sent = current | {"ExpiryDate": "2099-01-30T23:00:00.000Z", "GraceDate": "0000-12-31T23:06:32.000Z"}

    answer = activate(desk, sent, headers=norwegian)

    assert (answer["Succeeded"], answer["Reason"]) == (True, "")
    assert stored(desk, owner) == before
    assert desk.call("License/GetShopUrl", {"OwnerName": owner}) == "https://shop.example/x"


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ("2099-01-31T00:00:00", "2099-01-31T00:00:00"),
        ("2099-01-31", "2099-01-31T00:00:00"),
        ("2099-01-31T05:00:00.000Z", "2099-01-31T00:00:00"),
        ("2099-01-30T12:00:00Z", "2099-01-31T00:00:00"),
        ("2099-01-31T00:00:00+02:00", "2099-01-31T00:00:00"),
        ("2099-01-31T23:59:59", "2099-02-01T00:00:00"),
        ("0000-12-31T23:06:32.000Z", "0001-01-01T00:00:00"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("0001-01-01T07:00:00Z", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59", "0001-01-01T00:00:00"),
        ("", "0001-01-01T00:00:00"),
        (None, "0001-01-01T00:00:00"),
    ],
)
def test_a_date_is_a_day_whatever_zone_it_went_through(world: World, desk: Desk, sent: str | None, day: str) -> None:
    owner = world.owner()
    new = {"OwnerName": owner, "ExpiryDate": sent, "ModuleLicenses": [module("ONE")]}

    assert activate(desk, new)["Succeeded"] is True

    assert stored(desk, owner)["Current"]["ExpiryDate"] == day


def test_days_are_told_in_a_zone_and_come_back_from_it(world: World, desk: Desk) -> None:
    owner = world.owner()
    world.module(owner)
    zone = {"SO-TimeZone": "America/New_York"}
    assert activate(desk, {**stored(desk, owner)["Current"], "ExpiryDate": "2099-01-31T00:00:00"})["Succeeded"]

    told = stored(desk, owner, headers=zone)["Current"]
    assert activate(desk, told, headers=zone)["Succeeded"] is True

    assert told["ExpiryDate"] == "2099-01-30T19:00:00"
    assert stored(desk, owner)["Current"]["ExpiryDate"] == "2099-01-31T00:00:00"


def test_a_document_keeps_what_it_cannot_say(world: World, desk: Desk) -> None:
    owner = world.owner(description="An owner", shop_url="https://shop.example/kept")
    name = world.module(owner, display_name="Shown", concurrent_seats=4)

    assert add(desk, document(owner, module(name)))["CanBeActivated"] is True

    current = stored(desk, owner)["Current"]
    assert (current["OwnerDescription"], current["ModuleLicenses"][0]["ModuleDescription"]) == ("An owner", "Shown")
    assert desk.call("License/GetShopUrl", {"OwnerName": owner}) == "https://shop.example/kept"
    [license_] = [each for each in world.admin.get("/licenses").json()["licenses"] if each["name"] == name]
    assert license_["concurrent_seats"] == 4


@pytest.mark.superoffice("2 RemoveLicenseFromDB", "2 RemoveLicenseFromDB.ModuleOwner")
def test_a_license_is_removed_once_nobody_has_any_of_it(world: World, desk: Desk) -> None:
    owner = world.owner(company="Demo Contact Centre")
    name = world.module(owner)
    associate = world.associate(f"{owner}:{name}")

    refused = desk.call("License/RemoveLicenseFromDB", {"ModuleOwner": owner})
    assert refused["Succeeded"] is False
    assert name in refused["Reason"]
    assert seats(desk, owner) == {name: 5}

    assert desk.unassign(owner, name, of=associate).status_code == 200
    removed = desk.call("License/RemoveLicenseFromDB", {"ModuleOwner": owner})
    assert (removed["Succeeded"], removed["Reason"]) == (True, "")
    assert stored(desk, owner) is None
    assert desk.post("License/RemoveLicenseFromDB", {"ModuleOwner": owner}).status_code == 400


@pytest.mark.superoffice("2 RemoveLicenseFromDB never removes SuperOffice's own")
def test_superoffice_s_own_license_is_activated_and_never_removed(desk: Desk) -> None:
    added = add(desk, document("SUPEROFFICE", module("user")))
    removed = desk.call("License/RemoveLicenseFromDB", {"ModuleOwner": "SuperOffice"})

    assert added["CanBeActivated"] is True
    assert removed["Succeeded"] is False
    assert "SUPEROFFICE" in removed["Reason"]
    assert seats(desk, "SUPEROFFICE") == {"user": 5}


def test_nothing_to_activate_is_told(desk: Desk) -> None:
    for method, request in (
        ("ActivateLicenseInfo", {"NewLicense": {"New": None}}),
        ("ValidateLicenseInfo", {"LicenseInfo": {}}),
    ):
        result = desk.call(f"License/{method}", request)
        assert result["Succeeded"] is False
        assert result["Reason"]
        assert desk.post(f"License/{method}", {}).status_code == 400


def test_what_is_bought_by_a_document_is_heard_of_at_once_by_the_administrators(world: World, desk: Desk) -> None:
    owner = world.owner()
    add(desk, document(owner, module("ONE", NumberOfLicenses=3, Unrestricted=True, IsHidden=True)))

    [license_] = [each for each in world.admin.get("/licenses").json()["licenses"] if each["owner"] == owner]

    assert (license_["name"], license_["assignable_seats"], license_["unrestricted"]) == ("ONE", 3, True)


def test_assigning_that_races_activating_never_leaves_more_assigned_than_granted(world: World, desk: Desk) -> None:
    owner, callers, few, many = world.owner(), 3, 1, 3
    documents = [document(owner, module("SEAT", NumberOfLicenses=count)) for count in (few, many)]
    assert add(desk, documents[1])["CanBeActivated"]
    associates = [world.associate() for _ in range(callers)]
    together, over = threading.Barrier(callers + 2), threading.Event()

    def assign_and_unassign(associate: int) -> set[int]:
        with Desk(world.url, desk.login, desk.id) as caller:
            together.wait(20)
            statuses = set()
            for _ in range(15):
                statuses.add(caller.assign(owner, "SEAT", to=associate).status_code)
                statuses.add(caller.unassign(owner, "SEAT", of=associate).status_code)
            return statuses

    def activate_both_in_turn() -> list[bool]:
        with Desk(world.url, desk.login, desk.id) as caller:
            together.wait(20)
            return [bool(add(caller, each)["CanBeActivated"]) for _ in range(10) for each in documents]

    def watch() -> list[tuple[int, int]]:
        with Desk(world.url, desk.login, desk.id) as caller:
            together.wait(20)
            seen = []
            while not over.is_set():
                [seat] = stored(caller, owner)["ExtendedModuleLicenses"]
                seen.append((seat["NumberOfLicensesInUse"], seat["NumberOfLicensesTotal"]))
            return seen

    with ThreadPoolExecutor(callers + 2) as threads:
        watched = threads.submit(watch)
        activated = threads.submit(activate_both_in_turn)
        try:
            statuses = set[int]().union(*threads.map(assign_and_unassign, associates))
            answers = activated.result()
        finally:
            over.set()
        seen = watched.result()

    assert statuses <= {200, 400}
    assert all(answers[1::2])  # what grants a seat to everybody is never refused
    assert seen
    assert all(in_use <= total for in_use, total in seen)
