"""What was bought and who and what is there: licenses, seats, stations, users (decisions 24 and 25)."""

from typing import Final

from seatkeeper.licensing.assignments import withdraw
from seatkeeper.licensing.commands import (
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    DeleteUser,
    EndReason,
    SetPassword,
)
from seatkeeper.licensing.entities import Credential, Holder, HolderKind, License, Pool, Station, User, fold
from seatkeeper.licensing.events import (
    LicenseDefined,
    PasswordChanged,
    SeatsChanged,
    StationDefined,
    UserDefined,
    UserDeleted,
)
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sessions import end
from seatkeeper.licensing.turn import Turn

LARGEST: Final = 2**31 - 1
"""Of seats and associate ids: the vendors' APIs carry both as 32-bit integers."""


def define_license(turn: Turn, command: DefineLicense) -> bool:
    """Add a license with no seats, or describe one anew."""
    _require_name(command.owner, "owner")
    _require_name(command.name, "license")
    known = turn.state.license_ids.get((fold(command.owner), fold(command.name)))
    before = None if known is None else turn.state.licenses[known]
    after = License(
        id=turn.state.next_number("license") if before is None else before.id,
        owner=command.owner if before is None else before.owner,
        name=command.name if before is None else before.name,
        display_name=command.display_name,
        description=command.description,
        applies_to=command.applies_to,
        kind=command.kind,
        shared=command.shared,
        expires=command.expires,
        grace_until=command.grace_until,
    )
    if before == after:
        return False
    turn.record(
        LicenseDefined(
            license_id=after.id,
            owner=after.owner,
            name=after.name,
            display_name=after.display_name,
            description=after.description,
            applies_to=after.applies_to,
            license_kind=after.kind,
            shared=after.shared,
            expires=after.expires,
            grace_until=after.grace_until,
        )
    )
    return True


def change_seats(turn: Turn, command: ChangeSeats) -> bool:
    """Set the seats bought. Below what is taken it is refused, or, where allowed, leaves an excess to shrink.

    A change that raises no excess, such as buying some of the missing seats, needs no permission.
    """
    license_ = turn.license(command.license)
    pool = turn.state.pools[license_.id]
    _require_seats(license_, command)
    if _seats(pool) == (command.assignable, command.concurrent, command.unrestricted):
        return False
    assignable_excess = 0 if command.unrestricted else max(0, pool.assigned - command.assignable)
    concurrent_excess = 0 if command.unrestricted else max(0, pool.concurrent_in_use - command.concurrent)
    raised = assignable_excess > pool.assignable_excess or concurrent_excess > pool.concurrent_excess
    if raised and not command.allow_overcommit:
        raise Refusal(Code.SEATS_BELOW_USE, _below_use(license_, pool, command))
    turn.record(
        SeatsChanged(
            license_id=license_.id,
            assignable_seats=command.assignable,
            concurrent_seats=command.concurrent,
            unrestricted=command.unrestricted,
            assignable_excess=assignable_excess,
            concurrent_excess=concurrent_excess,
            uncovered=_uncovered(turn, pool, assignable_excess),
        )
    )
    return True


def define_station(turn: Turn, command: DefineStation) -> bool:
    """Add a station or describe one anew."""
    _require_name(command.name, "station")
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


def define_user(turn: Turn, command: DefineUser) -> bool:
    """Add a user or describe one anew, and set his password if one is given."""
    _require_name(command.login, "login")
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
    )
    if command.user_id not in (None, after.id):
        raise Refusal(Code.LOGIN_TAKEN, f"{after.login} has the associate id {after.id}, which cannot be changed.")
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
    holder = Holder(HolderKind.USER, user.id)
    for license_id in turn.state.assigned_to.get(holder) or ():
        withdraw(turn, turn.state.assignments[holder, license_id])
    turn.record(UserDeleted(user_id=user.id))


def _new_user_id(turn: Turn, command: DefineUser) -> int:
    if command.user_id is None:
        return turn.state.next_number("user")
    if not 1 <= command.user_id <= LARGEST:
        raise Refusal(Code.INVALID_VALUE, f"The associate id of {command.login} must be from 1 to {LARGEST}.")
    if turn.state.users.get(command.user_id) is not None:
        raise Refusal(
            Code.USER_ID_TAKEN,
            f"The associate id {command.user_id} is or was another user's; none is used twice.",
        )
    return command.user_id


def _set_password(turn: Turn, user_id: int, password_hash: str | None) -> bool:
    known = turn.state.credentials.get(user_id)
    if password_hash is None or (known is not None and known.password_hash == password_hash):
        return False
    turn.state.credentials.put(user_id, Credential(user_id=user_id, password_hash=password_hash))
    turn.record(PasswordChanged(user_id=user_id))
    return True


def _uncovered(turn: Turn, pool: Pool, excess: int) -> tuple[int, ...]:
    """The latest assignments that the seats do not reach: as many as are assigned beyond them."""
    if excess <= len(pool.uncovered):
        return pool.uncovered[len(pool.uncovered) - excess :]
    roster = sorted(number for number, license_id in turn.state.seated.items() if license_id == pool.license_id)
    if len(roster) != pool.assigned:
        raise ValueError(f"the roster of license {pool.license_id} is not loaded, or not all of it")
    return tuple(roster[-excess:])


def _seats(pool: Pool) -> tuple[int, int, bool]:
    return pool.assignable_seats, pool.concurrent_seats, pool.unrestricted


def _below_use(license_: License, pool: Pool, command: ChangeSeats) -> str:
    return (
        f"{license_.name} has {pool.assigned} assignable seats assigned and {pool.concurrent_in_use} concurrent seats"
        f" in use; it cannot be lowered to {command.assignable} assignable and {command.concurrent} concurrent seats"
        f" unless overcommitment is allowed."
    )


def _require_seats(license_: License, command: ChangeSeats) -> None:
    if min(command.assignable, command.concurrent) < 0:
        raise Refusal(Code.INVALID_VALUE, f"{license_.name} cannot have fewer than 0 seats.")
    if max(command.assignable, command.concurrent) > LARGEST:
        raise Refusal(Code.INVALID_VALUE, f"{license_.name} cannot have more than {LARGEST} seats.")


def _require_name(name: str, what: str) -> None:
    if not name.strip():
        raise Refusal(Code.INVALID_VALUE, f"The {what} name is empty.")
