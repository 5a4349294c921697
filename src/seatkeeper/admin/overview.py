"""Everything at a glance: the server, its sessions and every pool. Made for views that ask twice a second."""

import asyncio
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.server import ServerBody, server_body
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.names import spelled
from seatkeeper.ledger.door import RuntimeFigures
from seatkeeper.licensing.entities import License, LicenseName, Pool
from seatkeeper.queries.overview import NewestSession, recent

router = APIRouter(tags=["overview"])

_MINUTE = 60_000  # milliseconds


class NewestBody(BaseModel):
    """A session."""

    user: str
    application: str
    connected_at: datetime


class PoolBody(BaseModel):
    """The seats of a license, and how many are taken."""

    owner: str
    name: str
    license: str = Field(description="`NAME`, or `OWNER:NAME` where the owner is not the configured one.")
    unrestricted: bool = Field(description="No bound: the seats are not looked at.")
    assignable_seats: int = Field(description="Bought.")
    assigned: int = Field(description="Assignable seats taken, by users, stations and applications together.")
    concurrent_seats: int = Field(description="Bought.")
    concurrent_in_use: int = Field(description="Users who hold a concurrent seat now.")
    refused: int = Field(description="Refusals since `refused_since`; repeats are not counted.")


class RuntimeFiguresBody(BaseModel):
    """A runtime of applications in numbers."""

    name: str
    running: bool
    applications: int = Field(description="Those that have a version.")
    blocked_applications: int = Field(description="Of these, those that lack their token.")
    unfinished_transactions: int = Field(description="Those that wait or are being carried out.")
    oldest_transaction_at: datetime | None = Field(description="When the oldest of these was accepted.")


class Overview(BaseModel):
    """The server now. Times are UTC."""

    at: datetime = Field(description="The server's time.")
    server: ServerBody
    newest: NewestBody | None = Field(description="Who connected last, of those who still are.")
    log_ons_a_minute: float = Field(description="In the last minute; in the last 5,000 events where those are less.")
    pools: list[PoolBody] = Field(description="Every license, by owner and name.")
    runtimes: list[RuntimeFiguresBody] = Field(description="Every runtime, by name.")
    refused_unknown: int = Field(description="Refusals of names that nobody knows, since `refused_since`.")
    refused_since: datetime = Field(description="Five minutes ago, or later where there were 1,000 refusals since.")


@router.get(
    "/overview", summary="Show server, sessions and pools at a glance", dependencies=[needs(Right.SESSIONS_READ)]
)
async def overview(parts: PartsOfApp) -> Overview:
    """The server's state, how many sessions live, and how full every pool is."""
    now = parts.ledger.now()
    lately = await parts.reads.run(partial(recent, now=now))
    figures = await asyncio.to_thread(parts.ledger.figures)  # it may wait for a large batch to get into the image
    refused = lately.denied.counts
    pools = [(figures.licenses[each.license_id], each) for each in figures.pools]
    pools.sort(key=lambda pair: pair[0].key)
    return Overview(
        at=moment(now),
        server=server_body(parts, figures.sessions),
        newest=_newest(lately.newest),
        log_ons_a_minute=_a_minute(lately.log_ons, now - lately.log_ons_since),
        pools=[_pool(license_, pool, refused.get(license_.id, 0), parts.owner) for license_, pool in pools],
        runtimes=[_runtime(each) for each in figures.runtimes],
        refused_unknown=refused.get(None, 0),
        refused_since=moment(lately.denied.since),
    )


def _a_minute(count: int, milliseconds: int) -> float:
    """So many in that time, as a rate; what happened within a second is taken to be what a second has."""
    return round(count * _MINUTE / max(milliseconds, 1000), 1)


def _newest(session: NewestSession | None) -> NewestBody | None:
    if session is None:
        return None
    return NewestBody(user=session.login, application=session.application, connected_at=moment(session.connected_at))


def _pool(license_: License, pool: Pool, refused: int, owner: str) -> PoolBody:
    return PoolBody(
        owner=license_.owner,
        name=license_.name,
        license=spelled(LicenseName(license_.owner, license_.name), owner),
        unrestricted=pool.unrestricted,
        assignable_seats=pool.assignable_seats,
        assigned=pool.assigned,
        concurrent_seats=pool.concurrent_seats,
        concurrent_in_use=pool.concurrent_in_use,
        refused=refused,
    )


def _runtime(figures: RuntimeFigures) -> RuntimeFiguresBody:
    return RuntimeFiguresBody(
        name=figures.name,
        running=figures.running,
        applications=figures.applications,
        blocked_applications=figures.blocked,
        unfinished_transactions=figures.unfinished,
        oldest_transaction_at=None if figures.oldest_at is None else moment(figures.oldest_at),
    )
