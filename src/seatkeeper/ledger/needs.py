"""What each command needs in the image before it can be decided (rule L2)."""

from collections.abc import Callable, Iterable
from typing import Any

from seatkeeper.ledger.engines.engine import Needed
from seatkeeper.licensing import commands, deployment_commands, inventory_commands
from seatkeeper.licensing.documents import assignable_modules
from seatkeeper.licensing.entities import HolderKind, LicenseKey, LicenseKind, LicenseName, fold
from seatkeeper.licensing.seen import Seen, SeenKind
from seatkeeper.licensing.state import Image


def needed_for(batch: Iterable[commands.Command[Any]], image: Image) -> Needed:
    """What these commands need and the image does not have."""
    needed = Needed(users=set(), logins=set(), sessions=set(), rosters=set(), licenses=set(), expiring=set())
    for command in batch:
        _NEEDS[type(command)](command, image, needed)
    return Needed(
        users=needed.users.difference(image.users),
        logins=needed.logins.difference(image.user_ids),
        sessions=needed.sessions.difference(image.sessions),
        rosters=needed.rosters,
        licenses=needed.licenses,
        expiring=needed.expiring,
    )


def _session(command: Any, image: Image, needed: Needed) -> None:  # noqa: ANN401 - any command with a session
    _of_session(command.session_id, image, needed)


def _of_session(session_id: int, image: Image, needed: Needed) -> None:
    needed.sessions.add(session_id)
    logon = image.logons.get(session_id)
    if logon is not None and logon.station_id is not None:
        _present(logon.station_id, image, needed)


def _expire(command: commands.ExpireSession, image: Image, needed: Needed) -> None:
    _session(command, image, needed)
    needed.expiring.add(command.session_id)


def _set_station(command: commands.SetStation, image: Image, needed: Needed) -> None:
    _session(command, image, needed)
    _station(command.station, image, needed)


def _station(name: str | None, image: Image, needed: Needed) -> None:
    station_id = None if name is None else image.station_ids.get(fold(name))
    if station_id is not None:
        _present(station_id, image, needed)


def _present(station_id: int, image: Image, needed: Needed) -> None:
    """The users at a station: their licenses may be at stake, and a refusal names them."""
    needed.users.update(image.logons[session_id].user_id for session_id in image.present.get(station_id, ()))


def _holder(command: Any, image: Image, needed: Needed) -> None:  # noqa: ANN401 - any command with a holder
    match command.holder.kind:
        case HolderKind.USER:
            needed.logins.add(fold(command.holder.name))
        case HolderKind.STATION:
            _station(command.holder.name, image, needed)
        case HolderKind.APPLICATION:
            pass  # whole


def _connect(command: commands.Connect, image: Image, needed: Needed) -> None:
    needed.users.add(command.user_id)
    if command.source is not None:
        _of_session(command.source, image, needed)


def _define_user(command: inventory_commands.DefineUser, _image: Image, needed: Needed) -> None:
    needed.logins.add(fold(command.login))
    if command.user_id is not None:
        needed.users.add(command.user_id)


def _login(
    command: inventory_commands.DeleteUser | inventory_commands.SetPassword, _image: Image, needed: Needed
) -> None:
    needed.logins.add(fold(command.login))


def _user(
    command: commands.FindUser
    | inventory_commands.ForgetUser
    | commands.AssignModules
    | commands.UnassignModules
    | commands.UnassignAll
    | deployment_commands.BeginTransaction
    | deployment_commands.ReleaseRuntimeLock,
    _image: Image,
    needed: Needed,
) -> None:
    needed.users.add(command.user_id)


def _define_license(command: inventory_commands.DefineLicense, image: Image, needed: Needed) -> None:
    """Whoever has a license keeps it from covering the whole installation."""
    license_id = image.license_ids.get(LicenseName(command.owner, command.name).key)
    if license_id is not None and command.kind is not LicenseKind.USER:
        needed.licenses.add(license_id)


def _change_seats(command: inventory_commands.ChangeSeats, image: Image, needed: Needed) -> None:
    """Only seats lowered below what is assigned leave somebody uncovered; who that is, the roster says."""
    license_id = image.license_ids.get(command.license.key)
    if license_id is not None and command.allow_overcommit:
        needed.rosters.add(license_id)


