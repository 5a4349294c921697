"""Licenses as a CRM looks at them: by owner, and as what one user has and could have (superoffice contract 2)."""

from collections import defaultdict
from typing import Any

from msgspec import Struct, convert
from sqlalchemy import Connection, Row, Select, cast, func, or_, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.eligibility import can_assign
from seatkeeper.licensing.entities import (
    AppliesTo,
    Holder,
    HolderKind,
    License,
    LicenseKind,
    Owner,
    Pool,
    Profile,
    User,
    fold,
)
from seatkeeper.licensing.limits import LARGEST
from seatkeeper.licensing.outcomes import Module
from seatkeeper.queries.holders import assignments_of, profiles_of
from seatkeeper.queries.lists import can_be_stored

_l, _p, _o, _u, _a = (
    each.c for each in (tables.licenses, tables.pools, tables.owners, tables.users, tables.assignments)
)
_required = tables.licenses.alias("required")

_BOUGHT = (
    select(
        tables.licenses,
        tables.pools,
        _required.c.name.label("required_name"),
        _required.c.kind.label("required_kind"),
    )
    .join(tables.pools, _p.license_id == _l.id)
    .outerjoin(_required, _required.c.id == _l.prerequisite)
    .where(_l.applies_to != AppliesTo.APPLICATIONS)  # the tokens of applications are no modules of a CRM
)


class Bought(Struct, frozen=True):
    """A license with its seats and their use. `required`: the name of its prerequisite, None for none."""

    license: License
    pool: Pool
    required: str | None
    requires_assignment: bool = False
    """Whether its prerequisite is a user license, which a holder must have himself; others cover everybody."""


class OwnerModules(Struct, frozen=True):
    """An owner and all its licenses, by sort order, then name.

    One that is there by its licenses alone has no number: its `owner` has 0, and nothing is said of it.
    """

    owner: Owner
    modules: tuple[Bought, ...]


class UserModules(Struct, frozen=True):
    """An owner and what of its licenses one user has and could have, in the order of `OwnerModules`."""

    owner: Owner
    modules: tuple[Module, ...]


class UserView(Struct, frozen=True):
    """A living user and, by owner, all user licenses as they are for him."""

    user: User
    owners: tuple[UserModules, ...]


def owners_with_modules(connection: Connection) -> tuple[OwnerModules, ...]:
    """All owners, by name."""
    return _owners(connection, select(tables.owners), _BOUGHT)


def owners_with_modules_for(connection: Connection, user_id: int) -> tuple[OwnerModules, ...]:
    """The owners, by name, of what counts for a user, with that alone: site licenses, and what is assigned to him."""
    assigned = select(_a.license_id).where(_a.holder_kind == HolderKind.USER, _a.holder_id == user_id)
    counts = or_(_l.kind == LicenseKind.SITE, _l.id.in_(assigned))
    described = select(tables.owners).where(_o.name_key.in_(select(_l.owner_key).where(counts)))
    return _owners(connection, described, _BOUGHT.where(counts))


def owners_and_check(connection: Connection) -> tuple[tuple[OwnerModules, ...], int | None]:
    """All owners, by name, and when the first of them is to be checked next (ms since 1970; None: never)."""
    return owners_with_modules(connection), _earliest_check(connection)


def owner_and_check(connection: Connection, name: str) -> tuple[OwnerModules | None, int | None]:
    """The owner of this name, and when the first of all owners is to be checked next."""
    return owner_with_modules(connection, name), _earliest_check(connection)


def owner_with_modules(connection: Connection, name: str) -> OwnerModules | None:
    """The owner of this name, in any case; None where there is neither a word of it nor a license."""
    key = fold(name)
    if not can_be_stored(key):
        return None
    found = _owners(connection, select(tables.owners).where(_o.name_key == key), _BOUGHT.where(_l.owner_key == key))
    return found[0] if found else None


def bought_module(connection: Connection, owner: str, name: str) -> Bought | None:
    """The license of this owner and name, in any case; None where there is none."""
    keys = fold(owner), fold(name)
    if not all(map(can_be_stored, keys)):
        return None
    row = connection.execute(_BOUGHT.where(_l.owner_key == keys[0], _l.name_key == keys[1])).one_or_none()
    return None if row is None else _bought(row)


def user_modules(connection: Connection, user_id: int, now: int, *, owner: str | None = None) -> UserView | None:
    """What a user has and could have, of all owners or of one; None where there is no living user of this number.

    Only user licenses, since others are nobody's; hidden ones too. `now`: in milliseconds, for what has expired.
    """
    user = _user(connection, user_id)
    if user is None:
        return None
    holder = Holder(HolderKind.USER, user.id)
    held = frozenset(assignments_of(connection, {holder.kind: [holder.id]}).get(holder, ()))
    profiles = profiles_of(connection, {holder.kind: [holder.id]})
    if owner is None:
        owners = owners_with_modules(connection)
    else:
        named = owner_with_modules(connection, owner)
        owners = () if named is None else (named,)
    return UserView(user, tuple(_for(user, held, _profile(profiles, holder, each), each, now) for each in owners))


def _for(user: User, held: frozenset[int], profile: Profile, bought: OwnerModules, now: int) -> UserModules:
    """An owner's user licenses, as they are for a user who has the licenses `held`."""
    return UserModules(
        bought.owner,
        tuple(
            Module(
                license=each.license,
                pool=each.pool,
                required=each.required,
                assigned=each.license.id in held,
                can_assign=can_assign(
                    each.license,
                    each.pool,
                    owner=bought.owner,
                    user=user,
                    profile=profile,
                    assigned=each.license.id in held,
                    lacks_prerequisite=each.requires_assignment and each.license.prerequisite not in held,
                    now=now,
                ),
            )
            for each in bought.modules
            if each.license.kind is LicenseKind.USER
        ),
    )


def _profile(profiles: dict[tuple[Holder, str], Profile], holder: Holder, bought: OwnerModules) -> Profile:
    key = holder, fold(bought.owner.name)
    return profiles.get(key) or Profile(*key)


def _user(connection: Connection, user_id: int) -> User | None:
    if not 0 < user_id <= LARGEST:
        return None
    row = connection.execute(select(tables.users).where(_u.id == user_id, _u.deleted_at.is_(None))).one_or_none()
    return None if row is None else convert(row, User, from_attributes=True)


def _owners(connection: Connection, described: Select[Any], licenses: Select[Any]) -> tuple[OwnerModules, ...]:
    """Owners, by name: those of whom something is said, and those that are there by their licenses alone."""
    owners = {row.name_key: convert(row, Owner, from_attributes=True) for row in connection.execute(described)}
    modules: defaultdict[str, list[Bought]] = defaultdict(list)
    for row in connection.execute(licenses.order_by(_l.id)):
        owners.setdefault(row.owner_key, Owner(0, row.owner))
        modules[row.owner_key].append(_bought(row))
    return tuple(OwnerModules(owner, tuple(sorted(modules[key], key=_order))) for key, owner in sorted(owners.items()))


def _earliest_check(connection: Connection) -> int | None:
    checks = cast(_o.details["next_check"].as_string(), tables.Number)
    earliest: int | None = connection.execute(select(func.min(checks))).scalar_one()
    return earliest


def _bought(row: Row[Any]) -> Bought:
    return Bought(
        license=convert(row, License, from_attributes=True),
        pool=convert(row, Pool, from_attributes=True),
        required=row.required_name,
        requires_assignment=row.required_kind == LicenseKind.USER,
    )


def _order(bought: Bought) -> tuple[int, str]:
    return bought.license.details.sort_order, fold(bought.license.name)
