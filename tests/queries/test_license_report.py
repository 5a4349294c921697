"""What applications need of tokens, and how many there are."""

from functools import partial
from typing import Any

import pytest
from msgspec import to_builtins

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.licensing.deployment import ApplicationVersion, Fault, LicenseType
from seatkeeper.queries.license_report import Counting, LicenseReport, Tokens, license_report
from seatkeeper.queries.reads import Reads
from tests.queries.deployed import ANDROID, IOS, runtimes
from tests.queries.saving import save

pytestmark = pytest.mark.anyio

FEATURES = {
    LicenseType.APPLICATION: "ibmmfpfa",
    LicenseType.ADDITIONAL_BRAND_DEPLOYMENT: "ibmmfpabd",
}
COUNTING = Counting(on=True, owner="MobileFirst", features=FEATURES)
NOT_COUNTING = Counting(on=False, owner="MobileFirst", features=FEATURES)
NOW = 10_000


def bought(seats: int, taken: int = 0, **members: Any) -> list[tuple[Any, list[dict[str, Any]]]]:  # noqa: ANN401 - columns
    """The license `ibmmfpfa` with so many seats, so many of them taken by applications."""
    license_ = {
        "id": 50,
        "owner": "MOBILEFIRST",
        "name": "ibmmfpfa",
        "owner_key": "mobilefirst",
        "name_key": "ibmmfpfa",
        "display_name": "",
        "description": "",
        "applies_to": "applications",
        "kind": "user",
        "shared": True,
        "expires": None,
        "grace_until": None,
    }
    pool = {
        "license_id": 50,
        "assignable_seats": seats,
        "concurrent_seats": 0,
        "unrestricted": False,
        "assigned_users": 0,
        "assigned_stations": 0,
        "concurrent_assigned": 0,
        "concurrent_in_use": 0,
        "assignable_excess": 0,
        "concurrent_excess": 0,
        "uncovered": [],
        "assigned_applications": taken,
    }
    return [
        (tables.licenses, [license_ | {name: value for name, value in members.items() if name in license_}]),
        (tables.pools, [pool | {name: value for name, value in members.items() if name in pool}]),
    ]


def application(
    number: int,
    *versions: ApplicationVersion,
    license_type: str | None = None,
    blocked: bool = False,
    runtime_id: int = 1,
) -> dict[str, Any]:
    return {
        "id": number,
        "runtime_id": runtime_id,
        "name": f"app{number}",
        "category": None if license_type is None else "B2C",
        "license_type": license_type,
        "versions": [to_builtins(each) for each in versions],
        "blocked": blocked,
    }


NEEDING = (
    tables.applications,
    [
        application(1, ANDROID, IOS, license_type="APPLICATION"),
        application(2, IOS),
        application(3, license_type="APPLICATION"),
        application(4, ANDROID, license_type="NON_PRODUCTION"),
        application(5, ANDROID, license_type="ADDITIONAL_BRAND_DEPLOYMENT", runtime_id=2),
        application(6, ANDROID, license_type="APPLICATION", runtime_id=2, blocked=True),
    ],
)


async def report(reads: Reads, counting: Counting = COUNTING) -> LicenseReport:
    return await reads.run(partial(license_report, counting=counting, now=NOW))


async def tokens(reads: Reads, counting: Counting = COUNTING) -> Tokens:
    found = (await report(reads, counting)).tokens[0]
    assert found.license_type is LicenseType.APPLICATION
    return found


def why(found: Tokens) -> Fault | None:
    return None if found.none_left is None else found.none_left.fault


async def test_every_runtime_is_told_with_all_its_applications(reads: Reads, database: Database) -> None:
    save(database, runtimes("mfp", "another"), NEEDING)
    found = await report(reads)
    assert [(each.runtime.name, [one.name for one in each.applications]) for each in found.runtimes] == [
        ("another", ["app5", "app6"]),
        ("mfp", ["app1", "app2", "app3", "app4"]),
    ]


