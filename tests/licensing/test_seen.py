"""Commands that hold only while things are as they were seen when they were planned."""

from collections.abc import Callable
from typing import Any

import pytest

from seatkeeper.licensing.commands import Command, Together
from seatkeeper.licensing.deployment import Category, Configuration
from seatkeeper.licensing.deployment_commands import (
    DefineApplication,
    DefineRuntime,
    RemoveApplication,
    RemoveRuntime,
    VersionNamed,
)
from seatkeeper.licensing.entities import Holder, HolderKind, Method
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    DeleteUser,
    RemoveLicenses,
    RemoveStation,
)
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seats, Seen, SeenKind, present, seats_of
from tests.licensing.world import OWNER, World, named

KEY = ("inin", "client")
AGENT = Holder(HolderKind.USER, 1)
DESK = Holder(HolderKind.STATION, 1)
APPLICATION = ("mfp", "app")
DEPLOYED = (VersionNamed("ios", "1.0"),)
PLANNED = DefineUser(login="agent09", display_name="Agent 9")

Act = Callable[[World], object]


@pytest.fixture
def world() -> World:
    """CLIENT with two seats, agent01 (number 1) and desk1 (number 1), who both have it, and an application."""
    world = World()
    world.license("CLIENT", assignable=2, concurrent=2)
    world.license("MEDIA", assignable=2)
    world.owner(company="A contact centre")
    world.do(DefineUser(login="agent01", display_name="Agent 1", password_hash="$hash"))
    world.assign("agent01", "CLIENT")
    world.profile("agent01", enabled=False)
    world.station("desk1", "CLIENT")
    world.do(DefineRuntime(name="mfp"))
    world.do(_deployed(*DEPLOYED))
    return world


def _now(world: World, kind: SeenKind, key: object) -> Seen:
    return Seen(kind, key, present(world.state, Seen(kind, key, None, "")), "what was seen")


def _planned(world: World, *seen: Seen) -> bool:
    """Whether what was planned is done; where it is refused, nothing is."""
    before = world.picture()
    try:
        world.do(Together(commands=(PLANNED,), seen=seen))
    except Refusal as refusal:
        sentence = "This was planned before what was seen changed; plan it anew."
        expected: tuple[object, ...] = (Code.CHANGED_SINCE, sentence, None, before)
        said: tuple[object, ...] = (refusal.code, refusal.sentence, refusal.index, world.picture())
    else:
        return True
    assert said == expected
    return False


def _do(command: Command[Any]) -> Act:
    return lambda world: world.do(command)


def _renamed(name: str) -> DefineLicense:
    return DefineLicense(owner=OWNER, name=name, display_name="Renamed")


def _deployed(
    *versions: VersionNamed, name: str = "app", configuration: Configuration | None = None
) -> DefineApplication:
    return DefineApplication(runtime="mfp", name=name, configuration=configuration, versions=versions)


def _removed_and_bought_again(world: World) -> None:
    world.remove("CLIENT")
    world.license("CLIENT", assignable=2, concurrent=2)


def _moved_out_and_in_again(world: World) -> None:
    world.do(RemoveStation(name="desk1"))
    world.station("desk1", "CLIENT")


def _gone_and_hired_again(world: World) -> None:
    world.do(DeleteUser(login="agent01"))
    world.do(DefineUser(login="agent01", display_name="Agent 1", password_hash="$hash"))


SEEN: list[tuple[SeenKind, object]] = [
    (SeenKind.LICENSE, KEY),
    (SeenKind.SEATS, KEY),
    (SeenKind.OWNER, "inin"),
    (SeenKind.OWNER, "nobody"),
    (SeenKind.STATION, "desk1"),
    (SeenKind.USER, "agent01"),
    (SeenKind.PASSWORD, "agent01"),
    (SeenKind.PROFILE, (AGENT, "inin")),
    (SeenKind.PROFILE, (DESK, "inin")),
    (SeenKind.ASSIGNMENTS, AGENT),
    (SeenKind.ASSIGNMENTS, DESK),
    (SeenKind.RUNTIME, "mfp"),
    (SeenKind.RUNTIME, "nowhere"),
    (SeenKind.APPLICATION, ("mfp", "app")),
    (SeenKind.APPLICATION, ("mfp", "APP")),
    (SeenKind.APPLICATION, ("nowhere", "app")),
]

