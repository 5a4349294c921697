"""The runtimes, as a list and one by one (mobilefirst contract 6.1, 6.2)."""

from typing import Final

from msgspec import Struct

from seatkeeper.identity.rights import Right
from seatkeeper.licensing.deployment import Runtime
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.artifacts import Artifact, trees
from seatkeeper.mobilefirst.calls import VERSION, Asked, Resource
from seatkeeper.mobilefirst.reading import read_of_runtime
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.queries.applications import applications_of
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.runtimes import every_runtime
from seatkeeper.settings import MobileFirstSettings

_ALSO_STOPPED: Final = "db"
"""The mode that lists stopped runtimes too; any other is the default."""

_SYNCHRONIZED: Final = "ok"


class _Listed(Struct, frozen=True, rename="camel"):
    """A runtime in the list of all."""

    api_version: str
    link: str
    name: str
    running: bool
    synchronization_status: str


class _RuntimeInfo(Struct, frozen=True, rename="camel"):
    """What a runtime checks of its devices and adapters: nothing, since none reach a license server."""

    app_authenticity_enabled: bool = False
    analytics: dict[str, object] = {}
    security: dict[str, object] = {}
    security_checks: dict[str, object] = {}
    adapters_security_checks: dict[str, object] = {}


class _Described(Struct, frozen=True, rename="camel"):
    """A runtime by itself. It has either numbers or, where the whole is told, the things themselves.

    Numbers of devices are left out: no device reaches a license server, and 0 would say that there are none.
    """

    name: str
    product_version: str
    running: bool
    synchronization_status: str
    number_of_applications: int | None
    number_of_adapters: int | None
    applications: list[Artifact] | None
    adapters: list[object] | None
    config: dict[str, object] = {}
    confidential_clients: tuple[object, ...] = ()
    runtime_info: _RuntimeInfo = _RuntimeInfo()


class Runtimes:
    """Tells clients which runtimes there are."""

    def __init__(self, reads: Reads, settings: MobileFirstSettings) -> None:
        self._reads = reads
        self._settings = settings

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Its operations."""
        return (
            Resource("GET", "runtimes", Right.APPLICATIONS_READ, self._list),
            Resource("GET", "runtimes/{runtime}", Right.APPLICATIONS_READ, self._one),
        )

    async def _list(self, asked: Asked) -> Document:
        """The runtimes that run; with `mode=db` all of them."""
        also_stopped = asked.query("mode") == _ALSO_STOPPED
        runtimes = await self._reads.run(every_runtime)
        projects = [_listed(asked, each) for each in runtimes if each.running or also_stopped]
        return Document(
            "projectconfiguration", {"productVersion": self._settings.product_version, "projects": projects}
        )

    async def _one(self, asked: Asked) -> Document:
        """A runtime. `expand=true` tells its applications instead of their number; XML has no place for them."""
        expand = asked.flag("expand")
        runtime, applications = await read_of_runtime(
            self._reads, asked.path["runtime"], lambda connection, there: (there, applications_of(connection, there.id))
        )
        registered = [each for each in applications if each.versions]
        in_full = expand and asked.in_json
        return Document(
            "runtime",
            _Described(
                name=runtime.name,
                product_version=self._settings.product_version,
                running=runtime.running,
                synchronization_status=_status(asked, runtime),
                number_of_applications=None if expand else len(registered),
                number_of_adapters=None if expand else 0,
                applications=await trees(asked, runtime.name, registered) if in_full else None,
                adapters=[] if in_full else None,
            ),
        )


def _listed(asked: Asked, runtime: Runtime) -> _Listed:
    return _Listed(
        api_version=VERSION,
        link=asked.link("runtimes", runtime.name),
        name=runtime.name,
        running=runtime.running,
        synchronization_status=_status(asked, runtime),
    )


def _status(asked: Asked, runtime: Runtime) -> str:
    """Whether a runtime has what was deployed to it: while it runs it always has, for a change is saved and in force
    at once. An error is told in words."""
    if runtime.running:
        return _SYNCHRONIZED
    return asked.said(say("Runtime {runtime} does not run.", runtime=runtime.name))
