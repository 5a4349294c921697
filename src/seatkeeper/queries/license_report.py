"""What applications there are, which tokens they need, and how many of these were bought, are taken and are missing."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection

from seatkeeper.licensing.deployment import Application, LicenseType, Runtime, TransactionError
from seatkeeper.licensing.entities import License, LicenseKind, LicenseName, Pool
from seatkeeper.licensing.terms import usable_until
from seatkeeper.licensing.tokens import why_none_is_left
from seatkeeper.queries.applications import applications_of
from seatkeeper.queries.runtimes import every_runtime
from seatkeeper.queries.tokens import BoughtTokens, bought_tokens


class Counting(Struct, frozen=True):
    """How tokens are counted: the licenses of `owner` that are tokens, by the license type that takes them.

    `on`: applications take tokens, and lack them.
    """

    on: bool
    owner: str
    features: Mapping[LicenseType, str]


class Tokens(Struct, frozen=True):
    """The tokens of one license type, over all runtimes.

    `bought` is 0 where there is no such license. Where its seats have no bound, or it covers everybody, `bought` and
    `free` are None. `taken`: by applications. `free`: what more of them could take. `needed`: applications of this type
    that have a version. `missing`: those of them that lack their token, or would if tokens were counted. `none_left`:
    why no further one could have a token; None where it could. `usable_until`: when the tokens end, in milliseconds
    since 1970-01-01T00:00Z; None for never.
    """

    license_type: LicenseType
    feature: str
    bought: int | None
    taken: int
    free: int | None
    needed: int
    missing: int
    none_left: TransactionError | None
    usable_until: int | None


class RuntimeReport(Struct, frozen=True):
    """A runtime, and all its applications by name."""

    runtime: Runtime
    applications: tuple[Application, ...]


class LicenseReport(Struct, frozen=True):
    """The runtimes by name, also those that do not run, and the tokens of each license type that takes any."""

    runtimes: tuple[RuntimeReport, ...]
    tokens: tuple[Tokens, ...]


def license_report(connection: Connection, counting: Counting, *, now: int) -> LicenseReport:
    """All of it at one moment. `now`: in milliseconds, for what has expired."""
    runtimes = tuple(
        RuntimeReport(runtime, tuple(applications_of(connection, runtime.id))) for runtime in every_runtime(connection)
    )
    applications = [application for report in runtimes for application in report.applications]
    tokens = (
        _tokens(
            bought_tokens(connection, LicenseName(counting.owner, feature)),
            _need(applications, license_type),
            counted=counting.on,
            now=now,
        )
        for license_type, feature in counting.features.items()
    )
    return LicenseReport(runtimes, tuple(tokens))


class _Need(NamedTuple):
    """How many applications of a license type have a version, and how many of these are blocked."""

    license_type: LicenseType
    applications: int
    blocked: int


def _need(applications: list[Application], license_type: LicenseType) -> _Need:
    needing = [each for each in applications if each.versions and each.license_type is license_type]
    return _Need(license_type, len(needing), sum(each.blocked for each in needing))


def _tokens(bought: BoughtTokens, need: _Need, *, counted: bool, now: int) -> Tokens:
    none_left = why_none_is_left(*bought, now)
    seats, free = _seats(bought.license, bought.pool)
    if none_left is not None:
        free = 0
    return Tokens(
        license_type=need.license_type,
        feature=bought.name.name if bought.license is None else bought.license.name,
        bought=seats,
        taken=0 if bought.pool is None else bought.pool.assigned_applications,
        free=free,
        needed=need.applications,
        missing=need.blocked if counted else _lacking(need.applications, free),
        none_left=none_left,
        usable_until=None if bought.license is None else usable_until(bought.license, bought.owner),
    )


def _seats(license_: License | None, pool: Pool | None) -> tuple[int | None, int | None]:
    """How many tokens were bought, and how many are free; None for any number."""
    if license_ is None or pool is None:
        return 0, 0
    if pool.unrestricted or license_.kind is not LicenseKind.USER:
        return None, None
    return pool.assignable_seats, max(0, pool.assignable_seats - pool.assigned)


def _lacking(needed: int, free: int | None) -> int:
    return 0 if free is None else max(0, needed - free)
