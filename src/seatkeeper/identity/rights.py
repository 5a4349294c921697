"""What a user may do beyond using his own licenses."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from seatkeeper.licensing.entities import User


class Right(StrEnum):
    """One thing that a user may be allowed to do."""

    INVENTORY_READ = "inventory.read"
    INVENTORY_WRITE = "inventory.write"
    ASSIGN = "assignments.write"
    SESSIONS_READ = "sessions.read"
    SESSIONS_END = "sessions.end"
    EXPLAIN = "explain"
    SERVER_WRITE = "server.write"
    METRICS_READ = "metrics.read"
    JOURNAL_WRITE = "journal.write"
    APPLICATIONS_READ = "applications.read"
    APPLICATIONS_DEPLOY = "applications.deploy"
    APPLICATIONS_UNLOCK = "applications.unlock"


ROLES: Mapping[str, frozenset[Right]] = MappingProxyType(
    {
        "administrator": frozenset(Right),
        "operator": frozenset(
            {Right.INVENTORY_READ, Right.SESSIONS_READ, Right.SESSIONS_END, Right.EXPLAIN, Right.METRICS_READ}
        ),
        # Those of the MobileFirst administration API (mobilefirst contract 5.1).
        "mfpadmin": frozenset({Right.APPLICATIONS_READ, Right.APPLICATIONS_DEPLOY, Right.APPLICATIONS_UNLOCK}),
        "mfpdeployer": frozenset({Right.APPLICATIONS_READ, Right.APPLICATIONS_DEPLOY}),
        "mfpmonitor": frozenset({Right.APPLICATIONS_READ}),
        "mfpoperator": frozenset({Right.APPLICATIONS_READ}),
    }
)

_NO_RIGHTS: frozenset[Right] = frozenset()
_KNOWN_RIGHTS = {right.value: right for right in Right}


def rights_of(user: User) -> frozenset[Right]:
    """The rights of the user's roles and his own. Names that this version does not know give no right."""
    return _rights(user.roles, user.rights)


@lru_cache(maxsize=4096)
def _rights(roles: tuple[str, ...], rights: tuple[str, ...]) -> frozenset[Right]:
    own = frozenset(_KNOWN_RIGHTS[name] for name in rights if name in _KNOWN_RIGHTS)
    return own.union(*(ROLES.get(role, _NO_RIGHTS) for role in roles))


def administered_allocations(user: User) -> frozenset[int] | None:
    """The licenses whose allocation a user may administer, by number; None for all, as for an administrator."""
    if user.admin_allocations is None or Right.INVENTORY_WRITE in rights_of(user):
        return None
    return frozenset(user.admin_allocations)


def viewed_allocations(user: User) -> frozenset[int] | None:
    """The licenses whose allocation a user may see: those he administers among them (decision 8). None for all."""
    administered = administered_allocations(user)
    if administered is None or user.view_allocations is None:
        return None
    return administered.union(user.view_allocations)


def may_administer_holders(user: User) -> bool:
    """Whether a user may change the licenses of users and stations."""
    return Right.ASSIGN in rights_of(user)


def may_view_holders(user: User) -> bool:
    """Whether a user may see users and stations with their licenses; whoever may change them sees them."""
    return not rights_of(user).isdisjoint({Right.INVENTORY_READ, Right.ASSIGN})


def unknown_roles(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are no role, in their order. Roles are spelled exactly as in `ROLES`."""
    return tuple(name for name in names if name not in ROLES)


def unknown_rights(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are no right, in their order. Rights are spelled exactly as in `Right`."""
    return tuple(name for name in names if name not in _KNOWN_RIGHTS)
