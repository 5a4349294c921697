"""The names that mean something once a document has been applied."""

from msgspec import Struct

from seatkeeper.inventory.document import Document
from seatkeeper.inventory.holders import LicenseKey, key_of
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.shapes import Kind, LicenseEntry
from seatkeeper.licensing.commands import LicenseName
from seatkeeper.licensing.entities import fold
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
        return self.licenses.get(key_of(license_name(text, self.owner)))


def known_after(document: Document, present: InventoryView) -> Known:
    """The names that the document may use."""
    inventory, owner = document.inventory, document.owner
    said = {key_of(name): name for name in (license_of(each.value, owner) for each in inventory.licenses)}
    stay = {key: LicenseName(each.owner, each.name) for key, each in present.licenses.items()}
    stations = {fold(each.value.name): each.value.name for each in inventory.stations}
    remain = {key: each.name for key, each in present.stations.items()}
    if prunes(document, Kind.LICENSE):
        stay = {key: name for key, name in stay.items() if key in said}
    if prunes(document, Kind.STATION):
        remain = {key: name for key, name in remain.items() if key in stations}
    licenses = said | stay
    return Known(
        owner=owner,
        licenses=licenses,
        owners={fold(owner): owner} | {fold(each.owner): each.owner for each in licenses.values()},
        stations=stations | remain,
        prerequisites=_prerequisites(document, present, licenses),
    )


def prunes(document: Document, kind: Kind) -> bool:
    """Whether what the document lacks of this kind is removed."""
    return document.prune and kind in document.inventory.kinds


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
        key = key_of(license_of(entry.value, document.owner))
        if entry.value.prerequisite == "":
            required.pop(key, None)
        elif entry.value.prerequisite:
            required[key] = key_of(license_name(entry.value.prerequisite, document.owner))
    return required
