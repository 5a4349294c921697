"""A database of schema 0006, as its version left it: nothing in it knows of other nodes (rule L13).

`former/schema-0006.sql` was written by that version: a journal that was sealed twice, with two runtimes, applications
with and without a token, a transaction that failed for want of one, and behind the seal a session, a denial with its
repeats, a transaction that was about to commit and one that waits behind it, both left by a server that is gone.
"""

from pathlib import Path

import pytest

from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.schema import SchemaTooOld, migrate
from tests.ledger.checking import check_file
from tests.ledger.deploying import COUNTING
from tests.ledger.former_versions import changed_by_migrating, changed_since, put_former
from tests.ledger.keeping import MINUTE, seal
from tests.ledger.world import NOON, Clock, acquire, assert_clean, rows, running

pytestmark = pytest.mark.anyio

SESSION = 1_000_000_003
"""Of agent03, who holds Agent."""


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The former version's database, not yet touched by this one."""
    return put_former("0006", tmp_path)


def test_tables_are_added_and_nothing_else_is_touched(former: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"^The database has the schema 0006, "):
        check_file(former)
    assert changed_by_migrating(former) == changed_since("0006")
    assert rows(former, "SELECT revision FROM oldest_code") == [("0006",)]


def test_its_snapshot_and_the_events_since_fold_clean(former: Path) -> None:
    migrate(DatabaseFile(former))
    assert_clean(former)


async def test_work_goes_on_where_it_was_and_what_was_begun_comes_to_its_end(former: Path) -> None:
    clock = Clock(NOON + 60 * MINUTE)
    async with running(former.parent, clock=clock, policy=COUNTING) as ledger:
        [held] = await ledger.submit(acquire(SESSION, "Agent"))
        assert held.granted
        clock.now += 2 * MINUTE
        assert await seal(ledger) is not None
    found = rows(former, "SELECT id, status FROM transactions WHERE id > 5 ORDER BY id")
    assert found == [(6, "SUCCESS"), (7, "CANCELED")]
    assert rows(former, "SELECT sum(repeats) FROM denial_repeats") == [(None,)]  # they are in the archive
    assert_clean(former)
