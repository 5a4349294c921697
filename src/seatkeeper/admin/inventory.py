"""The inventory as a whole: planned and applied from a file."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError, refused
from seatkeeper.admin.foretelling import Blocked, Unblocked, foretold
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.applying import Application, NotApplied, Submit, TooManyChanges
from seatkeeper.inventory.changes import Action, Counts, Shown
from seatkeeper.inventory.document import Document, document_of
from seatkeeper.inventory.planning import Plan
from seatkeeper.inventory.reading import CONTENT_TYPES
from seatkeeper.inventory.shapes import Kind

router = APIRouter(tags=["inventory"])

_MOST_TOLD: Final = 1000
_TOML: Final = "application/toml"
# What clients say when nobody told them a type.
_UNSAID: Final = frozenset({"", "application/octet-stream", "application/x-www-form-urlencoded", "text/plain"})
_CONTENT: Final = {each: {"schema": {"type": "string"}} for each in CONTENT_TYPES}
_BODY: Final = {"requestBody": {"required": True, "content": _CONTENT}}
OPTIONAL_INVENTORY: Final = {"requestBody": {"required": False, "content": _CONTENT}}
"""What the documentation says of a body that is an inventory, or empty."""


class FieldOfChange(BaseModel):
    """One field of an entry, by its key in a file."""

    name: str
    before: Shown = Field(description="Null for an entry that is added.")
    after: Shown = Field(description="Null for an entry that is removed.")


class ChangeOfPlan(BaseModel):
    """What becomes of one entry."""

    action: Action
    kind: Kind
    name: str = Field(description='An assignment is called "agent01 LICENSE" or "station station01 LICENSE".')
    place: str = Field(description="The entry of the file that says so; empty for what the file lacks.")
    fields: list[FieldOfChange] = Field(description="The fields that change; a password is never told.")


class Done(BaseModel):
    """What a plan has done."""

    position: int = Field(description="The journal's number: of a plan, at which it was made; else afterwards.")
    total: int = Field(description="All changes; none at all: the inventory is so already.")
    counts: Counts = Field(description="How many changes there are, by kind and action.")


class Planned(Done):
    """What applying a file would do."""

    plan: str = Field(description="By this it is applied as it was looked at, and refused when it no longer holds.")
    weight: int = Field(description="`total`, and each assignment that goes with a license: what a commit holds.")
    changes: list[ChangeOfPlan] = Field(description=f"The first {_MOST_TOLD:,} changes; `total` counts all.")
    blocks: list[Blocked] | None = Field(
        description="Applications that would lack their tokens, but do not now. Null where nothing was rehearsed."
    )
    unblocks: list[Unblocked] | None = Field(
        description="Applications that lack their tokens now, and would have them. Null as `blocks`."
    )


class InventoryLimits(BaseModel):
    """What one request may bring."""

    changes_at_once: int = Field(description="The most changes of one plan.")
    step: int = Field(description="How many rows a larger file is cut into.")
    body: int = Field(description="The most bytes of one request.")


async def _document(
    request: Request,
    parts: PartsOfApp,
    *,
    file: Annotated[str, Query(max_length=1000, description="The file's name, for messages.")] = "inventory",
    prune: Annotated[
        bool, Query(description="Remove what the file lacks of the kinds that it has. For a whole file, no CSV.")
    ] = False,
    allow_overcommit: Annotated[bool, Query(description="Let seats fall below what is assigned or in use.")] = False,
    first_line: Annotated[
        int, Query(ge=1, le=2**53, description="The number that the first line of this body has in the file.")
    ] = 1,
    create_users: Annotated[bool, Query(description="Add the users that assignments name and nobody knows.")] = False,
) -> Document:
    content_type = content_type_of(request)
    if prune and (content_type == "text/csv" or first_line > 1):
        message = f"{file}: nothing can be pruned by a part of an inventory: send a whole one, as TOML or JSON Lines."
        raise AdminError(422, "invalid_request", message)
    body = await request.body()
    return await asyncio.to_thread(
        document_of,
        body,
        content_type,
        file=file,
        owner=parts.owner,
        first_line=first_line,
        prune=prune,
        allow_overcommit=allow_overcommit,
        create_users=create_users,
    )


def content_type_of(request: Request) -> str:
    """In which format an inventory comes. Raises AdminError 415 for one that cannot be read."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said in _UNSAID:
        return _TOML
    if said not in CONTENT_TYPES:
        message = f"An inventory cannot be read from {said}. Send it as {', '.join(CONTENT_TYPES)}."
        raise AdminError(415, "unsupported_media_type", message)
    return said


