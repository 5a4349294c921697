"""How the entities of the state stand in the database: one mapping a table, used for writing, loading and checking."""

from typing import Final

import msgspec

from seatkeeper.ledger import tables
from seatkeeper.ledger.deployment_rows import DEPLOYMENT_MAPPINGS
from seatkeeper.ledger.mapping import Mapping, Row, as_json, only, some_json, some_of, tuple_of
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


def _details(described: License | Owner) -> str:
    return msgspec.json.encode(described.details).decode()


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
        uncovered=tuple_of(uncovered),
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
        roles=tuple_of(roles),
        rights=tuple_of(rights),
        stations=some_of(stations),
        deleted_at=deleted_at,
        view_allocations=some_of(view),
        admin_allocations=some_of(admin),
        user_type=UserType(user_type),
        group_id=group_id,
        secondary_groups=tuple_of(secondary_groups),
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
        only,
        _license,
    ),
    "owners": Mapping(
        tables.owners,
        ("id",),
        lambda _key, x: (x.id, x.name, fold(x.name), _details(x)),
        only,
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
            as_json(x.uncovered),
            x.assigned_applications,
        ),
        only,
        _pool,
    ),
    "stations": Mapping(
        tables.stations,
        ("id",),
        lambda _key, x: (x.id, x.name, fold(x.name), x.display_name, x.extension, fold(x.display_name)),
        only,
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
            as_json(x.roles),
            as_json(x.rights),
            some_json(x.stations),
            x.deleted_at,
            some_json(x.view_allocations),
            some_json(x.admin_allocations),
            fold(x.display_name),
            x.user_type.value,
            x.group_id,
            as_json(x.secondary_groups),
        ),
        only,
        _user,
    ),
    "profiles": Mapping(
        tables.profiles,
        ("holder_kind", "holder_id", "owner_key"),
        lambda _key, x: (int(x.holder.kind), x.holder.id, x.owner_key, x.enabled, int(x.method)),
        lambda key: (int(key[0].kind), key[0].id, key[1]),
        _profile,
    ),
    "assignments": Mapping(
        tables.assignments,
        ("holder_kind", "holder_id", "license_id"),
        lambda _key, x: (x.id, x.license_id, int(x.holder.kind), x.holder.id, x.at),
        lambda key: (int(key[0].kind), key[0].id, key[1]),
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
        only,
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
            int(x.setting),
            x.station_id,
            x.remote_number,
        ),
        only,
        _logon,
    ),
    "holds": Mapping(
        tables.holds,
        ("session_id", "license_id"),
        lambda _key, x: (
            x.session_id,
            x.license_id,
            x.user_id,
            int(x.ground),
            x.assignment_id,
            int(x.method),
            x.since,
        ),
        lambda key: key,
        _hold,
    ),
    "subscriptions": Mapping(
        tables.subscriptions,
        ("session_id",),
        lambda _key, x: (x.session_id, x.user_id, x.owner, as_json(x.names)),
        only,
        lambda row: (row[0], Subscription(row[0], row[1], row[2], tuple_of(row[3]))),
    ),
    "session_keys": Mapping(
        tables.session_keys,
        ("session_id",),
        lambda _key, x: (x.session_id, x.cookie_digest, x.csrf_digest),
        only,
        lambda row: (row[0], SessionKeys(*row)),
    ),
    "credentials": Mapping(
        tables.credentials,
        ("user_id",),
        lambda _key, x: (x.user_id, x.password_hash),
        only,
        lambda row: (row[0], Credential(*row)),
    ),
    **DEPLOYMENT_MAPPINGS,
    "counters": Mapping(
        tables.counters,
        ("name",),
        lambda key, x: (key, x),
        only,
        lambda row: (row[0], row[1]),
    ),
}