CHANGED: list[tuple[SeenKind, object, Act]] = [
    (SeenKind.LICENSE, KEY, _do(_renamed("client"))),
    (SeenKind.LICENSE, KEY, lambda world: world.require("CLIENT", "MEDIA")),
    (SeenKind.LICENSE, KEY, _do(DefineLicense(owner=OWNER, name="CLIENT", display_name="", shared=False))),
    (SeenKind.LICENSE, KEY, lambda world: world.remove("CLIENT")),
    (SeenKind.LICENSE, KEY, _removed_and_bought_again),
    (SeenKind.LICENSE, ("inin", "chat"), lambda world: world.license("CHAT")),
    (SeenKind.SEATS, KEY, lambda world: world.seats("CLIENT", 3, 2)),
    (SeenKind.SEATS, KEY, lambda world: world.seats("CLIENT", 2, 1)),
    (SeenKind.SEATS, KEY, lambda world: world.seats("CLIENT", 2, 2, unrestricted=True)),
    (SeenKind.SEATS, KEY, lambda world: world.remove("CLIENT")),
    (SeenKind.SEATS, ("inin", "chat"), lambda world: world.license("CHAT")),
    (SeenKind.OWNER, "inin", lambda world: world.owner(company="Another")),
    (SeenKind.OWNER, "inin", lambda world: world.owner()),
    (SeenKind.OWNER, "other", lambda world: world.owner("OTHER", company="Another")),
    (SeenKind.STATION, "desk1", _do(DefineStation(name="desk1", display_name="Desk"))),
    (SeenKind.STATION, "desk1", _do(RemoveStation(name="desk1"))),
    (SeenKind.STATION, "desk1", _moved_out_and_in_again),
    (SeenKind.STATION, "desk2", lambda world: world.station("desk2")),
    (SeenKind.USER, "agent01", _do(DefineUser(login="agent01", display_name="Renamed"))),
    (SeenKind.USER, "agent01", _do(DefineUser(login="agent01", display_name="Agent 1", view_allocations=None))),
    (SeenKind.USER, "agent01", _do(DeleteUser(login="agent01"))),
    (SeenKind.USER, "agent01", _gone_and_hired_again),
    (SeenKind.USER, "agent02", lambda world: world.user("agent02")),
    (SeenKind.PASSWORD, "agent01", _do(DefineUser(login="agent01", display_name="Agent 1", password_hash="$other"))),
    (SeenKind.PASSWORD, "agent01", _do(DeleteUser(login="agent01"))),
    (SeenKind.PASSWORD, "agent02", _do(DefineUser(login="agent02", display_name="", password_hash="$hash"))),
    (SeenKind.PROFILE, (AGENT, "inin"), lambda world: world.profile("agent01")),
    (
        SeenKind.PROFILE,
        (AGENT, "inin"),
        lambda world: world.profile("agent01", enabled=False, method=Method.CONCURRENT),
    ),
    (SeenKind.PROFILE, (DESK, "inin"), lambda world: world.station_profile("desk1", enabled=False)),
    (SeenKind.ASSIGNMENTS, AGENT, lambda world: world.assign("agent01", "MEDIA")),
    (SeenKind.ASSIGNMENTS, AGENT, lambda world: world.unassign("agent01", "CLIENT")),
    (SeenKind.ASSIGNMENTS, AGENT, lambda world: world.remove("CLIENT")),
    (SeenKind.ASSIGNMENTS, AGENT, _do(DeleteUser(login="agent01"))),
    (SeenKind.ASSIGNMENTS, DESK, _do(RemoveLicenses(licenses=(named("CLIENT"),)))),
    (SeenKind.ASSIGNMENTS, DESK, lambda world: world.station("desk1", "MEDIA")),
    (SeenKind.ASSIGNMENTS, Holder(HolderKind.USER, 2), lambda world: world.user("agent02", "MEDIA")),
    (SeenKind.RUNTIME, "mfp", _do(DefineRuntime(name="mfp", running=False))),
    (SeenKind.RUNTIME, "mfp", _do(RemoveRuntime(name="mfp"))),
    (SeenKind.RUNTIME, "new", _do(DefineRuntime(name="new"))),
    (SeenKind.APPLICATION, APPLICATION, _do(_deployed(VersionNamed("ios", "1.0", "Renamed")))),
    (SeenKind.APPLICATION, APPLICATION, _do(_deployed(VersionNamed("ios", "1.0"), VersionNamed("ios", "2.0")))),
    (SeenKind.APPLICATION, APPLICATION, _do(_deployed(*DEPLOYED, configuration=Configuration(Category.B2C)))),
    (SeenKind.APPLICATION, APPLICATION, _do(RemoveApplication(runtime="mfp", name="app"))),
    (SeenKind.APPLICATION, APPLICATION, _do(RemoveRuntime(name="mfp"))),
    (SeenKind.APPLICATION, ("mfp", "APP"), _do(_deployed(*DEPLOYED, name="APP"))),
]

