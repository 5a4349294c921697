"""The harness of several nodes: it leaves good nodes alone, whatever befalls them, and finds out bad ones."""

from collections import Counter

import pytest

from tests.postgres.fixtures import own_cluster
from tests.torture.inventory import plan
from tests.torture.nodes.__main__ import finds, run
from tests.torture.nodes.plants import PLANTS
from tests.torture.nodes.run import SHORT, Options


@pytest.fixture(autouse=True, scope="module")
def _postgres() -> None:
    """Skip where there is no PostgreSQL to be killed."""
    own_cluster().close()


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_given_twice_whatever_befalls_nodes_and_database() -> None:
    verdict = run(Options(kinds=SHORT, clients=24, seed=7, idle_seconds=4, fight_seconds=0.4))
    assert verdict.findings == []
    assert verdict.faults == Counter(SHORT)
    # It was a fight: every pool was full at some time, and holds, events and messages were there to be lost.
    assert verdict.fullest == plan().seats
    assert verdict.confirmed > 0
    assert verdict.recorded > 0
    assert verdict.messages > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_defect_is_found_out(name: str) -> None:
    assert finds(name, seed=7)
