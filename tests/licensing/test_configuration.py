"""Configuring all of a holder's licenses at once, and his profile with them (contract 5.5 and 5.6)."""

from typing import Any

import pytest

from seatkeeper.licensing.commands import ConfigureLicenses, Together
from seatkeeper.licensing.entities import AppliesTo, Holder, HolderKind, LicenseKind, LicenseName, Method, Profile
from seatkeeper.licensing.events import Acquired, Assigned, ProfileChanged, Released, Unassigned
from seatkeeper.licensing.inventory_commands import DefineLicense
from seatkeeper.licensing.outcomes import Configured, LicenseProblem, ProblemKind
from tests.licensing.world import NOON, OWNER, World, named, station_named, user_named

AGENT = user_named("agent01")
DESK = station_named("desk1")

Told = list[tuple[ProblemKind, str]]


@pytest.fixture
def world() -> World:
    """CLIENT, MEDIA and RECORDER with two seats of either method; agent01 has CLIENT, desk1 nothing."""
    world = World()
    for name in ("CLIENT", "MEDIA", "RECORDER"):
        world.license(name, assignable=2, concurrent=2)
    world.user("agent01", "CLIENT")
    world.station("desk1")
    return world


def _wish(*wanted: str, scope: tuple[str, ...] = (), **rest: Any) -> ConfigureLicenses:  # noqa: ANN401 - its members
    members = {"holder": AGENT, "wanted": tuple(map(named, wanted)), "scope": tuple(map(named, scope)), **rest}
    return ConfigureLicenses(owner=OWNER, **members)


def _configure(world: World, *wanted: str, scope: tuple[str, ...] = (), **rest: Any) -> Told:  # noqa: ANN401 - as above
    outcome = world.do(_wish(*wanted, scope=scope, **rest))
    return [(each.kind, each.name) for each in outcome.problems]


def _unchanged(world: World, *wanted: str, **rest: Any) -> tuple[LicenseProblem, ...]:  # noqa: ANN401 - as above
    """What there is to say of something that changes nothing."""
    before, told = world.picture(), len(world.log)
    outcome = world.do(_wish(*wanted, **rest))
    assert world.picture() == before
    assert len(world.log) == told
    return outcome.problems


def _profile(world: World, login: str = "agent01") -> Profile:
    holder = Holder(HolderKind.USER, world.state.user_ids[login])
    return world.state.profiles.get((holder, "inin")) or Profile(holder=holder, owner_key="inin")


# What it speaks of.


@pytest.mark.parametrize(
    ("wanted", "scope", "beyond", "left"),
    [
        ((), (), False, ["CLIENT", "MEDIA"]),
        ((), ("CLIENT",), False, ["MEDIA"]),
        ((), ("CLIENT", "MEDIA"), False, []),
        ((), ("CLIENT",), True, ["CLIENT"]),
        ((), (), True, []),
        (("RECORDER",), ("MEDIA",), False, ["CLIENT", "RECORDER"]),
        (("RECORDER",), (), False, ["CLIENT", "MEDIA", "RECORDER"]),
        (("MEDIA",), ("MEDIA", "CLIENT"), False, ["MEDIA"]),
        (("RECORDER",), ("CLIENT",), True, ["CLIENT", "RECORDER"]),
        (("CLIENT", "RECORDER"), (), True, ["CLIENT", "RECORDER"]),
        (("client",), (), True, ["CLIENT"]),
        ((), ("NONSENSE",), False, ["CLIENT", "MEDIA"]),
        ((), ("NONSENSE", "MEDIA"), True, ["MEDIA"]),
    ],
)
def test_what_is_spoken_of_and_not_wanted_goes_and_what_is_wanted_comes(
    world: World, wanted: tuple[str, ...], scope: tuple[str, ...], *, beyond: bool, left: list[str]
) -> None:
    world.assign("agent01", "MEDIA")
    assert _configure(world, *wanted, scope=scope, beyond=beyond) == []
    assert world.assigned(AGENT) == left


def test_what_he_has_of_another_owner_stays(world: World) -> None:
    world.do(DefineLicense(owner="CRM", name="CLIENT", display_name="Client"))
    world.seats("CLIENT", 2)
    command = ConfigureLicenses(holder=AGENT, owner="CRM", wanted=(LicenseName("CRM", "CLIENT"),), enabled=False)
    assert world.do(command).problems == ()
    assert _configure(world, beyond=True) == []
    assert world.assigned(AGENT) == ["CLIENT"]
    assert _profile(world).enabled


