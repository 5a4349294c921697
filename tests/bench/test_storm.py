"""The simulation of nine o'clock: nobody is lost, more never makes slower, and it counts with what was measured."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from bench import storm
from bench.costs import STATED, NotMeasured, costs_of
from bench.figures import Case
from bench.results import Result, write
from bench.storm import SETUPS, STORMS, Outcome, Setup, begun, draw, needed, simulate, told, told_costs
from tests.bench.made_up import figure, result

AGENTS = 20_000
SHARP = 60.0
PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
CASES = {
    1: {"acquisitions": 8_000.0},
    2: {"acquisitions": 6_000.0},
    3: {"two nodes": 5_000.0},
    6: {
        "polls with nothing queued": 16_000.0,
        "a change to the last of 1,000 streams": 30.0,
        "memory of an idle stream": 18.0,
        "memory of an idle session": 2.0,
    },
    8: {"hashes of a plain loop": 100.0, "log-ons, remembered": 4_000.0},
}


def measured(left_out: int | None = None) -> Result:
    """A run that measured all that is counted with, but for one case."""
    cases = [
        Case(number, "", tuple(figure(name, value) for name, value in figures.items()))
        for number, figures in CASES.items()
        if number != left_out
    ]
    made_up = result()
    settings = {"identity": {"hashing_threads": 8}}
    return replace(made_up, cases=tuple(cases), circumstances=replace(made_up.circumstances, settings=settings))


@pytest.mark.parametrize("servers", [1, 2, 3, 7])
def test_a_queue_is_served_in_its_order_by_whoever_is_free_first(servers: int) -> None:
    arrived = np.sort(np.random.default_rng(1).uniform(0, 10, 100))
    free = [-np.inf] * servers
    expected = []
    for at in arrived:
        first = int(np.argmin(free))
        expected.append(max(at, free[first]))
        free[first] = expected[-1] + 0.4
    assert begun(arrived, servers, 0.4) == pytest.approx(expected)


def test_nobody_waits_where_there_are_as_many_servers_as_ever_are_needed_at_once() -> None:
    arrived = np.array([0.0, 0.0, 0.5, 1.0, 1.0, 1.5])
    assert begun(arrived, 3, 1.0).tolist() == arrived.tolist()


@pytest.mark.parametrize("setup", [*SETUPS, Setup(7, 1, 1)])
def test_everybody_who_arrives_is_served_in_the_end(setup: Setup) -> None:
    outcome = simulate(setup, SHARP, STATED, AGENTS)
    assert len(outcome.arrived) == len(outcome.logged_on) == len(outcome.at_work) == AGENTS
    assert np.isfinite(outcome.at_work).all()
    assert (outcome.logged_on >= outcome.arrived + STATED.hash_seconds).all()
    assert (outcome.at_work > outcome.logged_on).all()
    ends = np.array([outcome.arrived.min() - 1, outcome.logged_on.max()])
    assert outcome.waiting(ends).tolist() == [0, 0]


def test_no_writer_and_no_core_does_more_than_it_can() -> None:
    outcome = simulate(Setup(1, 1, 4), 5.0, STATED, AGENTS)
    assert np.histogram(outcome.at_work, np.arange(-30, 300))[0].max() <= 4 * (1 / STATED.hash_seconds + 1)
    slow = replace(STATED, log_ons=50.0)
    outcome = simulate(Setup(1, 1, 1_000), 5.0, slow, AGENTS)
    assert np.histogram(outcome.at_work, np.arange(-30, 2_000))[0].max() <= 1 / slow.writer_seconds(1) + 1


def test_more_cores_make_nobody_wait_longer() -> None:
    waits = [np.sort(simulate(Setup(2, 1, cores), SHARP, STATED, AGENTS).waits) for cores in (1, 2, 4, 8)]
    assert all((more <= fewer + 1e-6).all() for fewer, more in pairwise(waits))


def test_without_want_of_anything_a_log_on_takes_what_it_costs() -> None:
    plenty = replace(STATED, log_ons=1e9, acquisitions=1e9, acquisitions_two_nodes=1e9, polls=1e9)
    outcome = simulate(Setup(1, 1, 500), SHARP, plenty, AGENTS)
    assert outcome.waits == pytest.approx(STATED.hash_seconds, abs=1e-4)


def test_the_fewest_cores_are_found_that_are_enough() -> None:
    found = needed(Setup(1, 1, 1), SHARP, STATED, AGENTS)
    assert found is not None
    assert simulate(found, SHARP, STATED, AGENTS).soon >= storm.ENOUGH
    assert simulate(replace(found, hashing=found.hashing - 1), SHARP, STATED, AGENTS).soon < storm.ENOUGH


def test_no_core_helps_where_the_writer_is_too_slow() -> None:
    assert needed(Setup(1, 1, 1), SHARP, replace(STATED, log_ons=50.0), AGENTS) is None


def test_more_streams_than_a_process_can_keep_alive_are_refused() -> None:
    with pytest.raises(ValueError, match="are too many for 1 processes"):
        simulate(Setup(1, 1, 1), SHARP, replace(STATED, message_seconds=0.01), AGENTS)


def test_costs_are_those_of_a_run() -> None:
    costs = costs_of(measured())
    assert costs.measured == "2026-11-22T09:00:00Z, 2 cores of Abacus"
    assert costs.hash_seconds == 2 / 100  # eight threads had two cores
    assert (costs.message_seconds, costs.stream_bytes, costs.session_bytes) == pytest.approx((3e-5, 18_000, 2_000))
    assert costs.writer_seconds(1) == pytest.approx(2 / 4_000 + 1 / 8_000 + 1 / 16_000)
    assert costs.writer_seconds(2) == costs.writer_seconds(5) == pytest.approx(costs.writer_seconds(1) * 8 / 5)


@pytest.mark.parametrize("left_out", CASES)
def test_a_run_that_lacks_a_case_is_no_basis(left_out: int) -> None:
    with pytest.raises(NotMeasured, match=f"of case {left_out}"):
        costs_of(measured(left_out))


def test_it_is_said_why_a_file_cannot_be_counted_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for path in (tmp_path / "nowhere.json", write(result(), tmp_path)):
        monkeypatch.setattr(sys, "argv", ["storm", str(path)])
        assert storm.main() == 2
    assert "nowhere.json is no result" in (said := capsys.readouterr().err)
    assert "has no figure" in said


@pytest.fixture(scope="module")
def few() -> dict[str, list[Outcome]]:
    """What comes of a few agents."""
    return {name: [simulate(setup, sigma, STATED, AGENTS) for setup in SETUPS] for name, sigma in STORMS.items()}


def test_every_storm_and_set_up_is_told(few: dict[str, list[Outcome]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storm, "needed", lambda setup, *_: None if setup.sites == 1 else setup)
    *_, came = told(STATED, few).split("\n\n")
    assert [row.split("|")[1].strip() for row in came.splitlines()[2:]] == [name for name in STORMS for _ in SETUPS]
    assert came.count("none are enough") == len(STORMS)


def test_it_is_drawn(few: dict[str, list[Outcome]], tmp_path: Path) -> None:
    draw(few, tmp_path / "storm.svg")
    text = (tmp_path / "storm.svg").read_text(encoding="utf-8")
    assert all(each in text for each in ("1 database", "50 databases", *STORMS))


def test_the_page_counts_with_the_stated_costs() -> None:
    assert told_costs(STATED) in PAGE
