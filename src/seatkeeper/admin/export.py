"""The inventory as a file: to keep, to compare, to change, to apply again."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from seatkeeper.admin.auth import needs
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.export import Format, export
from seatkeeper.queries.export import whole

router = APIRouter(tags=["inventory"])


@router.get(
    "/inventory",
    summary="Export the inventory",
    dependencies=[needs(Right.INVENTORY_WRITE)],
    response_class=StreamingResponse,
    responses={200: {"content": {f"application/{each}": {"schema": {"type": "string"}} for each in Format}}},
)
async def export_inventory(
    parts: PartsOfApp,
    *,
    written_as: Annotated[Format, Query(alias="format", description="TOML, or JSON Lines.")] = Format.TOML,
) -> StreamingResponse:
    """The whole inventory as it is at one moment, as a file that can be applied. It holds all password hashes.

    An answer that breaks off is not whole: use it only if it came to its end.
    """
    chunks = parts.reads.stream(whole(partial(export, written_as=written_as, owner=parts.owner)))
    first = await anext(chunks, b"")  # what keeps it from beginning is still told by a status
    return StreamingResponse(
        _whole(first, chunks),
        media_type=f"application/{written_as}",
        headers={
            "Content-Disposition": f'attachment; filename="inventory.{written_as}"',
            "Cache-Control": "no-store",
        },
    )


async def _whole(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each
