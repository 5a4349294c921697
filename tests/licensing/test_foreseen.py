"""What commands would mean to applications that need tokens, told before they are done (decision 23)."""

from typing import Any

import pytest

from seatkeeper.licensing.commands import Command, Rehearse, Together
from seatkeeper.licensing.deployment import Category, Configuration
from seatkeeper.licensing.deployment_commands import (
    DefineApplication,
    RemoveApplication,
    RemoveRuntime,
    SettleTokens,
    VersionNamed,
)
from seatkeeper.licensing.entities import AppliesTo, LicenseName
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense, RemoveLicenses
from seatkeeper.licensing.outcomes import Foreseen
from seatkeeper.licensing.policy import Policy
from tests.licensing.deployed import (
    APPLICATION,
    BRANDED,
    COUNTING,
    FOUNDATION,
    NON_PRODUCTION,
    TOKENS,
    Deployed,
    configure,
    register,
)
from tests.licensing.world import NOON

FEATURE = LicenseName(TOKENS, FOUNDATION)
PAST = NOON - 1


@pytest.fixture
def world() -> Deployed:
    """Two tokens, for `a` and `b`; `c` is blocked, because there had been a third."""
    world = Deployed(COUNTING)
    world.tokens(FOUNDATION, 3)
    world.succeed(register("a"), register("b"), register("c"))
    world.tokens(FOUNDATION, 2, overcommit=True)
    world.settle()
    return world


def _seats(number: int) -> Command[Any]:
    return ChangeSeats(license=FEATURE, assignable=number, allow_overcommit=True)


def _license(**said: Any) -> Command[Any]:  # noqa: ANN401 - members of the command
    return DefineLicense(owner=TOKENS, name=FOUNDATION, display_name="x", applies_to=AppliesTo.APPLICATIONS, **said)


def _application(name: str, license_type: Any = APPLICATION, display_name: str = "") -> Command[Any]:  # noqa: ANN401
    return DefineApplication(
        runtime="mfp",
        name=name,
        configuration=Configuration(Category.B2C, license_type),
        versions=(VersionNamed("android", "1.0", display_name),),
    )


GONE = RemoveLicenses(licenses=(FEATURE,))
SHORT = "No token of MOBILEFIRST:ibmmfpfa is left: 1 of 1 are taken. Buy more, or remove an application that has one."
NONE_BOUGHT = "No tokens of ibmmfpfa were bought: MOBILEFIRST has no license of that name that applies to applications."


def _blocked(world: Deployed) -> set[str]:
    return {each.name for each in world.state.applications.values() if each.blocked}


@pytest.mark.parametrize(
    ("commands", "blocked", "unblocked", "why"),
    [
        ((_seats(1),), ["b"], [], SHORT),
        ((_seats(0),), ["a", "b"], [], "No token of MOBILEFIRST:ibmmfpfa is left: 0 of 0 are taken."),
        ((_seats(3),), [], ["c"], ""),
        ((_seats(0), _seats(3)), [], ["c"], ""),
        ((_license(expires=PAST),), ["a", "b"], [], "The tokens of MOBILEFIRST:ibmmfpfa expired on "),
        ((_license(expires=PAST, grace_until=NOON + 1),), [], [], ""),
        ((GONE,), ["a", "b"], [], NONE_BOUGHT),
        ((GONE, _application("a", display_name="A")), ["a", "b"], [], NONE_BOUGHT),
        ((_application("a", NON_PRODUCTION),), [], ["c"], ""),
        ((RemoveApplication(runtime="mfp", name="a"),), [], ["c"], ""),
        ((RemoveApplication(runtime="mfp", name="c"),), [], [], ""),
        ((RemoveRuntime(name="mfp"),), [], [], ""),
        ((_application("c", NON_PRODUCTION), _seats(1)), ["b"], ["c"], SHORT),
        ((_seats(4), _application("d"), _license(expires=PAST)), ["a", "b", "d"], [], "expired"),
        ((_seats(3), _application("d"), _seats(2)), ["d"], [], "2 of 2 are taken"),
        ((), [], [], ""),
    ],
)
def test_who_loses_a_token_and_who_has_it_again_is_told_and_nothing_done(
    commands: tuple[Command[Any], ...], blocked: list[str], unblocked: list[str], why: str, world: Deployed
) -> None:
    before, picture = _blocked(world), world.picture()
    assert world.events_of(Rehearse(commands=commands)) == []
    foreseen = world.do(Rehearse(commands=commands))
    assert world.picture() == picture
    assert [(each.runtime, each.name) for each in foreseen.blocked] == [("mfp", name) for name in blocked]
    assert all(why in str(each.why) for each in foreseen.blocked)
    assert foreseen.unblocked == tuple(("mfp", name) for name in unblocked)

    world.do(Together(commands=commands))
    world.do(SettleTokens())
    there = {each.name for each in world.state.applications.values()}
    assert _blocked(world) == ((before | set(blocked)) - set(unblocked)) & there


def test_where_tokens_are_not_counted_nobody_loses_one() -> None:
    world = Deployed(Policy())
    world.tokens(FOUNDATION, 1)
    world.succeed(configure("a", BRANDED), register("a"))
    assert world.do(Rehearse(commands=(GONE,))) == Foreseen()
