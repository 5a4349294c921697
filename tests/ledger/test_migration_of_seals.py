"""A database of schema 0002, as its version left it, can be sealed, and its deleted user forgotten (rule L13).

`former/schema-0002.sql` was written by that version: four users, one of them deleted, with prerequisites and rights on
allocations, holds of each method, a denial that was repeated, a station and a remote number.
"""

from pathlib import Path

import pytest

from seatkeeper.ledger.schema import SchemaTooOld
from tests.ledger.checking import check_file
from tests.ledger.former_versions import changed_by_migrating, changed_since, put_former
from tests.ledger.keeping import MINUTE, archive_of, archives, assert_clean_with, forget, journal_of, lines, seal
from tests.ledger.world import NOON, Clock, acquire, assert_clean, connect, rows, running

pytestmark = pytest.mark.anyio

SESSION = 1_000_000_001
"""The session of agent01, who sits at desk1, is subscribed, and holds Agent and Supervisor."""


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The former version's database, not yet touched by this one."""
    return put_former("0002", tmp_path)


def test_the_tables_of_seals_are_added_and_nothing_else_is_touched_but_by_later_ones(former: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"^The database has the schema 0002, "):
        check_file(former)
    assert changed_by_migrating(former) == changed_since("0002")
    assert_clean(former)


async def test_its_journal_is_sealed_and_its_deleted_user_forgotten(former: Path) -> None:
    async with running(former.parent, clock=Clock(NOON + 10 * MINUTE)) as ledger:
        events = rows(former, "SELECT seq, lower(hex(hash)) FROM journal")
        assert await seal(ledger) is not None
        assert journal_of(former, archive_of(ledger))[:-1] == events
        held = await ledger.submit(acquire(SESSION, "Agent", "Supervisor"))
        assert [verdict.granted for verdict in held] == [True, True]
        await ledger.submit(connect(3))
        assert (await forget(ledger, 4)).pseudonym == "former-user-4"
        [archive] = archives(archive_of(ledger))
        assert [line["repeats"] for line in lines(archive) if "repeats" in line] == [3]
        assert_clean_with(former, archive_of(ledger))
