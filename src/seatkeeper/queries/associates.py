"""Users as a CRM looks for them: by number and by group, and with what is granted to them."""

from collections.abc import Collection

from msgspec import Struct, convert
from sqlalchemy import Connection, String, cast, or_, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.entities import Holder, HolderKind, Owner, User
from seatkeeper.licensing.limits import LARGEST
from seatkeeper.queries.holders import assignments_of, in_parts
from seatkeeper.queries.modules import Bought, owners_with_modules_for

_u = tables.users.c


class Granted(Struct, frozen=True):
    """A license that counts for a user: a site's, or one that is `assigned` to him."""

    owner: Owner
    bought: Bought
    assigned: bool


def associates(connection: Connection, numbers: Collection[int]) -> dict[int, User]:
    """The users of these numbers, deleted ones too, by number."""
    possible = {number for number in numbers if 0 < number <= LARGEST}
    return {
        row.id: convert(row, User, from_attributes=True)
        for part in in_parts(possible)
        for row in connection.execute(select(tables.users).where(_u.id.in_(part)))
    }


def associates_of_group(connection: Connection, group_id: int) -> list[User]:
    """The living users of a group, be it their first or a further one, by number. 0 is no group."""
    if not group_id:
        return []
    in_some = cast(_u.secondary_groups, String) != "[]"
    some = select(tables.users).where(_u.deleted_at.is_(None), or_(_u.group_id == group_id, in_some))
    users = [convert(row, User, from_attributes=True) for row in connection.execute(some.order_by(_u.id))]
    return [user for user in users if group_id in {user.group_id, *user.secondary_groups}]


def granted_to(connection: Connection, user_id: int) -> list[Granted]:
    """The site licenses and those that are assigned to a user, by owner, sort order and name."""
    holder = Holder(HolderKind.USER, user_id)
    held = frozenset(assignments_of(connection, {holder.kind: [holder.id]}).get(holder, ()))
    return [
        Granted(each.owner, bought, bought.license.id in held)
        for each in owners_with_modules_for(connection, user_id)
        for bought in each.modules
    ]
