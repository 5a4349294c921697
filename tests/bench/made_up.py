"""Results of runs that never were."""

from bench.circumstances import Circumstances, Machine
from bench.figures import Case, Figure, Goal
from bench.results import Failed, Result

MACHINE = Machine(processor="Abacus", cores=2, memory=23.5, kernel="6.1", file_system="ext4", sync=0.13)


def figure(name: str, *samples: float, unit: str = "", goal: Goal | None = None, note: str = "") -> Figure:
    """A figure of these samples."""
    return Figure(name, samples, unit, goal, note)


def result(*figures: Figure, machine: Machine = MACHINE, failed: tuple[Failed, ...] = (), **versions: str) -> Result:
    """A run that measured case 1."""
    return Result(
        at="2026-11-22T09:00:00Z",
        rounds=3,
        seconds=10.0,
        circumstances=Circumstances(
            machine=machine,
            commit="0123abc",
            versions={"python": "3.11", **versions},
            durability={"sqlite": {"synchronous": "FULL"}},
            settings={"log": {"level": "info"}},
        ),
        cases=(Case(1, "acquisitions", figures),),
        failed=failed,
    )
