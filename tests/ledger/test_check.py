"""`check` names whatever is not as the journal says."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from seatkeeper.ledger.journal import write
from seatkeeper.licensing.commands import ChangeProfile, EndReason, EndSession, SetStation, Subscribe
from seatkeeper.licensing.entities import AppliesTo, HolderKind, LicenseKind, LicenseName, Method, StationSetting
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Acquired, Ended, LicenseDefined, LicenseRemoved, StationRemoved, UserDeleted
from seatkeeper.licensing.inventory_commands import ChangeSeats, DeleteUser
from tests.ledger.checking import check_file
from tests.ledger.world import (
    OWNER,
    acquire,
    agent,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    rows,
    running,
    tamper,
    unassign,
)

CONCURRENT = [ChangeProfile(holder=agent(n), owner=OWNER, enabled=True, method=Method.CONCURRENT) for n in (1, 2)]


async def _real_work(data: Path) -> None:
    async with running(data) as ledger:
        await ledger.submit(inventory(users=5))
        await all_of(ledger.submit(each) for each in CONCURRENT)
        await all_of(ledger.submit(assign(n, "Agent", "Recorder")) for n in (1, 2, 3))
        sessions = [(await ledger.submit(connect(n))).session_id for n in (1, 2, 3, 4)]
        await ledger.submit(SetStation(session_id=sessions[0], setting=StationSetting.WORKSTATION, station="desk1"))
        await all_of(ledger.submit(acquire(session_id, "Agent", "Supervisor")) for session_id in sessions)
        await all_of(ledger.submit(Subscribe(session_id=each, owner=OWNER, names=("agent",))) for each in sessions)
        await ledger.submit(assign(4, "Agent"))
        await ledger.submit(
            ChangeSeats(license=LicenseName(OWNER, "Agent"), assignable=1, concurrent=1, allow_overcommit=True)
        )
        await ledger.submit(unassign(2, "Recorder"))
        await ledger.submit(EndSession(session_id=sessions[1], reason=EndReason.LOGGED_OFF))
        await ledger.submit(DeleteUser(login="agent05"))


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("worked")
    asyncio.run(_real_work(data))
    return data / "seatkeeper.db"


@pytest.fixture
def copy(worked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(worked, tmp_path / "copy.db"))


def test_after_real_work_everything_is_as_the_journal_says(worked: Path) -> None:
    report = check_file(worked)
    assert report.differences == []
    assert report.clean
    assert report.events == report.head.seq == rows(worked, "SELECT count(*) FROM journal")[0][0]
    assert report.rows > 30


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            "UPDATE users SET display_name = 'Somebody' WHERE id = 1",
            "users: the row of 1 has display_name 'Somebody', but 'Agent 1' by the journal",
        ),
        (
            "UPDATE users SET login_key = 'nobody' WHERE id = 1",
            "users: the row of 1 has login_key 'nobody', but 'agent01' by the rest of it",
        ),
        ("DELETE FROM holds WHERE license_id = 1 AND user_id = 1", "holds: the row of 1000000001, 1 is missing"),
        ("DELETE FROM stations WHERE name = 'desk2'", "stations: the row of 2 is missing"),
        (
            "INSERT INTO assignments VALUES (99, 2, 1, 4, 0)",
            "assignments: there is a row of user, 4, 2 that no event accounts for",
        ),
        (
            "UPDATE pools SET concurrent_in_use = 0 WHERE license_id = 1",
            "pools: the row of 1 has concurrent_in_use 0, but 1 by the journal",
        ),
        (
            "UPDATE pools SET uncovered = '[1]' WHERE license_id = 1",
            "pools: the row of 1 has uncovered (1,), but (7,) by the journal",
        ),
        (
            "UPDATE pools SET uncovered = '[7' WHERE license_id = 1",
            "pools: the row that begins with (1, 1, 1) cannot be",
        ),
        (
            "UPDATE licenses SET applies_to = 'cats' WHERE id = 3",
            "licenses: the row that begins with (3, 'ININ', 'Recorder') cannot be read",
        ),
        ("UPDATE counters SET next = 77 WHERE name = 'user'", "counters: the row of user is 77, but 6 by the journal"),
        ("DELETE FROM session_keys WHERE session_id = 1000000001", "session 1000000001 has no keys"),
        ("INSERT INTO session_keys VALUES (7, x'00', x'00')", "the keys of session 7 are left over"),
        ("INSERT INTO credentials VALUES (5, '$hash$')", "the password of user 5 is left over"),
        ("UPDATE journal SET data = x'7b7d' WHERE seq = 9", "event 9 or its place in the chain has been changed"),
        ("UPDATE journal SET data = '[' WHERE seq = 9", "event 9 (user_defined) cannot be folded"),
        ("UPDATE journal SET data = '[1]' WHERE seq = 9", "event 9 (user_defined) cannot be folded"),
        ("UPDATE journal SET at = 'noon' WHERE seq = 9", "event 9 (user_defined) cannot be folded"),
        ("UPDATE journal SET at = at + 1 WHERE seq = 9", "event 9 or its place in the chain has been changed"),
        ("UPDATE journal SET at = 0 WHERE seq = 9", "event 9 is earlier than the one before it"),
        ("UPDATE journal SET batch = 0 WHERE seq = 9", "event 9 or its place in the chain has been changed"),
        ("UPDATE journal SET batch = batch + 0.5 WHERE seq = 9", "event 9 or its place in the chain has been changed"),
        (
            "UPDATE journal SET kind = 'lent' WHERE seq = 1",
            "event 1 (lent) cannot be folded: the journal has",
        ),
        ("DELETE FROM journal WHERE seq = 9", "event 9 is missing: after 8 comes 10"),
        ("DELETE FROM journal WHERE seq = 1", "event 1 is missing: after 0 comes 2"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 9", "event 10 or its place in the chain has been changed"),
        (
            "UPDATE journal SET personal = CAST(replace(CAST(personal AS text), 'agent', 'x') AS blob) WHERE seq > 6",
            "the personal part of event 7 has been changed",
        ),
        ("UPDATE journal SET personal_digest = x'00' WHERE seq = 7", "event 7 or its place in the chain"),
        (
            "DELETE FROM journal WHERE seq > (SELECT max(seq) - 1 FROM journal)",
            "users: the row of 5 has deleted_at",
        ),
    ],
)
def test_whatever_was_tampered_with_is_named(copy: Path, change: str, named: str) -> None:
    tamper(copy, change)
    differences = check_file(copy).differences
    assert any(difference.startswith(named) for difference in differences), differences


def test_one_changed_event_is_told_once_and_what_lies_behind_it_is_still_compared(copy: Path) -> None:
    tamper(copy, "UPDATE journal SET batch = 0 WHERE seq = 9")
    tamper(copy, "DELETE FROM stations WHERE name = 'desk2'")
    assert len(check_file(copy).differences) == 2


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (
            LicenseRemoved(license_id=1, owner=OWNER, name="Agent"),
            {
                "license 1 is assigned to user 3, one of which is not there",
                "license 1 is held by session 1000000003, one of which is not there",
                "Supervisor requires license 1, which is not there",
            },
        ),
        (StationRemoved(station_id=1, name="desk1"), {"session 1000000001 is at station 1, which is not there"}),
        (UserDeleted(user_id=3), {"license 1 is assigned to user 3, one of which is not there"}),
        (
            Ended(session_id=1000000003, user_id=3, reason=EndReason.LOGGED_OFF),
            {"license 1 is held by session 1000000003, one of which is not there"},
        ),
    ],
)
def test_a_journal_that_leaves_something_behind_is_told_what(copy: Path, event: Event, named: set[str]) -> None:
    """Such events no rule would come to: the chain holds, but what rested on the thing should have gone before."""
    head = check_file(copy).head
    requires = LicenseDefined(
        license_id=2,
        owner=OWNER,
        name="Supervisor",
        display_name="Supervisor",
        description="",
        applies_to=AppliesTo.BOTH,
        license_kind=LicenseKind.USER,
        shared=True,
        expires=None,
        grace_until=None,
        prerequisite=1,
    )
    for entry in write([requires, event], head, head.at, 1)[0]:
        tamper(copy, f"INSERT INTO journal VALUES ({', '.join('?' for _ in entry)})", *entry)  # noqa: S608 - places
    differences = check_file(copy).differences
    assert named <= set(differences), differences


def test_an_event_that_cannot_be_folded_has_no_effect_at_all(copy: Path) -> None:
    """It is found out late: the hold is there already when the license turns out to be missing."""
    head = check_file(copy).head
    acquired = Acquired(
        session_id=1_000_000_003,
        user_id=3,
        license_id=77,
        ground=HolderKind.USER,
        assignment_id=1,
        method=Method.CONCURRENT,
        takes_seat=True,
    )
    for entry in write([acquired], head, head.at, 1)[0]:
        tamper(copy, f"INSERT INTO journal VALUES ({', '.join('?' for _ in entry)})", *entry)  # noqa: S608 - places
    assert check_file(copy).differences == [f"event {head.seq + 1} (acquired) cannot be folded: KeyError(77)"]


async def _check_while_it_works(data: Path) -> list[list[str]]:
    async with running(data) as ledger:
        await ledger.submit(inventory(users=9, seats=9))
        done, before = asyncio.Event(), ledger.head

        async def work(number: int) -> None:
            while not done.is_set():
                await ledger.submit(assign(number, "Agent"))
                await ledger.submit(unassign(number, "Agent"))

        working = [asyncio.create_task(work(number)) for number in range(1, 10)]
        found = [(await asyncio.to_thread(check_file, ledger.file)).differences for _ in range(5)]
        done.set()
        await all_of(working)
        assert ledger.head > before
        return found


def test_a_check_works_beside_a_writer_and_sees_one_point_in_time(tmp_path: Path) -> None:
    assert asyncio.run(_check_while_it_works(tmp_path)) == [[]] * 5
    assert_clean(tmp_path / "seatkeeper.db")


def test_without_a_database_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no database"):
        check_file(tmp_path / "seatkeeper.db")
    (tmp_path / "text.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        check_file(tmp_path / "text.db")
