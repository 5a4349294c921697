"""What is told of applications, their platforms and their versions: artifacts, each with a name and a link.

All three have the same members (mobilefirst contract 6.3). Of an application and of a platform, which are several
versions, they are those of the version that was registered last.
"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from seatkeeper.licensing.deployment import Application, ApplicationVersion
from seatkeeper.mobilefirst.calls import Asked
from seatkeeper.mobilefirst.rendering import time_of
from seatkeeper.queries.applications import deployed_last

APP_DESCRIPTOR: Final = "APP_DESCRIPTOR"
"""The type of all of them."""


class Project(Struct, frozen=True):
    """The runtime that something belongs to."""

    name: str


class Artifact(Struct, frozen=True, rename="camel"):
    """An artifact. `display_name` is None where nobody gave it one.

    `product_version` stands where the artifact is the whole answer. `environments` are the platforms of an
    application, and `versions` those of a platform, where the whole tree is told.
    """

    deploy_time: str
    display_name: str | None
    link: str
    project: Project
    resource_name: str
    resource_type: str = APP_DESCRIPTOR
    product_version: str | None = None
    environments: "list[Artifact] | None" = None
    versions: "list[Artifact] | None" = None


def resource_name(*names: str) -> str:
    """The name of an artifact, made of those of its application, its platform and its version, as many as it has."""
    return "$".join(names)


def artifact(asked: Asked, runtime: str, names: tuple[str, ...], versions: Iterable[ApplicationVersion]) -> Artifact:
    """The artifact of these names in a runtime, which has these versions, at least one."""
    last = deployed_last(versions)
    return Artifact(
        deploy_time=time_of(last.deployed_at),
        display_name=last.display_name or None,
        link=asked.link("runtimes", runtime, "applications", *names),
        project=Project(runtime),
        resource_name=resource_name(*names),
    )


async def trees(asked: Asked, runtime: str, applications: Sequence[Application]) -> list[Artifact]:
    """Applications with their platforms, and these with their versions.

    They are made in a thread: of thousands that takes so long that others would notice.
    """
    return await asyncio.to_thread(lambda: [_tree(asked, runtime, each) for each in applications])


def _tree(asked: Asked, runtime: str, application: Application) -> Artifact:
    platforms = groupby(application.versions, key=attrgetter("platform"))
    environments = [_platform(asked, runtime, (application.name, name), list(of_it)) for name, of_it in platforms]
    return replace(artifact(asked, runtime, (application.name,), application.versions), environments=environments)


def _platform(asked: Asked, runtime: str, names: tuple[str, ...], versions: list[ApplicationVersion]) -> Artifact:
    each = [artifact(asked, runtime, (*names, version.version), (version,)) for version in versions]
    return replace(artifact(asked, runtime, names, versions), versions=each)
