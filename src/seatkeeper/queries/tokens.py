"""The licenses whose seats are tokens of applications, as they were bought."""

from typing import NamedTuple

from msgspec import convert
from sqlalchemy import Connection, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import AppliesTo, License, LicenseName, Owner, Pool, fold

_l, _o, _p = (each.c for each in (tables.licenses, tables.owners, tables.pools))


class BoughtTokens(NamedTuple):
    """The license of a name whose seats are tokens, and what is said of its owner; None where there is none."""

    name: LicenseName
    license: License | None
    pool: Pool | None
    owner: Owner | None


def bought_tokens(connection: Connection, name: LicenseName) -> BoughtTokens:
    """The tokens of this name, in any case."""
    license_ = connection.execute(
        select(tables.licenses).where(
            _l.owner_key == fold(name.owner), _l.name_key == fold(name.name), _l.applies_to == AppliesTo.APPLICATIONS
        )
    ).one_or_none()
    if license_ is None:
        return BoughtTokens(name, None, None, None)
    pool = connection.execute(select(tables.pools).where(_p.license_id == license_.id)).one()
    owner = connection.execute(select(tables.owners).where(_o.name_key == fold(name.owner))).one_or_none()
    return BoughtTokens(
        name,
        convert(license_, License, from_attributes=True),
        convert(pool, Pool, from_attributes=True),
        None if owner is None else convert(owner, Owner, from_attributes=True),
    )