def test_what_is_so_already_is_no_event(world: World) -> None:
    world.assign("agent01", "MEDIA")
    wish = _wish("MEDIA", "CLIENT", beyond=True, enabled=True, method=Method.ASSIGNABLE)
    assert world.events_of(wish) == []


def test_the_holder_is_named_as_stored(world: World) -> None:
    assert world.do(_wish(holder=user_named("AGENT01"))) == Configured(holder="agent01", problems=())
    assert world.do(_wish(holder=station_named("DESK1"))) == Configured(holder="desk1", problems=())


def test_a_station_is_configured_likewise_but_for_its_method(world: World) -> None:
    assert _configure(world, "CLIENT", "MEDIA", holder=DESK) == []
    assert _configure(world, scope=("CLIENT",), holder=DESK, enabled=False) == []
    assert world.assigned(DESK) == ["MEDIA"]
    assert world.pool("MEDIA").assigned_stations == 0
    assert _configure(world, "RECORDER", holder=DESK, enabled=True, method=Method.ASSIGNABLE) == []
    assert world.pool("MEDIA").assigned_stations == world.pool("RECORDER").assigned_stations == 1


# Profile and licenses together.


def test_profile_and_licenses_change_together(world: World) -> None:
    assert _configure(world, "MEDIA", scope=("CLIENT",), method=Method.CONCURRENT) == []
    assert (world.assigned(AGENT), _profile(world).method) == (["MEDIA"], Method.CONCURRENT)
    assert (world.pool("CLIENT").assigned, world.pool("MEDIA").concurrent_assigned) == (0, 1)


@pytest.mark.parametrize(
    ("enabled", "method", "after"),
    [
        (None, None, (False, Method.CONCURRENT)),
        (True, None, (True, Method.CONCURRENT)),
        (None, Method.ASSIGNABLE, (False, Method.ASSIGNABLE)),
        (True, Method.ASSIGNABLE, (True, Method.ASSIGNABLE)),
    ],
)
def test_what_is_not_said_of_the_profile_stays(
    world: World, *, enabled: bool | None, method: Method | None, after: tuple[bool, Method]
) -> None:
    world.profile("agent01", enabled=False, method=Method.CONCURRENT)
    assert _configure(world, enabled=enabled, method=method) == []
    assert (_profile(world).enabled, _profile(world).method) == after


def test_what_frees_seats_comes_before_what_takes_them(world: World) -> None:
    """The order of the events: taken away, then the profile, then given."""
    world.seats("CLIENT", 1, 0)
    world.assign("agent01", "MEDIA")
    session = world.connect("agent01")
    world.acquire(session, "CLIENT")
    world.acquire(session, "MEDIA")
    events = world.events_of(_wish("RECORDER", scope=("CLIENT",), method=Method.CONCURRENT))
    assert [type(event) for event in events] == [Released, Unassigned, ProfileChanged, Released, Acquired, Assigned]
    assert world.held(session) == {"MEDIA"}


def test_a_license_that_would_keep_the_profile_from_changing_is_taken_away_first(world: World) -> None:
    """To enable the profile with CLIENT would be refused."""
    world.profile("agent01", enabled=False)
    for login in ("agent02", "agent03"):
        world.user(login, "CLIENT")
    assert _configure(world, "MEDIA", scope=("CLIENT",), enabled=True) == []
    assert world.assigned(AGENT) == ["MEDIA"]


def test_what_is_given_with_a_profile_that_is_being_disabled_takes_no_seat(world: World) -> None:
    for login in ("agent02", "agent03"):
        world.user(login, "RECORDER")
    assert _configure(world, "RECORDER", enabled=False) == []
    assert world.pool("RECORDER").assigned == 2


# Errors: nothing changes.


def _exhaust(world: World, *licenses: str) -> None:
    for login in ("agent08", "agent09"):
        world.user(login, *licenses)


