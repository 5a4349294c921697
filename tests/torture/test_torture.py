"""The harness itself: it leaves a good server alone, and finds out a bad one."""

import subprocess
import sys

import pytest

from tests.torture.__main__ import finds, run
from tests.torture.inventory import plan
from tests.torture.plants import PLANTS
from tests.torture.process import Moment
from tests.torture.run import Options


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_given_twice_however_often_the_server_is_killed() -> None:
    verdict = run(Options(seconds=10, kills=3, seed=7))
    assert verdict.findings == []
    assert verdict.kills == dict.fromkeys(Moment, 1)
    # It was a fight: every pool was full at some time, and holds were there to be lost.
    assert verdict.fullest == plan().seats
    assert verdict.confirmed > 0
    assert verdict.messages > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_defect_is_found_out(name: str) -> None:
    assert finds(name, seed=7)


def test_the_judge_imports_nothing_of_the_server() -> None:
    code = "import sys, tests.torture.judge; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tests.torture.judge.ownership" in loaded
    assert not [name for name in loaded if name.partition(".")[0] == "seatkeeper"]
