"""`/diagnostic`: whether the server and its runtimes do what they should (mobilefirst contract 7).

Of `/diagnostic/healthCheck` the vendor documents no answer. Its tutorial has Prometheus ask there, so it is metrics.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from seatkeeper.identity.rights import Right
from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.negotiation import TEXT
from seatkeeper.mobilefirst.rendering import Document, Download
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.runtime_states import RuntimeState, runtime_states
from seatkeeper.settings import MobileFirstSettings

_AVAILABLE: Final = "available"
_UNAVAILABLE: Final = "unavailable"
_NOT_INSTALLED: Final = "not installed"

_SAVES: Final = say("Changes are saved.")
_DOES_NOT_SAVE: Final = say("Changes cannot be saved at the moment; the server's log says why.")

_ARRAYS: Final = {
    "Providers": ("Providers", "Provider"),
    "analyticsService": ("analyticsServiceArray", "analyticsService"),
    "runningProjectStatuses": (None, "runningProjectStatuses"),
    "runtimeDiagnostic": ("runtimeDiagnosticArray", "runtimeDiagnostic"),
}


class _Service(Struct, frozen=True):
    status: str


class _Project(Struct, frozen=True, rename="camel"):
    """A runtime that runs. `synchronized`: everywhere it is what it is here, since it is nowhere else."""

    has_apps_or_adapter: bool
    name: str
    running: bool = True
    synchronized: str = "ok"


class _Database(Struct, frozen=True):
    message: str
    ok: str


class _Provider(Struct, frozen=True, rename={"database": "DatabaseDiagnosticBean"}):
    database: _Database


class _Instance(Struct, frozen=True, rename={"providers": "Providers", "overall_status": "overallStatus"}):
    providers: tuple[_Provider, ...]
    overall_status: str


class _RuntimeDiagnostic(Struct, frozen=True):
    name: str
    instances: tuple[_Instance, ...]


class Diagnostic:
    """What is known of the state of the server."""

    def __init__(self, ledger: Ledger, reads: Reads, settings: MobileFirstSettings) -> None:
        self._ledger = ledger
        self._reads = reads
        self._product_version = settings.product_version

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where it is."""
        return (
            Resource("GET", "diagnostic", Right.APPLICATIONS_READ, self._diagnostic),
            Resource("GET", "diagnostic/healthCheck", Right.APPLICATIONS_READ, self._health, (TEXT,)),
        )

    async def _diagnostic(self, asked: Asked) -> Document:
        states = await self._reads.run(runtime_states)
        healthy = self._ledger.healthy
        database = _Database(asked.said(_SAVES if healthy else _DOES_NOT_SAVE), "Ok" if healthy else "Error")
        instance = _Instance((_Provider(database),), database.ok)
        running = [each for each in states if each.running]
        told = {
            "adminDB": _Service(_AVAILABLE if healthy else _UNAVAILABLE),
            "analyticsService": (),
            "configService": _Service(_NOT_INSTALLED),
            "productVersion": self._product_version,
            "pushDiagnostic": _Service(_NOT_INSTALLED),
            "runningProjectStatuses": _alone([_Project(each.applications > 0, each.name) for each in running]),
            "runtimeDiagnostic": [_RuntimeDiagnostic(each.name, (instance,)) for each in running],
        }
        return Document("diagnostic-info", told, _ARRAYS)

    async def _health(self, _asked: Asked) -> Download:
        states = await self._reads.run(runtime_states)
        return Download(generate_latest(_Health(states, healthy=self._ledger.healthy)), f"{TEXT}; version=0.0.4")


def _alone(projects: list[_Project]) -> _Project | list[_Project]:
    """The vendor documents one object here, for all runtimes that run: one alone is told so, several as a list."""
    return projects[0] if len(projects) == 1 else projects


class _Health(Collector):
    """The metrics, as the library takes them."""

    def __init__(self, states: Sequence[RuntimeState], *, healthy: bool) -> None:
        self._states = states
        self._healthy = healthy

    def collect(self) -> Iterator[Metric]:
        """Every metric; by runtime but for the first."""
        yield GaugeMetricFamily(
            "seatkeeper_ledger_healthy", "1 while the ledger takes and commits commands, else 0.", self._healthy
        )
        running, applications, blocked, unfinished = (
            GaugeMetricFamily(f"seatkeeper_runtime_{name}", text, labels=("runtime",))
            for name, text in (
                ("running", "1 for a runtime that runs, 0 for one that does not."),
                ("applications", "Applications that have a version."),
                ("blocked_applications", "Applications that lack their token."),
                ("unfinished_transactions", "Transactions that wait or are being carried out."),
            )
        )
        for each in self._states:
            running.add_metric((each.name,), each.running)
            applications.add_metric((each.name,), each.applications)
            blocked.add_metric((each.name,), each.blocked)
            unfinished.add_metric((each.name,), each.unfinished)
        yield from (running, applications, blocked, unfinished)
