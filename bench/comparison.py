"""Sets two results side by side: `bench/compare old.json new.json`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.report import shown, spread, table
from bench.results import Result, Unreadable, read

_HEAD = ("case", "figure", "old", "min … max", "new", "min … max", "new/old", "")


def compared(old: Result, new: Result, *, only_ratios: bool = False) -> str:
    """A table of the figures that both have. With `only_ratios`, of those that say something between two machines."""
    rows = []
    for number, one, other in _pairs(old, new):
        if not only_ratios or not other.unit:
            values = [part for each in (one, other) for part in (shown(each.value, each.unit), spread(each))]
            ratio = f"{other.value / one.value:.2f}" if one.value else ""
            rows.append((str(number), other.name, *values, ratio, verdict(one, other)))
    return table(_HEAD, rows) if rows else "The two have no figure in common."


def verdict(old: Figure, new: Figure) -> str:
    """Whether the new one differs, and to what end where its goal says which is better.

    Where the spreads overlap no difference is shown, whatever the medians are.
    """
    if min(new.samples) <= max(old.samples) and min(old.samples) <= max(new.samples):
        return "no difference shown"
    is_more = new.value > old.value
    if new.goal is None:
        return "more" if is_more else "less"
    return "better" if is_more == (new.goal.kind == "at least") else "worse"


def warnings(old: Result, new: Result) -> list[str]:
    """What differs between the circumstances of the two, one line each."""
    one, other = old.circumstances, new.circumstances
    found = [f"Machines differ in {each}." for each in one.machine.differences(other.machine)]
    for what, had, has in (("version", one.versions, other.versions), ("setting", one.settings, other.settings)):
        changed = [name for name in sorted(had.keys() | has.keys()) if had.get(name) != has.get(name)]
        found += [f"Another {what} of {name}: {had.get(name)}, then {has.get(name)}." for name in changed]
    if one.durability != other.durability:
        found.append(f"Another durability: {one.durability}, then {other.durability}.")
    return found


def _pairs(old: Result, new: Result) -> Iterator[tuple[int, Figure, Figure]]:
    """The figures of the same case, name and unit, in the order of the new result."""
    known = {(case.number, each.name, each.unit): each for case in old.cases for each in case.figures}
    for case in new.cases:
        for figure in case.figures:
            former = known.get((case.number, figure.name, figure.unit))
            if former is not None:
                yield case.number, former, figure


def main() -> int:
    """0, or 2 for a file that is no result."""
    parser = argparse.ArgumentParser(prog="bench/compare", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    asked = parser.parse_args()
    try:
        old, new = read(asked.old), read(asked.new)
    except Unreadable as error:
        print(error, file=sys.stderr)  # noqa: T201 - its output
        return 2
    for each in warnings(old, new):
        print(each, file=sys.stderr)  # noqa: T201 - as above
    elsewhere = bool(old.circumstances.machine.differences(new.circumstances.machine))
    if elsewhere:
        print("So only ratios are compared, which hold on any machine.", file=sys.stderr)  # noqa: T201 - as above
    print(compared(old, new, only_ratios=elsewhere))  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
