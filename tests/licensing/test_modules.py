"""Assigning by a user's number, as a CRM does (superoffice contract 3; decisions 13, 15 and 17)."""

from collections.abc import Callable
from typing import Any

import pytest

from seatkeeper.licensing.commands import AssignModules, ChangeProfile, Command, UnassignAll, UnassignModules
from seatkeeper.licensing.entities import AppliesTo, LicenseDetails, LicenseKind, LicenseName, Method, UserType
from seatkeeper.licensing.events import Assigned, Unassigned
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense, DefineUser, DeleteUser
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.world import NOON, OWNER, World, plan, user_named

AGENT = user_named("agent01")
DELETED, NOBODY = 2, 77


@pytest.fixture
def world() -> World:
    """agent01 (number 1) and a chain of prerequisites: RECORDER, MEDIA, CLIENT."""
    world = World()
    world.license("CLIENT", assignable=2, details=LicenseDetails(sort_order=2))
    world.license("MEDIA", assignable=2, prerequisite="client", details=LicenseDetails(sort_order=1))
    world.license("RECORDER", assignable=2, prerequisite="MEDIA", details=LicenseDetails(sort_order=1))
    world.license("SHARED", concurrent=4)
    world.license("OPEN", concurrent=1, unrestricted=True)
    world.license("NONE")
    world.license("SERVER", assignable=1, kind=LicenseKind.SITE)
    world.license("COPY", assignable=1, kind=LicenseKind.SATELLITE)
    world.license("DESK", assignable=1, applies_to=AppliesTo.STATIONS)
    world.license("PARTNER", assignable=1, details=LicenseDetails(user_type=UserType.EXTERNAL))
    world.license("OLD", assignable=1, expires=NOON)
    world.license("HIDDEN", assignable=1, details=LicenseDetails(hidden=True))
    world.license("PLAN", assignable=1, details=plan("SHARED"))
    world.user("agent01")
    world.user("deleted")
    world.do(DeleteUser(login="deleted"))
    return world


def _assign(*names: str, user_id: int = 1, owner: str = OWNER) -> AssignModules:
    return AssignModules(user_id=user_id, owner=owner, names=names)


def _unassign(*names: str, user_id: int = 1, owner: str = OWNER) -> UnassignModules:
    return UnassignModules(user_id=user_id, owner=owner, names=names)


def _refused(world: World, command: Command[Any]) -> tuple[Code, str]:
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.do(command)
    assert world.picture() == before
    return refused.value.code, refused.value.sentence


@pytest.mark.parametrize(
    ("calls", "has"),
    [
        ([()], []),
        ([("client",)], ["CLIENT"]),
        ([("CLIENT",), ("CLIENT", "Client")], ["CLIENT"]),
        ([("RECORDER", "MEDIA", "CLIENT")], ["MEDIA", "RECORDER", "CLIENT"]),
        ([("CLIENT",), ("MEDIA",), ()], ["MEDIA", "CLIENT"]),
        ([("OPEN", "HIDDEN", "CLIENT")], ["HIDDEN", "OPEN", "CLIENT"]),
    ],
)
def test_they_add_up_and_all_he_has_comes_back_by_sort_order_then_name(
    world: World, calls: list[tuple[str, ...]], has: list[str]
) -> None:
    for names in calls:
        modules = world.do(_assign(*names, owner="inin"))
    assert [module.license.name for module in modules] == has
    assert sorted(world.assigned(AGENT)) == sorted(has)
    assert all(module.assigned and module.can_assign for module in modules)
    assert all(module.pool == world.pool(module.license.name) for module in modules)


def test_each_comes_with_its_counts_and_what_it_requires(world: World) -> None:
    world.user("agent02", "CLIENT")
    media, client = world.do(_assign("CLIENT", "MEDIA"))
    assert (media.required, client.required) == ("CLIENT", None)
    assert (client.pool.assigned, client.pool.assignable_seats) == (2, 2)


def test_it_is_the_same_act_as_any_other_and_a_repeat_is_none(world: World) -> None:
    [assigned] = world.events_of(_assign("CLIENT"))
    assert isinstance(assigned, Assigned)
    assert world.events_of(_assign("CLIENT", "CLIENT")) == []
    [unassigned] = world.events_of(_unassign("CLIENT", "MEDIA"))
    assert isinstance(unassigned, Unassigned)
    assert world.events_of(_unassign("CLIENT")) == []


