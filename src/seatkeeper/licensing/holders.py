"""Who and what is there to have licenses: stations and users.

Decision 24; docs/decisions/removal-and-prerequisites.md.
"""

from seatkeeper.licensing.assignments import withdraw
from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.entities import Credential, Holder, HolderKind, LicenseName, Station, User, fold
from seatkeeper.licensing.events import (
    PasswordChanged,
    StationDefined,
    StationRemoved,
    UserDefined,
    UserDeleted,
)
from seatkeeper.licensing.inventory_commands import DefineStation, DefineUser, DeleteUser, RemoveStation, SetPassword
from seatkeeper.licensing.limits import LARGEST, require_int32, require_name
from seatkeeper.licensing.pseudonyms import require_no_pseudonym
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sessions import end
from seatkeeper.licensing.stations import leave
from seatkeeper.licensing.turn import Turn


def define_station(turn: Turn, command: DefineStation) -> bool:
    """Add a station or describe one anew."""
    require_name(command.name, "The station name is empty.")
    known = turn.state.station_ids.get(fold(command.name))
    before = None if known is None else turn.state.stations[known]
    after = Station(
        id=turn.state.next_number("station") if before is None else before.id,
        name=command.name if before is None else before.name,
        display_name=command.display_name,
        extension=command.extension,
    )
    if before == after:
        return False
    turn.record(
        StationDefined(
            station_id=after.id,
            name=after.name,
            display_name=after.display_name,
            extension=after.extension,
        )
    )
    return True


def remove_station(turn: Turn, command: RemoveStation) -> None:
    """Remove a station with what it has. Who sits there stays connected, at no station."""
    station = turn.station(command.name)
    for session_id in turn.state.present.get(station.id) or ():
        leave(turn, turn.state.logons[session_id])
    _withdraw_all(turn, Holder(HolderKind.STATION, station.id))
    turn.record(StationRemoved(station_id=station.id, name=station.name))


def define_user(turn: Turn, command: DefineUser) -> bool:
    """Add a user or describe one anew, and set his password if one is given."""
    require_name(command.login, "The login name is empty.")
    require_int32("group_id", command.group_id)
    for group in command.secondary_groups:
        require_int32("secondary_groups", group)
    known = turn.state.user_ids.get(fold(command.login))
    before = None if known is None else turn.state.users[known]
    after = User(
        id=_new_user_id(turn, command) if before is None else before.id,
        login=command.login if before is None else before.login,
        display_name=command.display_name,
        language=command.language,
        roles=command.roles,
        rights=command.rights,
        stations=None if command.stations is None else tuple(turn.station(name).id for name in command.stations),
        view_allocations=_licenses(turn, command.view_allocations),
        admin_allocations=_licenses(turn, command.admin_allocations),
        user_type=command.user_type,
        group_id=command.group_id,
        secondary_groups=command.secondary_groups,
    )
    if command.user_id not in (None, after.id):
        raise Refusal(
            Code.LOGIN_TAKEN,
            "{user} has the associate id {id}, which cannot be changed.",
            user=after.login,
            id=after.id,
        )
    if before is None:
        require_no_pseudonym(after.login)
    if before != after:
        turn.record(
            UserDefined(
                user_id=after.id,
                login=after.login,
                display_name=after.display_name,
                language=after.language,
                roles=after.roles,
                rights=after.rights,
                stations=after.stations,
                view_allocations=after.view_allocations,
                admin_allocations=after.admin_allocations,
                user_type=after.user_type,
                group_id=after.group_id,
                secondary_groups=after.secondary_groups,
            )
        )
    return _set_password(turn, after.id, command.password_hash) or before != after


def set_password(turn: Turn, command: SetPassword) -> bool:
    """Replace the hash of a user's password, unless it is not the expected one any more."""
    user_id = turn.user(command.login).id
    known = turn.state.credentials.get(user_id)
    if command.instead_of is not None and (known is None or known.password_hash != command.instead_of):
        return False
    return _set_password(turn, user_id, command.password_hash)


def delete_user(turn: Turn, command: DeleteUser) -> None:
    """Mark a user deleted. The login is free again; the associate id never is."""
    user = turn.user(command.login)
    for session_id in turn.state.sessions_of.get(user.id) or ():
        end(turn, turn.state.sessions[session_id], EndReason.USER_DELETED)
    _withdraw_all(turn, Holder(HolderKind.USER, user.id))
    turn.record(UserDeleted(user_id=user.id))


def _withdraw_all(turn: Turn, holder: Holder) -> None:
    for license_id in turn.state.assigned_to.get(holder) or ():
        withdraw(turn, turn.state.assignments[holder, license_id])


def _licenses(turn: Turn, names: tuple[LicenseName, ...] | None) -> tuple[int, ...] | None:
    return None if names is None else tuple(turn.license(name).id for name in names)


def _new_user_id(turn: Turn, command: DefineUser) -> int:
    if command.user_id is None:
        return turn.state.next_number("user")
    if not 1 <= command.user_id <= LARGEST:
        raise Refusal(
            Code.INVALID_VALUE,
            "The associate id of {user} must be from 1 to {most}.",
            user=command.login,
            most=LARGEST,
        )
    if turn.state.users.get(command.user_id) is not None:
        raise Refusal(
            Code.USER_ID_TAKEN,
            "The associate id {id} is or was another user's; none is used twice. Leave it out, and the next is given.",
            id=command.user_id,
        )
    return command.user_id


def _set_password(turn: Turn, user_id: int, password_hash: str | None) -> bool:
    known = turn.state.credentials.get(user_id)
    if password_hash is None or (known is not None and known.password_hash == password_hash):
        return False
    turn.state.credentials.put(user_id, Credential(user_id=user_id, password_hash=password_hash))
    turn.record(PasswordChanged(user_id=user_id))
    return True
