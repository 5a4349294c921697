"""A database of schema 0004, as its version left it: nothing in it is said of owners, plans or users' types (rule L13).

`former/schema-0004.sql` was written by that version: a journal that was sealed with two sessions in its snapshot, a
prerequisite, a site license, a concurrent profile, a deleted user who was forgotten, and behind the seal a third
session, which sits at desk2 and hears of it.
"""

from pathlib import Path
from typing import Any

import pytest

from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.feed import StationChanged
from seatkeeper.ledger.schema import SchemaTooOld, migrate
from seatkeeper.licensing.commands import AssignModules, LeaveStation
from seatkeeper.licensing.entities import LicenseDetails, OwnerDetails, UserType
from seatkeeper.licensing.inventory_commands import DefineLicense, DefineOwner, DefineUser
from tests.ledger.checking import check_file
from tests.ledger.former_versions import changed_by_migrating, changed_since, put_former
from tests.ledger.keeping import MINUTE, seal
from tests.ledger.world import NOON, OWNER, Clock, acquire, assert_clean, connect, rows, running

pytestmark = pytest.mark.anyio

HEARING, LATER = 1_000_000_001, 1_000_000_004
"""The session of agent01, who sits at desk1 and hears of it, from before the seal; that of agent03 from after it."""


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The former version's database, not yet touched by this one."""
    return put_former("0004", tmp_path)


def _of(database: Path, table: str) -> list[tuple[Any, ...]]:
    return rows(database, f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - own names


def test_the_table_and_the_columns_are_added_and_nothing_else_is_touched_but_by_a_later_one(former: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"^The database has the schema 0004, "):
        check_file(former)
    filled = {table: _of(former, table) for table in ("licenses", "users", "sessions")}
    assert changed_by_migrating(former) == changed_since("0004")
    new = {"licenses": ("{}",), "users": ("InternalAssociate", 0, "[]"), "sessions": (None,)}
    assert {table: _of(former, table) for table in filled} == {
        table: [(*row, *new[table]) for row in filled[table]] for table in filled
    }


def test_its_snapshot_and_the_events_since_fold_clean(former: Path) -> None:
    """Neither licenses and users of a snapshot nor events of version 2 say what is new."""
    migrate(DatabaseFile(former))
    assert rows(former, "SELECT DISTINCT version FROM journal WHERE kind = 'connected'") == [(2,)]
    assert_clean(former)


async def test_work_goes_on_where_it_was_and_what_is_new_can_be_said(former: Path) -> None:
    clock = Clock(NOON + 20 * MINUTE)
    async with running(former.parent, clock=clock) as ledger:
        held = await ledger.submit(acquire(HEARING, "Agent", "Supervisor"))
        assert [verdict.granted for verdict in held] == [True, True]
        await ledger.submit(LeaveStation(session_id=LATER))
        assert await ledger.feed.poll(LATER) == [StationChanged()]
        details = OwnerDetails(company="A contact centre", grace_until=NOON + 40 * MINUTE)
        assert await ledger.submit(DefineOwner(name=OWNER, details=details))
        plan = LicenseDetails(extra_flags=1, extra_info="set=Recorder", user_type=UserType.EXTERNAL)
        await ledger.submit(DefineLicense(owner=OWNER, name="Supervisor", display_name="Supervisor", details=plan))
        external = DefineUser(login="agent03", display_name="Agent 3", user_type=UserType.EXTERNAL, group_id=7)
        await ledger.submit(external)
        modules = await ledger.submit(AssignModules(user_id=3, owner=OWNER, names=("Agent", "Supervisor")))
        assert [module.license.name for module in modules] == ["Agent", "Recorder", "Supervisor"]
        new = (await ledger.submit(connect(3))).session_id
        clock.now += 2 * MINUTE
        assert await seal(ledger) is not None
        clock.now += 20 * MINUTE
        [verdict] = await ledger.submit(acquire(new, "Recorder"))
        assert not verdict.granted
    assert rows(former, "SELECT count(*) FROM journal WHERE kind = 'owner_defined'") == [(0,)]
    assert [name for _, name, *_ in _of(former, "owners")] == [OWNER]
    assert_clean(former)
    async with running(former.parent, clock=clock) as again:
        assert again.image.owners[1].details == details
        assert again.image.owner_ids == {"inin": 1}
        assert again.image.licenses[2].details == plan
