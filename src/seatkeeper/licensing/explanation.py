"""Explaining a verdict: the log-on and the acquisition are rehearsed by the very rules, and taken back."""

from seatkeeper.licensing.commands import Connect, Explain, SetStation
from seatkeeper.licensing.entities import StationSetting, User, fold
from seatkeeper.licensing.grounds import check, claimant_of, try_each
from seatkeeper.licensing.outcomes import Explanation
from seatkeeper.licensing.sessions import connect
from seatkeeper.licensing.stations import set_station
from seatkeeper.licensing.turn import Turn


def explain(turn: Turn, command: Explain) -> Explanation:
    """What acquiring would come to for a user who logs on, and what each ground alone would.

    Raises Refusal where he could not log on so: unknown_user, unknown_station, station_not_permitted.
    """
    user = turn.user(command.login)
    machine = _machine_of(turn, user, command.station) if command.machine is None else command.machine
    with turn.rehearsal():
        connected = connect(
            turn,
            Connect(
                user_id=user.id,
                application="",
                machine=machine,
                language=user.language,
                cookie_digest=b"",
                csrf_digest=b"",
            ),
        )
        if command.station is not None:
            workstation = StationSetting.WORKSTATION
            set_station(turn, SetStation(session_id=connected.session_id, setting=workstation, station=command.station))
        claimant = claimant_of(turn, turn.session(connected.session_id))
        tried = try_each(turn, claimant, command.license)
        return Explanation(verdict=check(turn, claimant, command.license), tried=tried)


def _machine_of(turn: Turn, user: User, station: str | None) -> str:
    """Where the user is: at this station, else where he has set one, else where he is connected, else nowhere yet."""
    state = turn.state
    own = [state.sessions[session_id] for session_id in state.sessions_of.get(user.id) or ()]
    station_id = None if station is None else state.station_ids.get(fold(station))
    here = state.present.get(station_id) or () if station_id is not None else ()
    at_station = [session for session in own if session.id in here]
    seated = [session for session in own if state.logons.get(session.id) is not None]
    nearest = next(iter([*at_station, *seated, *own]), None)
    return "" if nearest is None else nearest.machine
