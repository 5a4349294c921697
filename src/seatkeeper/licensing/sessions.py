"""Connecting, ending and expiring sessions (contract 2.1, 2.3, 2.5; decision 7)."""

from seatkeeper.licensing.commands import Connect, EndReason, EndSession, ExpireSession, FindSession, FindUser
from seatkeeper.licensing.entities import Session, SessionKeys, User
from seatkeeper.licensing.events import Connected as ConnectedEvent
from seatkeeper.licensing.events import Ended, ReleaseReason, StationLeft
from seatkeeper.licensing.holds import release_all
from seatkeeper.licensing.outcomes import Connected
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.state import FIRST_SESSION
from seatkeeper.licensing.turn import Turn


def connect(turn: Turn, command: Connect) -> Connected:
    """Open a session. The user may have been deleted since his credentials were checked."""
    user = turn.state.users.get(command.user_id)
    if user is None or user.deleted_at is not None:
        raise Refusal(Code.UNKNOWN_USER, "This user does not exist any more.")
    source = None if command.source is None else turn.session(command.source)
    session_id = turn.state.next_number("session", FIRST_SESSION)
    turn.record(
        ConnectedEvent(
            session_id=session_id,
            user_id=user.id,
            application=command.application,
            machine=command.machine,
            language=command.language,
            hears_of_stations=command.hears_of_stations,
            idle_timeout=command.idle_timeout,
        )
    )
    turn.state.session_keys.put(
        session_id,
        SessionKeys(session_id=session_id, cookie_digest=command.cookie_digest, csrf_digest=command.csrf_digest),
    )
    if source is not None and command.ends_source:
        end(turn, source, EndReason.LOGGED_OFF)
    if command.at_most is not None:
        _end_beyond(turn, command, command.at_most)
    return Connected(session_id=session_id, login=user.login, display_name=user.display_name)


def end_session(turn: Turn, command: EndSession) -> None:
    """End a session, whoever asks for it."""
    end(turn, turn.session(command.session_id), command.reason)


def expire_session(turn: Turn, command: ExpireSession) -> bool:
    """End a session if it is idle still: it may have been active since somebody noticed (rule L9)."""
    session = turn.state.sessions.get(command.session_id)
    if session is None:
        return False
    last_seen = max(session.connected_at, turn.state.last_seen.get(session.id, 0))
    timeout = turn.policy.idle_timeout if session.idle_timeout is None else session.idle_timeout
    if turn.now - last_seen < timeout:
        return False
    end(turn, session, EndReason.IDLE)
    return True


def find_session(turn: Turn, command: FindSession) -> Session | None:
    """The live session of this number, or None."""
    return turn.state.sessions.get(command.session_id)


def find_user(turn: Turn, command: FindUser) -> User | None:
    """The user of this number, deleted or not, or None."""
    return turn.state.users.get(command.user_id)


def end(turn: Turn, session: Session, reason: EndReason) -> None:
    """End a live session: what it held is released, its station left, its subscription gone."""
    release_all(turn, session.id, ReleaseReason.SESSION_ENDED)
    logon = turn.state.logons.get(session.id)
    if logon is not None:
        turn.record(StationLeft(session_id=session.id, user_id=session.user_id, station_id=logon.station_id))
    turn.record(Ended(session_id=session.id, user_id=session.user_id, reason=reason))


def _end_beyond(turn: Turn, command: Connect, at_most: int) -> None:
    """End the oldest sessions of a user in an application where there are more than may be."""
    own = (turn.state.sessions[each] for each in turn.state.sessions_of.get(command.user_id) or ())
    live = [session for session in own if session.application == command.application]
    for session in live[: max(0, len(live) - at_most)]:
        end(turn, session, EndReason.LOGGED_ON_ELSEWHERE)
