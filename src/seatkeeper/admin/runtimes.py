"""Runtimes: where applications run (docs/mobilefirst.md)."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError, ErrorBody
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.words import as_in_a_file
from seatkeeper.identity.rights import Right
from seatkeeper.inventory import values
from seatkeeper.licensing.deployment_commands import DefineRuntime, RemoveRuntime
from seatkeeper.licensing.refusals import Code
from seatkeeper.queries.deployed import RuntimeView, runtime_with_count, runtimes_with_counts

router = APIRouter(tags=["applications"])

UNKNOWN: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is no such runtime, or no such application in it.", "model": ErrorBody},
}
"""What is documented of resources that ask for what is there."""

UNFINISHED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "A transaction is under way there; try again when it is over.", "model": ErrorBody},
}
"""What is documented of resources that change what a transaction may be changing."""

RuntimeName = Annotated[str, as_in_a_file(values.RuntimeName), Path(description="Exactly as it is spelled.")]


class RuntimeBody(BaseModel):
    """A runtime."""

    name: str = Field(description="The context root of its application server, without a slash.")
    running: bool = Field(description="While it does not run, nothing is deployed there.")
    applications: int = Field(description="How many applications are configured or registered there.")


class RuntimeList(BaseModel):
    """Every runtime, by name."""

    runtimes: list[RuntimeBody]


class RuntimeState(BaseModel):
    """What a runtime is to be."""

    model_config = ConfigDict(extra="forbid")

    running: Annotated[bool, Field(strict=True)] = True


class RuntimeSet(BaseModel):
    """The runtime as it is now."""

    changed: bool = Field(description="Whether it was not there before, or not so.")
    runtime: RuntimeBody


@router.get("/runtimes", summary="List runtimes", dependencies=[needs(Right.APPLICATIONS_READ)])
async def list_runtimes(parts: PartsOfApp) -> RuntimeList:
    """Every runtime, also those that do not run."""
    return RuntimeList(runtimes=[_runtime(each) for each in await parts.reads.run(runtimes_with_counts)])


@router.get(
    "/runtimes/{runtime}",
    summary="Show a runtime",
    dependencies=[needs(Right.APPLICATIONS_READ)],
    responses=UNKNOWN,
)
async def show_runtime(runtime: RuntimeName, parts: PartsOfApp) -> RuntimeBody:
    """One runtime."""
    found = await parts.reads.run(partial(runtime_with_count, name=runtime))
    if found is None:
        raise no_runtime(runtime)
    return _runtime(found)


@router.put("/runtimes/{runtime}", summary="Add, start or stop a runtime", dependencies=[needs(Right.INVENTORY_WRITE)])
async def define_runtime(runtime: RuntimeName, body: RuntimeState, parts: PartsOfApp) -> RuntimeSet:
    """Add a runtime, or start or stop one.

    A transaction that has begun in one that stops is completed; those that wait fail when their turn comes.
    """
    changed = await parts.ledger.submit(DefineRuntime(name=runtime, running=body.running))
    return RuntimeSet(changed=changed, runtime=await show_runtime(runtime, parts))


@router.delete(
    "/runtimes/{runtime}",
    summary="Remove a runtime with its applications",
    status_code=204,
    dependencies=[needs(Right.INVENTORY_WRITE)],
    responses=UNKNOWN | UNFINISHED,
)
async def remove_runtime(runtime: RuntimeName, parts: PartsOfApp) -> Response:
    """Remove a runtime and all its applications, whose tokens come back. Its transactions stay in the journal."""
    await parts.ledger.submit(RemoveRuntime(name=runtime))
    return Response(status_code=204)


def no_runtime(name: str) -> AdminError:
    """The answer where no runtime has this name."""
    message = (
        f"There is no runtime named {name}; upper and lower case count. 'seatkeeper runtime list' lists them, as GET"
        " /v1/runtimes does."
    )
    return AdminError(404, Code.UNKNOWN_RUNTIME.value, message)


def _runtime(view: RuntimeView) -> RuntimeBody:
    return RuntimeBody(name=view.runtime.name, running=view.runtime.running, applications=view.applications)
