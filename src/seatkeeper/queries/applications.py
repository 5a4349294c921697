"""The applications of a runtime, by name and page by page (mobilefirst contract 6.3)."""

from collections.abc import Iterable, Mapping
from enum import Enum
from operator import attrgetter
from typing import Any, Final, NamedTuple

from msgspec import convert
from sqlalchemy import Connection, Row, func, or_, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Application, ApplicationVersion, Category, Configuration, LicenseType
from seatkeeper.licensing.entities import fold
from seatkeeper.queries.lists import can_be_stored

_a = tables.applications.c
REGISTERED: Final = func.json_array_length(_a.versions) > 0
"""Of an application: it has a version."""

IS_THERE: Final = or_(_a.category.is_not(None), REGISTERED)
"""Of an application: one with neither is but the holder of a token that a transaction has reserved for it."""


class ApplicationOrder(Enum):
    """By what applications are ordered: both are those of the version that was deployed last."""

    DISPLAY_NAME = "display_name"
    DEPLOYED_AT = "deployed_at"


class ApplicationsPage(NamedTuple):
    """Some of a runtime's registered applications in their order, and how many of them there are in all."""

    items: list[Application]
    total: int


def application_named(connection: Connection, runtime_id: int, name: str) -> Application | None:
    """The application of exactly this name in a runtime; None where there is none.

    It may have a configuration alone, and no version.
    """
    if not can_be_stored(name):
        return None
    wanted = select(tables.applications).where(_a.runtime_id == runtime_id, _a.name == name, IS_THERE)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _application(row)


def applications_of(connection: Connection, runtime_id: int) -> list[Application]:
    """Every application of a runtime in the order of their names: configured, registered, or both."""
    wanted = select(tables.applications).where(_a.runtime_id == runtime_id, IS_THERE).order_by(_a.name)
    return [_application(row) for row in connection.execute(wanted)]


def registered_page(
    connection: Connection, runtime_id: int, *, order: ApplicationOrder, descending: bool, first: int, limit: int
) -> ApplicationsPage:
    """At most `limit` of a runtime's applications that have a version, the first of them at `first`, from 0.

    They are ordered by what their versions say, which the tables hold as one text; hence all are read. Text is ordered
    without case, and ties break by the applications' names, ascending.
    """
    wanted = select(tables.applications).where(_a.runtime_id == runtime_id, REGISTERED).order_by(_a.name)
    found = [_application(row) for row in connection.execute(wanted)]
    found.sort(key=_KEYS[order], reverse=descending)
    return ApplicationsPage(found[first : first + limit], len(found))


def deployed_last(versions: Iterable[ApplicationVersion]) -> ApplicationVersion:
    """That one of some versions, at least one, which was registered last; the greatest where it was in one moment."""
    return max(versions, key=attrgetter("deployed_at", "platform", "version"))


def _by_display_name(application: Application) -> str:
    return fold(deployed_last(application.versions).display_name or application.name)


def _by_deployment(application: Application) -> int:
    return deployed_last(application.versions).deployed_at


_KEYS: Final[Mapping[ApplicationOrder, Any]] = {
    ApplicationOrder.DISPLAY_NAME: _by_display_name,
    ApplicationOrder.DEPLOYED_AT: _by_deployment,
}


def _application(row: Row[Any]) -> Application:
    configuration = None
    if row.category is not None:
        configuration = Configuration(Category(row.category), LicenseType(row.license_type))
    return Application(
        id=row.id,
        runtime_id=row.runtime_id,
        name=row.name,
        configuration=configuration,
        versions=convert(row.versions, tuple[ApplicationVersion, ...]),
        blocked=row.blocked,
    )
