"""A database of schema 0005, as its version left it: there are no runtimes in it, and applications take no seat
(rule L13).

`former/schema-0005.sql` was written by that version: a journal that was sealed with two sessions in its snapshot, one
with a time-out of its own, an owner of whom something is said, a plan, an external user, a concurrent profile, more
assigned than bought by an overcommit, a deleted user who was forgotten; and behind the seal a third session, and seats.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.schema import SchemaTooOld, migrate
from seatkeeper.licensing.deployment import (
    Category,
    Configuration,
    LicenseType,
    RegisterVersion,
    SetConfiguration,
    TransactionStatus,
)
from seatkeeper.licensing.deployment_commands import BeginTransaction, DefineRuntime
from seatkeeper.licensing.entities import AppliesTo
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from tests.ledger.checking import check_file
from tests.ledger.former_versions import changed_by_migrating, changed_since, put_former
from tests.ledger.keeping import MINUTE, seal
from tests.ledger.world import NOON, OWNER, Clock, acquire, assert_clean, named, rows, running

pytestmark = pytest.mark.anyio

SESSIONS = (1_000_000_001, 1_000_000_003)
"""The sessions of agent01, who holds Agent and Supervisor at desk1, and of agent03, who holds Agent."""
APPLICATION = "com.package.id"


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The former version's database, not yet touched by this one."""
    return put_former("0005", tmp_path)


def test_tables_and_a_count_of_seats_are_added_and_nothing_else_is_touched(former: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"^The database has the schema 0005, "):
        check_file(former)
    pools = rows(former, "SELECT * FROM pools ORDER BY license_id")
    assert changed_by_migrating(former) == changed_since("0005")
    assert rows(former, "SELECT * FROM pools ORDER BY license_id") == [(*pool, 0) for pool in pools]


def test_its_snapshot_and_the_events_since_fold_clean(former: Path) -> None:
    """Neither pools of a snapshot nor events behind it say what applications have."""
    migrate(DatabaseFile(former))
    pools = [data for (data,) in rows(former, "SELECT data FROM snapshot_rows") if b"assigned_users" in data]
    assert len(pools) == 3
    assert not any(b"assigned_applications" in data for data in pools)
    assert_clean(former)


@pytest.mark.parametrize(
    ("columns", "values", "breaks"),
    [
        ("assigned_stations", "3", "assigned_within_seats"),
        ("assigned_applications", "3", "assigned_within_seats"),
        ("concurrent_in_use", "9", "in_use_within_seats"),
        ("assigned_users", "-1", "no_count_below_zero"),
        ("assigned_applications", "-1", "no_count_below_zero"),
    ],
)
def test_the_tables_watch_over_the_seats_as_before_and_over_those_of_applications(
    former: Path, columns: str, values: str, breaks: str
) -> None:
    migrate(DatabaseFile(former))
    with closing(sqlite3.connect(former)) as connection, pytest.raises(sqlite3.IntegrityError, match=breaks):
        connection.execute(f"UPDATE pools SET {columns} = {values} WHERE license_id = 2")  # noqa: S608 - own names


async def test_work_goes_on_where_it_was_and_applications_take_seats(former: Path) -> None:
    clock = Clock(NOON + 20 * MINUTE)
    policy = Policy(
        deployment=DeploymentPolicy(count_tokens=True, feature_owner=OWNER, application_feature="Token"),
    )
    async with running(former.parent, clock=clock, policy=policy) as ledger:
        for session_id in SESSIONS:
            [held] = await ledger.submit(acquire(session_id, "Agent"))
            assert held.granted
        assert ledger.image.pools[1].uncovered == (7,)  # agent04's, since the overcommit
        token = DefineLicense(owner=OWNER, name="Token", display_name="Token", applies_to=AppliesTo.APPLICATIONS)
        await ledger.submit(token)
        await ledger.submit(ChangeSeats(license=named("Token")[0], assignable=1))
        await ledger.submit(DefineRuntime(name="mfp"))
        configuration = Configuration(Category.B2C, LicenseType.APPLICATION)
        for change in (
            SetConfiguration(APPLICATION, configuration),
            RegisterVersion(APPLICATION, "android", "1.0", "An app"),
        ):
            begin = BeginTransaction(runtime="mfp", change=change, user_id=1, server="node-1")
            assert (await ledger.submit(begin)).status is TransactionStatus.SUCCESS
        pool = ledger.image.pools[ledger.image.license_ids[named("Token")[0].key]]
        assert (pool.assigned, pool.assigned_applications) == (1, 1)
        clock.now += 2 * MINUTE
        assert await seal(ledger) is not None
        assert ledger.image.transactions == {}
    assert_clean(former)
    async with running(former.parent, clock=clock, policy=policy) as again:
        [application] = again.image.applications.values()
        assert (application.name, application.configuration) == (APPLICATION, configuration)
        assert [version.key for version in application.versions] == [("android", "1.0")]
    assert rows(former, "SELECT id, type, status FROM transactions ORDER BY id") == [
        (1, "UPLOAD_ARTIFACT", "SUCCESS"),
        (2, "UPLOAD_ARTIFACT", "SUCCESS"),
    ]
    assert_clean(former)
