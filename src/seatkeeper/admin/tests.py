"""What tests may do to a server: reset it, set its clock, order faults, end sessions, retire resources.

Only where the setting `testing` is on. Everything else goes through the code that serves in production.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.inventory import OPTIONAL_INVENTORY, content_type_of, refused_by_place
from seatkeeper.admin.parts import PartsOfApp, Testing
from seatkeeper.admin.pauses import PauseBody, told
from seatkeeper.admin.sessions import end
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.licensing.commands import EndReason
from seatkeeper.transport.faults import Fault, FaultRefused, Operation

router = APIRouter(prefix="/testing", tags=["testing"], dependencies=[needs(Right.SERVER_WRITE)])

_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_ADVANCE: Final = 100 * 365 * 86_400.0
_LONGEST_DELAY: Final = 600.0


class ToldError(BaseModel):
    """An error that can be ordered, as its client is told it."""

    status: int
    error_id: str | None
    error_code: int | None


class FaultBody(BaseModel):
    """A fault that is ordered."""

    id: int
    method: str
    route: str
    session: str | None
    error: str | None
    delay: float
    left: int | None = Field(description="How many requests it is still meant for; null: until it is cleared.")


class FaultList(BaseModel):
    """The faults that are ordered, the oldest first."""

    faults: list[FaultBody]


class OrderBody(BaseModel):
    """What is to happen to the next requests of a route, before anything of them is looked at or done."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(max_length=20)
    route: str = Field(max_length=200, description="As `GET testing` lists it: `/icws/{session}/licenses`.")
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(1, description="Null: until it is cleared.")
    error: str | None = Field(None, max_length=100, description="By name, as `GET testing` lists it.")
    delay: float = Field(0.0, ge=0, le=_LONGEST_DELAY, allow_inf_nan=False, description="Seconds that it takes longer.")
    session: str | None = Field(None, max_length=40, description="Only for this session's requests.")


class ClockBody(BaseModel):
    """The server's clock."""

    now: datetime = Field(description="UTC.")
    ahead_seconds: float = Field(description="By how much it is ahead of the host's.")


