"""The rules against a plain model of pools, under random sequences of commands."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.licensing.machine import Rules
from tests.licensing.machine_inventory import LICENSES, LOGINS, STATIONS
from tests.licensing.model import Holder, Place

TestRules = Rules.TestCase
TestRules.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

HOLDERS: list[Holder] = [*(("user", login) for login in LOGINS), *(("station", station) for station in STATIONS)]
PLACES: list[Place] = [*(("station", station) for station in STATIONS), ("number", "5550100")]
WALKS = 120
STEPS = 70


class Walk:
    """A long sequence of commands, weighted towards those that meet each other at the same seats and desks."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test's choices, not secrets
        self.machine = Rules()

    def run(self) -> None:
        """Walk; the machine raises where the rules and the model part."""
        chance = self.chance
        self._step(
            self.machine.begin,
            seats=chance.randint(1, 4),
            concurrent={login for login in LOGINS if chance.random() < 0.5},
        )
        for _ in range(STEPS):
            acts = self._acts()
            act = chance.choices(list(acts), [weight for weight, _ in acts.values()])[0]
            self._step(act, **acts[act][1]())
        self.machine.teardown()

    def _acts(self) -> dict[Callable[..., None], tuple[float, Callable[[], dict[str, Any]]]]:
        """What can be done now, how likely it is, and what it may be done to."""
        machine, pick, whole = self.machine, self.chance.choice, self.chance.randint

        def often() -> bool:
            return self.chance.random() < 0.6

        def wishes() -> list[str]:
            return [pick((*LICENSES, *LICENSES, "NONSENSE")) for _ in range(whole(1, 3))]

        def some() -> list[str]:
            return self.chance.sample(LICENSES, pick((1, 1, 1, 2, 3)))

        def machine_address() -> str:
            return pick(("10.0.0.1", "10.0.0.2"))

        def number() -> dict[str, Any]:
            return {"number": whole(0, 99)}

        acts: dict[Callable[..., None], tuple[float, Callable[[], dict[str, Any]]]] = {
            machine.connect: (
                8,
                lambda: {
                    "login": pick(LOGINS),
                    "machine": machine_address(),
                    "application": pick(("desktop", "browser")),
                    "place": pick((None, *PLACES)),
                },
            ),
            machine.assign: (6, lambda: {"holder": pick(HOLDERS), "names": some()}),
            machine.unassign: (5, lambda: {"holder": pick(HOLDERS), "names": some()}),
            machine.move: (2, lambda: {"giver": pick(HOLDERS), "taker": pick(HOLDERS), "name": pick(LICENSES)}),
            machine.change_profile: (6, lambda: {"holder": pick(HOLDERS), "enabled": often(), "concurrent": often()}),
            machine.change_seats: (
                5,
                lambda: {
                    "name": pick(LICENSES),
                    "assignable": whole(0, 4),
                    "concurrent": whole(0, 2),
                    "unlimited": whole(0, 9),
                    "overcommit": often(),
                },
            ),
            machine.configure: (
                6,
                lambda: {
                    "holder": pick(HOLDERS),
                    "wanted": pick(([], some(), wishes())),
                    "scope": set(pick(([], some()))),
                    "beyond": not often(),
                    "enabled": pick((None, True, True, False)),
                    "concurrent": pick((None, True, False)),
                    "rehearsed": whole(0, 9) == 0,
                },
            ),
            machine.describe: (2, lambda: {"name": pick(LICENSES), "prerequisite": pick((None, *LICENSES))}),
            machine.remove: (0.7, lambda: {"names": some()}),
            machine.remove_station: (0.5, lambda: {"name": pick(STATIONS)}),
            machine.define_station: (1, lambda: {"name": pick(STATIONS)}),
            machine.delete_user: (0.5, lambda: {"login": pick(LOGINS)}),
            machine.explain: (
                3,
                lambda: {
                    "login": pick(LOGINS),
                    "name": pick(LICENSES),
                    "station": pick((None, *STATIONS)),
                    "machine": machine_address(),
                },
            ),
            machine.commit: (3, dict),
        }
        if machine.model.clients:
            acts[machine.sit] = (6, lambda: {**number(), "place": pick(PLACES)})
            acts[machine.acquire] = (
                14,
                lambda: {**number(), "stages": [(often(), wishes()) for _ in range(whole(1, 2))]},
            )
            acts[machine.replace] = (4, lambda: {**number(), "names": wishes()})
            acts[machine.end] = (3, number)
            acts[machine.subscribe] = (2, number)
        if machine.model.uses:
            acts[machine.release] = (2, number)
        if machine.model.places:
            acts[machine.leave] = (3, number)
        if machine.listener.heard:
            acts[machine.unsubscribe] = (1, number)
        return acts

    def _step(self, act: Callable[..., None], **members: Any) -> None:  # noqa: ANN401 - members of any act
        act(**members)
        self.machine.judge()


@pytest.mark.parametrize("block", range(5))
def test_long_walks_keep_the_rules_and_the_model_together(block: int) -> None:
    """Longer and more entangled than drawn sequences come to be; a seed that fails, fails again."""
    for seed in range(block * WALKS, (block + 1) * WALKS):
        Walk(seed).run()
