"""Owners: whose licenses they are, and what is said of them as a whole."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from msgspec.structs import asdict
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.admin.words import LongText, Number, Text, as_in_a_file
from seatkeeper.identity.rights import Right
from seatkeeper.inventory import values
from seatkeeper.inventory.dates import milliseconds
from seatkeeper.inventory.fields import DATES
from seatkeeper.licensing.entities import OwnerDetails, fold
from seatkeeper.licensing.inventory_commands import DefineOwner
from seatkeeper.licensing.refusals import Code
from seatkeeper.queries.inventory import OwnerView, every_owner

router = APIRouter(tags=["licenses"])


def _time(value: datetime) -> datetime:
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        milliseconds(at)
    except ValueError:
        raise PydanticCustomError("time", "must be of the years 1970 to 9998") from None
    return at


Time = Annotated[datetime, AfterValidator(_time)]
Name = Annotated[str, as_in_a_file(values.OwnerName), Path(description="In any case.")]


class OwnerDetailsBody(BaseModel):
    """What is said of an owner. A time without a zone is UTC, a date its beginning."""

    model_config = ConfigDict(extra="forbid")

    description: Text = Field("", description="For people; may hold texts in several languages.")
    company: Text = Field("", description="Whom the licenses were sold to.")
    serial_number: Text = ""
    version: Text = ""
    product_type: Text = ""
    product_description: Text = ""
    deployment_type: Number = 0
    license_url: LongText = ""
    shop_url: Text = Field("", description="Where more can be bought.")
    extra_flags: Number = 0
    extra_info: LongText = ""
    next_check: Time | None = Field(None, description="When to look for a new license.")
    warn_from: Time | None = Field(None, description="From when on administrators are told that licenses end.")
    maintenance_until: Time | None = Field(None, description="From then on no newer version is licensed.")
    expires: Time | None = Field(None, description="From then on no license of this owner can be assigned.")
    grace_until: Time | None = Field(
        None, description="From then on none can be acquired; null: from `expires` on. Not before `expires`."
    )
    public_key: LongText = Field("", description="Carried, never checked.")
    signature: LongText = Field("", description="Carried, never checked.")


class OwnerBody(OwnerDetailsBody):
    """An owner. One of whom nothing is said is there by its licenses alone."""

    name: str
    licenses: int = Field(description="How many licenses it has.")


class OwnerList(BaseModel):
    """Every owner, by name."""

    owners: list[OwnerBody]


class OwnerSet(BaseModel):
    """The owner as it is now."""

    changed: bool = Field(description="Whether something else was said of it before.")
    owner: OwnerBody


@router.get("/owners", summary="List the owners of licenses", dependencies=[needs(Right.EXPLAIN)])
async def list_owners(parts: PartsOfApp) -> OwnerList:
    """Those of whom something is said, and those who have licenses."""
    return OwnerList(owners=[_owner(each) for each in await parts.reads.run(every_owner)])


@router.get("/owners/{name:path}", summary="Show an owner of licenses", dependencies=[needs(Right.EXPLAIN)])
async def show_owner(name: Name, parts: PartsOfApp) -> OwnerBody:
    """What is said of one owner."""
    found = await _found(name, parts)
    if found is None:
        raise AdminError(404, Code.UNKNOWN_OWNER.value, f"There is no owner of licenses named {name}.")
    return found


@router.put(
    "/owners/{name:path}", summary="Say what there is to say of an owner", dependencies=[needs(Right.INVENTORY_WRITE)]
)
async def define_owner(name: Name, body: OwnerDetailsBody, parts: PartsOfApp) -> OwnerSet:
    """Say all that is said of an owner: what is left out is said no more. Its licenses stay as they are."""
    if body.grace_until is not None and (body.expires is None or body.grace_until < body.expires):
        raise AdminError(
            422, Code.INVALID_VALUE.value, "grace_until is before expires; it must be the later of the two."
        )
    said: dict[str, Any] = {key: milliseconds(value) if isinstance(value, datetime) else value for key, value in body}
    changed = await parts.ledger.submit(DefineOwner(name=name, details=OwnerDetails(**said)))
    now = await _found(name, parts) or _owner(OwnerView(name=name, details=OwnerDetails(), licenses=0))
    return OwnerSet(changed=changed, owner=now)


async def _found(name: str, parts: PartsOfApp) -> OwnerBody | None:
    owners = await parts.reads.run(every_owner)
    return next((_owner(each) for each in owners if fold(each.name) == fold(name)), None)


def _owner(view: OwnerView) -> OwnerBody:
    said = asdict(view.details)
    times = {key: None if said[key] is None else moment(said[key]) for key in DATES}
    return OwnerBody(name=view.name, licenses=view.licenses, **(said | times))
