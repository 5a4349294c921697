"""The applications of a runtime: their license configurations, versions and tokens (docs/mobilefirst.md)."""

from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import Parts, PartsOfApp
from seatkeeper.admin.runtimes import UNFINISHED, UNKNOWN, RuntimeName, no_runtime
from seatkeeper.admin.times import moment
from seatkeeper.admin.words import as_in_a_file
from seatkeeper.identity.rights import Right
from seatkeeper.inventory import values
from seatkeeper.inventory.names import spelled
from seatkeeper.licensing.deployment import Category, Configuration, LicenseType
from seatkeeper.licensing.deployment_commands import DefineApplication, RemoveApplication, VersionNamed
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.refusals import Code
from seatkeeper.queries.deployed import ApplicationView, deployed, deployed_as
from seatkeeper.queries.runtimes import ReadOfRuntime, of_runtime

T = TypeVar("T")

router = APIRouter(tags=["applications"])

DeployedName = Annotated[str, as_in_a_file(values.DeployedName)]
ApplicationName = Annotated[DeployedName, Path(description="Exactly as it is spelled.")]


class ConfigurationBody(BaseModel):
    """A license configuration."""

    model_config = ConfigDict(extra="forbid")

    category: Category = Category.UNDEFINED
    license_type: LicenseType = Field(LicenseType.APPLICATION, description="Which kind of token it takes.")


class VersionName(BaseModel):
    """A version of an application for one platform."""

    model_config = ConfigDict(extra="forbid")

    platform: DeployedName
    version: DeployedName
    display_name: Annotated[str, as_in_a_file(values.ShownText)] = ""


class VersionBody(VersionName):
    """A version that is registered."""

    deployed_at: datetime = Field(description="When it was registered last.")


class ApplicationDetails(BaseModel):
    """What an application is to be: it has a license configuration, or versions, or both."""

    model_config = ConfigDict(extra="forbid")

    configuration: ConfigurationBody | None = Field(None, description="Null: nobody has configured it.")
    versions: Annotated[list[VersionName], Field(max_length=10_000)] = Field(
        default_factory=list, description="Exactly these."
    )


class ApplicationBody(BaseModel):
    """An application of a runtime."""

    runtime: str
    name: str
    configuration: ConfigurationBody | None = Field(description="Null: nobody has configured it.")
    versions: list[VersionBody]
    blocked: bool = Field(description="Tokens are counted, and it lacks its own.")
    why_blocked: str | None = Field(
        description="In one sentence. Null where it is not blocked, or is to have a token at any moment."
    )
    tokens: list[str] = Field(
        description="The licenses whose tokens it holds, by `NAME`, or `OWNER:NAME` where the owner is not the"
        " configured one: one at most, but two while it changes to another."
    )


class ApplicationList(BaseModel):
    """Every application of a runtime, by name."""

    applications: list[ApplicationBody]


class ApplicationSet(BaseModel):
    """The application as it is now."""

    changed: bool = Field(description="Whether it was not there before, or not so.")
    application: ApplicationBody


@router.get(
    "/runtimes/{runtime}/applications",
    summary="List the applications of a runtime",
    dependencies=[needs(Right.APPLICATIONS_READ)],
    responses=UNKNOWN,
)
async def list_applications(runtime: RuntimeName, parts: PartsOfApp) -> ApplicationList:
    """Every application that is configured or registered in a runtime, with the tokens that it holds."""
    found = await _read(
        parts, runtime, partial(deployed, policy=parts.ledger.policy.deployment, now=parts.ledger.now())
    )
    return ApplicationList(applications=[_application(runtime, each, parts.owner) for each in found])


@router.get(
    "/runtimes/{runtime}/applications/{name:path}",
    summary="Show an application",
    dependencies=[needs(Right.APPLICATIONS_READ)],
    responses=UNKNOWN,
)
async def show_application(runtime: RuntimeName, name: ApplicationName, parts: PartsOfApp) -> ApplicationBody:
    """One application of a runtime."""
    read = partial(deployed_as, name=name, policy=parts.ledger.policy.deployment, now=parts.ledger.now())
    found = await _read(parts, runtime, read)
    if found is None:
        message = (
            f"There is no application {name} in runtime {runtime}; upper and lower case count. 'seatkeeper application"
            f" list {runtime}' lists them."
        )
        raise AdminError(404, Code.UNKNOWN_APPLICATION.value, message)
    return _application(runtime, found, parts.owner)


@router.put(
    "/runtimes/{runtime}/applications/{name:path}",
    summary="Say what an application is",
    dependencies=[needs(Right.INVENTORY_WRITE)],
    responses=UNKNOWN | UNFINISHED,
)
async def define_application(
    runtime: RuntimeName, name: ApplicationName, body: ApplicationDetails, parts: PartsOfApp
) -> ApplicationSet:
    """Make an application what is said, all of it at once and without a transaction: what is left out goes."""
    said = body.configuration
    command = DefineApplication(
        runtime=runtime,
        name=name,
        configuration=None if said is None else Configuration(said.category, said.license_type),
        versions=tuple(VersionNamed(each.platform, each.version, each.display_name) for each in body.versions),
    )
    changed = await parts.ledger.submit(command)
    return ApplicationSet(changed=changed, application=await show_application(runtime, name, parts))


@router.delete(
    "/runtimes/{runtime}/applications/{name:path}",
    summary="Remove an application",
    status_code=204,
    dependencies=[needs(Right.INVENTORY_WRITE)],
    responses=UNKNOWN | UNFINISHED,
)
async def remove_application(runtime: RuntimeName, name: ApplicationName, parts: PartsOfApp) -> Response:
    """Remove an application with its license configuration and all its versions; its token comes back."""
    await parts.ledger.submit(RemoveApplication(runtime=runtime, name=name))
    return Response(status_code=204)


async def _read(parts: Parts, runtime: str, read: ReadOfRuntime[T]) -> T:
    """What `read` finds in a runtime. Raises AdminError 404 where there is no such runtime."""
    found = await parts.reads.run(partial(of_runtime, name=runtime, read=read))
    if found is None:
        raise no_runtime(runtime)
    return found[0]


def _application(runtime: str, view: ApplicationView, owner: str) -> ApplicationBody:
    application = view.application
    configured = application.configuration
    return ApplicationBody(
        runtime=runtime,
        name=application.name,
        configuration=None
        if configured is None
        else ConfigurationBody(category=configured.category, license_type=configured.license_type),
        versions=[
            VersionBody(
                platform=each.platform,
                version=each.version,
                display_name=each.display_name,
                deployed_at=moment(each.deployed_at),
            )
            for each in application.versions
        ],
        blocked=application.blocked,
        why_blocked=None if view.why_blocked is None else str(sentence_of(view.why_blocked)),
        tokens=[spelled(each, owner) for each in view.tokens],
    )
