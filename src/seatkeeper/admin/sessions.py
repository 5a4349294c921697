"""Sessions: who is connected and what they hold; ending one."""

from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import Parts, PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.licensing.commands import EndReason, EndSession
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.queries.sessions import HoldView, SessionView, live_sessions

router = APIRouter(tags=["sessions"])

_LONGEST_NUMBER: Final = 18  # digits that always fit the 64 bits of a key


class HoldBody(BaseModel):
    """A license that the session holds."""

    owner: str
    name: str
    method: str = Field(description="`assignable` or `concurrent`.")
    ground: str = Field(description="Whose assignment it rests on: `user` or `station`.")
    since: datetime


class SessionBody(BaseModel):
    """A live session. Times are UTC."""

    id: str
    user: str
    display_name: str
    application: str
    machine: str = Field(description="The client's address.")
    station: str | None
    remote_number: str | None
    connected_at: datetime
    last_seen: datetime = Field(description="May lag behind by a quarter of the idle time-out.")
    holds: list[HoldBody]


class SessionList(BaseModel):
    """Live sessions in the order of connecting."""

    sessions: list[SessionBody]


@router.get("/sessions", summary="List who is connected", dependencies=[needs(Right.SESSIONS_READ)])
async def list_sessions(
    parts: PartsOfApp,
    *,
    user: Annotated[str | None, Query(max_length=200, description="Only this login's sessions.")] = None,
) -> SessionList:
    """Who is connected, from where, at which station, and what they hold."""
    views = await parts.reads.run(partial(live_sessions, login=user))
    return SessionList(sessions=[_session(each) for each in views])


@router.delete(
    "/sessions/{session}", summary="End a session", status_code=204, dependencies=[needs(Right.SESSIONS_END)]
)
async def end_session(session: str, parts: PartsOfApp) -> Response:
    """End a session and release all it held. Its client is told that an administrator did."""
    await end(session, EndReason.ADMINISTRATOR, parts)
    return Response(status_code=204)


async def end(session: str, reason: EndReason, parts: Parts) -> None:
    """End the session of this number for this reason. Raises AdminError 404 where none lives."""
    if not (session.isascii() and session.isdigit() and len(session) <= _LONGEST_NUMBER):
        raise _no_such(session)
    try:
        await parts.ledger.submit(EndSession(session_id=int(session), reason=reason))
    except Refusal as refusal:
        if refusal.code is Code.SESSION_ENDED:
            raise _no_such(session) from refusal
        raise


def _no_such(session: str) -> AdminError:
    lists = "'seatkeeper sessions list' shows them; GET /v1/sessions does, too."
    message = f"There is no live session {session[:80]}. {lists}"
    return AdminError(404, Code.SESSION_ENDED.value, message)


def _session(view: SessionView) -> SessionBody:
    return SessionBody(
        id=str(view.session_id),
        user=view.login,
        display_name=view.display_name,
        application=view.application,
        machine=view.machine,
        station=view.station,
        remote_number=view.remote_number,
        connected_at=moment(view.connected_at),
        last_seen=moment(view.last_seen),
        holds=[_hold(each) for each in view.holds],
    )


def _hold(view: HoldView) -> HoldBody:
    return HoldBody(
        owner=view.owner,
        name=view.name,
        method=view.method.name.lower(),
        ground=view.ground.name.lower(),
        since=moment(view.since),
    )
