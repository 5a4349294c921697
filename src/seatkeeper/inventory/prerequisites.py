"""Which license requires which, once a document has been applied: circles, and who comes first."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from seatkeeper.inventory.document import Document
from seatkeeper.inventory.known import Known, license_of
from seatkeeper.inventory.names import spelled
from seatkeeper.inventory.problems import Problem, quoted
from seatkeeper.licensing.entities import LicenseKey, LicenseName
from seatkeeper.queries.inventory import InventoryView


def turns(known: Known) -> Mapping[LicenseKey, int]:
    """In which turn each license is assigned, from 0 on; those that are not told, in the first.

    Each comes after what it requires, a user plan after what comes with it. What requires the plan that it comes with,
    comes with that. Plans that go round in a circle are last: which of them can be assigned, the rules tell.
    """
    sorter = TopologicalSorter[LicenseKey]()
    for license_, required in known.prerequisites.items():
        sorter.add(license_, required)
    for plan in known.plans:
        coming = known.with_implied([plan]) - {plan}
        sorter.add(plan, *(each for each in coming if not _requires(known, each, plan)))
    with suppress(CycleError):  # those of a circle never become ready
        sorter.prepare()
    found: dict[LicenseKey, int] = {}
    turn = 0
    while ready := sorter.get_ready():
        found |= dict.fromkeys(ready, turn)
        sorter.done(*ready)
        turn += 1
    return {license_: found.get(license_, turn) for license_ in known.prerequisites.keys() | known.plans.keys()}


def _requires(known: Known, license_: LicenseKey, other: LicenseKey) -> bool:
    required = known.prerequisites.get(license_)
    while required not in (None, other):
        required = known.prerequisites.get(required)
    return required == other


def prerequisite_problems(document: Document, present: InventoryView, known: Known) -> Iterator[Problem]:
    """A circle is told at each of its licenses that the document lets require another.

    So is a prerequisite that stays while pruning would take the license away that it names.
    """
    for entry in document.inventory.licenses:
        said, key = entry.value.prerequisite, license_of(entry.value, document.owner).key
        required = known.prerequisites.get(key)
        if said:
            circle = _circle(known, key)
            if circle:
                text = f"goes round in a circle: {' requires '.join(_told(known, each) for each in circle)}"
                yield Problem(entry.place, "prerequisite", text, entry.line)
        elif required in present.licenses and required not in known.licenses:
            row = present.licenses[required]
            name = quoted(spelled(LicenseName(row.owner, row.name), known.owner))
            text = (
                f"is {name}, which the file lacks and pruning would remove; add that license,"
                ' or write prerequisite = ""'
            )
            yield Problem(entry.place, "prerequisite", text, entry.line)


def _circle(known: Known, start: LicenseKey) -> list[LicenseKey]:
    """The way from a license back to itself; empty where there is none."""
    way, seen, required = [start], {start}, known.prerequisites.get(start)
    while required is not None and required in known.licenses:
        way.append(required)
        if required == start:
            return way
        if required in seen:
            return []  # it leads into a circle of others, which is told there
        seen.add(required)
        required = known.prerequisites.get(required)
    return []


def _told(known: Known, license_: LicenseKey) -> str:
    return spelled(known.licenses[license_], known.owner)
