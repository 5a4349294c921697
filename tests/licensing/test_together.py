"""Several commands as one, and what a refusal or a fault leaves behind."""

import tracemalloc

import pytest

from seatkeeper.licensing.commands import Assign, Command, Explain, Rehearse, Together, Unassign
from seatkeeper.licensing.decide import decide
from seatkeeper.licensing.inventory_commands import DefineUser
from seatkeeper.licensing.outcomes import Foreseen
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.state import State
from tests.licensing.world import NOON, World, named, user_named


@pytest.fixture
def world() -> World:
    """One seat of CLIENT, assigned to agent01, who uses it."""
    world = World()
    world.license("CLIENT", assignable=1)
    world.user("agent01", "CLIENT")
    world.user("agent02")
    world.acquire(world.connect("agent01"), "CLIENT")
    return world


def _move(source: str, target: str) -> Together:
    client = (named("CLIENT"),)
    return Together(
        commands=(
            Unassign(holder=user_named(source), licenses=client),
            Assign(holder=user_named(target), licenses=client),
        )
    )


def test_all_of_it_happens_and_each_outcome_is_told(world: World) -> None:
    assert world.do(_move("agent01", "agent02")) == ((named("CLIENT"),), (named("CLIENT"),))


def test_a_moved_seat_is_held_by_its_new_user_only(world: World) -> None:
    world.do(_move("agent01", "agent02"))
    assert world.acquire(world.connect("agent02"), "CLIENT").granted
    assert [hold.user_id for hold in world.state.holds.values()] == [world.state.user_ids["agent02"]]


def test_none_of_it_happens_where_one_is_refused_and_its_place_is_told(world: World) -> None:
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.do(_move("agent01", "nobody"))
    assert (refused.value.code, refused.value.index) == (Code.UNKNOWN_USER, 1)
    assert world.picture() == before


def test_the_outermost_place_is_told_of_commands_within_commands(world: World) -> None:
    harmless = DefineUser(login="agent03", display_name="agent03")
    with pytest.raises(Refusal) as refused:
        world.do(Together(commands=(harmless, harmless, _move("agent01", "nobody"))))
    assert refused.value.index == 2


def test_a_command_sees_those_before_it(world: World) -> None:
    define = DefineUser(login="agent03", display_name="agent03", password_hash="hash")
    explain = Explain(login="agent03", license=named("CLIENT"))
    moved = world.do(Together(commands=(define, _move("agent01", "agent03"), explain)))
    assert moved[-1].verdict.granted


def test_a_fault_leaves_the_state_as_it_was(world: World) -> None:
    class Unheard(Command[None], frozen=True):
        """A command that no rule knows."""

    before = world.picture()
    with pytest.raises(KeyError):
        world.do(Together(commands=(_move("agent01", "agent02"), Unheard())))
    assert world.picture() == before


def test_a_later_refusal_takes_back_nothing_of_an_earlier_command(world: World) -> None:
    world.do(_move("agent01", "agent02"))
    before = world.picture()
    with pytest.raises(Refusal):
        world.do(_move("agent02", "nobody"))
    assert world.picture() == before


def test_the_image_is_untouched_until_the_changes_are_merged(world: World) -> None:
    """Rule L3."""
    world.commit()
    before = State(world.image)
    assignments = list(before.assignments.values())
    world.do(_move("agent01", "agent02"))
    assert list(before.assignments.values()) == assignments
    world.commit()
    assert list(before.assignments.values()) != assignments


def test_a_discarded_layer_leaves_the_image_free_for_another_try(world: World) -> None:
    """Rule L3."""
    world.commit()
    outcomes = [decide(State(world.image), _move("agent01", "agent02"), NOON, Policy())[0] for _ in range(2)]
    assert outcomes[0] == outcomes[1]


def test_an_assignment_costs_as_much_memory_among_many_as_among_few() -> None:
    def cost(users: int) -> int:
        world = World()
        world.license("CLIENT", assignable=users)
        for number in range(users):
            world.user(f"agent{number}")
        client = (named("CLIENT"),)
        all_of_them = tuple(Assign(holder=user_named(f"agent{number}"), licenses=client) for number in range(users))
        tracemalloc.start()
        world.do(Together(commands=all_of_them))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert cost(2000) < 6 * cost(500)


def test_a_rehearsal_leaves_all_as_it_was(world: World) -> None:
    before = world.picture()
    rehearsal = Rehearse(commands=(_move("agent01", "agent02"),))
    assert decide(world.state, rehearsal, NOON, Policy()) == (Foreseen(), [])
    assert world.picture() == before


def test_a_rehearsal_is_refused_as_the_thing_itself(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        world.do(Rehearse(commands=_move("agent01", "nobody").commands))
    assert (refused.value.code, refused.value.index) == (Code.UNKNOWN_USER, 1)
