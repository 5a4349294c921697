"""How the entities of the state stand in the database: one mapping a table, used for writing, loading and checking."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Table

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import (
    Application,
    ApplicationVersion,
    Category,
    Change,
    Configuration,
    LicenseType,
    Runtime,
    Transaction,
    TransactionError,
    TransactionStatus,
)
from seatkeeper.licensing.entities import (
    AppliesTo,
    Assignment,
    Credential,
    Hold,
    Holder,
    HolderKind,
    License,
    LicenseDetails,
    LicenseKind,
    Method,
    Owner,
    OwnerDetails,
    Pool,
    Profile,
    Session,
    SessionKeys,
    Station,
    StationLogon,
    StationSetting,
    Subscription,
    User,
    UserType,
    fold,
)

Row = tuple[Any, ...]


class Mapping(NamedTuple):
    """One table of the state. `values` are in the order of the columns; `key_values` in the order of `key`.

    For the counters, whose entity is a bare number, key and entity both go into the row.
    """

    table: Table
    key: tuple[str, ...]
    values: Callable[[Any, Any], Row]
    key_values: Callable[[Any], Row]
    read: Callable[[Row], tuple[Any, Any]]


def _json(names: tuple[Any, ...]) -> str:
    return msgspec.json.encode(names).decode()


def _tuple(text: str) -> tuple[Any, ...]:
    return tuple(msgspec.json.decode(text))


def _some(text: str | None) -> tuple[Any, ...] | None:
    """A list, or None for all."""
    return None if text is None else _tuple(text)


def _some_json(names: tuple[Any, ...] | None) -> str | None:
    return None if names is None else _json(names)


def _details(described: License | Owner) -> str:
    return msgspec.json.encode(described.details).decode()


def _one(key: Any) -> Row:  # noqa: ANN401 - a key of any table
    return (key,)


def _license(row: Row) -> tuple[int, License]:
    (
        number,
        owner,
        name,
        _,
        _,
        display_name,
        description,
        applies_to,
        kind,
        shared,
        expires,
        grace,
        required,
        _,
        details,
    ) = row
    return number, License(
        id=number,
        owner=owner,
        name=name,
        display_name=display_name,
        description=description,
        applies_to=AppliesTo(applies_to),
        kind=LicenseKind(kind),
        shared=bool(shared),
        expires=expires,
        grace_until=grace,
        prerequisite=required,
        details=msgspec.json.decode(details, type=LicenseDetails),
    )


def _owner(row: Row) -> tuple[int, Owner]:
    number, name, _, details = row
    return number, Owner(number, name, msgspec.json.decode(details, type=OwnerDetails))


def _pool(row: Row) -> tuple[int, Pool]:
    number, assignable, concurrent, unrestricted, *counts, uncovered, applications = row
    users, stations, concurrent_assigned, in_use, assignable_excess, concurrent_excess = counts
    return number, Pool(
        license_id=number,
        assignable_seats=assignable,
        concurrent_seats=concurrent,
        unrestricted=bool(unrestricted),
        assigned_users=users,
        assigned_stations=stations,
        concurrent_assigned=concurrent_assigned,
        concurrent_in_use=in_use,
        assignable_excess=assignable_excess,
        concurrent_excess=concurrent_excess,
        uncovered=_tuple(uncovered),
        assigned_applications=applications,
    )


def _user(row: Row) -> tuple[int, User]:
    number, login, _, display_name, language, roles, rights, stations, deleted_at, view, admin, _, *crm = row
    user_type, group_id, secondary_groups = crm
    return number, User(
        id=number,
        login=login,
        display_name=display_name,
        language=language,
        roles=_tuple(roles),
        rights=_tuple(rights),
        stations=_some(stations),
        deleted_at=deleted_at,
        view_allocations=_some(view),
        admin_allocations=_some(admin),
        user_type=UserType(user_type),
        group_id=group_id,
        secondary_groups=_tuple(secondary_groups),
    )


def _profile(row: Row) -> tuple[tuple[Holder, str], Profile]:
    kind, number, owner_key, enabled, method = row
    holder = Holder(HolderKind(kind), number)
    return (holder, owner_key), Profile(holder, owner_key, bool(enabled), Method(method))


def _assignment(row: Row) -> tuple[tuple[Holder, int], Assignment]:
    number, license_id, kind, holder_id, at = row
    holder = Holder(HolderKind(kind), holder_id)
    return (holder, license_id), Assignment(number, license_id, holder, at)


def _session(row: Row) -> tuple[int, Session]:
    number, user_id, application, machine, language, connected_at, hears, idle_timeout = row
    return number, Session(number, user_id, application, machine, language, connected_at, bool(hears), idle_timeout)


def _logon(row: Row) -> tuple[int, StationLogon]:
    session_id, number, user_id, machine, setting, station_id, remote_number = row
    return session_id, StationLogon(
        number, session_id, user_id, machine, StationSetting(setting), station_id, remote_number
    )


def _hold(row: Row) -> tuple[tuple[int, int], Hold]:
    session_id, license_id, user_id, ground, assignment_id, method, since = row
    return (session_id, license_id), Hold(
        session_id, license_id, user_id, HolderKind(ground), assignment_id, Method(method), since
    )


def _application(row: Row) -> tuple[int, Application]:
    number, runtime_id, name, category, license_type, versions, blocked = row
    configuration = None if category is None else Configuration(Category(category), LicenseType(license_type))
    known = msgspec.json.decode(versions, type=tuple[ApplicationVersion, ...])
    return number, Application(number, runtime_id, name, configuration, known, bool(blocked))


def _configured(configuration: Configuration | None) -> Row:
    if configuration is None:
        return None, None
    return configuration.category.value, configuration.license_type.value


def _transaction(row: Row) -> tuple[int, Transaction]:
    number, runtime_id, _, change, user_id, server, status, created_at, updated_at, errors, reserved = row
    return number, Transaction(
        id=number,
        runtime_id=runtime_id,
        change=msgspec.json.decode(change, type=Change),
        user_id=user_id,
        server=server,
        status=TransactionStatus(status),
        created_at=created_at,
        updated_at=updated_at,
        errors=msgspec.json.decode(errors, type=tuple[TransactionError, ...]),
        reserved=reserved,
    )


MAPPINGS: Final[dict[str, Mapping]] = {
    "licenses": Mapping(
        tables.licenses,
        ("id",),
        lambda _key, x: (
            x.id,
            x.owner,
            x.name,
            fold(x.owner),
            fold(x.name),
            x.display_name,
            x.description,
            x.applies_to.value,
            x.kind.value,
            x.shared,
            x.expires,
            x.grace_until,
            x.prerequisite,
            fold(x.display_name),
            _details(x),
        ),
        _one,
        _license,
    ),
    "owners": Mapping(
        tables.owners,
        ("id",),
        lambda _key, x: (x.id, x.name, fold(x.name), _details(x)),
        _one,
        _owner,
    ),
    "pools": Mapping(
        tables.pools,
        ("license_id",),
        lambda _key, x: (
            x.license_id,
            x.assignable_seats,
            x.concurrent_seats,
            x.unrestricted,
            x.assigned_users,
            x.assigned_stations,
            x.concurrent_assigned,
            x.concurrent_in_use,
            x.assignable_excess,
            x.concurrent_excess,
            _json(x.uncovered),
            x.assigned_applications,
        ),
        _one,
        _pool,
    ),
    "stations": Mapping(
        tables.stations,
        ("id",),
        lambda _key, x: (x.id, x.name, fold(x.name), x.display_name, x.extension, fold(x.display_name)),
        _one,
        lambda row: (row[0], Station(row[0], row[1], row[3], row[4])),
    ),
    "users": Mapping(
        tables.users,
        ("id",),
        lambda _key, x: (
            x.id,
            x.login,
            fold(x.login),
            x.display_name,
            x.language,
            _json(x.roles),
            _json(x.rights),
            _some_json(x.stations),
            x.deleted_at,
            _some_json(x.view_allocations),
            _some_json(x.admin_allocations),
            fold(x.display_name),
            x.user_type.value,
            x.group_id,
            _json(x.secondary_groups),
        ),
        _one,
        _user,
    ),
    "profiles": Mapping(
        tables.profiles,
        ("holder_kind", "holder_id", "owner_key"),
        lambda _key, x: (x.holder.kind.value, x.holder.id, x.owner_key, x.enabled, x.method.value),
        lambda key: (key[0].kind.value, key[0].id, key[1]),
        _profile,
    ),
    "assignments": Mapping(
        tables.assignments,
        ("holder_kind", "holder_id", "license_id"),
        lambda _key, x: (x.id, x.license_id, x.holder.kind.value, x.holder.id, x.at),
        lambda key: (key[0].kind.value, key[0].id, key[1]),
        _assignment,
    ),
    "sessions": Mapping(
        tables.sessions,
        ("id",),
        lambda _key, x: (
            x.id,
            x.user_id,
            x.application,
            x.machine,
            x.language,
            x.connected_at,
            x.hears_of_stations,
            x.idle_timeout,
        ),
        _one,
        _session,
    ),
    "logons": Mapping(
        tables.logons,
        ("session_id",),
        lambda _key, x: (
            x.session_id,
            x.id,
            x.user_id,
            x.machine,
            x.setting.value,
            x.station_id,
            x.remote_number,
        ),
        _one,
        _logon,
    ),
    "holds": Mapping(
        tables.holds,
        ("session_id", "license_id"),
        lambda _key, x: (
            x.session_id,
            x.license_id,
            x.user_id,
            x.ground.value,
            x.assignment_id,
            x.method.value,
            x.since,
        ),
        lambda key: key,
        _hold,
    ),
    "subscriptions": Mapping(
        tables.subscriptions,
        ("session_id",),
        lambda _key, x: (x.session_id, x.user_id, x.owner, _json(x.names)),
        _one,
        lambda row: (row[0], Subscription(row[0], row[1], row[2], _tuple(row[3]))),
    ),
    "session_keys": Mapping(
        tables.session_keys,
        ("session_id",),
        lambda _key, x: (x.session_id, x.cookie_digest, x.csrf_digest),
        _one,
        lambda row: (row[0], SessionKeys(*row)),
    ),
    "credentials": Mapping(
        tables.credentials,
        ("user_id",),
        lambda _key, x: (x.user_id, x.password_hash),
        _one,
        lambda row: (row[0], Credential(*row)),
    ),
    "runtimes": Mapping(
        tables.runtimes,
        ("id",),
        lambda _key, x: (x.id, x.name, x.running),
        _one,
        lambda row: (row[0], Runtime(row[0], row[1], bool(row[2]))),
    ),
    "applications": Mapping(
        tables.applications,
        ("id",),
        lambda _key, x: (
            x.id,
            x.runtime_id,
            x.name,
            *_configured(x.configuration),
            _json(x.versions),
            x.blocked,
        ),
        _one,
        _application,
    ),
    "transactions": Mapping(
        tables.transactions,
        ("id",),
        lambda _key, x: (
            x.id,
            x.runtime_id,
            x.type.value,
            msgspec.json.encode(x.change).decode(),
            x.user_id,
            x.server,
            x.status.value,
            x.created_at,
            x.updated_at,
            _json(x.errors),
            x.reserved,
        ),
        _one,
        _transaction,
    ),
    "counters": Mapping(
        tables.counters,
        ("name",),
        lambda key, x: (key, x),
        _one,
        lambda row: (row[0], row[1]),
    ),
}
