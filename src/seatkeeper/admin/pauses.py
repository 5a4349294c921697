"""Pauses of transactions, which tests order as they order faults (tests.py; docs/testing-clients.md)."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.runtimes import no_runtime
from seatkeeper.identity.rights import Right
from seatkeeper.ledger.door import Pause, TooManyPauses
from seatkeeper.licensing.deployment import TransactionStatus

router = APIRouter(prefix="/testing/pauses", tags=["testing"], dependencies=[needs(Right.SERVER_WRITE)])


class PauseOrder(BaseModel):
    """Which transactions of the MobileFirst API are not taken on; what is left out or null is any."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["PENDING", "PREPARING", "COMMITTING", "REJECTING"] = Field(description="Where they stay.")
    runtime: str | None = Field(None, max_length=254)
    application: str | None = Field(None, max_length=254)


class PauseBody(BaseModel):
    """A pause that is ordered."""

    id: int
    status: str
    runtime: str | None
    application: str | None


class PausedBody(BaseModel):
    """A transaction that is paused."""

    transaction: int
    runtime: str
    application: str
    status: str


class PauseList(BaseModel):
    """The pauses that are ordered, the oldest first, and the transactions that they keep where they are."""

    pauses: list[PauseBody]
    paused: list[PausedBody]


@router.get("", summary="List pauses and what is paused")
async def list_pauses(parts: PartsOfApp) -> PauseList:
    """The pauses that are ordered, and the transactions that are paused.

    When this answers, every other transaction has gone as far as it can: it is over, or waits for one that is paused.
    """
    work = parts.ledger.transactions
    await work.catch_up()
    return PauseList(
        pauses=[told(each) for each in work.pauses.ordered],
        paused=[
            PausedBody(
                transaction=each.id,
                runtime=parts.ledger.image.runtimes[each.runtime_id].name,
                application=each.change.application,
                status=each.status.value,
            )
            for each in work.paused()
        ],
    )


@router.post("", summary="Pause transactions", status_code=201)
async def pause(body: PauseOrder, parts: PartsOfApp) -> PauseBody:
    """Have transactions of the MobileFirst API stay in a status until the pause is ended.

    Whoever waits for one waits on, the lock is taken, and those behind it wait. One that is paused is broken off by
    `DELETE lock` and by the next whose turn comes (`mobilefirst.longest_lock`), and by no other limit of time.
    """
    if body.runtime is not None and body.runtime not in parts.ledger.image.runtime_ids:
        raise no_runtime(body.runtime)
    try:
        ordered = parts.ledger.transactions.pauses.order(
            TransactionStatus(body.status), runtime=body.runtime, application=body.application
        )
    except TooManyPauses as error:
        raise AdminError(422, "invalid_request", str(error)) from error
    return told(ordered)


@router.delete("", summary="End all pauses", status_code=204)
async def end_pauses(parts: PartsOfApp) -> Response:
    """Let go every transaction that is paused. When this answers, each has gone as far as it can."""
    parts.ledger.transactions.pauses.end()
    await parts.ledger.transactions.catch_up()
    return Response(status_code=204)


@router.delete("/{pause}", summary="End a pause", status_code=204)
async def end_pause(pause: int, parts: PartsOfApp) -> Response:
    """Let go what this pauses. When this answers, each of these transactions has gone as far as it can."""
    if not parts.ledger.transactions.pauses.end(pause):
        raise AdminError(404, "unknown_pause", f"There is no pause {pause}: it is ended, or never was.")
    await parts.ledger.transactions.catch_up()
    return Response(status_code=204)


def told(pause: Pause) -> PauseBody:
    """A pause as it is told."""
    return PauseBody(id=pause.id, status=pause.status.value, runtime=pause.runtime, application=pause.application)
