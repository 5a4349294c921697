"""Sitting down at a station and leaving it (contract 2.4, decision 10)."""

from seatkeeper.licensing.commands import EndReason, LeaveStation, SetStation
from seatkeeper.licensing.entities import HolderKind, Session, StationLogon, StationSetting
from seatkeeper.licensing.events import ReleaseReason, StationLeft, StationSet
from seatkeeper.licensing.holds import release
from seatkeeper.licensing.occupancy import is_place, same_place
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sessions import end
from seatkeeper.licensing.turn import Turn


def set_station(turn: Turn, command: SetStation) -> StationLogon:
    """Sit down. A known and permitted station is never refused; whether its licenses may be used is asked later."""
    session = turn.session(command.session_id)
    before = turn.state.logons.get(session.id)
    wanted = _wanted(turn, session, command)
    if before is not None and before == _numbered(wanted, before.id):
        return before
    stays = before is not None and is_place(before) and is_place(wanted) and same_place(before, wanted)
    if before is not None and not stays:
        leave(turn, before)
    logon = _numbered(wanted, before.id if before is not None and stays else turn.state.next_number("logon"))
    turn.record(
        StationSet(
            logon_id=logon.id,
            session_id=session.id,
            user_id=session.user_id,
            setting=logon.setting,
            station_id=logon.station_id,
            remote_number=logon.remote_number,
        )
    )
    _end_elsewhere(turn, logon)
    return logon


def leave_station(turn: Turn, command: LeaveStation) -> None:
    """Leave the station; the holds on its ground end (decision 7)."""
    turn.session(command.session_id)
    logon = turn.state.logons.get(command.session_id)
    if logon is None:
        raise Refusal(Code.NO_STATION, "This session is at no station.")
    leave(turn, logon)


def leave(turn: Turn, logon: StationLogon) -> None:
    """Let a session leave its station, and release what it holds on the station's ground."""
    for license_id in turn.state.held_by.get(logon.session_id) or ():
        hold = turn.state.holds[logon.session_id, license_id]
        if hold.ground is HolderKind.STATION:
            release(turn, hold, ReleaseReason.STATION_LEFT)
    turn.record(StationLeft(session_id=logon.session_id, user_id=logon.user_id, station_id=logon.station_id))


def _wanted(turn: Turn, session: Session, command: SetStation) -> StationLogon:
    _require_fitting(command)
    station_id: int | None = None
    if command.station is not None:
        station = turn.station(command.station)
        user = turn.state.users[session.user_id]
        if user.stations is not None and station.id not in user.stations:
            raise Refusal(
                Code.STATION_NOT_PERMITTED,
                "{user} is not permitted to use station {station}.",
                user=user.login,
                station=station.name,
            )
        station_id = station.id
    return StationLogon(
        id=0,
        session_id=session.id,
        user_id=session.user_id,
        machine=session.machine,
        setting=command.setting,
        station_id=station_id,
        remote_number=command.remote_number,
    )


def _require_fitting(command: SetStation) -> None:
    at_station = command.setting in (StationSetting.WORKSTATION, StationSetting.REMOTE_WORKSTATION)
    if at_station and command.station is None:
        raise Refusal(Code.INVALID_VALUE, "This station setting needs the name of a station.")
    if not at_station and command.station is not None:
        raise Refusal(
            Code.INVALID_VALUE,
            "This station setting is at no station, but {station} is named.",
            station=command.station,
        )
    if command.setting is StationSetting.REMOTE_NUMBER and not command.remote_number:
        raise Refusal(Code.INVALID_VALUE, "This station setting needs a remote number.")


def _numbered(logon: StationLogon, number: int) -> StationLogon:
    return StationLogon(
        id=number,
        session_id=logon.session_id,
        user_id=logon.user_id,
        machine=logon.machine,
        setting=logon.setting,
        station_id=logon.station_id,
        remote_number=logon.remote_number,
    )


def _end_elsewhere(turn: Turn, logon: StationLogon) -> None:
    """A user who logs on at another computer is logged off at the first (contract 2.5)."""
    if logon.setting is StationSetting.NONE:
        return
    for other_id in turn.state.sessions_of.get(logon.user_id) or ():
        other = turn.state.logons.get(other_id)
        if (
            other is not None
            and other_id != logon.session_id
            and is_place(other)
            and not same_place(other, logon)
            and other.machine != logon.machine
        ):
            end(turn, turn.state.sessions[other_id], EndReason.LOGGED_ON_ELSEWHERE)
