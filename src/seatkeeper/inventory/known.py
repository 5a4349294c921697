"""The names that mean something once a document has been applied."""

from collections.abc import Iterable

from msgspec import Struct

from seatkeeper.inventory.details import license_details
from seatkeeper.inventory.document import Document
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.shapes import Kind, LicenseEntry
from seatkeeper.licensing.entities import LicenseDetails, LicenseKey, LicenseKind, LicenseName, fold
from seatkeeper.licensing.plans import implied_names
from seatkeeper.queries.inventory import InventoryView


class Known(Struct, frozen=True):
    """What is there already and stays, and what the document adds, each folded with its spelling; runtimes by name.

    `prerequisites`: which license requires which. `plans`: what comes with a user plan, also with one that goes.
    """

    owner: str
    licenses: dict[LicenseKey, LicenseName]
    owners: dict[str, str]
    stations: dict[str, str]
    runtimes: frozenset[str]
    prerequisites: dict[LicenseKey, LicenseKey]
    plans: dict[LicenseKey, tuple[LicenseKey, ...]]

    def license(self, text: str) -> LicenseName | None:
        """The license that a file calls so, as it is spelled in the inventory."""
        return self.licenses.get(license_name(text, self.owner).key)

    def with_implied(self, licenses: Iterable[LicenseKey]) -> set[LicenseKey]:
        """These licenses and what comes with them."""
        found = set(licenses)
        left = [each for each in found if each in self.plans]
        while left:
            new = [each for each in self.plans.get(left.pop(), ()) if each not in found]
            found.update(new)
            left += new
        return found


def known_after(document: Document, present: InventoryView) -> Known:
    """The names that the document may use."""
    inventory, owner = document.inventory, document.owner
    said = {name.key: name for name in (license_of(each.value, owner) for each in inventory.licenses)}
    stay = {key: LicenseName(each.owner, each.name) for key, each in present.licenses.items()}
    stations = {fold(each.value.name): each.value.name for each in inventory.stations}
    remain = {key: each.name for key, each in present.stations.items()}
    runtimes = {each.value.name for each in inventory.runtimes}
    if not document.prunes(Kind.RUNTIME):
        runtimes |= present.runtimes.keys()
    if document.prunes(Kind.LICENSE):
        stay = {key: name for key, name in stay.items() if key in said}
    if document.prunes(Kind.STATION):
        remain = {key: name for key, name in remain.items() if key in stations}
    licenses = said | stay
    return Known(
        owner=owner,
        licenses=licenses,
        owners={fold(owner): owner} | {fold(each.owner): each.owner for each in licenses.values()},
        stations=stations | remain,
        runtimes=frozenset(runtimes),
        prerequisites=_prerequisites(document, present, licenses),
        plans=_plans(document, present, licenses),
    )


def license_of(entry: LicenseEntry, owner: str) -> LicenseName:
    """The license that an entry is about."""
    return LicenseName(entry.owner or owner, entry.name)


def _prerequisites(
    document: Document, present: InventoryView, licenses: dict[LicenseKey, LicenseName]
) -> dict[LicenseKey, LicenseKey]:
    keys = {each.id: key for key, each in present.licenses.items()}
    required = {
        key: keys[each.prerequisite]
        for key, each in present.licenses.items()
        if key in licenses and each.prerequisite is not None
    }
    for entry in document.inventory.licenses:
        key = license_of(entry.value, document.owner).key
        if entry.value.prerequisite == "":
            required.pop(key, None)
        elif entry.value.prerequisite:
            required[key] = license_name(entry.value.prerequisite, document.owner).key
    return required


def _plans(
    document: Document, present: InventoryView, licenses: dict[LicenseKey, LicenseName]
) -> dict[LicenseKey, tuple[LicenseKey, ...]]:
    details = {key: each.details for key, each in present.licenses.items()}
    kinds = {key: each.kind for key, each in present.licenses.items()}
    for entry in document.inventory.licenses:
        key = license_of(entry.value, document.owner).key
        details[key] = license_details(entry.value, details.get(key) or LicenseDetails())
        kinds[key] = entry.value.kind or kinds.get(key) or LicenseKind.USER
    plans = {}
    for key, said in details.items():
        coming = (LicenseName(key[0], name).key for name in implied_names(said))
        # One that covers the whole installation everybody has; what does not exist, the rules refuse.
        plans[key] = tuple(each for each in coming if each in licenses and kinds[each] is LicenseKind.USER)
    return {key: coming for key, coming in plans.items() if coming}
