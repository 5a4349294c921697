"""Users, as a list and as they log on."""

from typing import Any, Final

from msgspec import Struct, convert
from sqlalchemy import Connection, Row, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import User, fold
from seatkeeper.queries.lists import Listing, Property, can_be_stored, plain

_u = tables.users.c

USERS: Final = Listing(
    rows=select(_u.id, _u.login, _u.display_name).where(_u.deleted_at.is_(None)),
    make=plain,
    number=_u.id,
    name=Property(_u.login_key),
    display_name=Property(_u.display_key),
)
"""Every living user."""


class Account(Struct, frozen=True):
    """A user and the hash of his password; None where he has no password and cannot log on with one."""

    user: User
    password_hash: str | None


ACCOUNTS: Final = (
    select(tables.users, tables.credentials.c.password_hash)
    .outerjoin(tables.credentials, tables.credentials.c.user_id == tables.users.c.id)
    .where(tables.users.c.deleted_at.is_(None))
)
"""The accounts of all living users."""


def account_by_login(connection: Connection, login: str) -> Account | None:
    """The living user of this login, in any case; None where there is none."""
    key = fold(login)
    if not can_be_stored(key):
        return None
    row = connection.execute(ACCOUNTS.where(_u.login_key == key)).one_or_none()
    return None if row is None else account_of(row)


def account_of(row: Row[Any]) -> Account:
    """The account that a row of `ACCOUNTS` says."""
    return Account(convert(row, User, from_attributes=True), row.password_hash)
