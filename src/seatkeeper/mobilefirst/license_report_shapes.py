"""How the license report tells applications, tokens and what became of them: the same members in JSON and in tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct, field

from seatkeeper.licensing.deployment import Application, Category, LicenseType
from seatkeeper.mobilefirst.errors import error_told
from seatkeeper.mobilefirst.rendering import time_of
from seatkeeper.queries.application_history import ApplicationChange
from seatkeeper.queries.license_report import RuntimeReport, Tokens

Reasons: TypeAlias = Mapping[LicenseType, str | None]
"""Why no further application of a license type could have a token; None where it could."""


class ApplicationTold(Struct, frozen=True, rename="camel"):
    """An application. `category` is None for one that was never configured; its tokens are those of the default type.

    `versions`: how many are registered. `blocked_because`: why it lacks its token, after the message code.
    """

    app_id: str = field(name="appID")
    category: Category | None
    license_type: LicenseType
    versions: int
    blocked: bool
    blocked_because: str | None


class CountTold(Struct, frozen=True, rename="camel"):
    """How many applications of one category and license type there are, have a version, and are blocked."""

    category: Category | None
    license_type: LicenseType
    applications: int
    registered: int
    blocked: int


class RuntimeTold(Struct, frozen=True, rename="camel"):
    """A runtime, its applications by name, and how many there are of each kind that there is one of."""

    name: str
    running: bool
    applications: list[ApplicationTold]
    counts: list[CountTold]


class TokensTold(Struct, frozen=True, rename="camel"):
    """The tokens of one license type, over all runtimes. `bought` and `free` are None where they are unlimited.

    `needed`: applications that have a version. `missing`: how many of these lack their token, or would if tokens were
    counted. `none_left_because`: why no further application could have one, after the message code.
    """

    license_type: LicenseType
    feature: str
    unlimited: bool
    bought: int | None
    taken: int
    free: int | None
    needed: int
    missing: int
    none_left_because: str | None
    usable_until: str | None


class ChangeTold(Struct, frozen=True, rename="camel"):
    """How an application stood from a time on. `removed`: nothing was left of it.

    `transaction` and `user_name` are None where an administrator of the server did it, or the server itself.
    """

    time: str
    runtime: str
    app_id: str = field(name="appID")
    category: Category | None
    license_type: LicenseType | None
    registered: bool
    blocked: bool
    removed: bool
    transaction: int | None
    user_name: str | None


def reasons(tokens: Iterable[Tokens], language: str) -> Reasons:
    """Why no token is left, by license type, in a language."""
    return {each.license_type: _none_left_because(each, language) for each in tokens}


def runtime_told(report: RuntimeReport, why: Reasons) -> RuntimeTold:
    """A runtime with its applications."""
    return RuntimeTold(
        name=report.runtime.name,
        running=report.runtime.running,
        applications=[_application(each, why) for each in report.applications],
        counts=_counts(report.applications),
    )


def tokens_told(tokens: Tokens, language: str) -> TokensTold:
    """The tokens of a license type, in a language."""
    return TokensTold(
        license_type=tokens.license_type,
        feature=tokens.feature,
        unlimited=tokens.bought is None,
        bought=tokens.bought,
        taken=tokens.taken,
        free=tokens.free,
        needed=tokens.needed,
        missing=tokens.missing,
        none_left_because=_none_left_because(tokens, language),
        usable_until=None if tokens.usable_until is None else time_of(tokens.usable_until),
    )


def change_told(change: ApplicationChange) -> ChangeTold:
    """A change of an application."""
    standing = change.standing
    configuration = None if standing is None else standing.configuration
    return ChangeTold(
        time=time_of(change.at),
        runtime=change.runtime,
        app_id=change.application,
        category=None if configuration is None else configuration.category,
        license_type=None if configuration is None else configuration.license_type,
        registered=standing is not None and standing.registered,
        blocked=standing is not None and standing.blocked,
        removed=standing is None,
        transaction=change.transaction_id,
        user_name=change.user,
    )


def _application(application: Application, why: Reasons) -> ApplicationTold:
    return ApplicationTold(
        app_id=application.name,
        category=_category(application),
        license_type=application.license_type,
        versions=len(application.versions),
        blocked=application.blocked,
        blocked_because=why.get(application.license_type) if application.blocked else None,
    )


def _counts(applications: Iterable[Application]) -> list[CountTold]:
    """In the order of categories and license types; those that were never configured at the end."""
    kinds = [(category, license_type) for category in (*Category, None) for license_type in LicenseType]
    of_kind = Counter((_category(each), each.license_type) for each in applications)
    registered = Counter((_category(each), each.license_type) for each in applications if each.versions)
    blocked = Counter((_category(each), each.license_type) for each in applications if each.blocked)
    return [CountTold(*kind, of_kind[kind], registered[kind], blocked[kind]) for kind in kinds if of_kind[kind]]


def _category(application: Application) -> Category | None:
    return None if application.configuration is None else application.configuration.category


def _none_left_because(tokens: Tokens, language: str) -> str | None:
    return None if tokens.none_left is None else error_told(tokens.none_left, language)
