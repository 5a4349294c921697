"""The proof of the transactions, in short: `make mobilefirst-proof` is the whole of it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.mobilefirst.proof.__main__ import PLANTS, finds
from tests.mobilefirst.proof.crowd import crowd, judge_crowd
from tests.mobilefirst.proof.house import House, house_in
from tests.mobilefirst.proof.kills import IN_EACH_STATE, Books, Kill, kill_and_judge, open_books


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server that is killed again and again."""
    with house_in(tmp_path_factory.mktemp("proof")) as house:
        yield house


@pytest.fixture(scope="module")
def books(house: House) -> Books:
    """What has been written down of it so far."""
    return open_books(house)


@pytest.mark.mobilefirst(
    "4 50 concurrent requests to one runtime all end as SUCCESS, with unique rising ids",
    "3.1 transactions of one runtime run one after the other, and waiting ones succeed",
    "3.1 another runtime is not held up",
    "3.1 ids rise, and are shared by all runtimes",
)
def test_50_requests_at_once_to_each_of_two_runtimes(house: House) -> None:
    seen = crowd(house, 50)
    assert judge_crowd(seen) == []
    assert [len(listed) for listed in seen.transactions.values()] == [55, 55]


@pytest.mark.mobilefirst(
    "3.1 what is kept is never lost, nor half done, when the server is killed in any state",
    "3.1 queued ones whose server went down are CANCELED at its next start, with FWLSE3092W",
    "3.1 an interrupted one ends as FAILURE with FWLSE3091W",
    "11 FWLSE3091W transaction failed",
    "11 FWLSE3092W transaction canceled",
)
@pytest.mark.parametrize("kill", IN_EACH_STATE, ids=str)
def test_killed_in_each_state(house: House, books: Books, kill: Kill) -> None:
    assert kill_and_judge(house, books, kill) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_defect_is_found(name: str) -> None:
    assert finds(name, count=10)


def test_every_defect_can_be_asked_for() -> None:
    """Asked of another process: this one must not import the server."""
    code = "from tests.mobilefirst.proof.plants import PLANTS; print(*PLANTS)"
    known = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert known == list(PLANTS)


def test_the_judges_import_nothing_of_the_server() -> None:
    code = "import sys, tests.mobilefirst.proof.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tests.mobilefirst.proof.kills" in loaded
    assert not [name for name in loaded if name.partition(".")[0] == "seatkeeper"]
