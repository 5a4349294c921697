"""What is said of an owner as a whole, and removing one with all it has (docs/decisions/owners-and-plans.md)."""

import pytest

from seatkeeper.licensing.entities import LicenseDetails, LicenseName, Method, Owner, OwnerDetails
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import LicenseRemoved, OwnerDefined, OwnerRemoved, Released
from seatkeeper.licensing.inventory_commands import DefineLicense, DefineOwner, RemoveOwner
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.world import OWNER, World, named

BIG = 2**31
SAID = OwnerDetails(company="A contact centre", description='NO:"Planlegger";US:"Planner"', extra_flags=-BIG)


@pytest.fixture
def world() -> World:
    """MEDIA requires CLIENT."""
    world = World()
    world.license("CLIENT", assignable=2, concurrent=2)
    world.license("MEDIA", assignable=2, prerequisite="CLIENT")
    return world


def _removed(world: World) -> list[Event]:
    return world.events_of(RemoveOwner(name=OWNER.lower()))


def test_what_is_said_is_kept_as_one_and_the_first_spelling_stays(world: World) -> None:
    [defined] = world.events_of(DefineOwner(name="ININ", details=SAID))
    assert defined == OwnerDefined(owner_id=1, name="ININ", details=SAID)
    assert world.events_of(DefineOwner(name="inin", details=SAID)) == []
    other = OwnerDetails(company="Another")
    assert world.do(DefineOwner(name="inin", details=other))
    assert list(world.state.owners.values()) == [Owner(1, "ININ", other)]
    world.owner("OTHER", company="A third")
    assert [(each.id, each.name) for each in world.state.owners.values()] == [(1, "ININ"), (2, "OTHER")]


def test_one_of_whom_nothing_is_said_has_no_row_and_keeps_its_licenses(world: World) -> None:
    assert not world.owner()
    world.do(DefineOwner(name=OWNER, details=SAID))
    assert world.events_of(DefineOwner(name="inin", details=OwnerDetails())) == [OwnerRemoved(owner_id=1, name=OWNER)]
    assert list(world.state.owners.values()) == []
    assert world.user("agent01", "CLIENT")
    assert world.do(DefineOwner(name=OWNER, details=SAID))
    assert world.state.owner_ids.get("inin") == 2


def test_an_owner_goes_with_all_its_licenses_and_nothing_else(world: World) -> None:
    world.do(DefineOwner(name=OWNER, details=SAID))
    world.do(DefineLicense(owner="OTHER", name="CLIENT", display_name=""))
    assert [type(event) for event in _removed(world)] == [LicenseRemoved, LicenseRemoved, OwnerRemoved]
    assert [each.owner for each in world.state.licenses.values()] == ["OTHER"]
    assert list(world.state.owners.values()) == []


def test_one_of_whom_nothing_is_said_goes_as_well_and_one_without_licenses_too(world: World) -> None:
    assert [type(event) for event in _removed(world)] == [LicenseRemoved, LicenseRemoved]
    world.do(DefineOwner(name=OWNER, details=SAID))
    assert [type(event) for event in _removed(world)] == [OwnerRemoved]


def test_a_hold_that_outlived_its_assignment_ends(world: World) -> None:
    world.concurrent_user("agent01", "CLIENT")
    session = world.connect("agent01")
    assert world.acquire(session, "CLIENT").granted
    world.unassign("agent01", "CLIENT")
    assert isinstance(_removed(world)[0], Released)
    assert world.held(session) == set()


@pytest.mark.parametrize(("method", "enabled"), [(Method.ASSIGNABLE, True), (Method.CONCURRENT, True), (None, False)])
def test_it_is_refused_while_one_is_assigned_whether_it_counts_or_not(
    world: World, method: Method | None, *, enabled: bool
) -> None:
    world.owner("Inin", company="As it is said")
    world.user("agent01", "CLIENT", method=method or Method.ASSIGNABLE)
    world.profile("agent01", enabled=enabled, method=method or Method.ASSIGNABLE)
    before = world.picture()
    with pytest.raises(Refusal, match=r"^Inin cannot be removed: CLIENT is assigned\. Take it away") as refused:
        _removed(world)
    assert refused.value.code is Code.STILL_ASSIGNED
    assert world.picture() == before


def test_it_is_refused_while_anothers_license_requires_one(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="ADDON", display_name="", prerequisite=LicenseName(OWNER, "MEDIA")))
    with pytest.raises(Refusal, match=r"^MEDIA cannot be removed: ADDON requires it\.") as refused:
        _removed(world)
    assert refused.value.code is Code.PREREQUISITE_NEEDED


@pytest.mark.parametrize(
    ("name", "details", "sentence"),
    [
        (" ", SAID, "The owner name is empty."),
        (
            OWNER,
            OwnerDetails(extra_flags=BIG),
            "extra_flags is 2147483648, and must be from -2147483648 to 2147483647.",
        ),
        (
            OWNER,
            OwnerDetails(deployment_type=-BIG - 1),
            "deployment_type is -2147483649, and must be from -2147483648 to 2147483647.",
        ),
    ],
)
def test_what_cannot_be_said_is_refused(world: World, name: str, details: OwnerDetails, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        world.do(DefineOwner(name=name, details=details))
    assert (refused.value.code, refused.value.sentence) == (Code.INVALID_VALUE, sentence)


@pytest.mark.parametrize("details", [LicenseDetails(sort_order=BIG), LicenseDetails(extra_flags=-BIG - 1)])
def test_nor_can_it_of_a_license(world: World, details: LicenseDetails) -> None:
    with pytest.raises(Refusal, match=r"^(sort_order|extra_flags) is -?\d+, and must be from "):
        world.license("CLIENT", details=details)


def test_what_is_said_of_a_license_travels_as_one(world: World) -> None:
    details = LicenseDetails("Tip", "8.1", hidden=True, sort_order=-3, extra_flags=2, extra_info="x", signature="s")
    world.license("CLIENT", assignable=2, details=details)
    assert world.state.licenses[world.pool("CLIENT").license_id].details == details
    assert not world.do(DefineLicense(owner=OWNER, name="CLIENT", display_name="CLIENT", details=details))
    assert world.do(DefineLicense(owner=OWNER, name="CLIENT", display_name="CLIENT"))
    assert world.state.license_ids.get(named("CLIENT").key) is not None
