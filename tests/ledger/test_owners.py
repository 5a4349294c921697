"""Owners, documents and modules on a real database, whoever is in memory (rule L2)."""

from typing import Any

import pytest

from seatkeeper.ledger.door import Bounds
from seatkeeper.licensing.commands import AssignModules, ChangeProfile, Command, Together, UnassignAll, UnassignModules
from seatkeeper.licensing.entities import LicenseDetails, LicenseKind, LicenseName, Method, OwnerDetails
from seatkeeper.licensing.inventory_commands import (
    ActivateDocument,
    DefineLicense,
    DefineOwner,
    LicenseDocument,
    ModuleDocument,
    RemoveLicenses,
    RemoveOwner,
)
from seatkeeper.licensing.outcomes import Activation
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen, SeenKind
from tests.ledger.world import (
    LICENSES,
    OWNER,
    Place,
    WatchedLedger,
    acquire,
    agent,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    named,
    rows,
    running,
    unassign,
)

pytestmark = pytest.mark.anyio

ONE_IN_MEMORY = Bounds(cached_users=1)
DETAILS = OwnerDetails(company="A contact centre", version="9.0")


def _document(*names: str, seats: int = 2, kind: LicenseKind = LicenseKind.USER) -> ActivateDocument:
    modules = tuple(ModuleDocument(name, name, kind, seats, False, None, LicenseDetails()) for name in names)
    return ActivateDocument(document=LicenseDocument(OWNER, DETAILS, modules))


async def _others_come(ledger: WatchedLedger) -> None:
    """So that everybody else is evicted who is not connected."""
    await ledger.submit(assign(4, "Recorder"))
    await ledger.submit(unassign(4, "Recorder"))
    assert 1 not in ledger.image.users


