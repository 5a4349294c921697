"""Runtimes and their applications as administrators see them: how many there are, and which tokens they hold."""

from msgspec import Struct
from sqlalchemy import Connection, func, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Application, Runtime, TransactionError
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseName
from seatkeeper.licensing.policy import DeploymentPolicy
from seatkeeper.licensing.tokens import needed_token, why_none_is_left
from seatkeeper.queries.applications import IS_THERE, application_named, applications_of
from seatkeeper.queries.holders import assignments_of
from seatkeeper.queries.runtimes import every_runtime, runtime_named
from seatkeeper.queries.tokens import bought_tokens

_a, _l = tables.applications.c, tables.licenses.c


class RuntimeView(Struct, frozen=True):
    """A runtime, and how many applications are configured or registered there."""

    runtime: Runtime
    applications: int


class ApplicationView(Struct, frozen=True):
    """An application, and the licenses whose tokens it holds: two while a transaction lets it change to another.

    `why_blocked`: why it cannot have its token; None of one that is not blocked, or is about to have it again.
    """

    application: Application
    tokens: tuple[LicenseName, ...]
    why_blocked: TransactionError | None


def runtimes_with_counts(connection: Connection) -> list[RuntimeView]:
    """Every runtime, by name."""
    rows = connection.execute(select(_a.runtime_id, func.count()).where(IS_THERE).group_by(_a.runtime_id))
    counts: dict[int, int] = {row[0]: row[1] for row in rows}
    return [RuntimeView(each, counts.get(each.id, 0)) for each in every_runtime(connection)]


def runtime_with_count(connection: Connection, name: str) -> RuntimeView | None:
    """The runtime of exactly this name, or None."""
    runtime = runtime_named(connection, name)
    if runtime is None:
        return None
    count = connection.execute(select(func.count()).where(_a.runtime_id == runtime.id, IS_THERE)).scalar_one()
    return RuntimeView(runtime, count)


def deployed(connection: Connection, runtime: Runtime, *, policy: DeploymentPolicy, now: int) -> list[ApplicationView]:
    """Every application of a runtime, by name. `now`: in milliseconds, for tokens that have expired."""
    return _views(connection, applications_of(connection, runtime.id), policy, now)


def deployed_as(
    connection: Connection, runtime: Runtime, name: str, *, policy: DeploymentPolicy, now: int
) -> ApplicationView | None:
    """The application of exactly this name in a runtime, or None. `now` as `deployed` has it."""
    found = application_named(connection, runtime.id, name)
    return None if found is None else _views(connection, [found], policy, now)[0]


def _views(
    connection: Connection, applications: list[Application], policy: DeploymentPolicy, now: int
) -> list[ApplicationView]:
    held = assignments_of(connection, {HolderKind.APPLICATION: [each.id for each in applications]})
    licenses = connection.execute(select(_l.id, _l.owner, _l.name))
    names = {number: LicenseName(owner, name) for number, owner, name in licenses}
    lacked = {each.id: name for each in applications if each.blocked and (name := needed_token(policy, each))}
    why = {name: why_none_is_left(*bought_tokens(connection, name), now) for name in set(lacked.values())}
    return [
        ApplicationView(
            application=each,
            tokens=tuple(names[token] for token in held.get(Holder(HolderKind.APPLICATION, each.id), ())),
            why_blocked=why[lacked[each.id]] if each.id in lacked else None,
        )
        for each in applications
    ]
