"""The one way by which events change the state: when they are decided, on other nodes, and in `seatkeeper check`."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from seatkeeper.licensing import deployment_fold, events
from seatkeeper.licensing.counts import count_assignable, count_concurrent, count_use
from seatkeeper.licensing.entities import (
    Assignment,
    Hold,
    Holder,
    HolderKind,
    License,
    Method,
    Owner,
    Pool,
    Profile,
    Session,
    Station,
    StationLogon,
    Subscription,
    User,
)
from seatkeeper.licensing.entities import (
    fold as fold_name,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.indexes import add, count_up, remove
from seatkeeper.licensing.state import State


def fold(state: State, event: Event, at: int) -> None:
    """Let `event`, which happened at `at`, have its effect on `state`. Raises KeyError for an unknown kind."""
    _FOLDS[type(event)](state, event, at)


def _license_defined(state: State, event: events.LicenseDefined, _at: int) -> None:
    key = (fold_name(event.owner), fold_name(event.name))
    if state.licenses.get(event.license_id) is None:
        count_up(state, "license", event.license_id)
        state.license_ids.put(key, event.license_id)
        state.pools.put(
            event.license_id,
            Pool(license_id=event.license_id, assignable_seats=0, concurrent_seats=0, unrestricted=False),
        )
    state.licenses.put(
        event.license_id,
        License(
            id=event.license_id,
            owner=event.owner,
            name=event.name,
            display_name=event.display_name,
            description=event.description,
            applies_to=event.applies_to,
            kind=event.license_kind,
            shared=event.shared,
            expires=event.expires,
            grace_until=event.grace_until,
            prerequisite=event.prerequisite,
            details=event.details,
        ),
    )


def _owner_defined(state: State, event: events.OwnerDefined, _at: int) -> None:
    if state.owners.get(event.owner_id) is None:
        count_up(state, "owner", event.owner_id)
        state.owner_ids.put(fold_name(event.name), event.owner_id)
    state.owners.put(event.owner_id, Owner(id=event.owner_id, name=event.name, details=event.details))


def _owner_removed(state: State, event: events.OwnerRemoved, _at: int) -> None:
    state.owner_ids.put(fold_name(event.name), None)
    state.owners.put(event.owner_id, None)


def _license_removed(state: State, event: events.LicenseRemoved, _at: int) -> None:
    license_ = state.licenses[event.license_id]
    state.license_ids.put((fold_name(license_.owner), fold_name(license_.name)), None)
    state.pools.put(license_.id, None)
    state.licenses.put(license_.id, None)


def _seats_changed(state: State, event: events.SeatsChanged, _at: int) -> None:
    state.pools.put(
        event.license_id,
        replace(
            state.pools[event.license_id],
            assignable_seats=event.assignable_seats,
            concurrent_seats=event.concurrent_seats,
            unrestricted=event.unrestricted,
            assignable_excess=event.assignable_excess,
            concurrent_excess=event.concurrent_excess,
            uncovered=event.uncovered,
        ),
    )


def _station_defined(state: State, event: events.StationDefined, _at: int) -> None:
    if state.stations.get(event.station_id) is None:
        count_up(state, "station", event.station_id)
        state.station_ids.put(fold_name(event.name), event.station_id)
    state.stations.put(
        event.station_id,
        Station(id=event.station_id, name=event.name, display_name=event.display_name, extension=event.extension),
    )


def _station_removed(state: State, event: events.StationRemoved, _at: int) -> None:
    holder = Holder(HolderKind.STATION, event.station_id)
    for owner_key in state.profiled.get(holder) or ():
        state.profiles.put((holder, owner_key), None)
    state.profiled.put(holder, None)
    state.station_ids.put(fold_name(state.stations[event.station_id].name), None)
    state.stations.put(event.station_id, None)


def _user_defined(state: State, event: events.UserDefined, _at: int) -> None:
    if state.users.get(event.user_id) is None:
        count_up(state, "user", event.user_id)
        state.user_ids.put(fold_name(event.login), event.user_id)
    state.users.put(
        event.user_id,
        User(
            id=event.user_id,
            login=event.login,
            display_name=event.display_name,
            language=event.language,
            roles=event.roles,
            rights=event.rights,
            stations=event.stations,
            view_allocations=event.view_allocations,
            admin_allocations=event.admin_allocations,
            user_type=event.user_type,
            group_id=event.group_id,
            secondary_groups=event.secondary_groups,
        ),
    )


def _user_deleted(state: State, event: events.UserDeleted, at: int) -> None:
    user = state.users[event.user_id]
    state.user_ids.put(fold_name(user.login), None)
    state.users.put(user.id, replace(user, deleted_at=at))
    state.credentials.put(user.id, None)


def _pseudonymised(state: State, event: events.Pseudonymised, _at: int) -> None:
    user = state.users[event.user_id]
    state.users.put(user.id, replace(user, login=event.pseudonym, display_name=event.pseudonym))


def _profile_changed(state: State, event: events.ProfileChanged, _at: int) -> None:
    key = (event.holder, fold_name(event.owner))
    if state.profiles.get(key) is None:
        add(state.profiled, *key)
    state.profiles.put(key, Profile(holder=event.holder, owner_key=key[1], enabled=event.enabled, method=event.method))
    for move in event.moves:
        count_concurrent(state, move.license_id, move.concurrent)
        count_assignable(state, move.license_id, event.holder.kind, move.assignment_id, move.assignable)


def _assigned(state: State, event: events.Assigned, at: int) -> None:
    count_up(state, "assignment", event.assignment_id)
    state.assignments.put(
        (event.holder, event.license_id),
        Assignment(id=event.assignment_id, license_id=event.license_id, holder=event.holder, at=at),
    )
    add(state.assigned_to, event.holder, event.license_id)
    _count(state, event, 1)


def _unassigned(state: State, event: events.Unassigned, _at: int) -> None:
    state.assignments.put((event.holder, event.license_id), None)
    remove(state.assigned_to, event.holder, event.license_id)
    _count(state, event, -1)


def _count(state: State, event: events.Assigned | events.Unassigned, change: int) -> None:
    if event.method is Method.CONCURRENT:
        count_concurrent(state, event.license_id, change)
    elif event.method is Method.ASSIGNABLE:
        count_assignable(state, event.license_id, event.holder.kind, event.assignment_id, change)


def _connected(state: State, event: events.Connected, at: int) -> None:
    count_up(state, "session", event.session_id)
    state.sessions.put(
        event.session_id,
        Session(
            id=event.session_id,
            user_id=event.user_id,
            application=event.application,
            machine=event.machine,
            language=event.language,
            connected_at=at,
            hears_of_stations=event.hears_of_stations,
            idle_timeout=event.idle_timeout,
        ),
    )
    add(state.sessions_of, event.user_id, event.session_id)


def _ended(state: State, event: events.Ended, _at: int) -> None:
    state.sessions.put(event.session_id, None)
    state.session_keys.put(event.session_id, None)
    state.subscriptions.put(event.session_id, None)
    remove(state.sessions_of, event.user_id, event.session_id)


def _station_set(state: State, event: events.StationSet, _at: int) -> None:
    count_up(state, "logon", event.logon_id)
    state.logons.put(
        event.session_id,
        StationLogon(
            id=event.logon_id,
            session_id=event.session_id,
            user_id=event.user_id,
            machine=state.sessions[event.session_id].machine,
            setting=event.setting,
            station_id=event.station_id,
            remote_number=event.remote_number,
        ),
    )
    if event.station_id is not None and event.session_id not in (state.present.get(event.station_id) or ()):
        add(state.present, event.station_id, event.session_id)


def _station_left(state: State, event: events.StationLeft, _at: int) -> None:
    state.logons.put(event.session_id, None)
    if event.station_id is not None:
        remove(state.present, event.station_id, event.session_id)


def _acquired(state: State, event: events.Acquired, at: int) -> None:
    state.holds.put(
        (event.session_id, event.license_id),
        Hold(
            session_id=event.session_id,
            license_id=event.license_id,
            user_id=event.user_id,
            ground=event.ground,
            assignment_id=event.assignment_id,
            method=event.method,
            since=at,
        ),
    )
    add(state.held_by, event.session_id, event.license_id)
    if event.takes_seat:
        count_use(state, event.license_id, 1)


def _released(state: State, event: events.Released, _at: int) -> None:
    state.holds.put((event.session_id, event.license_id), None)
    remove(state.held_by, event.session_id, event.license_id)
    if event.frees_seat:
        count_use(state, event.license_id, -1)


def _subscribed(state: State, event: events.Subscribed, _at: int) -> None:
    state.subscriptions.put(
        event.session_id,
        Subscription(session_id=event.session_id, user_id=event.user_id, owner=event.owner, names=event.names),
    )


def _unsubscribed(state: State, event: events.Unsubscribed, _at: int) -> None:
    state.subscriptions.put(event.session_id, None)


def _no_row(_state: State, _event: Event, _at: int) -> None:
    """An event that only tells: it changes no row."""


_FOLDS: dict[type[Event], Callable[[State, Any, int], None]] = {
    events.LicenseDefined: _license_defined,
    events.OwnerDefined: _owner_defined,
    events.OwnerRemoved: _owner_removed,
    events.LicenseRemoved: _license_removed,
    events.SeatsChanged: _seats_changed,
    events.StationDefined: _station_defined,
    events.StationRemoved: _station_removed,
    events.UserDefined: _user_defined,
    events.PasswordChanged: _no_row,
    events.UserDeleted: _user_deleted,
    events.Pseudonymised: _pseudonymised,
    events.ProfileChanged: _profile_changed,
    events.Assigned: _assigned,
    events.Unassigned: _unassigned,
    events.Connected: _connected,
    events.Ended: _ended,
    events.StationSet: _station_set,
    events.StationLeft: _station_left,
    events.Acquired: _acquired,
    events.Released: _released,
    events.Denied: _no_row,
    events.Subscribed: _subscribed,
    events.Unsubscribed: _unsubscribed,
    events.JournalSealed: _no_row,
    **deployment_fold.FOLDS,
}