ELSEWHERE: list[Act] = [
    _do(_deployed(*DEPLOYED, name="other")),
    _do(DefineRuntime(name="other")),
    _do(_renamed("MEDIA")),
    lambda world: world.seats("MEDIA", 1),
    lambda world: world.station("desk2", "CLIENT"),
    lambda world: world.concurrent_user("agent02", "CLIENT", "MEDIA"),
    lambda world: world.license("CHAT"),
    lambda world: world.remove("MEDIA"),
    lambda world: world.connect("agent01", "desk1"),
    lambda world: world.acquire(world.connect("agent01", "desk1"), "CLIENT"),
]


def test_the_cases_reach_every_kind() -> None:
    assert {kind for kind, _ in SEEN} == {kind for kind, _, _ in CHANGED} == set(SeenKind)


@pytest.mark.parametrize(("kind", "key"), SEEN)
def test_what_is_as_it_was_seen_does_not_stand_in_the_way(world: World, kind: SeenKind, key: object) -> None:
    assert _planned(world, _now(world, kind, key))


@pytest.mark.parametrize(("kind", "key", "act"), CHANGED)
def test_what_has_changed_since_it_was_seen_or_come_or_gone_does(
    world: World, kind: SeenKind, key: object, act: Act
) -> None:
    seen = _now(world, kind, key)
    act(world)
    assert not _planned(world, seen)
    assert _planned(world, _now(world, kind, key))


@pytest.mark.parametrize("act", ELSEWHERE)
def test_what_happens_elsewhere_and_any_use_does_not(world: World, act: Act) -> None:
    seen = [_now(world, kind, key) for kind, key in SEEN]
    act(world)
    assert _planned(world, *seen)


def test_seats_are_compared_without_their_use(world: World) -> None:
    seen = Seen(SeenKind.SEATS, KEY, Seats(2, 2, unrestricted=False), "the seats of CLIENT")
    world.concurrent_user("agent02", "CLIENT")
    world.acquire(world.connect("agent02"), "CLIENT")
    world.user("agent03", "CLIENT")
    assert world.pool("CLIENT").concurrent_in_use == 1
    assert seats_of(world.pool("CLIENT")) == seen.row
    assert _planned(world, seen)


def test_one_change_among_many_that_were_seen_is_enough(world: World) -> None:
    seen = [_now(world, kind, key) for kind, key in SEEN]
    world.profile("agent01", enabled=True)
    assert not _planned(world, *seen)


def test_it_is_compared_before_the_first_command_not_after(world: World) -> None:
    """Else no plan would outlive its own first step."""
    seats = ChangeSeats(license=named("CLIENT"), assignable=7)
    seen = (_now(world, SeenKind.SEATS, KEY), _now(world, SeenKind.STATION, "desk1"))
    world.do(Together(commands=(seats, RemoveStation(name="desk1")), seen=seen))
    assert world.pool("CLIENT").assignable_seats == 7
    with pytest.raises(Refusal) as refused:
        world.do(Together(commands=(seats,), seen=seen))
    assert refused.value.code is Code.CHANGED_SINCE


def test_within_several_commands_the_place_of_the_stale_ones_is_told(world: World) -> None:
    stale = Together(commands=(PLANNED,), seen=(Seen(SeenKind.USER, "agent01", None, "user agent01"),))
    with pytest.raises(Refusal) as refused:
        world.do(Together(commands=(PLANNED, stale)))
    assert (refused.value.code, refused.value.index) == (Code.CHANGED_SINCE, 1)