Sent = Annotated[Document, Depends(_document)]


@router.post(
    "/inventory/plan",
    summary="Show what an inventory would change",
    dependencies=[needs(Right.INVENTORY_WRITE)],
    openapi_extra=_BODY,
)
async def plan_inventory(
    document: Sent,
    parts: PartsOfApp,
    *,
    rehearse: Annotated[
        bool, Query(description="Refuse what applying would refuse, for want of seats say; not asked of a part.")
    ] = True,
) -> Planned:
    """Tell what applying an inventory would change, and change nothing.

    What the rules would refuse is refused here already, unless it is more than can be applied at once.
    """
    application = Application(document, parts.reads, parts.passwords)
    plan = await application.plan()
    told = None
    if rehearse and plan.weight <= parts.settings.inventory.changes_at_once:
        with refused_by_place(document.file):
            foreseen = await application.rehearse(plan, parts.ledger.submit)
        told = None if foreseen is None else foretold(foreseen)
    return Planned(
        position=plan.position,
        plan=plan.token,
        total=len(plan.changes),
        counts=plan.counts,
        weight=plan.weight,
        changes=[
            ChangeOfPlan(
                action=change.action,
                kind=change.kind,
                name=change.name,
                place=change.place,
                fields=[FieldOfChange(name=each.name, before=each.before, after=each.after) for each in change.fields],
            )
            for change in plan.changes[:_MOST_TOLD]
        ],
        blocks=None if told is None else told.blocks,
        unblocks=None if told is None else told.unblocks,
    )


@router.post(
    "/inventory", summary="Apply an inventory", dependencies=[needs(Right.INVENTORY_WRITE)], openapi_extra=_BODY
)
async def apply_inventory(
    document: Sent,
    parts: PartsOfApp,
    *,
    plan: Annotated[
        str | None,
        Query(
            pattern="^[0-9]{1,19}-[0-9a-f]{32}$",
            description="As `inventory/plan` told it. Without it the inventory is planned and applied at once.",
        ),
    ] = None,
) -> Done:
    """Apply an inventory, all or nothing. What it does not mention stays as it is, unless it prunes.

    Whoever may do this may change users, their rights and passwords.
    """
    application = Application(document, parts.reads, parts.passwords)
    done = await _applied(
        application, parts.ledger.submit, document.file, parts.settings.inventory.changes_at_once, plan
    )
    return Done(position=parts.ledger.head, total=len(done.changes), counts=done.counts)


async def _applied(application: Application, submit: Submit, file: str, at_once: int, token: str | None) -> Plan:
    try:
        with refused_by_place(file):
            return await application.apply(submit, at_once=at_once, token=token)
    except TooManyChanges as error:
        message = (
            f"{file}: {error.total} changes are more than one commit shall hold: at most {error.limit}"
            " (inventory.changes_at_once in the settings). Apply the file with --in-steps."
        )
        limits = {"total": error.total, "limit": error.limit}
        raise AdminError(409, "too_many_changes", message, detail=limits) from error


@contextmanager
def refused_by_place(file: str) -> Iterator[None]:
    """Tell a refusal of the rules by the place in the file that it is about."""
    try:
        yield
    except NotApplied as error:
        place = error.place
        detail = {"file": file, "place": place.entry, "key": place.key, "line": place.line}
        where = ": ".join(filter(None, (file, str(place))))
        raise refused(error.refusal, where=where, detail=detail) from error


@router.get(
    "/inventory/limits", summary="Show how large an inventory may be", dependencies=[needs(Right.INVENTORY_WRITE)]
)
async def inventory_limits(parts: PartsOfApp) -> InventoryLimits:
    """Tell how much of an inventory one request may bring."""
    settings = parts.settings
    return InventoryLimits(
        changes_at_once=settings.inventory.changes_at_once,
        step=settings.inventory.step,
        body=settings.limits.inventory_body,
    )
