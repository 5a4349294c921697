"""Explaining: the same rules, without effect."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from seatkeeper.licensing.verdicts import Reason, Verdict
from tests.licensing.world import World

HERE, THERE = "10.0.0.1", "10.0.0.2"


def _world() -> World:
    """desk1 and desk2 have CLIENT; UNSHARED and the one seat of SCARCE are agent01's to use."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.license("SCARCE", concurrent=1)
    world.license("UNSHARED", assignable=1, shared=False)
    world.station("desk1", "CLIENT")
    world.station("desk2", "CLIENT")
    world.concurrent_user("agent01", "SCARCE")
    world.concurrent_user("agent02", "SCARCE")
    world.user("agent03", "UNSHARED")
    return world


def _nobody(_world: World) -> None:
    pass


def _seat_taken(world: World) -> None:
    world.acquire(world.connect("agent02"), "SCARCE")


def _at_desk1(world: World) -> None:
    world.acquire(world.connect("agent01", "desk1", machine=HERE), "CLIENT")


def _other_at_desk1(world: World) -> None:
    world.connect("agent02", "desk1", machine=HERE)


def _unshared_held(world: World) -> None:
    world.acquire(world.connect("agent03", "desk1", machine=HERE), "UNSHARED")


class Case(NamedTuple):
    """Something that has happened, a question, and the answer."""

    before: Callable[[World], None]
    login: str
    license: str
    station: str | None
    machine: str
    reason: Reason | None


CASES = [
    Case(_nobody, "agent01", "nonsense", None, HERE, Reason.UNKNOWN_LICENSE),
    Case(_nobody, "agent01", "CLIENT", None, HERE, Reason.NOT_ASSIGNED),
    Case(_nobody, "agent01", "CLIENT", "desk1", HERE, None),
    Case(_nobody, "agent01", "SCARCE", None, HERE, None),
    Case(_seat_taken, "agent01", "SCARCE", "desk1", HERE, Reason.ALL_IN_USE),
    Case(_at_desk1, "agent01", "CLIENT", "desk1", HERE, None),
    Case(_at_desk1, "agent01", "CLIENT", "desk1", THERE, Reason.ON_ANOTHER_MACHINE),
    Case(_at_desk1, "agent01", "CLIENT", "desk2", HERE, Reason.ON_ANOTHER_STATION),
    Case(_at_desk1, "agent01", "CLIENT", "desk2", THERE, None),
    Case(_other_at_desk1, "agent01", "CLIENT", "desk1", HERE, Reason.STATION_TAKEN),
    Case(_unshared_held, "agent03", "UNSHARED", None, HERE, Reason.OTHER_APPLICATION),
    Case(_unshared_held, "agent03", "UNSHARED", "desk2", HERE, Reason.OTHER_APPLICATION),
    Case(_unshared_held, "agent03", "UNSHARED", "desk2", THERE, None),
]


@pytest.mark.parametrize("case", CASES)
def test_explaining_has_no_effect_and_agrees_with_acquiring(case: Case) -> None:
    world = _world()
    case.before(world)
    picture, told = world.picture(), len(world.log)
    explained = world.explain(case.login, case.license, case.station, case.machine).verdict
    assert (world.picture(), len(world.log)) == (picture, told)
    session = world.connect(case.login, case.station, machine=case.machine, application="another")
    assert explained == world.acquire(session, case.license)
    assert explained.reason is case.reason


def test_without_a_machine_the_user_is_taken_to_be_where_he_is() -> None:
    world = _world()
    world.connect("agent01", "desk1", machine=THERE)
    assert world.explain("agent01", "CLIENT", "desk1").verdict.granted
    assert world.explain("agent01", "CLIENT", "desk2").verdict.reason is Reason.ON_ANOTHER_STATION


def _grounds(tried: tuple[Verdict, ...]) -> list[Reason | str]:
    return [verdict.reason or "granted" for verdict in tried]


def test_every_ground_is_told_in_the_order_in_which_it_was_tried() -> None:
    """Decision 4: the station's ground comes before a concurrent seat."""
    world = _world()
    world.license("EVERY", assignable=1, concurrent=1)
    world.station("desk3", "EVERY")
    world.assign("agent01", "EVERY")
    explanation = world.explain("agent01", "EVERY", "desk3")
    assert _grounds(explanation.tried) == ["granted", "granted"]
    world.connect("agent02", "desk3")
    explanation = world.explain("agent01", "EVERY", "desk3")
    assert _grounds(explanation.tried) == [Reason.STATION_TAKEN, "granted"]
    assert explanation.verdict.granted


def test_a_refused_own_ground_is_told_first() -> None:
    world = _world()
    world.license("EVERY", assignable=2)
    world.station("desk3", "EVERY")
    world.user("agent04", "EVERY")
    world.profile("agent04", enabled=False)
    explanation = world.explain("agent04", "EVERY", "desk3")
    assert _grounds(explanation.tried) == [Reason.USER_NOT_ENABLED, "granted"]


def test_nothing_is_tried_of_an_unknown_license() -> None:
    assert _world().explain("agent01", "nonsense").tried == ()
