"""Activating an owner's license document (superoffice contract 2.2; docs/decisions/owners-and-plans.md)."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from seatkeeper.licensing.entities import AppliesTo, LicenseDetails, LicenseKind, LicenseName, Method, OwnerDetails
from seatkeeper.licensing.events import LicenseDefined, LicenseRemoved, OwnerDefined, SeatsChanged
from seatkeeper.licensing.inventory_commands import (
    ActivateDocument,
    ChangeSeats,
    DefineLicense,
    LicenseDocument,
    ModuleDocument,
    RemoveOwner,
)
from tests.licensing.world import NOON, OWNER, World, named, plan

DETAILS = OwnerDetails(company="A contact centre", version="9.0", serial_number="123", maintenance_until=NOON + 1)


def _module(name: str, seats: int = 2, requires: str | None = None, **other: object) -> ModuleDocument:
    module = ModuleDocument(
        name=name,
        display_name=f"{name} of the document",
        kind=LicenseKind.USER,
        seats=seats,
        unrestricted=False,
        prerequisite=requires,
        details=LicenseDetails(tooltip="of the document"),
    )
    return replace(module, **other)


CLIENT, MEDIA = _module("CLIENT"), _module("MEDIA", requires="Client")


def _document(*modules: ModuleDocument, details: OwnerDetails = DETAILS) -> LicenseDocument:
    return LicenseDocument(owner=OWNER, details=details, modules=modules)


def _activate(*modules: ModuleDocument, details: OwnerDetails = DETAILS) -> ActivateDocument:
    return ActivateDocument(document=_document(*modules, details=details))


@pytest.fixture
def world() -> World:
    """CLIENT with two seats of each method, and OLD; agent01 has CLIENT."""
    world = World()
    world.license("CLIENT", assignable=2, concurrent=2)
    world.license("OLD", assignable=2)
    world.user("agent01", "CLIENT")
    return world


def _reasons(world: World, command: ActivateDocument) -> list[str]:
    """Why not, which must leave everything as it was, and be what a rehearsal says."""
    before = world.picture()
    rehearsed = world.do(replace(command, rehearsed=True))
    assert world.picture() == before
    reasons = world.do(command).reasons
    assert reasons == rehearsed.reasons
    if reasons:
        assert world.picture() == before
    return [str(reason) for reason in reasons]


def _names(world: World) -> list[str]:
    return sorted(each.name for each in world.state.licenses.values())


# What it comes to.


def test_everything_is_as_the_document_says_in_one_go(world: World) -> None:
    assert _reasons(world, _activate(MEDIA, CLIENT)) == []
    assert _names(world) == ["CLIENT", "MEDIA"]
    [owner] = world.state.owners.values()
    assert (owner.name, owner.details) == (OWNER, DETAILS)
    media = world.state.licenses[world.pool("MEDIA").license_id]
    assert (media.display_name, media.details.tooltip) == ("MEDIA of the document", "of the document")
    assert media.prerequisite == world.pool("CLIENT").license_id
    assert world.pool("MEDIA").assignable_seats == 2
    assert world.events_of(_activate(MEDIA, CLIENT)) == []


def test_the_events_are_those_of_single_acts(world: World) -> None:
    kinds = [type(event) for event in world.events_of(_activate(MEDIA, CLIENT))]
    assert kinds == [OwnerDefined, LicenseDefined, LicenseDefined, SeatsChanged, LicenseRemoved]


def test_a_rehearsal_changes_nothing(world: World) -> None:
    before = world.picture()
    assert world.events_of(ActivateDocument(document=_document(CLIENT), rehearsed=True)) == []
    assert world.picture() == before


def test_what_a_document_does_not_say_stays_as_it_was(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="GROUND", display_name=""))
    world.do(
        DefineLicense(
            owner=OWNER,
            name="CLIENT",
            display_name='NO:"Klient"',
            description="Text",
            applies_to=AppliesTo.USERS,
            shared=False,
            expires=NOON + 5,
            grace_until=NOON + 9,
            prerequisite=LicenseName("OTHER", "GROUND"),
        )
    )
    world.owner(shop_url="https://shop.example/", description='NO:"Eier"', company="Before")
    before = world.state.licenses[world.pool("CLIENT").license_id]
    said = _activate(_module("client", seats=7, display_name=""), details=replace(DETAILS, shop_url="", description=""))
    assert _reasons(world, said) == []
    after = world.state.licenses[before.id]
    assert after == replace(before, details=CLIENT.details)
    assert (world.pool("CLIENT").assignable_seats, world.pool("CLIENT").concurrent_seats) == (7, 2)
    [owner] = world.state.owners.values()
    assert owner.details == replace(DETAILS, shop_url="https://shop.example/", description='NO:"Eier"')


def test_a_new_license_without_a_text_goes_by_its_name(world: World) -> None:
    assert _reasons(world, _activate(CLIENT, _module("NEW", display_name=""))) == []
    assert world.state.licenses[world.pool("NEW").license_id].display_name == "NEW"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"B": "A"}, {"A": "B"}),
        ({"B": "A", "C": "B"}, {"A": "C", "C": "B"}),
        ({}, {"A": "B", "B": "C", "C": "D"}),
        ({"D": "C", "C": "B", "B": "A"}, {}),
    ],
)
def test_prerequisites_can_turn_round(world: World, before: dict[str, str], after: dict[str, str]) -> None:
    for required in (before, after):
        modules = (_module(name, requires=required.get(name)) for name in "ABCD")
        assert _reasons(world, _activate(CLIENT, *modules)) == []
        licenses = world.state.licenses
        assert {
            each.name: licenses[each.prerequisite].name for each in licenses.values() if each.prerequisite is not None
        } == required


def test_of_another_owner_nothing_is_touched(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="OLD", display_name=""))
    other = ActivateDocument(document=LicenseDocument("other", DETAILS, (_module("NEW"),)))
    assert _reasons(world, other) == []
    assert _names(world) == ["CLIENT", "NEW", "OLD"]


def test_a_hold_that_outlived_its_assignment_goes_with_its_license(world: World) -> None:
    world.license("OLD", concurrent=1)
    world.concurrent_user("agent02", "OLD")
    session = world.connect("agent02")
    assert world.acquire(session, "OLD").granted
    world.unassign("agent02", "OLD")
    assert _reasons(world, _activate(CLIENT)) == []
    assert world.held(session) == set()


# What speaks against it.


def _overcommitted(world: World) -> None:
    for login in ("agent02", "agent03"):
        world.user(login)
    world.seats("CLIENT", 3, 2)
    for login in ("agent02", "agent03"):
        world.assign(login, "CLIENT")


def _old_is_assigned(world: World) -> None:
    world.assign("agent01", "OLD")


def _old_is_shared(world: World) -> None:
    world.concurrent_user("agent02", "OLD")


def _old_is_disabled(world: World) -> None:
    world.user("agent02", "OLD")
    world.profile("agent02", enabled=False)


def _licensed(world: World) -> None:
    world.owner(version="8.5")


def _elsewhere(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="ADDON", display_name="", prerequisite=named("OLD")))


def _nothing(_world: World) -> None:
    pass


PAST, PLANS = "2027-01-15 08:00 UTC", plan("OLD", "Client", "NOTHING")


@pytest.mark.parametrize(
    ("there", "command", "reasons"),
    [
        (
            _overcommitted,
            _activate(CLIENT),
            ["More of CLIENT is assigned (3) than the document grants (2)."],
        ),
        (_overcommitted, _activate(_module("CLIENT", 3)), []),
        (_overcommitted, _activate(_module("CLIENT", 1, unrestricted=True)), []),
        (
            _old_is_assigned,
            _activate(CLIENT),
            ["More of OLD is assigned (1) than the document grants (0)."],
        ),
        (
            _old_is_shared,
            _activate(CLIENT),
            ["More of OLD is assigned (1) than the document grants (0)."],
        ),
        (
            _old_is_disabled,
            _activate(CLIENT),
            ["More of OLD is assigned (1) than the document grants (0)."],
        ),
        (
            _nothing,
            _activate(_module("CLIENT", kind=LicenseKind.SITE)),
            ["More of CLIENT is assigned (1) than the document grants (0)."],
        ),
        (
            _nothing,
            _activate(),
            ["More of CLIENT is assigned (1) than the document grants (0)."],
        ),
        (_nothing, _activate(CLIENT, details=replace(DETAILS, expires=NOON, grace_until=NOON + 1)), []),
        (
            _nothing,
            _activate(CLIENT, details=replace(DETAILS, expires=NOON)),
            [f"The document ran out at {PAST}."],
        ),
        (
            _nothing,
            _activate(CLIENT, details=replace(DETAILS, grace_until=NOON)),
            [f"The document ran out at {PAST}."],
        ),
        (_licensed, _activate(CLIENT), []),
        (_licensed, _activate(CLIENT, details=replace(DETAILS, version="8.5", maintenance_until=NOON)), []),
        (_licensed, _activate(CLIENT, details=replace(DETAILS, maintenance_until=None)), []),
        (_nothing, _activate(CLIENT, details=replace(DETAILS, maintenance_until=NOON)), []),
        (
            _licensed,
            _activate(CLIENT, details=replace(DETAILS, maintenance_until=NOON)),
            ["The document is for version 9.0, and 8.5 is licensed; maintenance, which allows of another, ended at"],
        ),
        (
            _nothing,
            _activate(CLIENT, _module("MEDIA", requires="OLD")),
            ["MEDIA requires OLD, which the document does not grant."],
        ),
        (
            _nothing,
            _activate(_module("CLIENT", requires="C"), _module("B", requires="client"), _module("C", requires="B")),
            ["Prerequisites go round in a circle: CLIENT requires C requires B requires CLIENT."],
        ),
        (
            _nothing,
            _activate(CLIENT, _module("A", requires="B"), _module("B", requires="b"), _module("C", requires="B")),
            ["Prerequisites go round in a circle: B requires B."],
        ),
        (_nothing, _activate(CLIENT, _module("client ")), ["The document grants client  more than once."]),
        (
            _elsewhere,
            _activate(CLIENT),
            ["OLD cannot be removed: ADDON requires it. Remove that too, or let it require"],
        ),
        (
            _nothing,
            _activate(CLIENT, _module(" "), _module("NEW", -1), _module("MANY", 2**31)),
            [
                "The license name is empty.",
                "NEW cannot have fewer than 0 seats.",
                "MANY cannot have more than 2147483647 seats.",
            ],
        ),
        (
            _nothing,
            _activate(CLIENT, _module("PLAN", details=PLANS)),
            [
                "OLD comes with the user plan PLAN, but the document does not grant it.",
                "NOTHING comes with the user plan PLAN, but the document does not grant it.",
            ],
        ),
        (_nothing, _activate(CLIENT, _module("PLAN", details=plan("client", "PLAN"))), []),
        (
            _old_is_assigned,
            _activate(
                _module("CLIENT", 0), _module("MEDIA", requires="NONE"), details=replace(DETAILS, grace_until=NOON)
            ),
            [
                f"The document ran out at {PAST}.",
                "MEDIA requires NONE, which the document does not grant.",
                "More of CLIENT is assigned (1) than the document grants (0).",
                "More of OLD is assigned (1) than the document grants (0).",
            ],
        ),
    ],
)
def test_all_that_speaks_against_it_is_said_and_nothing_happens(
    world: World, there: Callable[[World], None], command: ActivateDocument, reasons: list[str]
) -> None:
    there(world)
    said = _reasons(world, command)
    assert len(said) == len(reasons)
    assert all(each.startswith(reason) for each, reason in zip(said, reasons, strict=True))


def test_an_owner_without_a_name_gets_no_document(world: World) -> None:
    said = _reasons(world, ActivateDocument(document=LicenseDocument(" ", DETAILS, ())))
    assert said == ["The owner name is empty."]


def test_seats_that_users_share_at_the_moment_stay_covered(world: World) -> None:
    """Restricting what was unrestricted must not leave fewer concurrent seats than are in use."""
    world.seats("CLIENT", 2, 0, unrestricted=True)
    world.user("agent02", "CLIENT", method=Method.CONCURRENT)
    assert world.acquire(world.connect("agent02"), "CLIENT").granted
    [reason] = _reasons(world, _activate(CLIENT))
    assert reason.startswith("CLIENT has 1 assignable seats assigned and 1 concurrent seats in use")


def test_what_was_activated_can_be_removed_again_as_a_whole(world: World) -> None:
    world.unassign("agent01", "CLIENT")
    assert _reasons(world, _activate(CLIENT, MEDIA)) == []
    world.do(RemoveOwner(name=OWNER))
    assert (_names(world), list(world.state.owners.values())) == ([], [])
    assert _reasons(world, _activate(CLIENT)) == []
    assert not world.do(ChangeSeats(license=named("CLIENT"), assignable=2))
