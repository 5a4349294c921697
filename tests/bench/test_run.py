"""What becomes of cases that are measured, and of those that cannot be."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from bench import run as running
from bench.circumstances import file_system
from bench.figures import Case, Goal
from bench.place import Place
from bench.plots import draw, share_of_goal
from bench.results import Failed, Unreadable, read, write
from bench.run import CASES, Listed, run
from tests.bench.made_up import figure, result


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is not looked at."""
    monkeypatch.setattr(running, "circumstances", lambda _work: result().circumstances)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[Listed]:
    """Three cases, the second of which fails; the third measures two."""

    def works(place: Place) -> Case:
        (place.work / "written").touch()
        return Case(1, "one", (figure("a", *[1.0] * place.rounds),))

    def fails(_place: Place) -> Case:
        raise RuntimeError("no luck")

    def measures_two(_place: Place) -> tuple[Case, ...]:
        return Case(3, "three", ()), Case(4, "four", ())

    for name, measure in (("works", works), ("fails", fails), ("measures_two", measures_two)):
        module = ModuleType(name)
        vars(module)["measure"] = measure
        monkeypatch.setitem(sys.modules, f"bench.cases.{name}", module)
    return [Listed("works", (1,)), Listed("fails", (2,)), Listed("measures_two", (3, 4))]


def test_a_case_that_fails_keeps_none_from_being_measured(made_up: list[Listed], tmp_path: Path) -> None:
    said: list[str] = []
    outcome = run(made_up, tmp_path, 2, said.append)
    assert [case.number for case in outcome.cases] == [1, 3, 4]
    assert outcome.cases[0].figures[0].samples == (1.0, 1.0)
    assert outcome.failed == (Failed(2, "fails", "RuntimeError: no luck"),)
    assert "2 of 3: fails …" in said


def test_a_case_that_is_not_there_fails_alone(made_up: list[Listed], tmp_path: Path) -> None:
    outcome = run([Listed("nowhere", (7,)), made_up[0]], tmp_path, 1, lambda _text: None)
    assert [each.number for each in outcome.failed] == [7]
    assert [each.number for each in outcome.cases] == [1]


def test_what_servers_wrote_is_gone_afterwards(made_up: list[Listed], tmp_path: Path) -> None:
    run(made_up, tmp_path, 1, lambda _text: None)
    assert not list(tmp_path.iterdir())


def test_every_case_is_listed_once_and_its_module_is_there() -> None:
    numbers = [number for listed in CASES for number in listed.numbers]
    assert sorted(numbers) == list(range(1, 11))
    folder = Path(running.__file__).parent / "cases"
    assert {listed.module for listed in CASES} == {each.stem for each in folder.glob("*.py")} - {"__init__"}


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = result(
        figure("a", 1.0, 2.0, goal=Goal("at least", 1.0, floor=0.5), note="So."), failed=(Failed(2, "b", "c"),)
    )
    path = write(written, tmp_path)
    assert path.name == "result-2026-11-22T090000Z.json"
    assert read(path) == written


def test_a_file_that_is_not_there_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nowhere"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("goal", "value", "share"),
    [
        (Goal("at least", 0.4), 0.2, 0.5),
        (Goal("at least", 0.4), 0.8, 2.0),
        (Goal("at most", 3.0), 6.0, 0.5),
        (Goal("at most", 3.0), 1.5, 2.0),
    ],
)
def test_right_of_one_is_better_whichever_way_a_goal_goes(goal: Goal, value: float, share: float) -> None:
    assert share_of_goal(goal, value) == pytest.approx(share)


def test_goals_and_latencies_are_drawn(tmp_path: Path) -> None:
    drawn = draw(
        result(
            figure("of bare", 0.2, 0.25, 0.3, goal=Goal("at least", 0.4, floor=0.2)),
            figure("p99", 3.0, 4.0, unit="ms", goal=Goal("at most", 3.0)),
        ),
        tmp_path,
    )
    goals, latency = [each.read_text() for each in drawn]
    assert "1, of bare: 0.25 (0.20 … 0.30), at least 0.40" in goals
    assert "p99" in latency


def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    assert draw(result(), tmp_path) == []


def test_the_file_system_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = f"disk / ext4 rw 0 0\nproc /proc proc rw 0 0\nmemory {tmp_path} tmpfs rw 0 0\n"
    assert file_system(tmp_path, mounts) == "tmpfs"
    assert file_system(Path("/"), mounts) == "ext4"
