"""Feature licenses: what covers the whole installation, and is assigned to nobody."""

from typing import Final

from sqlalchemy import select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import AppliesTo, LicenseKind, fold
from seatkeeper.queries.lists import Item, Listing, Property, plain

_l = tables.licenses.c

NAME: Final = Property(_l.name_key)
DISPLAY_NAME: Final = Property(_l.display_key)


def feature_licenses(owner: str) -> Listing[Item]:
    """An owner's licenses that are no user licenses, without what applies to applications."""
    return Listing(
        rows=select(_l.id, _l.name, _l.display_name).where(
            _l.owner_key == fold(owner),
            _l.kind.in_((LicenseKind.SITE, LicenseKind.SATELLITE)),
            _l.applies_to != AppliesTo.APPLICATIONS,
        ),
        make=plain,
        number=_l.id,
        name=NAME,
        display_name=DISPLAY_NAME,
    )
