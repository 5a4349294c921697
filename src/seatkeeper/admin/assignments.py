"""Assignments: give licenses to a user or a station, or take them."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.names import license_name, spelled
from seatkeeper.inventory.values import LONGEST_REFERENCE
from seatkeeper.licensing.commands import Assign, Unassign
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseName

router = APIRouter(tags=["assignments"], dependencies=[needs(Right.ASSIGN)])

_KINDS = {"user": HolderKind.USER, "station": HolderKind.STATION}

Name = Annotated[str, Field(min_length=1, max_length=200)]
LicenseRef = Annotated[str, Field(min_length=1, max_length=LONGEST_REFERENCE)]


class HolderBody(BaseModel):
    """A user by login or a station by name, in any case."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["user", "station"]
    name: Name


class AssignmentBody(BaseModel):
    """Licenses of one holder."""

    model_config = ConfigDict(extra="forbid")

    holder: HolderBody
    licenses: Annotated[list[LicenseRef], Field(min_length=1, max_length=1000)] = Field(
        description="`NAME`, or `OWNER:NAME` where the owner is not the configured one; in any case."
    )


class Changed(BaseModel):
    """What the call changed, and what it did not."""

    changed: list[str] = Field(
        description="As stored: `NAME`, or `OWNER:NAME` where the owner is not the configured one. What comes or goes"
        " with a user plan is among them."
    )
    unchanged: list[str] = Field(description="Those of the request that were so already, as they stand there.")


@router.post("/assignments", summary="Assign licenses")
async def assign(body: AssignmentBody, parts: PartsOfApp) -> Changed:
    """Assign licenses to a holder, all or none."""
    holder, licenses = _names(body, parts.owner)
    return _told(body, await parts.ledger.submit(Assign(holder=holder, licenses=licenses)), parts.owner)


@router.post("/assignments/remove", summary="Take licenses away")
async def unassign(body: AssignmentBody, parts: PartsOfApp) -> Changed:
    """Take licenses from a holder. Live holds on an assignable ground end with the assignment."""
    holder, licenses = _names(body, parts.owner)
    return _told(body, await parts.ledger.submit(Unassign(holder=holder, licenses=licenses)), parts.owner)


def _names(body: AssignmentBody, owner: str) -> tuple[HolderName, tuple[LicenseName, ...]]:
    holder = HolderName(kind=_KINDS[body.holder.kind], name=body.holder.name)
    return holder, tuple(license_name(each, owner) for each in body.licenses)


def _told(body: AssignmentBody, changed: tuple[LicenseName, ...], owner: str) -> Changed:
    keys = {each.key for each in changed}
    unchanged = [each for each in body.licenses if license_name(each, owner).key not in keys]
    return Changed(changed=[spelled(each, owner) for each in changed], unchanged=unchanged)
