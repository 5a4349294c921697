"""The applications of a runtime with their platforms and versions, and how versions come and go (contract 6.3).

An application is there while it has a version; one that has a license configuration alone was never deployed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from msgspec.structs import replace

from seatkeeper.identity.rights import Right
from seatkeeper.licensing.deployment import ApplicationVersion, Fault, RemoveVersion, TransactionError
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.artifacts import artifact, trees
from seatkeeper.mobilefirst.bodies import json_object
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.deployments import Deployments
from seatkeeper.mobilefirst.descriptors import registration
from seatkeeper.mobilefirst.errors import Failure, no_application, not_found
from seatkeeper.mobilefirst.paging import descending, paged, paging_of
from seatkeeper.mobilefirst.reading import read_of_runtime
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.queries.applications import ApplicationOrder, application_named, registered_page
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import MobileFirstSettings

_ORDERS: Final[Mapping[str, ApplicationOrder]] = {
    "displayName": ApplicationOrder.DISPLAY_NAME,
    "deployTime": ApplicationOrder.DEPLOYED_AT,
}

_ALL: Final = "runtimes/{runtime}/applications"
_APPLICATION: Final = f"{_ALL}/{{application}}"
_PLATFORM: Final = f"{_APPLICATION}/{{platform}}"
_VERSION: Final = f"{_PLATFORM}/{{version}}"


class Applications:
    """Tells clients which applications there are, and deploys versions of them."""

    def __init__(self, deployments: Deployments, reads: Reads, settings: MobileFirstSettings) -> None:
        self._deployments = deployments
        self._reads = reads
        self._settings = settings

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Its operations."""
        return (
            Resource("GET", _ALL, Right.APPLICATIONS_READ, self._list),
            Resource("POST", _ALL, Right.APPLICATIONS_DEPLOY, self._register),
            Resource("GET", _APPLICATION, Right.APPLICATIONS_READ, partial(self._one, "application")),
            Resource("GET", _PLATFORM, Right.APPLICATIONS_READ, partial(self._one, "appenv")),
            Resource("GET", _VERSION, Right.APPLICATIONS_READ, partial(self._one, "appversion")),
            Resource("DELETE", _VERSION, Right.APPLICATIONS_DEPLOY, self._remove),
        )

    async def _list(self, asked: Asked) -> Document:
        """A page of a runtime's applications. `expand=true` tells their platforms and versions too, in JSON.

        An order that is not known is the default one.
        """
        paging, expand = paging_of(asked.query), asked.flag("expand")
        by, reverse = descending(asked.query("orderBy"))
        order = _ORDERS.get(by)
        runtime = asked.path["runtime"]
        page = await read_of_runtime(
            self._reads,
            runtime,
            lambda connection, there: registered_page(
                connection,
                there.id,
                order=order or ApplicationOrder.DISPLAY_NAME,
                descending=reverse and order is not None,
                first=paging.first,
                limit=paging.size,
            ),
        )
        if expand and asked.in_json:
            items = await trees(asked, runtime, page.items)
        else:
            items = [artifact(asked, runtime, (each.name,), each.versions) for each in page.items]
        return Document("applications", paged(paging, items, page.total, self._settings.product_version))

    async def _one(self, root: str, asked: Asked) -> Document:
        """An application, one of its platforms, or one of its versions: as much as the path names."""
        runtime = asked.path["runtime"]
        names = tuple(asked.path[name] for name in ("application", "platform", "version") if name in asked.path)
        application = await read_of_runtime(
            self._reads, runtime, lambda connection, there: application_named(connection, there.id, names[0])
        )
        if application is None or not application.versions:
            raise no_application(runtime, names[0])
        versions = [each for each in application.versions if _is_below(each, names[1:])]
        if not versions:
            raise _not_registered(*names)
        told = artifact(asked, runtime, names, versions)
        return Document(root, replace(told, product_version=self._settings.product_version))

    async def _register(self, asked: Asked) -> Document:
        """Register a version of an application, or register it again, as its descriptor says."""
        change = registration(await json_object(asked.request))
        asked.about(f"{asked.path['runtime']}/{change.application}")
        return await self._deployments.carry_out(asked, change, "deploy-application-result")

    async def _remove(self, asked: Asked) -> Document:
        """Remove a version of an application."""
        path = asked.path
        change = RemoveVersion(path["application"], path["platform"], path["version"])
        return await self._deployments.carry_out(asked, change, "delete-appversion-result")


def _not_registered(application: str, platform: str, version: str | None = None) -> Failure:
    """404: an application has no version for a platform, or not this one."""
    if version is None:
        return not_found(
            say("Application {application} has no version for {platform}.", application=application, platform=platform)
        )
    facts: dict[str, str | int] = {"application": application, "platform": platform, "version": version}
    return not_found(sentence_of(TransactionError(Fault.NO_VERSION, facts)))


def _is_below(version: ApplicationVersion, names: tuple[str, ...]) -> bool:
    """Whether a version is the one of these names: a platform, or a platform and a version, or any of all."""
    return version.key[: len(names)] == names