def test_what_exceeds_the_seats_is_an_error_for_each_and_changes_nothing(world: World) -> None:
    _exhaust(world, "MEDIA", "RECORDER")
    world.assign("agent01")
    problems = _unchanged(world, "MEDIA", "RECORDER", scope=("CLIENT",), enabled=True)
    assert [(each.kind, each.name, each.is_error) for each in problems] == [
        (ProblemKind.EXCEEDS_SEATS, "MEDIA", True),
        (ProblemKind.EXCEEDS_SEATS, "RECORDER", True),
    ]
    assert (
        problems[0].sentence == "No assignable seat of MEDIA is free: 2 of 2 are assigned (2 to users, 0 to stations)."
    )
    assert world.assigned(AGENT) == ["CLIENT"]


@pytest.mark.parametrize(
    "wish", [{"enabled": True}, {"method": Method.ASSIGNABLE}, {"enabled": True, "method": Method.ASSIGNABLE}]
)
def test_every_license_that_keeps_the_profile_from_changing_is_told_once(world: World, wish: dict[str, Any]) -> None:
    """Those of them that are wanted too, and beside them what cannot be given."""
    world.profile("agent01", enabled="enabled" not in wish, method=Method.CONCURRENT)
    if "method" not in wish:
        world.profile("agent01", enabled=False)
    world.assign("agent01", "MEDIA")
    world.license("CHAT")
    world.license("EMAIL", assignable=1)
    _exhaust(world, "CLIENT", "MEDIA")
    problems = _unchanged(world, "CLIENT", "CHAT", "EMAIL", **wish)
    assert [(each.kind, each.name) for each in problems] == [
        (ProblemKind.EXCEEDS_SEATS, "CLIENT"),
        (ProblemKind.EXCEEDS_SEATS, "MEDIA"),
        (ProblemKind.EXCEEDS_SEATS, "CHAT"),
    ]


def test_a_method_that_a_live_hold_cannot_follow_is_an_error(world: World) -> None:
    """Decision 7: a change of method under a live hold is an acquisition in the new pool."""
    world.assign("agent01", "MEDIA")
    world.seats("MEDIA", 2, 0)
    world.seats("CLIENT", 2, 0)
    session = world.connect("agent01")
    assert world.acquire(session, "CLIENT").granted
    assert world.acquire(session, "MEDIA").granted
    problems = _unchanged(world, "RECORDER", method=Method.CONCURRENT)
    assert [(each.kind, each.name) for each in problems] == [
        (ProblemKind.EXCEEDS_SEATS, "CLIENT"),
        (ProblemKind.EXCEEDS_SEATS, "MEDIA"),
    ]
    assert problems[0].sentence == (
        "The method cannot change while CLIENT is held: all 0 concurrent seats of it are in use."
    )
    assert world.held(session) == {"CLIENT", "MEDIA"}


def test_each_license_that_cannot_be_meant_is_an_error_beside_those_without_seats(world: World) -> None:
    world.license("SERVER", kind=LicenseKind.SITE)
    world.license("DESK", assignable=2, applies_to=AppliesTo.STATIONS)
    world.license("OLD", assignable=2, expires=NOON)
    _exhaust(world, "MEDIA")
    problems = _unchanged(world, "nonsense", "SERVER", "DESK", "OLD", "MEDIA", "RECORDER", "NONSENSE", beyond=True)
    assert [(each.kind, each.name, each.is_error) for each in problems] == [
        (ProblemKind.UNKNOWN_LICENSE, "NONSENSE", True),
        (ProblemKind.NOT_ASSIGNABLE, "SERVER", True),
        (ProblemKind.NOT_ASSIGNABLE, "DESK", True),
        (ProblemKind.NOT_ASSIGNABLE, "OLD", True),
        (ProblemKind.EXCEEDS_SEATS, "MEDIA", True),
    ]
    assert problems[0].sentence == "There is no license named NONSENSE of owner ININ."
    assert problems[3].sentence == "OLD expired on 2027-01-15 and cannot be assigned any more."


def test_what_has_expired_and_is_assigned_already_may_stay(world: World) -> None:
    world.do(DefineLicense(owner=OWNER, name="CLIENT", display_name="CLIENT", expires=NOON))
    assert _configure(world, "CLIENT", "MEDIA", beyond=True) == []
    assert world.assigned(AGENT) == ["CLIENT", "MEDIA"]


def test_with_an_error_nothing_is_warned_of(world: World) -> None:
    world.require("RECORDER", "MEDIA")
    _exhaust(world, "MEDIA")
    assert [each.kind for each in _unchanged(world, "MEDIA", "RECORDER", scope=("CLIENT",))] == [
        ProblemKind.EXCEEDS_SEATS
    ]


