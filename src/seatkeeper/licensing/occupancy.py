"""Who has a station in use, and what stands in a claimant's way there (decision 10)."""

from msgspec import Struct

from seatkeeper.licensing.entities import Station, StationLogon, StationSetting, User
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import Reason


class Conflict(Struct, frozen=True):
    """Why a station's licenses are not the claimant's, and who or what is in the way."""

    reason: Reason
    other_station: str = ""
    other_machine: str = ""
    other_user: str = ""


def conflict_at(
    turn: Turn, station: Station, user: User, session_id: int | None, machine: str | None
) -> Conflict | None:
    """What keeps this user's session from the licenses of the station, or None.

    A station is in use from the first session to set it. `session_id` None asks for a session yet to come;
    `machine` None means wherever the user already is.
    """
    elsewhere = _earlier_place(turn, station, user, session_id)
    if elsewhere is not None:
        return Conflict(Reason.ON_ANOTHER_STATION, other_station=place_name(turn, elsewhere))
    present = turn.state.present.get(station.id)
    first = turn.state.logons[present[0]] if present else None
    if first is None or first.session_id == session_id:
        return None
    if first.user_id != user.id:
        return Conflict(Reason.STATION_TAKEN, other_user=turn.state.users[first.user_id].login)
    if machine is not None and first.machine != machine:
        return Conflict(Reason.ON_ANOTHER_MACHINE, other_machine=first.machine)
    return None


def is_place(logon: StationLogon) -> bool:
    """Whether a log-on is at some place: a station or a remote number, not stationless."""
    return logon.setting is not StationSetting.NONE


def same_place(one: StationLogon, other: StationLogon) -> bool:
    """Whether two log-ons are at one place."""
    return (one.station_id, one.remote_number if one.station_id is None else None) == (
        other.station_id,
        other.remote_number if other.station_id is None else None,
    )


def place_name(turn: Turn, logon: StationLogon) -> str:
    """What to call the place of a log-on."""
    if logon.station_id is None:
        return f"remote number {logon.remote_number}"
    return turn.state.stations[logon.station_id].name


def _earlier_place(turn: Turn, station: Station, user: User, session_id: int | None) -> StationLogon | None:
    """The user's log-on at another place that came before his log-on at this station."""
    own = None if session_id is None else turn.state.logons.get(session_id)
    for other_id in turn.state.sessions_of.get(user.id) or ():
        other = turn.state.logons.get(other_id)
        if other is None or other_id == session_id or not is_place(other) or other.station_id == station.id:
            continue
        if own is None or other.id < own.id:
            return other
    return None