def test_of_another_owner_nothing_is_said(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="CLIENT", display_name="", prerequisite=LicenseName(OWNER, "CLIENT")))
    world.do(_assign("CLIENT"))
    assert world.do(_assign(owner="OTHER")) == ()
    world.do(ChangeSeats(license=LicenseName("OTHER", "CLIENT"), assignable=1))
    [module] = world.do(_assign("CLIENT", owner="OTHER"))
    assert (module.license.owner, module.required) == ("OTHER", "CLIENT")


@pytest.mark.parametrize("make", [_assign, _unassign])
@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        ({"user_id": NOBODY}, Code.UNKNOWN_USER, "There is no user with the associate id 77."),
        ({"user_id": DELETED}, Code.UNKNOWN_USER, "There is no user with the associate id 2."),
        ({"owner": "nobody"}, Code.UNKNOWN_OWNER, "There is no owner of licenses named nobody."),
    ],
)
def test_whom_there_is_not_nothing_is_given_or_taken(
    world: World, make: Callable[..., Command[Any]], members: dict[str, Any], code: Code, sentence: str
) -> None:
    assert _refused(world, make("CLIENT", **members)) == (code, sentence)


def test_an_owner_without_licenses_is_known_by_what_is_said_of_it(world: World) -> None:
    world.owner("EMPTY", company="A company")
    assert world.do(_assign(owner="empty")) == ()
    assert _refused(world, _assign("CLIENT", owner="EMPTY"))[0] is Code.UNKNOWN_LICENSE


@pytest.mark.parametrize(
    ("names", "code", "sentence"),
    [
        (("CLIENT", "NONSENSE"), Code.UNKNOWN_LICENSE, "There is no license named NONSENSE of owner ININ."),
        (
            ("CLIENT", "SERVER"),
            Code.NOT_ASSIGNABLE_TO,
            "SERVER is a site license: it covers the whole installation and is not assigned.",
        ),
        (
            ("COPY",),
            Code.NOT_ASSIGNABLE_TO,
            "COPY is a satellite license: it covers the whole installation and is not assigned.",
        ),
        (("DESK",), Code.NOT_ASSIGNABLE_TO, "DESK applies to stations, not to users."),
        (("PARTNER",), Code.NOT_ASSIGNABLE_TO, "PARTNER is for external users only, and agent01 is none of them."),
        (("OLD",), Code.LICENSE_EXPIRED, "OLD expired on 2027-01-15 and cannot be assigned any more."),
        (
            ("SHARED",),
            Code.NOT_ASSIGNABLE_TO,
            "SHARED has concurrent seats only (4), and none that can be assigned.",
        ),
        (
            ("NONE",),
            Code.SEATS_EXHAUSTED,
            "No assignable seat of NONE is free: 0 of 0 are assigned (0 to users, 0 to stations).",
        ),
        (
            ("PLAN",),
            Code.NOT_ASSIGNABLE_TO,
            (
                "SHARED has concurrent seats only (4), and none that can be assigned."
                " SHARED comes with the user plan PLAN."
            ),
        ),
        (
            ("CLIENT", "RECORDER"),
            Code.PREREQUISITE_MISSING,
            "RECORDER requires MEDIA, which agent01 does not have. Assign MEDIA before, or with it.",
        ),
    ],
)
def test_one_that_cannot_be_assigned_keeps_all_from_it(
    world: World, names: tuple[str, ...], code: Code, sentence: str
) -> None:
    assert _refused(world, _assign(*names)) == (code, sentence)


@pytest.mark.parametrize("enabled", [True, False])
def test_who_has_licenses_by_the_concurrent_method_is_given_none_this_way(world: World, *, enabled: bool) -> None:
    world.do(ChangeProfile(holder=AGENT, owner=OWNER, enabled=enabled, method=Method.CONCURRENT))
    world.assign("agent01", "OPEN")
    code, sentence = _refused(world, _assign("OPEN", "CLIENT"))
    assert code is Code.NOT_ASSIGNABLE_TO
    assert sentence.startswith(
        "agent01 has licenses of ININ by the concurrent method, which takes no assignable seats."
    )
    [module] = world.do(_assign("OPEN"))
    assert (module.license.name, module.can_assign) == ("OPEN", False)
    assert world.do(_unassign("OPEN")) == ()


