"""What a run came to, drawn: each figure beside its goal, and the latency of the main case."""

from pathlib import Path
from statistics import median
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import FixedLocator, NullLocator

from bench.figures import Case, Figure, Goal
from bench.report import line, shown
from bench.results import Result

_ROW: Final = 0.3  # inches
_REACHED, _MISSED, _PLAIN = "tab:green", "tab:red", "tab:blue"
_SHARES: Final = (0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 20)  # of a goal, that are named below the plot
_OF_LATENCY: Final = {1, 4}


def draw(result: Result, folder: Path) -> list[Path]:
    """Draw into a folder, as SVG; what was drawn. A run without such figures has no such plot."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": result.at}):
        drawn = [
            _goals([(case, figure, figure.goal) for case in result.cases for figure in case.figures if figure.goal]),
            _latency([each for case in result.cases if case.number in _OF_LATENCY for each in case.figures]),
        ]
    plots = []
    for name, sheet in zip(("goals.svg", "latency.svg"), drawn, strict=True):
        if sheet is not None:
            sheet.savefig(folder / name, metadata={"Date": result.at}, bbox_inches="tight")
            plots.append(folder / name)
    return plots


def share_of_goal(goal: Goal, value: float) -> float:
    """How much of a goal a value is: 1 is what was to be reached, more is better whichever way it is measured."""
    best, worst = (value, goal.value) if goal.kind == "at least" else (goal.value, value)
    return best / worst if worst else 1.0


def _goals(figures: list[tuple[Case, Figure, Goal]]) -> Sheet | None:
    if not figures:
        return None
    sheet, axes = _sheet(len(figures))
    for row, (_, figure, goal) in enumerate(figures):
        colour = _REACHED if goal.reached(figure.value) else _MISSED
        _spread(axes, row, [share_of_goal(goal, sample) for sample in figure.samples], colour)
        if goal.floor is not None:
            axes.plot(share_of_goal(goal, goal.floor), row, "|", color="black", markersize=12)
    axes.set_yticks(
        range(len(figures)),
        [
            f"{case.number}, {line(figure)}, {goal.kind} {shown(goal.value, figure.unit)}"
            for case, figure, goal in figures
        ],
    )
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_SHARES))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("of the goal: right of 1 is better; the line through a point is its spread, the tick the floor")
    return sheet


def _latency(figures: list[Figure]) -> Sheet | None:
    timed = [figure for figure in figures if figure.unit == "ms"]
    if not timed:
        return None
    sheet, axes = _sheet(len(timed))
    for row, figure in enumerate(timed):
        _spread(axes, row, list(figure.samples), _PLAIN)
    axes.set_yticks(range(len(timed)), [figure.name for figure in timed])
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds: the median of the rounds, and their spread")
    return sheet


def _sheet(rows: int) -> tuple[Sheet, Axes]:
    """One row below the other; the first is on top."""
    sheet = Sheet(figsize=(8, 1 + rows * _ROW))
    axes = sheet.add_subplot()
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    return sheet, axes


def _spread(axes: Axes, row: int, samples: list[float], colour: str) -> None:
    axes.hlines(row, min(samples), max(samples), color=colour, linewidth=2)
    axes.plot(median(samples), row, "o", color=colour)
