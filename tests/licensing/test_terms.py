"""Until when a license can be assigned and acquired: by its own dates and its owner's (decision 24)."""

import pytest

from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.world import NOON, World

AFTER, LATER = NOON + 1, NOON + 2_000
"""Not yet, and still longer not."""

DAY = 86_400_000
OWN = "CLIENT expired on 2027-01-15 and cannot be assigned any more."
OWNERS = "The licenses of ININ expired on 2027-01-15: CLIENT cannot be assigned any more."

Dates = tuple[int | None, int | None]
"""Of expiry and of the end of grace."""


def _world(own: Dates, owners: Dates | None) -> World:
    """Somebody has CLIENT, which has these dates, as its owner has."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.user("agent01", "CLIENT")
    world.license("CLIENT", assignable=2, expires=own[0], grace_until=own[1])
    if owners is not None:
        world.owner(company="A contact centre", expires=owners[0], grace_until=owners[1])
    return world


@pytest.mark.parametrize(
    ("own", "owners", "told"),
    [
        (None, None, None),
        (None, AFTER, None),
        (None, NOON, OWNERS),
        (AFTER, NOON, OWNERS),
        (NOON, AFTER, OWN),
        (NOON, None, OWN),
        (NOON - DAY, NOON, OWN.replace("15", "14")),
        (NOON, NOON - DAY, OWNERS.replace("15", "14")),
        (NOON, NOON, OWN),
        (AFTER, LATER, None),
    ],
)
@pytest.mark.parametrize("grace", [None, LATER])
def test_it_is_assigned_until_the_earlier_expiry(
    own: int | None, owners: int | None, grace: int | None, told: str | None
) -> None:
    world = _world((own, grace), (owners, grace))
    world.user("agent02")
    if told is None:
        assert world.assign("agent02", "CLIENT") == ("CLIENT",)
        assert world.assign_modules("agent01")[0].can_assign
    else:
        for assign in (world.assign, world.assign_modules):
            with pytest.raises(Refusal) as refused:
                assign("agent02", "CLIENT")
            assert (refused.value.code, refused.value.sentence) == (Code.LICENSE_EXPIRED, told)
        assert not world.assign_modules("agent01")[0].can_assign


@pytest.mark.parametrize(
    ("own", "owners", "until"),
    [
        ((None, None), None, None),
        ((None, None), (None, None), None),
        ((None, None), (NOON, None), NOON),
        ((None, None), (NOON, AFTER), None),
        ((None, None), (AFTER, NOON), NOON),
        ((None, None), (None, NOON), NOON),
        ((NOON, AFTER), (NOON - 5, NOON), NOON),
        ((NOON - 1, None), (NOON - 5, NOON), NOON - 1),
        ((NOON, AFTER), (AFTER, LATER), None),
        ((NOON - 60_000, None), (AFTER, LATER), NOON - 60_000),
    ],
)
def test_it_is_acquired_until_the_earlier_grace_is_over(own: Dates, owners: Dates | None, until: int | None) -> None:
    world = _world(own, owners)
    verdict = world.acquire(world.connect("agent01"), "CLIENT")
    assert verdict == world.explain("agent01", "CLIENT").verdict or verdict.granted
    assert verdict.granted is (until is None)
    if until is not None:
        minute = "07:59" if until < NOON else "08:00"
        assert verdict.sentence == f"CLIENT could be used until 2027-01-15 {minute} UTC and has expired."


def test_a_live_hold_outlasts_its_owners_grace() -> None:
    world = _world((None, None), (None, AFTER))
    session = world.connect("agent01")
    assert world.acquire(session, "CLIENT").granted
    world.now = AFTER
    assert world.hold(session, "CLIENT") is not None
    assert world.acquire(session, "CLIENT").granted
    assert not world.acquire(world.connect("agent01"), "CLIENT").granted


def test_an_owner_of_whom_nothing_is_said_any_more_ends_nothing() -> None:
    world = _world((None, None), (NOON, NOON))
    world.owner()
    assert world.acquire(world.connect("agent01"), "CLIENT").granted
