"""User plans: licenses that others come with (superoffice contract 2.2; docs/decisions/owners-and-plans.md)."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from seatkeeper.licensing.commands import Assign, AssignModules, Command, ConfigureLicenses, Unassign
from seatkeeper.licensing.entities import HolderName, LicenseDetails, LicenseKind, Method
from seatkeeper.licensing.inventory_commands import RemoveLicenses
from seatkeeper.licensing.plans import implied_names
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.judgement import counts_are_what_the_rows_come_to
from tests.licensing.world import NOON, OWNER, World, named, plan, station_named, user_named

AGENT = user_named("agent01")
HIDDEN = LicenseDetails(hidden=True)
FULL = "No assignable seat of MAIL is free: 0 of 0 are assigned (0 to users, 0 to stations)."


@pytest.fixture
def world() -> World:
    """BASIC implies CORE and MAIL, which are hidden; FULL implies CORE, DOCS and BASIC. EXTRA requires CORE."""
    world = World()
    for name in ("CORE", "MAIL"):
        world.license(name, assignable=3, details=HIDDEN)
    world.license("DOCS", assignable=3)
    world.license("BASIC", assignable=3, details=plan("core", " Mail "))
    world.license("FULL", assignable=3, details=plan("CORE", "DOCS", "BASIC"))
    world.license("EXTRA", assignable=3, prerequisite="CORE")
    world.user("agent01")
    return world


def _refused(world: World, command: Command[Any]) -> tuple[Code, str]:
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.do(command)
    assert world.picture() == before
    return refused.value.code, refused.value.sentence


def _has(world: World, holder: HolderName = AGENT) -> set[str]:
    counts_are_what_the_rows_come_to(world.state)
    return set(world.assigned(holder))


# What is written of a plan.


@pytest.mark.parametrize(
    ("flags", "info", "names"),
    [
        (1, "set=a,b,c", ("a", "b", "c")),
        (1, " SET = a , b b ,, ", ("a", "b b")),
        (1, "colour=red;set=a,b;size=3", ("a", "b")),
        (1, "colour=red\nset=a", ("a",)),
        (1, "offset=a,b", ()),
        (1, "set=", ()),
        (1, "", ()),
        (3, "set=a", ("a",)),
        (0, "set=a", ()),
        (2, "set=a", ()),
        (1, "colour=red\r\n\tset=a,b\r\nsize=3", ("a", "b")),
    ],
)
def test_a_plan_is_marked_and_names_what_it_implies(flags: int, info: str, names: tuple[str, ...]) -> None:
    assert implied_names(LicenseDetails(extra_flags=flags, extra_info=info)) == names


def test_a_text_of_nothing_but_line_ends_is_read_in_one_go() -> None:
    began = time.process_time()
    assert implied_names(LicenseDetails(extra_flags=1, extra_info="\n" * 50_000)) == ()
    assert time.process_time() - began < 5


# Giving.


def _assigned(world: World, name: str) -> None:
    world.assign("agent01", name)


def _assigned_module(world: World, name: str) -> None:
    world.assign_modules("agent01", name)


def _configured(world: World, name: str) -> None:
    command = ConfigureLicenses(holder=AGENT, owner=OWNER, wanted=(named(name),), beyond=True)
    assert world.do(command).problems == ()


@pytest.mark.parametrize("door", [_assigned, _assigned_module, _configured])
@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("BASIC", {"BASIC", "CORE", "MAIL"}),
        ("FULL", {"FULL", "CORE", "DOCS", "BASIC", "MAIL"}),
        ("DOCS", {"DOCS"}),
    ],
)
def test_what_a_plan_implies_is_assigned_with_it_by_any_door(
    world: World, door: Callable[[World, str], None], asked: str, given: set[str]
) -> None:
    door(world, asked)
    assert _has(world) == given


def test_a_station_has_plans_too(world: World) -> None:
    world.station("desk1", "BASIC")
    assert _has(world, station_named("desk1")) == {"BASIC", "CORE", "MAIL"}


def test_what_is_there_already_is_not_assigned_again(world: World) -> None:
    world.assign("agent01", "CORE")
    assert world.assign("agent01", "BASIC") == ("BASIC", "MAIL")
    assert world.pool("CORE").assigned == 1


def test_assigning_a_plan_again_gives_what_it_implies_by_now(world: World) -> None:
    world.assign("agent01", "BASIC")
    assert world.assign("agent01", "BASIC") == ()
    world.license("BASIC", assignable=3, details=plan("CORE", "MAIL", "DOCS"))
    assert world.assign("agent01", "BASIC") == ("DOCS",)


def test_what_covers_the_whole_installation_needs_no_assigning(world: World) -> None:
    world.license("SERVER", kind=LicenseKind.SITE)
    world.license("BASIC", assignable=3, details=plan("SERVER", "CORE"))
    assert world.assign("agent01", "BASIC") == ("BASIC", "CORE")


def test_plans_that_imply_each_other_come_together(world: World) -> None:
    world.license("ONE", assignable=1, details=plan("TWO", "ONE"))
    world.license("TWO", assignable=1, details=plan("ONE", hidden=True))
    assert world.assign("agent01", "TWO") == ("TWO", "ONE")
    assert world.unassign("agent01", "ONE", "TWO") == ("ONE", "TWO")


def test_plans_that_all_imply_each_other_are_looked_through_once(world: World) -> None:
    names = [f"PLAN_{number}" for number in range(100)]
    for name in names:
        world.license(name, assignable=1, details=plan(*names))
    began = time.process_time()
    assert set(world.assign("agent01", *names)) == set(names)
    assert _refused(world, Unassign(holder=AGENT, licenses=(named(names[-1]),)))[0] is Code.PREREQUISITE_NEEDED
    assert set(world.unassign("agent01", *names)) == set(names)
    assert time.process_time() - began < 1


def test_an_implied_one_meets_a_prerequisite(world: World) -> None:
    assert world.assign("agent01", "EXTRA", "BASIC") == ("EXTRA", "BASIC", "CORE", "MAIL")


def _no_seat(world: World) -> None:
    world.seats("MAIL", 0)


def _expired(world: World) -> None:
    world.license("MAIL", assignable=3, expires=NOON, details=HIDDEN)


def _requires_more(world: World) -> None:
    world.license("MAIL", assignable=3, prerequisite="EXTRA", details=HIDDEN)


def _removed(world: World) -> None:
    world.remove("MAIL")


@pytest.mark.parametrize(
    ("spoil", "code", "sentence"),
    [
        (
            _no_seat,
            Code.SEATS_EXHAUSTED,
            "No assignable seat of MAIL is free: 0 of 0 are assigned (0 to users, 0 to stations).",
        ),
        (_expired, Code.LICENSE_EXPIRED, "MAIL expired on 2027-01-15 and cannot be assigned any more."),
        (
            _requires_more,
            Code.PREREQUISITE_MISSING,
            "MAIL requires EXTRA, which agent01 does not have. Assign EXTRA before, or with it.",
        ),
        (
            _removed,
            Code.UNKNOWN_LICENSE,
            "Mail comes with the user plan BASIC, but ININ has no license of that name.",
        ),
    ],
)
def test_a_plan_is_given_whole_or_not_at_all(
    world: World, spoil: Callable[[World], None], code: Code, sentence: str
) -> None:
    spoil(world)
    whose = "" if code is Code.UNKNOWN_LICENSE else " MAIL comes with the user plan BASIC."
    assert _refused(world, Assign(holder=AGENT, licenses=(named("DOCS"), named("BASIC")))) == (code, sentence + whose)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("FULL",), " MAIL comes with the user plan FULL."),
        (("BASIC", "FULL"), " MAIL comes with the user plan BASIC."),
        (("BASIC", "MAIL"), ""),
    ],
)
def test_what_was_not_asked_for_is_told_with_the_plan_that_was(world: World, asked: tuple[str, ...], told: str) -> None:
    world.seats("MAIL", 0)
    full = f"{FULL}{told}"
    assert _refused(world, Assign(holder=AGENT, licenses=tuple(map(named, asked)))) == (Code.SEATS_EXHAUSTED, full)
    modules = AssignModules(user_id=world.state.user_ids["agent01"], owner=OWNER, names=asked)
    assert _refused(world, modules) == (Code.SEATS_EXHAUSTED, full)
    configured = ConfigureLicenses(holder=AGENT, owner=OWNER, wanted=tuple(map(named, asked)), beyond=True)
    [problem] = world.do(configured).problems
    assert (problem.name, problem.sentence) == ("MAIL", full)


def test_a_plan_within_a_plan_of_which_something_is_missing_is_told_with_the_plan_that_was_asked_for(
    world: World,
) -> None:
    _removed(world)
    _, sentence = _refused(world, Assign(holder=AGENT, licenses=(named("FULL"),)))
    assert sentence == (
        "Mail comes with the user plan BASIC, but ININ has no license of that name."
        " BASIC comes with the user plan FULL."
    )


def test_who_has_a_plan_keeps_it_when_a_part_of_it_is_removed(world: World) -> None:
    world.assign("agent01", "BASIC")
    _removed(world)
    assert world.assign("agent01", "BASIC") == ()
    assert world.unassign("agent01", "BASIC") == ("BASIC", "CORE")


# Taking away.


@pytest.mark.parametrize(
    ("has", "taken", "left"),
    [
        (["BASIC"], ["BASIC"], set()),
        (["FULL"], ["FULL"], {"DOCS", "BASIC", "CORE", "MAIL"}),
        (["FULL"], ["FULL", "BASIC"], {"DOCS"}),
        (["FULL"], ["BASIC", "FULL"], {"DOCS"}),
        (["BASIC", "EXTRA"], ["BASIC"], {"EXTRA", "CORE"}),
        (["BASIC", "EXTRA"], ["BASIC", "EXTRA"], set()),
        (["BASIC", "EXTRA"], ["EXTRA", "BASIC"], set()),
        (["BASIC"], ["CORE", "MAIL", "BASIC"], set()),
        (["CORE", "DOCS"], ["DOCS"], {"CORE"}),
    ],
)
@pytest.mark.parametrize("method", [Method.ASSIGNABLE, Method.CONCURRENT])
def test_with_a_plan_goes_what_is_hidden_and_nothing_that_stays_has_to_do_with(
    world: World, has: list[str], taken: list[str], left: set[str], method: Method
) -> None:
    world.profile("agent01", method=method)
    world.assign("agent01", *has)
    before = _has(world)
    assert set(world.unassign("agent01", *taken)) == before - left
    assert _has(world) == left


@pytest.mark.parametrize("taken", ["CORE", "mail"])
def test_a_part_is_not_taken_while_the_plan_stays(world: World, taken: str) -> None:
    world.assign("agent01", "BASIC")
    assert _refused(world, Unassign(holder=AGENT, licenses=(named(taken),))) == (
        Code.PREREQUISITE_NEEDED,
        f"{taken.upper()} cannot be taken away: it comes with the user plan BASIC, assigned here too.",
    )


def test_what_goes_with_a_plan_ends_its_holds_too(world: World) -> None:
    world.assign("agent01", "BASIC")
    session = world.connect("agent01")
    assert world.acquire(session, "CORE").granted
    world.unassign("agent01", "BASIC")
    assert world.held(session) == set()


def test_a_plan_removed_from_the_inventory_goes_with_what_came_with_it(world: World) -> None:
    world.user("agent02", "BASIC", "EXTRA")
    world.assign("agent01", "BASIC", "DOCS")
    world.station("desk1", "BASIC", "CORE")
    world.license("FULL", details=plan("CORE"))
    world.remove("BASIC")
    assert [_has(world, each) for each in (AGENT, user_named("agent02"), station_named("desk1"))] == [
        {"DOCS"},
        {"EXTRA", "CORE"},
        set(),
    ]


def test_what_came_by_a_removed_plan_within_a_plan_goes_too(world: World) -> None:
    world.assign("agent01", "FULL")
    world.remove("BASIC")
    assert _has(world) == {"FULL", "DOCS", "CORE"}


def test_a_plan_and_its_parts_are_removed_together(world: World) -> None:
    world.assign("agent01", "BASIC")
    world.do(RemoveLicenses(licenses=tuple(map(named, ("MAIL", "BASIC")))))
    assert _has(world) == set()


# Configuring.


@pytest.mark.parametrize(
    ("has", "wanted", "scope", "beyond", "left"),
    [
        (["BASIC"], ["BASIC"], [], True, {"BASIC", "CORE", "MAIL"}),
        (["BASIC"], ["DOCS"], [], True, {"DOCS"}),
        (["BASIC"], ["DOCS", "CORE"], [], True, {"DOCS", "CORE"}),
        (["BASIC"], [], ["CORE", "MAIL"], False, {"BASIC", "CORE", "MAIL"}),
        (["BASIC"], [], ["BASIC"], False, set()),
        (["BASIC"], [], ["BASIC"], True, {"BASIC", "CORE", "MAIL"}),
        (["FULL"], ["BASIC"], [], True, {"BASIC", "CORE", "MAIL"}),
        (["BASIC"], ["FULL"], ["BASIC"], False, {"FULL", "BASIC", "CORE", "MAIL", "DOCS"}),
    ],
)
def test_what_a_plan_implies_counts_as_wanted(
    world: World, has: list[str], wanted: list[str], scope: list[str], *, beyond: bool, left: set[str]
) -> None:
    world.assign("agent01", *has)
    command = ConfigureLicenses(
        holder=AGENT, owner=OWNER, wanted=tuple(map(named, wanted)), scope=tuple(map(named, scope)), beyond=beyond
    )
    assert world.do(command).problems == ()
    assert _has(world) == left


def test_what_goes_with_a_plan_does_not_keep_what_it_requires(world: World) -> None:
    world.license("MAIL", assignable=3, prerequisite="CORE", details=HIDDEN)
    world.assign("agent01", "BASIC")
    assert world.unassign("agent01", "CORE", "BASIC") == ("CORE", "BASIC", "MAIL")


def test_configuring_says_what_of_a_plan_has_no_seat(world: World) -> None:
    world.seats("MAIL", 0)
    problems = world.do(ConfigureLicenses(holder=AGENT, owner=OWNER, wanted=(named("BASIC"),), beyond=True)).problems
    assert [(each.kind.value, each.name, each.sentence) for each in problems] == [
        (
            "exceeds_seats",
            "MAIL",
            f"{FULL} MAIL comes with the user plan BASIC.",
        )
    ]
    assert _has(world) == set()
