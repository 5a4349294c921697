"""Licenses: what was bought, what is assigned, what is in use."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.licensing.entities import License, Pool
from seatkeeper.queries.inventory import licenses_with_pools

router = APIRouter(tags=["licenses"])


class LicenseBody(BaseModel):
    """A license with its seats and how many are taken."""

    owner: str
    name: str
    display_name: str
    kind: str
    unrestricted: bool = Field(description="No bound: the seats are not looked at.")
    assignable_seats: int = Field(description="Bought.")
    assigned: int = Field(description="Assignable seats taken, by users and stations together.")
    concurrent_seats: int = Field(description="Bought.")
    concurrent_assigned: int = Field(description="Users who may take a concurrent seat.")
    concurrent_in_use: int = Field(description="Users who hold a concurrent seat now.")
    expires: datetime | None
    grace_until: datetime | None


class LicenseList(BaseModel):
    """Every license, by owner and name."""

    licenses: list[LicenseBody]


@router.get("/licenses", dependencies=[needs(Right.EXPLAIN)])
async def list_licenses(parts: PartsOfApp) -> LicenseList:
    """What was bought, what is assigned and what is in use now."""
    pairs = await parts.reads.run(licenses_with_pools)
    return LicenseList(licenses=[_license(license_, pool) for license_, pool in pairs])


def _license(license_: License, pool: Pool) -> LicenseBody:
    return LicenseBody(
        owner=license_.owner,
        name=license_.name,
        display_name=license_.display_name,
        kind=license_.kind.value,
        unrestricted=pool.unrestricted,
        assignable_seats=pool.assignable_seats,
        assigned=pool.assigned,
        concurrent_seats=pool.concurrent_seats,
        concurrent_assigned=pool.concurrent_assigned,
        concurrent_in_use=pool.concurrent_in_use,
        expires=None if license_.expires is None else moment(license_.expires),
        grace_until=None if license_.grace_until is None else moment(license_.grace_until),
    )