async def _refused(ledger: WatchedLedger, command: Command[Any]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await ledger.submit(command)
    return refused.value


async def test_who_is_not_in_memory_keeps_an_owner_from_being_removed(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(DefineOwner(name=OWNER, details=DETAILS))
        disabled = ChangeProfile(holder=agent(1), owner=OWNER, enabled=False, method=Method.ASSIGNABLE)
        await ledger.submit(disabled)
        await ledger.submit(assign(1, "Agent"))
        await _others_come(ledger)
        refusal = await _refused(ledger, RemoveOwner(name=OWNER))
        assert refusal.code is Code.STILL_ASSIGNED
        await ledger.submit(unassign(1, "Agent"))
        await ledger.submit(RemoveOwner(name=OWNER))
        assert (ledger.image.owners, ledger.image.licenses) == ({}, {})
    assert [rows(ledger.database, f"SELECT count(*) FROM {name}") for name in ("owners", "licenses", "pools")] == [  # noqa: S608
        [(0,)]
    ] * 3
    assert_clean(ledger.database)


@pytest.mark.parametrize("kind", list(LicenseKind))
async def test_who_is_not_in_memory_keeps_a_document_from_taking_what_he_has(place: Place, kind: LicenseKind) -> None:
    granted = _document(*LICENSES, kind=kind) if kind is not LicenseKind.USER else _document("Supervisor", "Recorder")
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        disabled = ChangeProfile(holder=agent(1), owner=OWNER, enabled=False, method=Method.ASSIGNABLE)
        await ledger.submit(disabled)
        await ledger.submit(assign(1, "Agent"))
        await _others_come(ledger)
        [reason] = (await ledger.submit(granted)).reasons
        assert str(reason) == "More of Agent is assigned (1) than the document grants (0)."
        await ledger.submit(unassign(1, "Agent"))
        assert await ledger.submit(granted) == Activation(())
    assert_clean(ledger.database)


async def test_who_is_not_in_memory_keeps_a_license_from_covering_the_whole_installation(place: Place) -> None:
    site = DefineLicense(owner=OWNER, name="Agent", display_name="", kind=LicenseKind.SITE)
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        disabled = ChangeProfile(holder=agent(1), owner=OWNER, enabled=False, method=Method.ASSIGNABLE)
        await ledger.submit(disabled)
        await ledger.submit(assign(1, "Agent"))
        await _others_come(ledger)
        refusal = await _refused(ledger, Together(commands=(site,)))
        assert refusal.code is Code.STILL_ASSIGNED
        await ledger.submit(unassign(1, "Agent"))
        assert await ledger.submit(site)
    assert_clean(ledger.database)


async def test_a_hold_of_somebody_not_in_memory_ends_with_its_license(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        concurrent = ChangeProfile(holder=agent(1), owner=OWNER, enabled=True, method=Method.CONCURRENT)
        await ledger.submit(concurrent)
        await ledger.submit(assign(1, "Agent", "Recorder"))
        session = (await ledger.submit(connect(1))).session_id
        assert all(each.granted for each in await ledger.submit(acquire(session, "Agent", "Recorder")))
        await ledger.submit(unassign(1, "Agent"))
        await ledger.submit(connect(2))
        assert await ledger.submit(_document("Supervisor", "Recorder")) == Activation(())
        assert rows(ledger.database, "SELECT license_id FROM holds") == [(3,)]
    assert_clean(ledger.database)


async def test_what_came_with_a_removed_plan_goes_from_those_not_in_memory(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        hidden = LicenseDetails(hidden=True)
        plan = LicenseDetails(extra_flags=1, extra_info="set=Recorder")
        await ledger.submit(DefineLicense(owner=OWNER, name="Recorder", display_name="", details=hidden))
        await ledger.submit(DefineLicense(owner=OWNER, name="Agent", display_name="", details=plan))
        assert await ledger.submit(assign(1, "Agent")) == named("Agent", "Recorder")
        await _others_come(ledger)
        await ledger.submit(RemoveLicenses(licenses=named("Agent")))
        assert rows(ledger.database, "SELECT * FROM assignments") == []
    assert_clean(ledger.database)


async def test_modules_are_assigned_to_who_is_loaded_by_his_number(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        modules = await ledger.submit(AssignModules(user_id=1, owner="inin", names=("Recorder", "agent")))
        assert [(each.license.name, each.pool.assigned) for each in modules] == [("Agent", 1), ("Recorder", 1)]
        await _others_come(ledger)
        taken = await ledger.submit(UnassignModules(user_id=1, owner=OWNER, names=("Recorder",)))
        assert [each.license.name for each in taken] == ["Agent"]
        assert (await _refused(ledger, AssignModules(user_id=9, owner=OWNER, names=()))).code is Code.UNKNOWN_USER
    assert_clean(ledger.database)


async def test_all_is_taken_from_who_is_loaded_by_his_number_with_what_was_assigned_just_before(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(assign(1, "Agent"))
        await _others_come(ledger)
        _, taken = await all_of(map(ledger.submit, (assign(1, "Recorder"), UnassignAll(user_id=1))))
        assert taken == named("Agent", "Recorder")
        assert rows(ledger.database, "SELECT * FROM assignments") == []
    assert_clean(ledger.database)


async def test_the_last_seats_are_given_out_once_among_many_calls_at_once(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory(users=64, seats=5))
        calls = (AssignModules(user_id=number, owner=OWNER, names=("Agent",)) for number in range(1, 65))
        outcomes = await all_of(ledger.submit(call) for call in calls)
    refused = [each for each in outcomes if isinstance(each, Refusal)]
    assert {each.code for each in refused} == {Code.SEATS_EXHAUSTED}
    assert (len(refused), rows(ledger.database, "SELECT count(*) FROM assignments")) == (59, [(5,)])
    assert_clean(ledger.database)


async def test_what_was_planned_on_an_owner_holds_while_it_is_so(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(inventory())
        planned = Together(
            commands=(DefineOwner(name=OWNER, details=DETAILS),),
            seen=(Seen(SeenKind.OWNER, "inin", None, "the owner ININ"),),
        )
        assert await ledger.submit(planned) == (True,)
        assert (await _refused(ledger, planned)).code is Code.CHANGED_SINCE
    async with running(place) as ledger:
        again = DefineOwner(name="inin", details=DETAILS)
        assert await ledger.submit(again) is False
        required = LicenseName("inin", "Agent")
        await ledger.submit(DefineLicense(owner="OTHER", name="Agent", display_name="", prerequisite=required))
        assert (await _refused(ledger, RemoveOwner(name=OWNER))).code is Code.PREREQUISITE_NEEDED
    assert_clean(ledger.database)