def test_an_error_within_several_commands_leaves_the_others_their_effect(world: World) -> None:
    """An error is an outcome, not a refusal."""
    _exhaust(world, "MEDIA")
    outcomes = world.do(Together(commands=(_wish("RECORDER"), _wish("MEDIA"), _wish(scope=("CLIENT",)))))
    assert [len(each.problems) for each in outcomes] == [0, 1, 0]
    assert world.assigned(AGENT) == ["RECORDER"]


# Warnings: it is done.


def test_more_who_may_use_a_license_than_can_at_once_is_a_warning(world: World) -> None:
    for login in ("agent02", "agent03"):
        world.concurrent_user(login, "MEDIA")
    assert _configure(world, "RECORDER", scope=("CLIENT",), method=Method.CONCURRENT) == []
    problems = world.do(_wish("MEDIA")).problems
    assert [(each.kind, each.name, each.display_name, each.sentence) for each in problems] == [
        (
            ProblemKind.MORE_THAN_SEATS,
            "MEDIA",
            "MEDIA",
            "3 may use MEDIA, but only 2 at once: so many concurrent seats were bought.",
        )
    ]
    assert not problems[0].is_error
    assert world.assigned(AGENT) == ["RECORDER", "MEDIA"]
    world.seats("MEDIA", 0, 0, unrestricted=True)
    assert _configure(world, "MEDIA") == []


def test_a_change_of_method_warns_of_all_that_he_has(world: World) -> None:
    world.assign("agent01", "MEDIA")
    for login in ("agent02", "agent03"):
        world.concurrent_user(login, "CLIENT")
    assert _configure(world, method=Method.CONCURRENT) == [(ProblemKind.MORE_THAN_SEATS, "CLIENT")]
    assert _configure(world, method=Method.CONCURRENT) == []
    assert _configure(world, enabled=False) == []
    assert _configure(world, enabled=True) == [(ProblemKind.MORE_THAN_SEATS, "CLIENT")]


@pytest.mark.parametrize(
    ("wanted", "scope", "warned"),
    [
        (("MEDIA",), ("CLIENT",), ["MEDIA"]),
        (("RECORDER",), (), ["RECORDER"]),
        (("MEDIA",), (), []),
        (("RECORDER", "MEDIA"), (), []),
        (("RECORDER", "MEDIA"), ("CLIENT",), ["MEDIA"]),
    ],
)
def test_a_missing_prerequisite_is_a_warning(
    world: World, wanted: tuple[str, ...], scope: tuple[str, ...], warned: list[str]
) -> None:
    world.require("MEDIA", "CLIENT")
    world.require("RECORDER", "MEDIA")
    assert _configure(world, *wanted, scope=scope) == [(ProblemKind.MISSING_PREREQUISITE, name) for name in warned]
    assert set(wanted) <= set(world.assigned(AGENT))


def test_taking_away_what_a_kept_license_requires_is_a_warning(world: World) -> None:
    world.require("MEDIA", "CLIENT")
    world.assign("agent01", "MEDIA")
    problems = world.do(_wish(scope=("CLIENT",))).problems
    assert [each.sentence for each in problems] == ["MEDIA requires CLIENT, which agent01 does not have."]
    assert world.assigned(AGENT) == ["MEDIA"]
    assert _configure(world, "RECORDER") == []
    assert _configure(world, "MEDIA") == [(ProblemKind.MISSING_PREREQUISITE, "MEDIA")]


# Rehearsals.


def test_a_rehearsal_tells_the_same_and_changes_nothing(world: World) -> None:
    world.require("RECORDER", "MEDIA")
    wish: dict[str, Any] = {"scope": ("CLIENT",), "method": Method.CONCURRENT, "enabled": True}
    rehearsed = _unchanged(world, "RECORDER", rehearsed=True, **wish)
    assert [each.kind for each in rehearsed] == [ProblemKind.MISSING_PREREQUISITE]
    assert world.do(_wish("RECORDER", **wish)).problems == rehearsed
    assert world.assigned(AGENT) == ["RECORDER"]
    _exhaust(world, "MEDIA")
    world.profile("agent01")
    assert [each.kind for each in _unchanged(world, "MEDIA", rehearsed=True)] == [ProblemKind.EXCEEDS_SEATS]
