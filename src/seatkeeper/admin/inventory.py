"""The inventory as a whole: applied from a file."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError, refused
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.commands import plan
from seatkeeper.licensing.refusals import Refusal

router = APIRouter(tags=["inventory"])


class Applied(BaseModel):
    """How much of the file was new. All zero: the inventory was so already, and nothing happened."""

    licenses: int = Field(description="Licenses added or described anew.")
    seats: int = Field(description="Licenses whose seats changed.")
    stations: int = Field(description="Stations added or described anew.")
    users: int = Field(description="Users added, described anew or given another password.")
    profiles: int = Field(description="Licensing profiles enabled, disabled or changed in method.")
    assignments: int = Field(description="Licenses assigned.")


@router.post(
    "/inventory",
    dependencies=[needs(Right.INVENTORY_WRITE)],
    openapi_extra={"requestBody": {"required": True, "content": {"application/toml": {"schema": {"type": "string"}}}}},
)
async def apply_inventory(
    request: Request,
    parts: PartsOfApp,
    *,
    file: Annotated[str, Query(max_length=1000, description="The file's name, for messages.")] = "inventory",
    allow_overcommit: Annotated[bool, Query(description="Let seats fall below what is assigned or in use.")] = False,
) -> Applied:
    """Apply an inventory file (TOML), all or nothing. What it does not mention stays as it is.

    Whoever may do this may change users, their rights and passwords.
    """
    text = _text(await request.body(), file)
    planned = await plan(
        text,
        file,
        reads=parts.reads,
        passwords=parts.passwords,
        owner=parts.owner,
        allow_overcommit=allow_overcommit,
    )
    try:
        outcomes = await parts.ledger.submit(planned.command)
    except Refusal as refusal:
        place = planned.place_of(refusal)
        detail = {"file": file, "place": place.entry, "key": place.key}
        raise refused(refusal, where=f"{file}: {place}", detail=detail) from refusal
    return Applied(**planned.count(outcomes))


def _text(body: bytes, file: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        message = f"{file}: is not UTF-8: byte {error.start} cannot be read. Save the file as UTF-8."
        raise AdminError(422, "invalid_inventory", message) from None
