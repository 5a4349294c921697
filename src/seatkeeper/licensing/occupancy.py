"""Who has a station in use, and what stands in a claimant's way there (decision 10)."""

from msgspec import Struct

from seatkeeper.licensing.entities import HolderKind, Session, Station, StationLogon, StationSetting
from seatkeeper.licensing.sentences import Fact, Sentence, say
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import Reason


class Conflict(Struct, frozen=True):
    """Why a station's licenses are not the claimant's, and who or what is in the way."""

    reason: Reason
    other_station: Fact = ""
    other_machine: str = ""
    other_user: str = ""


def conflict_at(turn: Turn, station: Station, session: Session, license_id: int) -> Conflict | None:
    """What keeps a session that sits at the station from this license of it, or None.

    A station is in use from the first session to set it. When that leaves, the use passes on, except of a license
    that somebody else there still holds on the station's ground: two users never share one seat.
    """
    elsewhere = _earlier_place(turn, station, session)
    if elsewhere is not None:
        return Conflict(Reason.ON_ANOTHER_STATION, other_station=place_name(turn, elsewhere))
    for place, session_id in enumerate(turn.state.present.get(station.id) or ()):
        if place == 0 or _holds_by_station(turn, session_id, license_id):
            other = turn.state.logons[session_id]
            if other.user_id != session.user_id:
                return Conflict(Reason.STATION_TAKEN, other_user=turn.state.users[other.user_id].login)
            if other.machine != session.machine:
                return Conflict(Reason.ON_ANOTHER_MACHINE, other_machine=other.machine)
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


def place_name(turn: Turn, logon: StationLogon) -> Sentence:
    """What to call the place of a log-on."""
    if logon.station_id is None:
        return say("remote number {number}", number=logon.remote_number or "")
    return say("station {station}", station=turn.state.stations[logon.station_id].name)


def _holds_by_station(turn: Turn, session_id: int, license_id: int) -> bool:
    hold = turn.state.holds.get((session_id, license_id))
    return hold is not None and hold.ground is HolderKind.STATION


def _earlier_place(turn: Turn, station: Station, session: Session) -> StationLogon | None:
    """The user's log-on at another place that came before his log-on at this station."""
    own = turn.state.logons[session.id]
    for other_id in turn.state.sessions_of.get(session.user_id) or ():
        other = turn.state.logons.get(other_id)
        if other is not None and is_place(other) and other.station_id != station.id and other.id < own.id:
            return other
    return None
