"""Two runs side by side."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from bench.comparison import compared, verdict, warnings
from bench.figures import Goal
from bench.results import Result, write
from tests.bench.made_up import MACHINE, figure, result

COMPARE = Path(__file__).parents[2] / "bench" / "compare"
FASTER = Goal("at least", 1.0)
SHORTER = Goal("at most", 1.0)


@pytest.mark.parametrize(
    ("old", "new", "goal", "said"),
    [
        ((1.0, 2.0, 3.0), (2.9, 4.0, 5.0), FASTER, "no difference shown"),
        ((1.0, 2.0, 3.0), (3.0, 4.0, 5.0), FASTER, "no difference shown"),
        ((1.0, 2.0, 3.0), (3.1, 4.0, 5.0), FASTER, "better"),
        ((1.0, 2.0, 3.0), (3.1, 4.0, 5.0), SHORTER, "worse"),
        ((3.1, 4.0, 5.0), (1.0, 2.0, 3.0), SHORTER, "better"),
        ((3.1, 4.0, 5.0), (1.0, 2.0, 3.0), None, "less"),
        ((1.0,), (2.0,), None, "more"),
    ],
)
def test_a_difference_is_shown_only_where_the_spreads_do_not_overlap(
    old: tuple[float, ...], new: tuple[float, ...], goal: Goal | None, said: str
) -> None:
    assert verdict(figure("x", *old, goal=goal), figure("x", *new, goal=goal)) == said


def test_medians_are_compared_of_what_both_have_measured() -> None:
    old = result(figure("rate", 90.0, 100.0, 110.0, unit="requests/s"), figure("gone", 1.0))
    new = result(figure("come", 1.0), figure("rate", 140.0, 150.0, 160.0, unit="requests/s"))
    _, _, row = compared(old, new).splitlines()
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "1",
        "rate",
        "100 requests/s",
        "90 … 110",
        "150 requests/s",
        "140 … 160",
        "1.50",
        "more",
    ]


def test_a_figure_in_another_unit_is_another_figure() -> None:
    assert "no figure in common" in compared(result(figure("x", 1.0, unit="ms")), result(figure("x", 1.0, unit="s")))


def test_circumstances_that_differ_are_named() -> None:
    other = msgspec.structs.replace(MACHINE, cores=64, sync=0.5)
    assert warnings(result(), result(machine=other, python="3.14")) == [
        "Machines differ in cores: 2 and 64.",
        "Another version of python: 3.11, then 3.14.",
    ]


def test_machines_with_about_the_same_memory_do_not_differ() -> None:
    assert not MACHINE.differences(msgspec.structs.replace(MACHINE, memory=23.4))
    assert MACHINE.differences(msgspec.structs.replace(MACHINE, memory=16.0)) == ["memory: 23.5 and 16.0 GiB"]


def test_the_script_compares_files(tmp_path: Path) -> None:
    run = compare(
        tmp_path, result(figure("rate", 1.0, unit="requests/s")), result(figure("rate", 2.0, unit="requests/s"))
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "| 2.00 " in run.stdout


def test_between_machines_only_ratios_are_compared(tmp_path: Path) -> None:
    figures = (figure("rate", 1.0, unit="requests/s"), figure("of bare", 0.3))
    elsewhere = msgspec.structs.replace(MACHINE, processor="Slide rule")
    run = compare(tmp_path, result(*figures), result(*figures, machine=elsewhere))
    assert run.returncode == 0
    assert "Machines differ in processor: Abacus and Slide rule." in run.stderr
    assert "of bare" in run.stdout
    assert "rate" not in run.stdout


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    there = tmp_path / "other.json"
    there.write_text('{"at": 1}')
    run = subprocess.run([COMPARE, there, there], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{there} is no result of a run: ")


def compare(folder: Path, *results: Result) -> "subprocess.CompletedProcess[str]":
    """What the script says of these two."""
    files = []
    for number, each in enumerate(results):
        (folder / f"{number}").mkdir()
        files.append(write(each, folder / f"{number}"))
    return subprocess.run([COMPARE, *files], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