class SetClockBody(BaseModel):
    """To where the clock is set forward: one of the two."""

    model_config = ConfigDict(extra="forbid")

    advance: Annotated[float, Field(ge=0, le=_LONGEST_ADVANCE, allow_inf_nan=False)] | None = Field(
        None, description="By so many seconds."
    )
    set: Annotated[AwareDatetime, Field(lt=_LATEST)] | None = Field(None, description="To this time.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.advance is None) == (self.set is None):
            raise ValueError("one of the two is needed, advance or set")
        return self


class RetiredBody(BaseModel):
    """The resources and features that answer 410, named as in the setting `icws.retired`."""

    model_config = ConfigDict(extra="forbid")

    retired: list[Annotated[str, Field(max_length=200)]] = Field(max_length=1_000)


class EndBody(BaseModel):
    """Why a session ends. `idle`: it expires."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["idle", "administrator", "logged_on_elsewhere", "logged_off", "user_deleted"]


class TestingBody(BaseModel):
    """What a test finds here."""

    clock: ClockBody
    can_reset: bool = Field(description="Whether the server keeps everything in memory, so that it can be reset.")
    faults: list[FaultBody]
    pauses: list[PauseBody]
    retired: list[str]
    operations: list[str] = Field(description="What a fault can be ordered for: method and route.")
    errors: dict[str, ToldError] = Field(description="What it can be, by name.")
    kept: dict[str, int] = Field(description="How many of each thing the server keeps in memory.")


def _testing(parts: PartsOfApp) -> Testing:
    if parts.testing is None:
        raise AdminError(404, "not_found", "The setting testing is off.")
    return parts.testing


Controls = Annotated[Testing, Depends(_testing)]


@router.get("", summary="Show all that tests can control")
async def look(parts: PartsOfApp, controls: Controls) -> TestingBody:
    """What can be ordered, what is, and what the server keeps in memory."""
    faults = controls.faults
    return TestingBody(
        clock=_clock(controls),
        can_reset=controls.reset is not None,
        faults=[_fault(each) for each in faults.ordered],
        pauses=[told(each) for each in parts.ledger.transactions.pauses.ordered],
        retired=list(controls.retired()),
        operations=sorted(str(each) for each in faults.operations),
        errors={
            name: ToldError(status=told.status, error_id=told.error_id, error_code=told.error_code)
            for name, told in faults.errors.items()
        },
        kept=dict(controls.kept()),
    )


@router.post("/reset", summary="Go back to the first inventory", status_code=204, openapi_extra=OPTIONAL_INVENTORY)
async def reset(request: Request, controls: Controls) -> Response:
    """Go back to the inventory that the server began with, or to the one in the body, and to nothing else.

    Sessions, holds, what was assigned since, the journal, denials, faults, pauses and retirements are gone, nobody is
    slowed down for former failures, and the clock is the host's again. Clients of former sessions get 401, their
    streams end.
    """
    if controls.reset is None:
        message = (
            "This server has a data directory, and a reset would empty it. Tests that reset start a server of their own"
            " with 'seatkeeper serve --ephemeral --testing'."
        )
        raise AdminError(409, "not_ephemeral", message)
    body = await request.body()
    with refused_by_place("inventory"):
        await controls.reset(body, content_type_of(request) if body else "")
    return Response(status_code=204)


@router.get("/clock", summary="Show the clock")
async def look_at_clock(controls: Controls) -> ClockBody:
    """The time that the server goes by."""
    return _clock(controls)


@router.post("/clock", summary="Set the clock forward")
async def set_clock(body: SetClockBody, parts: PartsOfApp, controls: Controls) -> ClockBody:
    """Set the clock forward; it goes on from there.

    When this answers, all that is due by then has happened: every session that was idle for the whole time-out has
    expired, and every transaction that waited too long has failed. A session with an open stream is not idle: its
    pings would have shown that.
    """
    forward = _milliseconds(body, controls.clock())
    if forward < 0:
        message = (
            f"The clock shows {moment(controls.clock()).isoformat()} and cannot be set back: the journal's times never"
            " go back. A reset brings the host's time back."
        )
        raise AdminError(409, "clock_backwards", message)
    if controls.clock() + forward >= _milliseconds_of(_LATEST):
        raise AdminError(422, "invalid_request", f"The clock can be set to times before {_LATEST:%Y-%m-%d} only.")
    controls.clock.advance(forward)
    await parts.ledger.catch_up()
    return _clock(controls)


@router.get("/faults", summary="List ordered faults")
async def list_faults(controls: Controls) -> FaultList:
    """The faults that are ordered and not used up."""
    return FaultList(faults=[_fault(each) for each in controls.faults.ordered])


@router.post("/faults", summary="Order a fault", status_code=201)
async def order_fault(body: OrderBody, controls: Controls) -> FaultBody:
    """Let the next requests of a route fail, or take longer, or both.

    Of several faults for a request the oldest happens to it, and no other. A request counts from its beginning, also
    where its client leaves.
    """
    operation = Operation(body.method.upper(), body.route)
    try:
        fault = controls.faults.order(
            operation, session=body.session, error=body.error, delay=body.delay, times=body.times
        )
    except FaultRefused as refused:
        raise AdminError(422, "invalid_fault", str(refused)) from refused
    return _fault(fault)


@router.delete("/faults", summary="Remove all faults", status_code=204)
async def clear_faults(controls: Controls) -> Response:
    """Let no fault happen any more."""
    controls.faults.clear()
    return Response(status_code=204)


@router.delete("/faults/{fault}", summary="Remove a fault", status_code=204)
async def clear_fault(fault: int, controls: Controls) -> Response:
    """Let this fault not happen any more."""
    if not controls.faults.clear(fault):
        raise AdminError(404, "unknown_fault", f"There is no fault {fault}: it is used up or cleared, or never was.")
    return Response(status_code=204)


@router.post("/sessions/{session}/end", summary="End a session for a reason", status_code=204)
async def end_session(session: str, body: EndBody, parts: PartsOfApp) -> Response:
    """End a session for a reason, which its client is told; `idle` is what it is told when it expires."""
    await end(session, EndReason[body.reason.upper()], parts)
    return Response(status_code=204)


@router.get("/retired", summary="List what answers 410")
async def list_retired(controls: Controls) -> RetiredBody:
    """The resources and features that answer 410 now."""
    return RetiredBody(retired=list(controls.retired()))


@router.put("/retired", summary="Let resources or features answer 410")
async def retire(body: RetiredBody, controls: Controls) -> RetiredBody:
    """Have exactly these answer 410 from now on; an empty list brings all back."""
    try:
        controls.retire(tuple(body.retired))
    except ValueError as error:
        raise AdminError(422, "invalid_request", f"retired: {error}.") from error
    return body


def _clock(controls: Testing) -> ClockBody:
    return ClockBody(now=moment(controls.clock()), ahead_seconds=controls.clock.ahead / 1000)


def _milliseconds(body: SetClockBody, now: int) -> int:
    """How far forward the clock is to be set."""
    if body.set is not None:
        return _milliseconds_of(body.set) - now
    return round((body.advance or 0) * 1000)


def _milliseconds_of(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _fault(fault: Fault) -> FaultBody:
    return FaultBody(
        id=fault.id,
        method=fault.operation.method,
        route=fault.operation.route,
        session=fault.session,
        error=fault.error,
        delay=fault.delay,
        left=fault.left,
    )