async def test_tokens_are_needed_by_applications_with_a_version_once_each_by_their_type(
    reads: Reads, database: Database
) -> None:
    save(database, runtimes("mfp", "another"), NEEDING)
    assert [(each.feature, each.needed) for each in (await report(reads)).tokens] == [("ibmmfpfa", 3), ("ibmmfpabd", 1)]


async def test_tokens_that_nobody_bought_are_none(reads: Reads, database: Database) -> None:
    save(database, runtimes("mfp", "another"), NEEDING)
    found = await tokens(reads)
    assert (found.bought, found.taken, found.free, found.missing) == (0, 0, 0, 1)
    assert found.none_left is not None
    assert found.none_left.fault is Fault.TOKENS_NOT_BOUGHT
    assert found.none_left.facts == {"feature": "ibmmfpfa", "owner": "MobileFirst"}


async def test_what_is_not_for_applications_is_no_token(reads: Reads, database: Database) -> None:
    save(database, *bought(5, applies_to="users"))
    assert (await tokens(reads)).bought == 0


async def test_tokens_are_bought_taken_and_free(reads: Reads, database: Database) -> None:
    save(database, *bought(5, 2))
    found = await tokens(reads)
    assert (found.bought, found.taken, found.free, why(found)) == (5, 2, 3, None)


async def test_where_all_are_taken_the_reason_says_how_many(reads: Reads, database: Database) -> None:
    save(database, *bought(2, 2))
    found = await tokens(reads)
    assert found.none_left is not None
    assert found.none_left.facts == {"feature": "MOBILEFIRST:ibmmfpfa", "taken": 2, "bought": 2}
    assert found.free == 0


async def test_after_an_overcommit_none_is_free(reads: Reads, database: Database) -> None:
    save(database, *bought(1, 3, assignable_excess=2))
    found = await tokens(reads)
    assert (found.bought, found.taken, found.free, why(found)) == (1, 3, 0, Fault.TOKENS_SHORT)


@pytest.mark.parametrize("members", [{"unrestricted": True}, {"kind": "site"}])
async def test_tokens_without_bound_are_never_short(reads: Reads, database: Database, members: dict[str, Any]) -> None:
    save(database, runtimes("mfp", "another"), NEEDING, *bought(1, 1, **members))
    found = await tokens(reads, NOT_COUNTING)
    assert (found.bought, found.free, found.missing, why(found)) == (None, None, 0, None)


async def test_expired_tokens_are_free_for_nobody(reads: Reads, database: Database) -> None:
    save(database, *bought(5, 2, expires=NOW, grace_until=NOW + 5))
    found = await tokens(reads)
    assert (found.bought, found.taken, found.free, why(found)) == (5, 2, 0, Fault.TOKENS_EXPIRED)
    assert found.usable_until == NOW + 5


async def test_tokens_end_with_their_owner_too(reads: Reads, database: Database) -> None:
    owner = {"id": 1, "name": "MOBILEFIRST", "name_key": "mobilefirst", "details": {"expires": NOW - 1}}
    save(database, *bought(5), (tables.owners, [owner]))
    found = await tokens(reads)
    assert (why(found), found.usable_until) == (Fault.TOKENS_EXPIRED, NOW - 1)


@pytest.mark.parametrize(
    ("counting", "seats", "missing"),
    [(COUNTING, 5, 1), (NOT_COUNTING, 5, 0), (NOT_COUNTING, 2, 1), (NOT_COUNTING, 0, 3)],
)
async def test_missing_are_those_that_are_blocked_or_would_be_if_tokens_were_counted(
    reads: Reads, database: Database, counting: Counting, seats: int, missing: int
) -> None:
    save(database, runtimes("mfp", "another"), NEEDING, *bought(seats))
    assert (await tokens(reads, counting)).missing == missing
