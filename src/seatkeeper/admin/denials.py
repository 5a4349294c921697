"""Denials: who was refused which license, newest first."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.licensing.verdicts import Reason
from seatkeeper.queries.denials import DenialView, newest_denials

router = APIRouter(tags=["denials"])

SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.POOL_INCONSISTENT: "The counts of {license} could not be true; 'seatkeeper check' tells more.",
    Reason.SITE_LICENSE: "{license} covers the whole installation; nobody acquires it.",
    Reason.FOR_APPLICATIONS: "{license} is a token, which applications of a runtime take; nobody acquires it.",
    Reason.NOT_ASSIGNED: "{license} was assigned neither to {user} nor to his station.",
    Reason.USER_NOT_ENABLED: "{user} had {license}, but licensing was not enabled for him.",
    Reason.STATION_NOT_ENABLED: "{user}'s station had {license}, but licensing was not enabled for it.",
    Reason.ALL_IN_USE: "All concurrent seats of {license} were in use.",
    Reason.NOT_COVERED: "More of {license} were assigned than installed, and {user} came too late for one.",
    Reason.EXPIRED: "{license} had expired.",
    Reason.ON_ANOTHER_STATION: "{license} belongs to a station, and {user} was logged on to another one as well.",
    Reason.ON_ANOTHER_MACHINE: "{license} belongs to a station that {user} already used on another machine.",
    Reason.STATION_TAKEN: "{license} belongs to a station that another user was using.",
    Reason.OTHER_APPLICATION: "{license} is not shared between applications, and {user} held it in another one.",
    Reason.UNKNOWN_LICENSE: "There was no license named {license}.",
}
"""What is said of a refusal afterwards. The client was told the numbers and names of its moment, too; the journal has
the reason alone, so nothing more is said here than it knows.
"""


class DenialBody(BaseModel):
    """A refused license. Times are UTC."""

    seq: int = Field(description="The event's number in the journal.")
    at: datetime
    user: str
    display_name: str
    license: str = Field(description="The name that was asked for.")
    owner: str | None = Field(description="Null for a license that nobody knows, or that is no more.")
    reason: Reason
    sentence: str = Field(description="The reason in words, without the numbers of the moment.")
    session: str
    application: str | None = Field(description="The session's; null where it has ended.")
    machine: str | None = Field(description="The session's; null where it has ended.")
    station: str | None = Field(description="Where the session sits now; null where it has ended or sits at none.")
    repeats: int = Field(description="How often the same was refused again within a minute, which is not told anew.")
    last_at: datetime = Field(description="When it was refused last.")


class DenialList(BaseModel):
    """Refusals, newest first."""

    denials: list[DenialBody]


@router.get("/denials", summary="List who was refused what lately", dependencies=[needs(Right.SESSIONS_READ)])
async def list_denials(
    parts: PartsOfApp,
    *,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only those with a higher number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="The newest so many of them.")] = 50,
) -> DenialList:
    """Who was refused which license lately, and why. Repeats are counted, those not saved yet included."""
    views = await parts.reads.run(partial(newest_denials, after=after, limit=limit))
    unsaved = parts.ledger.unsaved_repeats()
    return DenialList(denials=[_denial(each, *unsaved.get(each.seq, (0, each.last_at))) for each in views])


def _denial(view: DenialView, more: int, last_at: int) -> DenialBody:
    """A refusal with `more` repeats than the tables have, the last at `last_at`."""
    return DenialBody(
        seq=view.seq,
        at=moment(view.at),
        user=view.login,
        display_name=view.display_name,
        license=view.license,
        owner=view.owner,
        reason=view.reason,
        sentence=SENTENCES[view.reason].format(license=view.license, user=view.login),
        session=str(view.session_id),
        application=view.application,
        machine=view.machine,
        station=view.station,
        repeats=view.repeats + more,
        last_at=moment(last_at),
    )
