"""Users, as a list and as they log on."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import User, fold
from seatkeeper.queries.lists import Listing, Property, plain

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
    if not _can_be_stored(key):
        return None
    row = connection.execute(ACCOUNTS.where(tables.users.c.login_key == key)).mappings().one_or_none()
    return None if row is None else account_of(row)


def _can_be_stored(text: str) -> bool:
    """Whether a database takes this text: JSON can carry half a surrogate pair, which it does not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def account_of(row: RowMapping) -> Account:
    """The account that a row of `ACCOUNTS` says."""
    user = User(
        id=row["id"],
        login=row["login"],
        display_name=row["display_name"],
        language=row["language"],
        roles=tuple(row["roles"]),
        rights=tuple(row["rights"]),
        stations=_some(row["stations"]),
        deleted_at=row["deleted_at"],
        view_allocations=_some(row["view_allocations"]),
        admin_allocations=_some(row["admin_allocations"]),
    )
    return Account(user=user, password_hash=row["password_hash"])


def _some(numbers: list[int] | None) -> tuple[int, ...] | None:
    """A list, or None for all."""
    return None if numbers is None else tuple(numbers)
