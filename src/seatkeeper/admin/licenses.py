"""Licenses: what was bought, what is assigned, what is in use."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec.structs import asdict
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.foretelling import Foretold, foretold
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.admin.words import AllowedType, allowed_type
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.names import license_name
from seatkeeper.inventory.values import LONGEST_REFERENCE
from seatkeeper.licensing.commands import Rehearse
from seatkeeper.licensing.entities import License, Pool
from seatkeeper.licensing.inventory_commands import ChangeSeats
from seatkeeper.licensing.refusals import Code
from seatkeeper.queries.inventory import licenses_with_pools

router = APIRouter(tags=["licenses"])

Seats = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]


class LicenseBody(BaseModel):
    """A license with its seats and how many are taken."""

    owner: str
    name: str
    display_name: str
    kind: str
    applies_to: str = Field(description="To whom it is assigned: users, stations, both, or applications.")
    unrestricted: bool = Field(description="No bound: the seats are not looked at.")
    assignable_seats: int = Field(description="Bought.")
    assigned: int = Field(description="Assignable seats taken, by users, stations and applications together.")
    concurrent_seats: int = Field(description="Bought.")
    concurrent_assigned: int = Field(description="Users who may take a concurrent seat.")
    concurrent_in_use: int = Field(description="Users who hold a concurrent seat now.")
    expires: datetime | None
    grace_until: datetime | None
    tooltip: str = Field(description="May hold texts in several languages, as may `display_name`.")
    version: str
    hidden: bool = Field(description="Not shown to those who assign licenses by hand.")
    sort_order: int
    user_type: AllowedType = Field(description="Which users may be assigned it.")
    extra_flags: int = Field(description="1: a user plan.")
    extra_info: str = Field(description="Of a user plan, what comes with it, as in `set=A,B`.")
    signature: str = Field(description="Carried, never checked.")


class LicenseList(BaseModel):
    """Every license, by owner and name."""

    licenses: list[LicenseBody]


class SeatsBody(BaseModel):
    """The seats of a license as they are to be; null leaves them as they are."""

    model_config = ConfigDict(extra="forbid")

    license: Annotated[str, Field(min_length=1, max_length=LONGEST_REFERENCE)] = Field(
        description="`NAME`, or `OWNER:NAME` where the owner is not the configured one; in any case."
    )
    assignable: Seats | None = None
    concurrent: Seats | None = None
    unrestricted: bool | None = None
    allow_overcommit: bool = Field(False, description="Let seats fall below what is assigned or in use.")


class SeatsSet(BaseModel):
    """The license as it is now."""

    changed: bool = Field(description="Whether the seats were other ones before.")
    license: LicenseBody


@router.get("/licenses", summary="List licenses and what is taken of them", dependencies=[needs(Right.EXPLAIN)])
async def list_licenses(parts: PartsOfApp) -> LicenseList:
    """What was bought, what is assigned and what is in use now."""
    pairs = await parts.reads.run(licenses_with_pools)
    return LicenseList(licenses=[_license(license_, pool) for license_, pool in pairs])


@router.post(
    "/licenses/seats/plan",
    summary="Show what other seats would mean to applications",
    dependencies=[needs(Right.INVENTORY_WRITE)],
)
async def plan_seats(body: SeatsBody, parts: PartsOfApp) -> Foretold:
    """Tell which applications would lose their tokens, or have them again, and change nothing.

    What setting these seats would be refused for is refused here already.
    """
    return foretold(await parts.ledger.submit(Rehearse(commands=(_command(body, parts.owner),))))


@router.put("/licenses/seats", summary="Set how many seats were bought", dependencies=[needs(Right.INVENTORY_WRITE)])
async def set_seats(body: SeatsBody, parts: PartsOfApp) -> SeatsSet:
    """Set how many seats of a license were bought. What is left out stays as it is."""
    command = _command(body, parts.owner)
    changed = await parts.ledger.submit(command)
    name, image = command.license, parts.ledger.image
    number = image.license_ids.get(name.key)
    license_, pool = (None, None) if number is None else (image.licenses.get(number), image.pools.get(number))
    if license_ is not None and pool is not None:
        return SeatsSet(changed=changed, license=_license(license_, pool))
    raise AdminError(404, Code.UNKNOWN_LICENSE.value, f"{name.name} was removed just after its seats were set.")


def _command(body: SeatsBody, owner: str) -> ChangeSeats:
    return ChangeSeats(
        license=license_name(body.license, owner),
        assignable=body.assignable,
        concurrent=body.concurrent,
        unrestricted=body.unrestricted,
        allow_overcommit=body.allow_overcommit,
    )


def _license(license_: License, pool: Pool) -> LicenseBody:
    return LicenseBody(
        owner=license_.owner,
        name=license_.name,
        display_name=license_.display_name,
        kind=license_.kind.value,
        applies_to=license_.applies_to.value,
        unrestricted=pool.unrestricted,
        assignable_seats=pool.assignable_seats,
        assigned=pool.assigned,
        concurrent_seats=pool.concurrent_seats,
        concurrent_assigned=pool.concurrent_assigned,
        concurrent_in_use=pool.concurrent_in_use,
        expires=None if license_.expires is None else moment(license_.expires),
        grace_until=None if license_.grace_until is None else moment(license_.grace_until),
        **asdict(license_.details) | {"user_type": allowed_type(license_.details.user_type)},
    )