def test_while_his_profile_is_disabled_he_is_given_licenses_that_do_not_count(world: World) -> None:
    world.profile("agent01", enabled=False)
    [module] = world.do(_assign("CLIENT"))
    assert module.pool.assigned == 0
    assert [_refused(world, _assign(name))[0] for name in ("SHARED", "PLAN")] == [Code.NOT_ASSIGNABLE_TO] * 2


# Taking away.


def test_what_is_left_comes_back(world: World) -> None:
    world.do(_assign("CLIENT", "MEDIA", "RECORDER"))
    assert [module.license.name for module in world.do(_unassign("RECORDER"))] == ["MEDIA", "CLIENT"]
    assert world.do(_unassign("client", "media", "HIDDEN")) == ()


@pytest.mark.parametrize(
    ("names", "code", "sentence"),
    [
        (("RECORDER", "NONSENSE"), Code.UNKNOWN_LICENSE, "There is no license named NONSENSE of owner ININ."),
        (
            ("CLIENT", "RECORDER"),
            Code.PREREQUISITE_NEEDED,
            "CLIENT cannot be taken away: MEDIA, assigned here too, requires it.",
        ),
    ],
)
def test_one_that_cannot_be_taken_keeps_all(world: World, names: tuple[str, ...], code: Code, sentence: str) -> None:
    world.do(_assign("CLIENT", "MEDIA", "RECORDER"))
    assert _refused(world, _unassign(*names)) == (code, sentence)


def test_all_of_all_owners_can_be_taken_at_once(world: World) -> None:
    world.do(DefineLicense(owner="OTHER", name="ADDON", display_name="", prerequisite=LicenseName(OWNER, "CLIENT")))
    world.do(ChangeSeats(license=LicenseName("OTHER", "ADDON"), assignable=1))
    world.license("PLAN", assignable=1, details=plan("HIDDEN"))
    world.do(_assign("CLIENT", "MEDIA", "PLAN"))
    world.do(_assign("ADDON", owner="OTHER"))
    world.user("agent02", "CLIENT")
    taken = world.do(UnassignAll(user_id=1))
    assert sorted(each.name for each in taken) == ["ADDON", "CLIENT", "HIDDEN", "MEDIA", "PLAN"]
    assert world.assigned(AGENT) == []
    assert world.assigned(user_named("agent02")) == ["CLIENT"]
    assert world.pool("CLIENT").assigned == 1
    assert world.events_of(UnassignAll(user_id=1)) == []


@pytest.mark.parametrize("user_id", [NOBODY, DELETED])
def test_from_whom_there_is_not_nothing_can_be_taken(world: World, user_id: int) -> None:
    sentence = f"There is no user with the associate id {user_id}."
    assert _refused(world, UnassignAll(user_id=user_id)) == (Code.UNKNOWN_USER, sentence)


# Types of users.


@pytest.mark.parametrize("allowed", [None, *UserType])
@pytest.mark.parametrize("own", list(UserType))
def test_a_license_is_for_users_of_its_type(world: World, allowed: UserType | None, own: UserType) -> None:
    world.license("TYPED", assignable=1, details=LicenseDetails(user_type=allowed))
    world.user("agent03", user_type=own)
    if allowed in (None, own):
        assert world.assign("agent03", "TYPED") == ("TYPED",)
    else:
        with pytest.raises(Refusal, match=r"^TYPED is for .* only, and agent03 is none of them\.$") as refused:
            world.assign("agent03", "TYPED")
        assert refused.value.code is Code.NOT_ASSIGNABLE_TO


def test_stations_have_no_type(world: World) -> None:
    world.station("desk1", "PARTNER")
    assert world.pool("PARTNER").assigned_stations == 1


def test_who_has_it_keeps_it_when_his_type_changes(world: World) -> None:
    """It counts on, and he can use it; he is only not given it anew."""
    world.user("agent03", "CLIENT", user_type=UserType.EXTERNAL)
    world.assign("agent03", "PARTNER")
    world.do(DefineUser(login="agent03", display_name="", user_type=UserType.INTERNAL))
    assert world.pool("PARTNER").assigned == 1
    assert world.acquire(world.connect("agent03"), "PARTNER").granted
    modules = {module.license.name: module for module in world.assign_modules("agent03", "PARTNER")}
    assert (modules["PARTNER"].assigned, modules["PARTNER"].can_assign) == (True, False)
    world.unassign("agent03", "PARTNER")
    with pytest.raises(Refusal):
        world.assign("agent03", "PARTNER")
