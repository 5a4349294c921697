"""One run: which cases there are, and what becomes of each."""

import shutil
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from bench.circumstances import circumstances
from bench.figures import Case
from bench.place import Place
from bench.report import line
from bench.results import Failed, Result


class Listed(NamedTuple):
    """A module of `bench/cases`, and the numbers of the cases that its `measure` returns: one case, or a tuple."""

    module: str
    numbers: tuple[int, ...]


CASES: Final = (
    Listed("acquire", (1, 4)),
    Listed("postgres", (2,)),
    Listed("nodes", (3,)),
    Listed("flatness", (5,)),
    Listed("streams", (6,)),
    Listed("allocations", (7,)),
    Listed("logon", (8,)),
    Listed("crm_and_mobile", (9,)),
    Listed("startup", (10,)),
)
"""All there are, in the order in which they run. docs/performance.md says what each measures."""

Say = Callable[[str], None]


def run(cases: Collection[Listed], folder: Path, rounds: int, say: Say) -> Result:
    """Measure these cases, one after the other; one that fails keeps none from being measured.

    `folder` keeps what is prepared from one run to the next, and has what servers write while they are measured.
    """
    began, at = time.monotonic(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    place = Place(shelf=folder / "worlds", work=folder / "work", rounds=rounds)
    shutil.rmtree(place.work, ignore_errors=True)
    place.work.mkdir(parents=True)
    measured: list[Case] = []
    failed: list[Failed] = []
    try:
        found = circumstances(place.work)
        say(f"{found.machine.cores} cores of {found.machine.processor}; one sync takes {found.machine.sync:.2f} ms.")
        for each, listed in enumerate(cases, 1):
            say(f"{each} of {len(cases)}: {listed.module} …")
            since = time.monotonic()
            try:
                new = _measured(listed, place)
            except Exception as error:  # noqa: BLE001 - its own fault, told in the table and by the exit code
                failed.append(Failed(listed.numbers[0], listed.module, f"{type(error).__name__}: {error}"))
                say(f"  failed: {failed[-1].reason}")
            else:
                measured += new
                for case in new:
                    for figure in case.figures:
                        say(f"  {case.number}, {line(figure)}")
            say(f"  {time.monotonic() - since:.0f} s")
    finally:
        shutil.rmtree(place.work, ignore_errors=True)
    return Result(
        at=at,
        rounds=rounds,
        seconds=round(time.monotonic() - began, 1),
        circumstances=found,
        cases=tuple(measured),
        failed=tuple(failed),
    )


def _measured(listed: Listed, place: Place) -> tuple[Case, ...]:
    """The module is imported here, so that one which cannot be is a case that failed."""
    measured: Case | tuple[Case, ...] = import_module(f"bench.cases.{listed.module}").measure(place)
    return measured if isinstance(measured, tuple) else (measured,)