def _remove_licenses(command: inventory_commands.RemoveLicenses, image: Image, needed: Needed) -> None:
    """Whoever has them or holds them loses them."""
    keys = (each.key for each in command.licenses)
    needed.licenses.update(image.license_ids[key] for key in keys if key in image.license_ids)


def _remove_owner(command: inventory_commands.RemoveOwner, image: Image, needed: Needed) -> None:
    """Whoever has a license of it keeps it from being removed; whoever holds one loses it."""
    needed.licenses.update(_licenses_of(command.name, image, besides=set()))


def _activate_document(command: inventory_commands.ActivateDocument, image: Image, needed: Needed) -> None:
    """Likewise, of the licenses that the document does not let assign (any more)."""
    document = command.document
    needed.licenses.update(_licenses_of(document.owner, image, besides=assignable_modules(document)))


def _licenses_of(owner: str, image: Image, besides: set[LicenseKey]) -> Iterable[int]:
    owner_key = fold(owner)
    return (number for key, number in image.license_ids.items() if key[0] == owner_key and key not in besides)


def _remove_station(command: inventory_commands.RemoveStation, image: Image, needed: Needed) -> None:
    _station(command.name, image, needed)


def _explain(command: commands.Explain, image: Image, needed: Needed) -> None:
    needed.logins.add(fold(command.login))
    _station(command.station, image, needed)


def _together(command: commands.Together | commands.Rehearse, image: Image, needed: Needed) -> None:
    for each in command.commands:
        _NEEDS[type(each)](each, image, needed)
    for seen in command.seen:
        _seen(seen, needed)


def _seen(seen: Seen, needed: Needed) -> None:
    if seen.kind in {SeenKind.USER, SeenKind.PASSWORD}:
        needed.logins.add(seen.key)
    elif seen.kind in {SeenKind.PROFILE, SeenKind.ASSIGNMENTS}:
        holder = seen.key[0] if seen.kind is SeenKind.PROFILE else seen.key
        if holder.kind is HolderKind.USER:
            needed.users.add(holder.id)


def _nothing(_command: commands.Command[Any], _image: Image, _needed: Needed) -> None:
    """Owners, stations, runtimes with their applications, and transactions that are not over are whole."""


_NEEDS: dict[type[Any], Callable[[Any, Image, Needed], None]] = {
    commands.Connect: _connect,
    commands.EndSession: _session,
    commands.ExpireSession: _expire,
    commands.FindSession: _session,
    commands.FindUser: _user,
    commands.AcquireInStages: _session,
    commands.AcquireLicenses: _session,
    commands.ReplaceLicenses: _session,
    commands.ReleaseLicenses: _session,
    commands.SetStation: _set_station,
    commands.LeaveStation: _session,
    commands.Subscribe: _session,
    commands.Unsubscribe: _session,
    commands.Assign: _holder,
    commands.Unassign: _holder,
    commands.AssignModules: _user,
    commands.UnassignModules: _user,
    commands.UnassignAll: _user,
    commands.ChangeProfile: _holder,
    commands.ConfigureLicenses: _holder,
    inventory_commands.DefineLicense: _define_license,
    inventory_commands.RemoveLicenses: _remove_licenses,
    inventory_commands.ChangeSeats: _change_seats,
    inventory_commands.DefineOwner: _nothing,
    inventory_commands.RemoveOwner: _remove_owner,
    inventory_commands.ActivateDocument: _activate_document,
    inventory_commands.DefineStation: _nothing,
    inventory_commands.RemoveStation: _remove_station,
    inventory_commands.DefineUser: _define_user,
    inventory_commands.SetPassword: _login,
    inventory_commands.DeleteUser: _login,
    inventory_commands.ForgetUser: _user,
    deployment_commands.DefineRuntime: _nothing,
    deployment_commands.RemoveRuntime: _nothing,
    deployment_commands.DefineApplication: _nothing,
    deployment_commands.RemoveApplication: _nothing,
    deployment_commands.BeginTransaction: _user,
    deployment_commands.AdvanceTransaction: _nothing,
    deployment_commands.ReleaseRuntimeLock: _user,
    deployment_commands.RecoverTransactions: _nothing,
    deployment_commands.SettleTokens: _nothing,
    commands.Explain: _explain,
    commands.Together: _together,
    commands.Rehearse: _together,
}
