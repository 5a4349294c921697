"""A license that another requires (docs/decisions/removal-and-prerequisites.md)."""

from typing import Any

import pytest

from seatkeeper.licensing.commands import Assign, Command, Together, Unassign
from seatkeeper.licensing.entities import AppliesTo, LicenseKind, LicenseName
from seatkeeper.licensing.inventory_commands import DefineLicense
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.world import OWNER, World, named, station_named, user_named

AGENT = user_named("agent01")


@pytest.fixture
def world() -> World:
    """RECORDER requires MEDIA, and that requires CLIENT."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.license("MEDIA", assignable=2, prerequisite="client")
    world.license("RECORDER", assignable=2, prerequisite="MEDIA")
    world.user("agent01")
    return world


def _refused(world: World, command: Command[Any]) -> tuple[Code, str]:
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.do(command)
    assert world.picture() == before
    return refused.value.code, refused.value.sentence


def _assign(*licenses: str) -> Assign:
    return Assign(holder=AGENT, licenses=tuple(map(named, licenses)))


def _unassign(*licenses: str) -> Unassign:
    return Unassign(holder=AGENT, licenses=tuple(map(named, licenses)))


def _define(name: str, prerequisite: str) -> DefineLicense:
    return DefineLicense(owner=OWNER, name=name, display_name=name, prerequisite=named(prerequisite))


# Assigning.


@pytest.mark.parametrize(
    ("has", "asked", "lacks", "required"),
    [
        ((), ("MEDIA",), "MEDIA", "CLIENT"),
        ((), ("RECORDER", "CLIENT"), "RECORDER", "MEDIA"),
        (("CLIENT",), ("RECORDER",), "RECORDER", "MEDIA"),
        ((), ("MEDIA", "RECORDER"), "MEDIA", "CLIENT"),
    ],
)
def test_without_what_it_requires_a_license_is_not_assigned_nor_is_anything_with_it(
    world: World, has: tuple[str, ...], asked: tuple[str, ...], lacks: str, required: str
) -> None:
    world.assign("agent01", *has)
    code, sentence = _refused(world, _assign(*asked))
    assert code is Code.PREREQUISITE_MISSING
    assert sentence == (
        f"{lacks} requires {required}, which agent01 does not have. Assign {required} before, or with it."
    )


def test_a_station_that_lacks_what_is_required_is_called_one(world: World) -> None:
    world.station("desk1")
    _, sentence = _refused(world, Assign(holder=station_named("desk1"), licenses=(named("MEDIA"),)))
    assert sentence == "MEDIA requires CLIENT, which station desk1 does not have. Assign CLIENT before, or with it."


@pytest.mark.parametrize(
    ("has", "asked"),
    [
        (("CLIENT",), ("MEDIA",)),
        (("CLIENT", "MEDIA"), ("RECORDER",)),
        ((), ("CLIENT", "MEDIA", "RECORDER")),
        ((), ("RECORDER", "MEDIA", "CLIENT")),
        (("CLIENT",), ("RECORDER", "MEDIA")),
        ((), ("CLIENT",)),
    ],
)
def test_it_is_met_before_or_within_the_same_call_in_any_order(
    world: World, has: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    world.assign("agent01", *has)
    assert world.assign("agent01", *asked) == asked
    assert world.assigned(AGENT) == [*has, *asked]


def test_of_several_commands_in_one_each_must_stand_by_itself_in_their_order(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        world.do(Together(commands=(_assign("MEDIA"), _assign("CLIENT"))))
    assert (refused.value.code, refused.value.index) == (Code.PREREQUISITE_MISSING, 0)
    world.do(Together(commands=(_assign("CLIENT"), _assign("MEDIA"))))


def test_a_disabled_profile_has_what_is_assigned(world: World) -> None:
    """What is required is the assignment, not that it counts."""
    world.profile("agent01", enabled=False)
    assert world.assign("agent01", "CLIENT") + world.assign("agent01", "MEDIA") == ("CLIENT", "MEDIA")


def test_a_stations_license_is_no_help_to_the_user_nor_the_users_to_the_station(world: World) -> None:
    world.station("desk1", "CLIENT")
    world.connect("agent01", "desk1")
    assert _refused(world, _assign("MEDIA"))[0] is Code.PREREQUISITE_MISSING
    world.station("desk2")
    world.assign("agent01", "CLIENT")
    media = Assign(holder=station_named("desk2"), licenses=(named("MEDIA"),))
    assert _refused(world, media)[0] is Code.PREREQUISITE_MISSING
    world.do(Assign(holder=station_named("desk1"), licenses=(named("MEDIA"),)))


@pytest.mark.parametrize("kind", [LicenseKind.SITE, LicenseKind.SATELLITE])
def test_what_covers_the_whole_installation_is_had_by_everybody(world: World, kind: LicenseKind) -> None:
    world.license("SERVER", kind=kind)
    world.license("ADDON", assignable=1, prerequisite="SERVER")
    assert world.assign("agent01", "ADDON") == ("ADDON",)


def test_a_prerequisite_may_be_of_another_owner(world: World) -> None:
    world.do(DefineLicense(owner="CRM", name="WEB", display_name="Web", applies_to=AppliesTo.USERS))
    required = LicenseName("crm", "web")
    world.do(DefineLicense(owner=OWNER, name="CLIENT", display_name="CLIENT", prerequisite=required))
    assert _refused(world, _assign("CLIENT"))[1].startswith("CLIENT requires WEB")


def test_a_prerequisite_set_later_is_asked_of_those_who_come_later(world: World) -> None:
    world.license("CHAT", assignable=2)
    world.user("agent02")
    world.assign("agent01", "CHAT")
    assert world.require("CHAT", "CLIENT")
    assert world.assigned(AGENT) == ["CHAT"]
    assert world.acquire(world.connect("agent01"), "CHAT").granted
    with pytest.raises(Refusal):
        world.assign("agent02", "CHAT")
    assert world.unassign("agent01", "CHAT") == ("CHAT",)
    assert _refused(world, _assign("CHAT"))[0] is Code.PREREQUISITE_MISSING


# Taking away.


@pytest.mark.parametrize(
    ("taken", "needed"),
    [
        (("CLIENT",), "CLIENT cannot be taken away: MEDIA"),
        (("MEDIA",), "MEDIA cannot be taken away: RECORDER"),
        (("CLIENT", "MEDIA"), "MEDIA cannot be taken away: RECORDER"),
        (("RECORDER", "CLIENT"), "CLIENT cannot be taken away: MEDIA"),
    ],
)
def test_what_another_license_of_the_holder_requires_is_not_taken_away(
    world: World, taken: tuple[str, ...], needed: str
) -> None:
    world.assign("agent01", "CLIENT", "MEDIA", "RECORDER")
    code, sentence = _refused(world, _unassign(*taken))
    assert (code, sentence) == (Code.PREREQUISITE_NEEDED, f"{needed}, assigned here too, requires it.")


@pytest.mark.parametrize("taken", [("RECORDER",), ("MEDIA", "RECORDER"), ("CLIENT", "MEDIA", "RECORDER")])
def test_it_is_taken_away_with_or_after_all_that_require_it(world: World, taken: tuple[str, ...]) -> None:
    world.assign("agent01", "CLIENT", "MEDIA", "RECORDER")
    assert world.unassign("agent01", *taken) == taken


def test_what_nobody_here_requires_goes_whatever_others_have(world: World) -> None:
    world.assign("agent01", "CLIENT")
    world.user("agent02", "CLIENT", "MEDIA")
    assert world.unassign("agent01", "CLIENT", "RECORDER") == ("CLIENT",)


def test_a_moved_prerequisite_is_met_where_it_arrives(world: World) -> None:
    world.assign("agent01", "CLIENT", "MEDIA")
    world.user("agent02")
    both = (named("MEDIA"), named("CLIENT"))
    world.do(
        Together(
            commands=(Unassign(holder=AGENT, licenses=both), Assign(holder=user_named("agent02"), licenses=both)),
        )
    )
    assert world.assigned(user_named("agent02")) == ["MEDIA", "CLIENT"]


# Circles.


@pytest.mark.parametrize(
    ("name", "prerequisite", "circle"),
    [
        ("CLIENT", "client", "CLIENT requires CLIENT"),
        ("NEW", "new", "NEW requires NEW"),
        ("CLIENT", "MEDIA", "CLIENT requires MEDIA requires CLIENT"),
        ("CLIENT", "RECORDER", "CLIENT requires RECORDER requires MEDIA requires CLIENT"),
        ("MEDIA", "RECORDER", "MEDIA requires RECORDER requires MEDIA"),
    ],
)
def test_no_license_comes_to_require_itself(world: World, name: str, prerequisite: str, circle: str) -> None:
    code, sentence = _refused(world, _define(name, prerequisite))
    assert (code, sentence) == (Code.PREREQUISITE_CIRCLE, f"Prerequisites go round in a circle: {circle}.")


def test_two_may_require_the_same_and_one_may_come_to_it_by_two_ways(world: World) -> None:
    assert world.do(_define("RECORDER", "CLIENT"))
    assert world.do(_define("CHAT", "RECORDER"))


def test_a_prerequisite_changes_its_direction_once_the_old_one_is_gone(world: World) -> None:
    turned = _define("CLIENT", "RECORDER")
    assert _refused(world, turned)[0] is Code.PREREQUISITE_CIRCLE
    assert world.do(Together(commands=(DefineLicense(owner=OWNER, name="MEDIA", display_name="MEDIA"), turned)))
    assert _refused(world, _assign("CLIENT"))[1].startswith("CLIENT requires RECORDER")
    assert _refused(world, _define("MEDIA", "CLIENT"))[1].endswith(
        "MEDIA requires CLIENT requires RECORDER requires MEDIA."
    )


def test_the_same_prerequisite_again_is_no_event_and_a_description_without_one_drops_it(world: World) -> None:
    assert world.require("MEDIA", "CLIENT") is False
    assert world.require("MEDIA", None) is True
    assert world.assign("agent01", "MEDIA") == ("MEDIA",)
