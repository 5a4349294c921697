"""The rules against a plain model of pools, under random sequences of commands."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.licensing.machine import Rules
from tests.licensing.machine_inventory import LICENSES, LOGINS, STATIONS
from tests.licensing.model import Holder, Place
from tests.licensing.model_inventory import Granted, Said

TestRules = Rules.TestCase
TestRules.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

HOLDERS: list[Holder] = [*(("user", login) for login in LOGINS), *(("station", station) for station in STATIONS)]
PLACES: list[Place] = [*(("station", station) for station in STATIONS), ("number", "5550100")]
MACHINES = ("10.0.0.1", "10.0.0.2")
Acts = dict[Callable[..., None], tuple[float, Callable[[], dict[str, Any]]]]
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
        for name in self._some():
            self._step(self.machine.describe, name=name, said=self._said())
        for _ in range(STEPS):
            acts = self._acts()
            act = chance.choices(list(acts), [weight for weight, _ in acts.values()])[0]
            self._step(act, **acts[act][1]())
        self.machine.teardown()

    def _acts(self) -> Acts:
        """What can be done now, how likely it is, and what it may be done to."""
        return self._of_administrators() | self._of_clients()

    def _of_administrators(self) -> Acts:
        machine, pick, whole = self.machine, self.chance.choice, self.chance.randint
        often, rarely, some = self._often, self._rarely, self._some
        return {
            machine.assign: (6, lambda: {"holder": pick(HOLDERS), "names": some()}),
            machine.unassign: (5, lambda: {"holder": pick(HOLDERS), "names": some()}),
            machine.assign_modules: (4, lambda: {"login": pick(LOGINS), "names": some()}),
            machine.unassign_modules: (3, lambda: {"login": pick(LOGINS), "names": some()}),
            machine.move: (2, lambda: {"giver": pick(HOLDERS), "taker": pick(HOLDERS), "name": pick(LICENSES)}),
            machine.change_profile: (6, lambda: {"holder": pick(HOLDERS), "enabled": often(), "concurrent": often()}),
            machine.change_type: (1, lambda: {"login": pick(LOGINS), "external": often()}),
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
                    "wanted": pick(([], some(), self._wishes())),
                    "scope": set(pick(([], some()))),
                    "beyond": not often(),
                    "enabled": pick((None, True, True, False)),
                    "concurrent": pick((None, True, False)),
                    "rehearsed": rarely(),
                },
            ),
            machine.describe: (4, lambda: {"name": pick(LICENSES), "said": self._said()}),
            machine.say_of_owner: (1.5, lambda: {"expired": rarely(), "ended": rarely()}),
            machine.activate: (
                2,
                lambda: {
                    "document": {name: self._granted() for name in LICENSES if not rarely()},
                    "expired": rarely(),
                    "ended": rarely(),
                    "rehearsed": rarely(),
                },
            ),
            machine.remove: (1, lambda: {"names": some()}),
            machine.remove_station: (0.5, lambda: {"name": pick(STATIONS)}),
            machine.define_station: (1, lambda: {"name": pick(STATIONS)}),
            machine.delete_user: (0.5, lambda: {"login": pick(LOGINS)}),
        }

    def _of_clients(self) -> Acts:
        machine, pick, whole = self.machine, self.chance.choice, self.chance.randint
        acts: Acts = {
            machine.connect: (
                8,
                lambda: {
                    "login": pick(LOGINS),
                    "machine": pick(MACHINES),
                    "application": pick(("desktop", "browser")),
                    "place": pick((None, *PLACES)),
                },
            ),
            machine.explain: (
                3,
                lambda: {
                    "login": pick(LOGINS),
                    "name": pick(LICENSES),
                    "station": pick((None, *STATIONS)),
                    "machine": pick(MACHINES),
                },
            ),
            machine.commit: (3, dict),
        }
        if machine.model.clients:
            acts[machine.sit] = (6, lambda: {**self._number(), "place": pick(PLACES)})
            acts[machine.acquire] = (
                14,
                lambda: {
                    **self._number(),
                    "stages": [(self._often(), self._wishes()) for _ in range(whole(1, 2))],
                },
            )
            acts[machine.replace] = (4, lambda: {**self._number(), "names": self._wishes()})
            acts[machine.end] = (3, self._number)
            acts[machine.subscribe] = (2, self._number)
        if machine.model.uses:
            acts[machine.release] = (2, self._number)
        if machine.model.places:
            acts[machine.leave] = (3, self._number)
        if machine.listener.heard:
            acts[machine.unsubscribe] = (1, self._number)
        return acts

    # What is chosen.

    def _often(self) -> bool:
        return self.chance.random() < 0.6

    def _rarely(self) -> bool:
        return self.chance.random() < 0.1

    def _number(self) -> dict[str, Any]:
        return {"number": self.chance.randint(0, 99)}

    def _wishes(self) -> list[str]:
        return self.chance.choices((*LICENSES, *LICENSES, "NONSENSE"), k=self.chance.randint(1, 3))

    def _some(self) -> list[str]:
        return self.chance.sample(LICENSES, self.chance.choice((1, 1, 1, 2, 3)))

    def _said(self) -> Said:
        return Said(
            prerequisite=self.chance.choice((None, None, *LICENSES)),
            implies=self.chance.choice(((), tuple(self._some()))),
            hidden=self._often(),
            only_external=self._rarely(),
        )

    def _granted(self) -> Granted:
        return Granted(self._said(), seats=self.chance.randint(0, 4), unlimited=self._rarely())

    def _step(self, act: Callable[..., None], **members: Any) -> None:  # noqa: ANN401 - members of any act
        act(**members)
        self.machine.judge()


@pytest.mark.parametrize("block", range(5))
def test_long_walks_keep_the_rules_and_the_model_together(block: int) -> None:
    """Longer and more entangled than drawn sequences come to be; a seed that fails, fails again."""
    for seed in range(block * WALKS, (block + 1) * WALKS):
        Walk(seed).run()
