"""The server itself: whether it takes log-ons, and telling it to take none, or to take them again."""

from datetime import datetime
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import Parts, PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.transport.availability import State

router = APIRouter(tags=["server"])

_STATES: Final = (
    "`serving`: log-ons are taken. `draining`: none are taken, and sessions go on until they end. `standby`: the same,"
    " while another server has the clients. `stopping`: the process is about to end."
)


class ServerBody(BaseModel):
    """The server now."""

    state: State = Field(description=_STATES)
    since: datetime = Field(description="Since when it is in this state. UTC.")
    sessions: int = Field(description="How many sessions live.")
    alternate_hosts: list[str] = Field(
        description="Where clients are sent while no log-ons are taken (setting `icws.alternate_hosts`)."
    )


class StateBody(BaseModel):
    """The state that the server is to have until it is told otherwise, or starts anew."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["serving", "draining", "standby"]


@router.get("/server", summary="Show whether the server takes log-ons", dependencies=[needs(Right.SESSIONS_READ)])
async def look_at_server(parts: PartsOfApp) -> ServerBody:
    """Whether log-ons are taken, since when, and how many sessions live."""
    return server_body(parts, parts.ledger.sessions)


@router.put("/server", summary="Take log-ons, or none", dependencies=[needs(Right.SERVER_WRITE)])
async def set_state(body: StateBody, parts: PartsOfApp) -> ServerBody:
    """Take log-ons, or none. Sessions go on either way. A restart forgets it: the setting `standby` counts."""
    if not parts.availability.enter(State(body.state)):
        message = "The server is stopping; what it does after its next start is for the setting standby to say."
        raise AdminError(503, "stopping", message, headers={"Retry-After": "1"})
    return server_body(parts, parts.ledger.sessions)


def server_body(parts: Parts, sessions: int) -> ServerBody:
    """The server as it is now, and how many sessions live."""
    availability = parts.availability
    return ServerBody(
        state=availability.state,
        since=moment(availability.since),
        sessions=sessions,
        alternate_hosts=list(availability.alternate_hosts),
    )
