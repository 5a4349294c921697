"""What a case measures: figures with their samples, and what each is to reach."""

from statistics import median
from typing import Literal

from msgspec import Struct


class Goal(Struct, frozen=True):
    """What a figure is to reach: at least or at most `value`. Below a `floor` the case is not done."""

    kind: Literal["at least", "at most"]
    value: float
    floor: float | None = None

    def reached(self, value: float) -> bool:
        """Whether a value is good enough."""
        return value >= self.value if self.kind == "at least" else value <= self.value


class Figure(Struct, frozen=True):
    """One thing that was measured, some times. `unit`: as in "requests/s", "ms", "kB"; empty for a ratio.

    Only ratios, and figures measured in one run, can be compared between machines.
    """

    name: str
    samples: tuple[float, ...]
    unit: str = ""
    goal: Goal | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the samples."""
        return median(self.samples)


class Case(Struct, frozen=True):
    """What one case measured. `number`: as docs/performance.md numbers the cases."""

    number: int
    title: str
    figures: tuple[Figure, ...]


def ratios(name: str, of: list[float], to: list[float], goal: Goal | None = None, note: str = "") -> Figure:
    """The ratio of what was measured in turn: each sample of one to the sample of the other beside it."""
    return Figure(name, tuple(one / other for one, other in zip(of, to, strict=True)), "", goal, note)
