"""What is said of a run."""

import pytest

from bench.figures import Figure, Goal
from bench.report import is_done, line, report, shown
from bench.results import Failed
from tests.bench.made_up import figure, result

AT_LEAST = Goal("at least", 0.4, floor=0.2)
AT_MOST = Goal("at most", 3.0, floor=6.0)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.2666, "", "0.27"),
        (12345.6, "requests/s", "12,346 requests/s"),
        (1.2345, "ms", "1.23 ms"),
        (0.04321, "ms", "0.0432 ms"),
        (99.96, "ms", "100 ms"),
        (0, "bytes", "0 bytes"),
    ],
)
def test_a_value_has_as_many_figures_as_say_something(value: float, unit: str, said: str) -> None:
    assert shown(value, unit) == said


def test_a_figure_is_its_median_and_its_spread() -> None:
    assert line(figure("p99", 5.0, 3.0, 4.0, unit="ms")) == "p99: 4 ms (3 … 5)"
    assert line(figure("memory", 4.0, unit="kB")) == "memory: 4 kB"


@pytest.mark.parametrize(
    ("measured", "reached"),
    [
        (figure("of bare", 0.5, goal=AT_LEAST), "yes"),
        (figure("of bare", 0.3, goal=AT_LEAST), "no"),
        (figure("of bare", 0.1, goal=AT_LEAST), "no, nor the floor"),
        (figure("p99 of p50", 2.9, goal=AT_MOST), "yes"),
        (figure("p99 of p50", 4.0, goal=AT_MOST), "no"),
        (figure("p99 of p50", 7.0, goal=AT_MOST), "no, nor the floor"),
        (figure("rate", 7.0, unit="requests/s"), ""),
    ],
)
def test_each_figure_says_whether_its_goal_is_reached(measured: Figure, reached: str) -> None:
    *_, row = report(result(measured)).splitlines()
    assert row.split("|")[-2].strip() == reached
    assert is_done(measured) == (reached != "no, nor the floor")


def test_the_table_is_aligned_and_in_the_order_of_the_cases() -> None:
    told = report(result(figure("a", 1.0), figure("a longer name", 2.0), failed=(Failed(0, "broken", "Why: so."),)))
    head, ruler, *rows = told.split("\n\n")[0].splitlines()
    assert len({len(each) for each in (head, ruler, *rows)}) == 1
    assert [row.split("|")[1].strip() for row in rows] == ["0", "1", "1"]


def test_what_was_noted_and_why_a_case_failed_stands_below_the_table() -> None:
    told = report(result(figure("a", 1.0, note="Only here."), failed=(Failed(2, "broken", "Why: so."),)))
    assert told.split("\n\n")[1:] == ["1, a: Only here.", "2, broken, failed: Why: so."]
