"""Runtimes and their applications as administrators see them: how many there are, and which tokens they hold."""

from msgspec import Struct
from sqlalchemy import Connection, func, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Application, Runtime
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseName
from seatkeeper.queries.applications import application_named, applications_of
from seatkeeper.queries.holders import assignments_of
from seatkeeper.queries.runtimes import every_runtime, runtime_named

_a, _l = tables.applications.c, tables.licenses.c


class RuntimeView(Struct, frozen=True):
    """A runtime, and how many applications are configured or registered there."""

    runtime: Runtime
    applications: int


class ApplicationView(Struct, frozen=True):
    """An application, and the licenses whose tokens it holds: two while a transaction lets it change to another."""

    application: Application
    tokens: tuple[LicenseName, ...]


def runtimes_with_counts(connection: Connection) -> list[RuntimeView]:
    """Every runtime, by name."""
    rows = connection.execute(select(_a.runtime_id, func.count()).group_by(_a.runtime_id))
    counts: dict[int, int] = {row[0]: row[1] for row in rows}
    return [RuntimeView(each, counts.get(each.id, 0)) for each in every_runtime(connection)]


def runtime_with_count(connection: Connection, name: str) -> RuntimeView | None:
    """The runtime of exactly this name, or None."""
    runtime = runtime_named(connection, name)
    if runtime is None:
        return None
    count = connection.execute(select(func.count()).where(_a.runtime_id == runtime.id)).scalar_one()
    return RuntimeView(runtime, count)


def deployed(connection: Connection, runtime: Runtime) -> list[ApplicationView]:
    """Every application of a runtime, by name."""
    return _views(connection, applications_of(connection, runtime.id))


def deployed_as(connection: Connection, runtime: Runtime, name: str) -> ApplicationView | None:
    """The application of exactly this name in a runtime, or None."""
    found = application_named(connection, runtime.id, name)
    return None if found is None else _views(connection, [found])[0]


def _views(connection: Connection, applications: list[Application]) -> list[ApplicationView]:
    held = assignments_of(connection, {HolderKind.APPLICATION: [each.id for each in applications]})
    licenses = connection.execute(select(_l.id, _l.owner, _l.name))
    names = {number: LicenseName(owner, name) for number, owner, name in licenses}
    return [
        ApplicationView(each, tuple(names[token] for token in held.get(Holder(HolderKind.APPLICATION, each.id), ())))
        for each in applications
    ]
