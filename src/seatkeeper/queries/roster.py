"""Users page by page, each with what an administrator wants to know of him."""

from msgspec import Struct
from sqlalchemy import Connection, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import Holder, HolderKind, Profile, User, fold
from seatkeeper.queries.holders import assignments_of, profiles_of
from seatkeeper.queries.users import ACCOUNTS, account_of

_l = tables.licenses.c


class UserView(Struct, frozen=True):
    """A living user, his profile for one owner, and his licenses by owner and name, in the order of assigning."""

    user: User
    has_password: bool
    profile: Profile
    licenses: tuple[tuple[str, str], ...]


def users_page(connection: Connection, *, owner: str, after: str | None, limit: int) -> list[UserView]:
    """At most `limit` users in the order of their folded logins, from the one that follows `after` on."""
    login = tables.users.c.login_key
    query = ACCOUNTS.order_by(login).limit(limit)
    if after is not None:
        query = query.where(login > fold(after).partition("\0")[0])  # no login has a NUL, so none is in between
    accounts = [account_of(row) for row in connection.execute(query)]
    page = {HolderKind.USER: [each.user.id for each in accounts]}
    profiles, assigned = profiles_of(connection, page), assignments_of(connection, page)
    licenses = connection.execute(select(_l.id, _l.owner, _l.name))
    names = {number: (of_owner, name) for number, of_owner, name in licenses}
    views = []
    for account in accounts:
        holder = Holder(HolderKind.USER, account.user.id)
        views.append(
            UserView(
                user=account.user,
                has_password=account.password_hash is not None,
                profile=profiles.get((holder, fold(owner))) or Profile(holder=holder, owner_key=fold(owner)),
                licenses=tuple(names[each] for each in assigned.get(holder, ())),
            )
        )
    return views
