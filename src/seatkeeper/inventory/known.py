"""The names that mean something once a document has been applied."""

from msgspec import Struct

from seatkeeper.inventory.document import Document
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.shapes import Kind, LicenseEntry
from seatkeeper.licensing.entities import LicenseKey, LicenseName, fold
from seatkeeper.queries.inventory import InventoryView


class Known(Struct, frozen=True):
    """What is there already and stays, and what the document adds, each folded with its spelling.

    `prerequisites`: which license requires which.
    """

    owner: str
    licenses: dict[LicenseKey, LicenseName]
    owners: dict[str, str]
    stations: dict[str, str]
    prerequisites: dict[LicenseKey, LicenseKey]

    def license(self, text: str) -> LicenseName | None:
        """The license that a file calls so, as it is spelled in the inventory."""
        return self.licenses.get(license_name(text, self.owner).key)


def known_after(document: Document, present: InventoryView) -> Known:
    """The names that the document may use."""
    inventory, owner = document.inventory, document.owner
    said = {name.key: name for name in (license_of(each.value, owner) for each in inventory.licenses)}
    stay = {key: LicenseName(each.owner, each.name) for key, each in present.licenses.items()}
    stations = {fold(each.value.name): each.value.name for each in inventory.stations}
    remain = {key: each.name for key, each in present.stations.items()}
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
        prerequisites=_prerequisites(document, present, licenses),
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
