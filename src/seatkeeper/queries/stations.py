"""Stations."""

from typing import Final

from sqlalchemy import select

from seatkeeper.ledger import tables
from seatkeeper.queries.lists import Listing, Property, plain

_s = tables.stations.c

STATIONS: Final = Listing(
    rows=select(_s.id, _s.name, _s.display_name),
    make=plain,
    number=_s.id,
    name=Property(_s.name_key),
    display_name=Property(_s.display_key),
)
"""Every station."""
