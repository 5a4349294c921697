"""Transactions and tokens against a plain model, under random sequences of commands."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.licensing.machine_deployment import APPS, FEATURES, RUNTIMES, VERSIONS, Deployments
from tests.licensing.model_deployment import COMMIT, LOCK, PREPARE, WAIT, Change, Key

TestDeployments = Deployments.TestCase
TestDeployments.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

Acts = dict[Callable[..., None], tuple[float, Callable[[], dict[str, Any]]]]
TYPES = ("APPLICATION", "ADDITIONAL_BRAND_DEPLOYMENT", "NON_PRODUCTION")
WALKS = 60
STEPS = 120


class Walk:
    """A long sequence of commands, weighted towards transactions that meet at the last tokens and in one line."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test's choices, not secrets
        self.machine = Deployments()

    def run(self) -> None:
        """Walk; the machine raises where the rules and the model part."""
        chance, machine = self.chance, self.machine
        self._step(machine.begin_with, foundation=chance.randint(0, 3), brand=chance.randint(0, 2))
        for _ in range(STEPS):
            acts = self._acts()
            act = chance.choices(list(acts), [weight for weight, _ in acts.values()])[0]
            self._step(act, **acts[act][1]())
        machine.teardown()

    def _acts(self) -> Acts:
        """What can be done now, how likely it is, and what it may be done to."""
        machine, pick, whole = self.machine, self.chance.choice, self.chance.randint
        acts: Acts = {
            machine.begin: (30, lambda: {"change": self._change(), "queued": pick((True, True, False))}),
            machine.release: (1, lambda: {"runtime": pick(RUNTIMES)}),
            machine.recover: (0.5, dict),
            machine.wait: (4, lambda: {"seconds": pick((1, COMMIT, COMMIT + 1, WAIT + 1, PREPARE + 1, LOCK + 1))}),
            machine.buy: (4, lambda: {"feature": pick(FEATURES), "seats": whole(0, 4)}),
            machine.settle: (6, dict),
            machine.count_tokens: (1, lambda: {"counting": pick((True, True, True, False))}),
            machine.run: (2, lambda: {"runtime": pick(RUNTIMES), "running": pick((True, True, True, False))}),
            machine.define: (
                5,
                lambda: {"key": self._key(), "license_type": pick((None, *TYPES)), "versions": self._versions()},
            ),
            machine.remove: (4, lambda: {"key": self._key()}),
            machine.commit: (3, dict),
        }
        if any(machine.model.lines.values()):
            acts[machine.advance] = (60, lambda: {"number": pick((0, 0, 0, whole(0, 99)))})
        return acts

    def _key(self) -> Key:
        return self.chance.choice((RUNTIMES[0], *RUNTIMES)), self.chance.choice(APPS)

    def _versions(self) -> frozenset[str]:
        return frozenset(each for each in VERSIONS if self.chance.random() < 0.5)

    def _change(self) -> Change:
        pick = self.chance.choice
        act = pick(("set", "set", "delete", "register", "register", "register", "remove"))
        return Change(act, self._key(), pick(TYPES) if act == "set" else "" if act == "delete" else pick(VERSIONS))

    def _step(self, act: Callable[..., None], **given: Any) -> None:  # noqa: ANN401 - what the act is given
        act(**given)
        self.machine.judge()


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_long_walk_comes_to_what_the_model_says(seed: int) -> None:
    Walk(seed).run()


def test_the_walks_meet_every_fault_and_every_end() -> None:
    met: set[str] = set()
    for seed in range(WALKS // 4):
        walk = Walk(seed)
        walk.run()
        for move in walk.machine.moves:
            met |= {move.status, *move.wrong}
    assert met == {"SUCCESS", "FAILURE", "CANCELED", *WRONG}


WRONG = {
    "runtime_not_running",
    "no_configuration",
    "still_registered",
    "no_version",
    "tokens_short",
    "lock_wait",
    "stalled",
    "lock_released",
    "interrupted",
    "canceled",
}
