"""What a run came to, as tables for people: Markdown that reads well on a terminal, too."""

from collections.abc import Sequence
from typing import Final

from bench.figures import Figure, Goal
from bench.results import Result

_HEAD: Final = ("case", "figure", "median", "min … max", "goal", "floor", "reached")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below a head, as a Markdown table with its columns aligned."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    ruled = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        f"| {' | '.join(f'{cell:{width}}' for cell, width in zip(row, widths, strict=True))} |" for row in ruled
    )


def report(result: Result) -> str:
    """The table of all figures, what was noted of them, and why cases failed."""
    rows = [(str(case.number), *_row(figure)) for case in result.cases for figure in case.figures]
    rows += [(str(each.number), each.title, "failed", "", "", "", "no") for each in result.failed]
    noted = [
        f"{case.number}, {figure.name}: {figure.note}"
        for case in result.cases
        for figure in case.figures
        if figure.note
    ]
    noted += [f"{each.number}, {each.title}, failed: {each.reason}" for each in result.failed]
    return "\n\n".join([table(_HEAD, sorted(rows, key=lambda row: int(row[0]))), *noted])


def shown(value: float, unit: str = "") -> str:
    """A value and its unit."""
    return f"{_number(value, unit)} {unit}".rstrip()


def spread(figure: Figure) -> str:
    """The least and the greatest sample, in the figure's unit; nothing for one sample, which has no spread."""
    if len(figure.samples) == 1:
        return ""
    return f"{_number(min(figure.samples), figure.unit)} … {_number(max(figure.samples), figure.unit)}"


def line(figure: Figure) -> str:
    """A figure with its spread, in one line."""
    between = spread(figure)
    return f"{figure.name}: {shown(figure.value, figure.unit)}" + (f" ({between})" if between else "")


def is_done(figure: Figure) -> bool:
    """Whether a figure is on the right side of its floor; one without a floor is."""
    goal = figure.goal
    return goal is None or goal.floor is None or Goal(goal.kind, goal.floor).reached(figure.value)


def _number(value: float, unit: str) -> str:
    """To three figures or to its whole part, whichever says more; a ratio to two decimals."""
    if not unit:
        return f"{value:,.2f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(figure: Figure) -> tuple[str, ...]:
    named = (figure.name, shown(figure.value, figure.unit), spread(figure))
    goal = figure.goal
    if goal is None:
        return (*named, "", "", "")
    floor = "" if goal.floor is None else shown(goal.floor, figure.unit)
    reached = "yes" if goal.reached(figure.value) else "no" if is_done(figure) else "no, nor the floor"
    return (*named, f"{goal.kind} {shown(goal.value, figure.unit)}", floor, reached)
