"""Explain: what acquiring a license would come to, and why."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.identity.rights import Right
from seatkeeper.inventory.names import license_name
from seatkeeper.licensing.commands import Explain
from seatkeeper.licensing.verdicts import Ground, Verdict

router = APIRouter(tags=["explain"])


class GroundBody(BaseModel):
    """What a grant rests on."""

    kind: str = Field(description="Whose assignment: `user` or `station`.")
    method: str = Field(description="`assignable` or `concurrent`.")


class VerdictBody(BaseModel):
    """What the check came to."""

    license: str
    granted: bool
    status: int = Field(description="The ICWS licenseStatus.")
    reason: str | None = Field(description="Why it was refused, for programs; null when granted.")
    sentence: str = Field(description="Why it was refused, with the numbers; `none` when granted.")
    ground: GroundBody | None


class ExplanationBody(BaseModel):
    """The verdict, and what each ground alone came to in the order they were tried."""

    verdict: VerdictBody
    tried: list[VerdictBody]


_Name = Query(min_length=1, max_length=200)
_Perhaps = Query(max_length=200)


@router.get("/explain", summary="Explain what a user would get", dependencies=[needs(Right.EXPLAIN)])
async def explain(
    parts: PartsOfApp,
    *,
    user: Annotated[str, _Name],
    license_: Annotated[str, Query(alias="license", min_length=1, max_length=400)],
    station: Annotated[str | None, _Perhaps] = None,
    machine: Annotated[str | None, _Perhaps] = None,
) -> ExplanationBody:
    """What it would come to if `user` asked for `license` now, at `station`, from the address `machine`.

    Nothing is acquired. Without `station` the user is taken to sit at none; without `machine`, where they are.
    """
    explanation = await parts.ledger.submit(
        Explain(
            login=user,
            license=license_name(license_, parts.owner),
            station=station or None,
            machine=_address(machine) if machine else None,
        )
    )
    return ExplanationBody(verdict=_verdict(explanation.verdict), tried=[_verdict(each) for each in explanation.tried])


def _address(machine: str) -> str:
    """A machine as log-ons have it: an IP address in its usual spelling."""
    try:
        return str(ip_address(machine.strip()))
    except ValueError:
        message = f"The machine {machine} is no IP address; a machine is one, as in 192.0.2.7."
        raise AdminError(422, "invalid_request", message) from None


def _verdict(verdict: Verdict) -> VerdictBody:
    return VerdictBody(
        license=verdict.license,
        granted=verdict.granted,
        status=verdict.status.value,
        reason=verdict.reason,
        sentence=verdict.sentence,
        ground=_ground(verdict.ground),
    )


def _ground(ground: Ground | None) -> GroundBody | None:
    if ground is None:
        return None
    return GroundBody(kind=ground.kind.name.lower(), method=ground.method.name.lower())
