"""A database as the former version left it, brought up to date with all that is in it (rule L13).

`former/schema-0001.sql` was written by that version: four users, one of them deleted, who have, hold and are refused
licenses of each method, at stations and elsewhere.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.schema import SchemaTooOld, migrate
from seatkeeper.licensing.commands import Assign, ReleaseLicenses
from seatkeeper.licensing.entities import LicenseDetails, LicenseName, UserType
from seatkeeper.licensing.inventory_commands import DefineLicense, DefineUser, RemoveLicenses, RemoveStation
from seatkeeper.licensing.refusals import Code, Refusal
from tests.ledger.checking import check_file
from tests.ledger.former_versions import put_former
from tests.ledger.world import NOON, OWNER, acquire, agent, assert_clean, assign, connect, named, rows, running

pytestmark = pytest.mark.anyio

SESSION = 1_000_000_001
"""The session of agent01, who sits at desk1, is subscribed, and holds Agent and Supervisor."""

NEW_COLUMNS = {
    "licenses": ["prerequisite", "display_key", "details"],
    "stations": ["display_key"],
    "users": ["view_allocations", "admin_allocations", "display_key", "user_type", "group_id", "secondary_groups"],
    "sessions": ["hears_of_stations", "idle_timeout"],
    "pools": ["assigned_applications"],
}


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The former version's database, not yet touched by this one."""
    return put_former("0001", tmp_path)


def _columns(database: Path, table: str) -> list[str]:
    return [name for (name,) in rows(database, "SELECT name FROM pragma_table_info(?) ORDER BY cid", table)]


def _content(database: Path, tables: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: sorted(rows(database, f"SELECT {', '.join(columns)} FROM {name}"), key=repr)  # noqa: S608 - own names
        for name, columns in tables.items()
    }


def test_a_former_database_is_told_from_one_that_is_broken(former: Path) -> None:
    with pytest.raises(SchemaTooOld, match=r"^The database has the schema 0001, .*'seatkeeper serve' brings it up"):
        check_file(former)


def test_everything_is_kept_and_the_new_columns_are_filled_in(former: Path) -> None:
    names = [name for (name,) in rows(former, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = {name: _columns(former, name) for name in names if name != "alembic_version"}
    before = _content(former, tables)
    migrate(DatabaseFile(former))
    assert _content(former, tables) == before
    assert {name: sorted(set(_columns(former, name)) - set(tables[name])) for name in NEW_COLUMNS} == {
        name: sorted(columns) for name, columns in NEW_COLUMNS.items()
    }
    assert _content(former, NEW_COLUMNS) == {
        "licenses": [(None, name, "{}") for name in ("", "supervisor", "web", "ägent seat")],
        "stations": [("",), ("desk strasse 1",)],
        "users": [("[]", "[]", f"agent {number}", "InternalAssociate", 0, "[]") for number in ("2", "3", "4", "one")],
        "sessions": [(0, None), (0, None)],
        "pools": [(0,)] * 4,
    }


def test_its_journal_folds_clean(former: Path) -> None:
    """Events of version 1 say nothing of what version 2 added."""
    migrate(DatabaseFile(former))
    assert rows(former, "SELECT DISTINCT version FROM journal") == [(1,)]
    report = check_file(former)
    assert report.differences == []
    assert report.events == rows(former, "SELECT count(*) FROM journal")[0][0] > 20


async def test_work_goes_on_where_it_was(former: Path) -> None:
    async with running(former.parent) as ledger:
        live = await ledger.live_session(SESSION)
        assert live is not None
        assert live.user.view_allocations == live.user.admin_allocations == ()
        held = await ledger.submit(acquire(SESSION, "Agent", "Supervisor"))
        assert [verdict.granted for verdict in held] == [True, True]
        required = LicenseName(OWNER, "Recorder")
        await ledger.submit(DefineLicense(owner=OWNER, name="Agent", display_name="Agent", prerequisite=required))
        with pytest.raises(Refusal) as refused:
            await ledger.submit(Assign(holder=agent(3), licenses=named("Supervisor", "Agent", "Nothing")))
        assert refused.value.code is Code.UNKNOWN_LICENSE
        await ledger.submit(DefineUser(login="agent03", display_name="Agent 3", view_allocations=None))
        await ledger.submit(RemoveStation(name="desk1"))
        await ledger.submit(RemoveLicenses(licenses=named("Supervisor")))
        await ledger.submit(ReleaseLicenses(session_id=SESSION))
        await ledger.submit(connect(3))
    assert rows(former, "SELECT DISTINCT version FROM journal WHERE kind = 'user_defined' ORDER BY 1") == [(1,), (3,)]
    assert rows(former, "SELECT view_allocations, admin_allocations FROM users WHERE id = 3") == [(None, "[]")]
    assert_clean(former)


async def test_what_the_former_version_inserts_is_taken_still_and_has_the_defaults(former: Path) -> None:
    """Expand only: its statements name their columns, and all that are new can be left out."""
    inserts = {name: _columns(former, name) for name in NEW_COLUMNS}
    migrate(DatabaseFile(former))
    values: dict[str, tuple[Any, ...]] = {
        "licenses": (9, OWNER, "Old", "inin", "old", "Old", "", "both", "user", 1, None, None),
        "stations": (9, "desk9", "desk9", "Desk 9", ""),
        "users": (9, "agent09", "agent09", "Agent 9", "en-US", "[]", "[]", None, None),
        "sessions": (SESSION + 9, 9, "client", "192.0.2.9", "en-US", NOON),
        "pools": (9, 1, 0, 0, 0, 0, 0, 0, 0, 0, "[]"),
    }
    with closing(sqlite3.connect(former)) as connection, connection:
        connection.execute("INSERT INTO session_keys VALUES (?, x'01', x'02')", (SESSION + 9,))
        for name, columns in inserts.items():
            places = ", ".join("?" for _ in columns)
            connection.execute(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", values[name])  # noqa: S608
    async with running(former.parent) as ledger:
        assert await ledger.submit(assign(9, "Old")) == named("Old")
        user, license_ = ledger.image.users[9], ledger.image.licenses[9]
        assert (user.view_allocations, user.admin_allocations, license_.prerequisite) == ((), (), None)
        assert (user.user_type, user.group_id, user.secondary_groups) == (UserType.INTERNAL, 0, ())
        assert license_.details == LicenseDetails()
        assert "desk9" in ledger.image.station_ids
        live = await ledger.live_session(SESSION + 9)
        assert live is not None
        assert live.session.hears_of_stations is False
        assert live.session.idle_timeout is None
