"""A database of schema 0003, as its version left it: nobody in it asked for word of where he sits (rule L13).

`former/schema-0003.sql` was written by that version: a journal that was sealed with two sessions in its snapshot, a
deleted user who was forgotten, and behind the seal a third session, which sits at desk2.
"""

from pathlib import Path
from typing import Any

import pytest

from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.feed import LicensesChanged, StationChanged, SubscriptionChanged, SubscriptionState
from seatkeeper.ledger.schema import SchemaTooOld, migrate
from seatkeeper.licensing.commands import LeaveStation, SetStation
from seatkeeper.licensing.entities import Station, StationSetting
from tests.ledger.checking import check_file
from tests.ledger.former_versions import changed_by_migrating, changed_since, put_former
from tests.ledger.keeping import MINUTE, seal
from tests.ledger.world import NOON, Clock, assert_clean, connect, rows, running

pytestmark = pytest.mark.anyio

SEALED, LATER = 1_000_000_001, 1_000_000_004
"""The session of agent01, who sits at desk1 and is subscribed, from before the seal; that of agent03 from after it."""

DESK1 = StationChanged(Station(id=1, name="desk1", display_name="", extension=""))


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The former version's database, not yet touched by this one."""
    return put_former("0003", tmp_path)


def _sessions(database: Path) -> list[tuple[Any, ...]]:
    return rows(database, "SELECT * FROM sessions ORDER BY id")


def test_the_column_is_added_and_nothing_else_is_touched_but_by_a_later_one(former: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"^The database has the schema 0003, "):
        check_file(former)
    sessions = _sessions(former)
    assert changed_by_migrating(former) == changed_since("0003")
    assert _sessions(former) == [(*session, 0, None) for session in sessions]


def test_its_snapshot_and_the_events_since_fold_clean(former: Path) -> None:
    """Neither sessions of a snapshot nor events of version 1 say who hears of stations."""
    migrate(DatabaseFile(former))
    assert rows(former, "SELECT DISTINCT version FROM journal WHERE kind = 'connected'") == [(1,)]
    assert_clean(former)


async def test_its_sessions_hear_nothing_of_where_they_sit_and_new_ones_do(former: Path) -> None:
    async with running(former.parent) as ledger:
        full = LicensesChanged(full=True, statuses=(("Agent", True),))
        assert await ledger.feed.poll(SEALED) == [full, SubscriptionChanged(SubscriptionState.NORMAL)]
        await ledger.submit(LeaveStation(session_id=LATER))
        new = (await ledger.submit(connect(2, hears_of_stations=True))).session_id
        for session_id in (LATER, new):
            command = SetStation(session_id=session_id, setting=StationSetting.WORKSTATION, station="desk1")
            await ledger.submit(command)
        assert [await ledger.feed.poll(each) for each in (SEALED, LATER, new)] == [[], [], [DESK1]]
    assert rows(former, "SELECT version FROM journal WHERE kind = 'connected' ORDER BY seq") == [(1,), (3,)]
    assert_clean(former)


async def test_a_new_seal_keeps_who_hears_of_it(former: Path) -> None:
    clock = Clock(NOON + 20 * MINUTE)
    async with running(former.parent, clock=clock) as ledger:
        new = (await ledger.submit(connect(2, hears_of_stations=True))).session_id
        clock.now += 2 * MINUTE
        assert await seal(ledger) is not None
    assert rows(former, "SELECT count(*) FROM journal WHERE kind = 'connected'") == [(0,)]
    assert [(number, hears) for number, *_, hears, _ in _sessions(former) if hears] == [(new, 1)]
    assert_clean(former)
