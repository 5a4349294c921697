"""Rule L11: old stretches of the journal are sealed behind a snapshot and archived."""

import asyncio
import errno
import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from seatkeeper.ledger import retention
from seatkeeper.ledger.archive import strangers
from seatkeeper.ledger.backup import back_up
from seatkeeper.ledger.door import Unavailable
from seatkeeper.ledger.engines.engine import NoSpace, SaveFailed
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.ledger.journal import Seal
from seatkeeper.ledger.retention import AtWork
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.commands import EndReason, EndSession, SetStation, Subscribe
from seatkeeper.licensing.entities import StationSetting
from seatkeeper.licensing.inventory_commands import DeleteUser
from tests.ledger.checking import check_file
from tests.ledger.keeping import (
    FAR,
    MINUTE,
    archive_of,
    archives,
    assert_clean_with,
    forget,
    journal_of,
    lines,
    personal_of,
    seal,
    seal_all,
    worked,
    write_lines,
)
from tests.ledger.world import (
    OWNER,
    Clock,
    WatchedLedger,
    acquire,
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

pytestmark = pytest.mark.anyio


async def work(ledger: WatchedLedger) -> list[int]:
    """Something of every kind; the sessions that live in the end."""
    await ledger.submit(inventory(users=5))
    await all_of(ledger.submit(assign(n, "Agent", "Recorder")) for n in (1, 2, 3))
    sessions = [(await ledger.submit(connect(n))).session_id for n in (1, 2, 3, 4)]
    await ledger.submit(SetStation(session_id=sessions[0], setting=StationSetting.WORKSTATION, station="desk1"))
    await ledger.submit(
        SetStation(session_id=sessions[1], setting=StationSetting.REMOTE_NUMBER, remote_number="555 0100")
    )
    await all_of(ledger.submit(acquire(session_id, "Agent", "Supervisor")) for session_id in sessions)
    await ledger.submit(Subscribe(session_id=sessions[0], owner=OWNER, names=("agent",)))
    await ledger.submit(EndSession(session_id=sessions[3], reason=EndReason.LOGGED_OFF))
    await ledger.submit(DeleteUser(login="agent05"))
    return sessions[:3]


async def more_work(ledger: WatchedLedger, sessions: list[int]) -> None:
    """What rests on what was before."""
    await ledger.submit(acquire(sessions[0], "Recorder"))
    await ledger.submit(unassign(2, "Agent"))
    await ledger.submit(EndSession(session_id=sessions[2], reason=EndReason.LOGGED_OFF))
    await ledger.submit(connect(4))


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose journal was sealed twice, with work before, between and after; copied, never used."""
    data = tmp_path_factory.mktemp("sealed")

    async def make() -> None:
        clock = Clock()
        async with running(data, clock=clock) as ledger:
            sessions = await work(ledger)
            await seal_all(ledger, clock)
            await more_work(ledger, sessions)
            await seal_all(ledger, clock)
            await ledger.submit(assign(4, "Agent"))

    asyncio.run(make())
    return data


@pytest.fixture
def copy(sealed_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed_once, tmp_path / "copy"))


async def test_l11_a_sealed_stretch_leaves_the_journal_and_everything_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        sessions = await work(ledger)
        before, everything = ledger.head, journal_of(ledger.file, archive_of(ledger))
        sealed = await seal_all(ledger, clock)
        assert (sealed.events, sealed.position) == (before, before)
        assert rows(ledger.file, "SELECT min(seq), kind FROM journal") == [(before + 1, "journal_sealed")]
        assert journal_of(ledger.file, archive_of(ledger))[:-1] == everything
        await more_work(ledger, sessions)
        assert_clean(ledger.file)
    async with running(tmp_path, clock=clock) as ledger:
        assert await ledger.live_session(sessions[0]) is not None
        await ledger.submit(connect(2))
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_a_check_begins_at_the_snapshot_and_says_what_it_did_not_look_at(sealed_once: Path) -> None:
    database = sealed_once / "seatkeeper.db"
    [(position,)] = rows(database, "SELECT max(position) FROM seals")
    report = check_file(database)
    assert report.clean
    assert (report.events, report.archived) == (rows(database, "SELECT count(*) FROM journal")[0][0], 0)
    assert report.notes == [f"the archived events up to {position} were not looked at; --archive names their directory"]
    whole = check_file(database, sealed_once / "archive")
    assert (whole.differences, whole.notes, whole.archived) == ([], [], position)
    assert whole.rows == report.rows


async def test_l11_an_archive_can_be_read_and_verified_by_tools_that_know_nothing_of_us(sealed_once: Path) -> None:
    """Its chain, by the formula of docs/journal.md; its digest, by sha256sum; its lines, by gzip."""
    before = bytes(32)
    for archive in archives(sealed_once / "archive"):
        assert archive.stat().st_mode & 0o077 == 0
        said = {each["seq"]: each for each in lines(personal_of(archive))}
        with gzip.open(archive) as opened:
            texts = opened.read().splitlines()
        for text in texts:
            line = json.loads(text)
            data = text[text.index(b'"data":') + 7 : text.rindex(b',"hash":')]
            digest = bytes.fromhex(line.get("personal_digest", ""))
            head = f"{line['seq']}|{line['at']}|{line['batch']}|{line['kind']}|{line['version']}|".encode()
            before = hashlib.sha256(before + head + data + b"|" + digest).digest()
            assert before.hex() == line["hash"]
            if digest:
                person = said.pop(line["seq"])
                told = json.dumps(person["personal"], separators=(",", ":")).encode()
                assert hashlib.sha256(bytes.fromhex(person["salt"]) + told).digest() == digest
        assert said == {}
    [*_, (name, digest)] = rows(
        sealed_once / "seatkeeper.db", "SELECT archive, lower(hex(archive_digest)) FROM seals ORDER BY position"
    )
    command = ["sha256sum", str(sealed_once / "archive" / name)]
    summed = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert summed.stdout.split()[0] == digest


async def test_l11_nothing_younger_than_asked_is_sealed_and_nothing_of_the_last_minute(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await ledger.submit(inventory())
        old, then = ledger.head, clock.now
        assert await seal(ledger) is None
        assert not archive_of(ledger).exists()
        clock.now += MINUTE
        await ledger.submit(connect(1))
        assert await seal(ledger, before=then) is None
        clock.now += 10 * MINUTE
        sealed = await seal(ledger, before=then + 1)
        assert sealed is not None
        assert (sealed.position, sealed.at) == (old, then)
        assert [kind for (kind,) in rows(ledger.file, "SELECT kind FROM journal")] == ["connected", "journal_sealed"]
        assert await seal(ledger, before=then + 1) is None


async def test_l11_repeats_of_sealed_denials_are_in_the_archive_and_no_longer_beside_the_journal(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await ledger.submit(inventory())
        session_id = (await ledger.submit(connect(1))).session_id
        for _ in range(3):
            await ledger.submit(acquire(session_id, "Agent"))
            clock.now += 10
        await seal_all(ledger, clock)
        [denied] = [line for line in lines(archives(archive_of(ledger))[0]) if line["kind"] == "denied"]
        assert (denied["repeats"], denied["last_repeat_at"]) == (2, denied["at"] + 20)
        assert rows(ledger.file, "SELECT * FROM denial_repeats") == []
        await ledger.submit(acquire(session_id, "Agent"))
    assert rows(ledger.file, "SELECT count(*) FROM journal WHERE kind = 'denied'") == [(1,)]
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_batches_go_on_while_a_stretch_is_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await work(ledger)
        clock.now += MINUTE + 1
        under_way = await ledger.retention.seal(FAR, archive_of(ledger))
        with pytest.raises(AtWork):
            await ledger.retention.seal(FAR, archive_of(ledger))
        done = 0
        while under_way.running:
            await ledger.submit(assign(4, "Supervisor"))
            await ledger.submit(unassign(4, "Supervisor"))
            done += 1
        assert (await worked(ledger, under_way)).failure is None
        assert done > 5
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_a_backup_of_a_sealed_database_can_be_started_from(copy: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    restored.mkdir()
    back_up(copy / "seatkeeper.db", restored / "seatkeeper.db")
    async with running(restored, clock=Clock()) as ledger:
        await ledger.submit(connect(1))
    assert_clean_with(ledger.file, copy / "archive")


def _change_line(archive: Path) -> None:
    content = lines(archive)
    content[3]["at"] += 1
    write_lines(archive, content)


def _drop_line(archive: Path) -> None:
    write_lines(archive, lines(archive)[:-1])


def _cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-9])


def _rename_person(archive: Path) -> None:
    content = lines(personal_of(archive))
    content[0]["personal"]["login"] = "somebody"
    write_lines(personal_of(archive), content)


def _strip_salt(archive: Path) -> None:
    content = lines(personal_of(archive))
    content[0]["salt"] = None
    write_lines(personal_of(archive), content)


def _pretend_forgotten(archive: Path) -> None:
    content = lines(personal_of(archive))
    content[0] |= {"salt": None, "personal": {"login": "former-user-1", "display_name": "former-user-1"}}
    write_lines(personal_of(archive), content)


def _drop_person(archive: Path) -> None:
    write_lines(personal_of(archive), lines(personal_of(archive))[1:])


def _move_person(archive: Path) -> None:
    content = lines(personal_of(archive))
    content[-1]["seq"] += 1_000
    write_lines(personal_of(archive), content)


def _spoil_person(archive: Path) -> None:
    content = lines(personal_of(archive))
    content[0]["salt"] = "no digits"
    write_lines(personal_of(archive), content)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_change_line, "has been changed: its digest is not the one in the journal"),
        (_drop_line, "has been changed: its digest is not the one in the journal"),
        (_cut, "has been changed: its digest is not the one in the journal"),
        (lambda archive: _cut(personal_of(archive)), ".personal.jsonl.gz cannot be read: "),
        (lambda archive: personal_of(archive).write_bytes(b"{}"), ".personal.jsonl.gz cannot be read: "),
        (_rename_person, "has been changed"),
        (_strip_salt, "has been changed"),
        (_pretend_forgotten, ""),
        (_drop_person, "is missing"),
        (_move_person, "out of place"),
        (_spoil_person, "cannot be read"),
    ],
)
def test_l11_an_archive_that_was_tampered_with_is_found(
    copy: Path, change: Callable[[Path], None], told: str, number: int
) -> None:
    change(archives(copy / "archive")[number])
    assert check_file(copy / "seatkeeper.db").clean  # it is not looked at
    differences = check_file(copy / "seatkeeper.db", copy / "archive").differences
    assert any(told in difference for difference in differences), differences


def test_l11_archives_may_be_in_several_directories(copy: Path, tmp_path: Path) -> None:
    database, first, second = copy / "seatkeeper.db", copy / "archive", tmp_path / "second"
    move(archives(first)[1], second)
    for folders in ((first, second), (second, first), (tmp_path, second, first)):
        report = check_file(database, *folders)
        assert (report.differences, report.unchecked, report.notes) == ([], [], [])
        assert report.archived + report.events == report.head.seq


@pytest.mark.parametrize("part", [Path, personal_of])
@pytest.mark.parametrize("number", [0, 1])
def test_l11_an_archive_that_is_not_there_was_not_checked_and_is_no_difference(
    copy: Path, part: Callable[[Path], Path], number: int
) -> None:
    missing = part(archives(copy / "archive")[number])
    missing.unlink()
    report = check_file(copy / "seatkeeper.db", copy / "archive")
    [told] = report.unchecked
    assert told.startswith(f"the archive {missing.name} (events ")
    assert told.endswith(f" is not in {copy / 'archive'}")
    assert (report.differences, report.clean) == ([], False)
    assert report.archived + report.events < report.head.seq


def test_l11_what_was_tampered_with_is_found_behind_an_archive_that_is_missing(copy: Path) -> None:
    missing, tampered = archives(copy / "archive")
    missing.unlink()
    _rename_person(tampered)
    report = check_file(copy / "seatkeeper.db", copy / "archive")
    assert len(report.unchecked) == 1
    assert any("has been changed" in difference for difference in report.differences)


async def test_l11_who_was_forgotten_may_stand_in_the_archive_that_is_missing(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await work(ledger)
        await seal_all(ledger, clock)
        await forget(ledger, 5)
        await seal_all(ledger, clock)
        archives(archive_of(ledger))[1].unlink()
        report = check_file(ledger.file, archive_of(ledger))
        assert (report.differences, len(report.unchecked)) == ([], 1)


def move(archive: Path, folder: Path) -> None:
    folder.mkdir()
    for file in (archive, personal_of(archive)):
        file.rename(folder / file.name)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "UPDATE snapshot_rows SET data = CAST(replace(CAST(data AS text), 'en-US', 'de-DE') AS blob)",
            "has been changed: its digest does not match",
        ),
        ("DELETE FROM snapshot_rows WHERE number = 4", "row 4 of the snapshot is missing"),
        ("DELETE FROM snapshot_rows WHERE number > 20", "has been changed: its digest does not match"),
        ("DELETE FROM snapshot_rows", "has been changed: its digest does not match"),
        ("UPDATE snapshot_rows SET data = '[' WHERE number = 5", "the snapshot cannot be read"),
        (
            "UPDATE snapshot_rows SET personal = CAST(replace(CAST(personal AS text), 'agent', 'x') AS blob)",
            "of the snapshot has been changed",
        ),
        ("UPDATE snapshot_rows SET personal_salt = NULL", "it has neither a salt nor the pseudonym of its user"),
        (
            (
                'UPDATE snapshot_rows SET personal_salt = NULL, personal = CAST(\'{"login":"former-user-1",'
                '"display_name":"former-user-1"}\' AS blob) WHERE user_id = 1 AND CAST(data AS text) LIKE \'%"users"%\''
            ),
            "has no salt, but no event says that user 1 was forgotten",
        ),
        ("UPDATE snapshot_rows SET user_id = 2 WHERE user_id = 1", "is taken for another user's"),
        ("UPDATE snapshot_rows SET personal = NULL WHERE user_id = 1", "is missing"),
        ("UPDATE seals SET position = position + 1", "has been changed: its digest does not match"),
        ("UPDATE seals SET archive = 'another'", "is not as event"),
        ("UPDATE seals SET archive_digest = zeroblob(32)", "is not as event"),
        ("UPDATE seals SET event = event + 1", "that event"),
        ("UPDATE seals SET hash = 'x'", "cannot be read: hash is 'x'"),
        ("UPDATE seals SET archive_digest = 1", "cannot be read: archive_digest is 1"),
        ("UPDATE seals SET snapshot_digest = 'x'", "cannot be read: snapshot_digest is 'x'"),
        ("UPDATE seals SET archive = x'00'", "cannot be read: archive is b'\\x00'"),
        ("UPDATE seals SET event = 'x'", "cannot be read: event is 'x'"),
        ("DELETE FROM seals", "is missing: after 0 comes"),
        ("DELETE FROM seals WHERE position = (SELECT max(position) FROM seals)", "is missing"),
        ("DELETE FROM journal WHERE kind = 'journal_sealed'", "is missing: after"),
        (
            (
                "UPDATE journal SET data = CAST(replace(CAST(data AS text), 'journal-', 'diary-') AS blob)"
                " WHERE kind = 'journal_sealed'"
            ),
            "or its place in the chain has been changed",
        ),
    ],
)
def test_l11_a_snapshot_or_seal_that_was_tampered_with_is_found(copy: Path, change: str, told: str) -> None:
    tamper(copy / "seatkeeper.db", change)
    differences = check_file(copy / "seatkeeper.db").differences
    assert any(told in difference for difference in differences), differences
    assert not check_file(copy / "seatkeeper.db", copy / "archive").clean


def test_l11_a_damaged_snapshot_is_one_difference_and_not_one_for_every_row(copy: Path) -> None:
    database = copy / "seatkeeper.db"
    tamper(database, "DELETE FROM snapshot_rows WHERE number = 4")
    [difference] = check_file(database).differences
    assert difference == "row 4 of the snapshot is missing; without it no row could be compared"
    assert check_file(database, copy / "archive").differences == [difference]


async def test_l11_archives_that_do_not_come_to_the_snapshot_are_found(copy: Path) -> None:
    """A snapshot that was made up, with a chain that was made up to match it."""
    database = copy / "seatkeeper.db"
    two, three = '"assigned_users":2', '"assigned_users":3'
    tamper(database, "UPDATE snapshot_rows SET data = CAST(replace(CAST(data AS text), ?, ?) AS blob)", two, three)
    digest = hashlib.sha256()
    for data, apart in rows(database, "SELECT data, coalesce(personal_digest, x'') FROM snapshot_rows ORDER BY number"):
        digest.update(data + b"|" + apart + b"\n")
    tamper(
        database,
        "UPDATE seals SET snapshot_digest = ? WHERE position = (SELECT max(position) FROM seals)",
        digest.digest(),
    )
    differences = check_file(database, copy / "archive").differences
    assert any(each.startswith("the snapshot of event") and "assigned_users" in each for each in differences), (
        differences
    )


async def _failing(ledger: WatchedLedger, archive: Path) -> str:
    under_way = await worked(ledger, await ledger.retention.seal(FAR, archive))
    assert under_way.failure is not None
    return under_way.failure


async def test_l11_where_the_archive_cannot_be_written_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    (tmp_path / "file").write_text("")
    async with running(tmp_path / "data", clock=clock) as ledger:
        await work(ledger)
        clock.now += MINUTE + 1
        before = rows(ledger.file, "SELECT * FROM journal")
        assert "Not a directory" in await _failing(ledger, tmp_path / "file" / "archive")
        assert "No such file" in await _failing(ledger, tmp_path / "no" / "archive")
        with monkeypatch.context() as fault:

            def full(_file: int) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            fault.setattr(os, "fsync", full)
            assert "No space left on device" in await _failing(ledger, tmp_path)
        assert await asyncio.to_thread(strangers, tmp_path, ()) == []
        assert rows(ledger.file, "SELECT * FROM journal") == before
        assert rows(ledger.file, "SELECT * FROM snapshot_rows") == []
        assert await seal(ledger) is not None


async def test_l11_where_the_database_has_no_room_nothing_is_sealed_and_it_goes_on_later(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await work(ledger)
        clock.now += MINUTE + 1
        ledger.engine.commit_fails = lambda: NoSpace("the disk of the data directory is full")
        assert "is full" in await _failing(ledger, archive_of(ledger))
        ledger.engine.commit_fails = lambda: None
        assert rows(ledger.file, "SELECT * FROM seals") == []
        assert_clean(ledger.file)
        assert await seal(ledger) is not None
        assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_another_archive_of_the_same_name_is_not_written_over(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await ledger.submit(inventory())
        archive_of(ledger).mkdir()
        other = archive_of(ledger) / f"journal-{1:012}-{ledger.head:012}.jsonl.gz"
        other.write_text("precious")
        clock.now += MINUTE + 1
        assert "exists already and is another archive" in await _failing(ledger, archive_of(ledger))
        assert other.read_text() == "precious"
        assert list(archive_of(ledger).iterdir()) == [other]


async def test_l11_a_journal_that_was_tampered_with_is_not_sealed(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await ledger.submit(inventory())
        tamper(ledger.file, "UPDATE journal SET batch = 0 WHERE seq = 5")
        clock.now += MINUTE + 1
        assert "event 5 or its place in the chain has been changed" in await _failing(ledger, archive_of(ledger))
        assert list(archive_of(ledger).iterdir()) == []
        assert rows(ledger.file, "SELECT min(seq) FROM journal") == [(1,)]


async def test_l11_a_server_that_stops_cuts_sealing_off_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_LOOKED_AT_ONCE", 1)
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await work(ledger)
        clock.now += MINUTE + 1
        ledger.engine.at_begin.clear()
        ledger.engine.may_begin.clear()
        under_way = await ledger.retention.seal(FAR, archive_of(ledger))
        assert await asyncio.to_thread(ledger.engine.at_begin.wait, 20)
        stopping = asyncio.create_task(ledger.stop())
        await asyncio.sleep(0)  # it waits for what is under way
        ledger.go_on()
        await stopping
    assert not under_way.running
    assert under_way.failure is not None
    assert "stopping" in under_way.failure
    assert_clean(ledger.file)
    async with running(tmp_path, clock=clock) as ledger:
        assert await seal(ledger) is not None
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_a_database_that_was_put_back_meanwhile_is_not_sealed(tmp_path: Path) -> None:
    """The journal in the database is another than the one that was archived."""
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await work(ledger)
        clock.now += MINUTE + 1
        ledger.engine.at_commit.clear()
        ledger.engine.may_commit.clear()
        under_way = await ledger.retention.seal(FAR, archive_of(ledger))
        assert await asyncio.to_thread(ledger.engine.at_commit.wait, 20)
        ledger.engine.may_commit.set()
        tamper(ledger.file, "UPDATE journal SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM journal)")
        assert (await worked(ledger, under_way)).failure is not None
        assert rows(ledger.file, "SELECT * FROM seals") == []
    with pytest.raises(Unavailable):
        await ledger.submit(connect(1))


async def test_l11_only_the_event_that_was_archived_is_sealed_and_only_with_its_whole_snapshot(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
    [(at, hash_)] = rows(ledger.file, "SELECT at, hash FROM journal WHERE seq = 5")
    seal_of_5 = Seal(5, at, hash_, "archive", b"", b"", 6)
    engine = DatabaseFile(ledger.file).engine(Clock())
    try:
        for wrong, count in (
            (seal_of_5._replace(hash=bytes(32)), 3),
            (seal_of_5, 4),
            (seal_of_5._replace(position=99), 3),
        ):
            engine.begin()
            engine.store_snapshot(wrong.position, [SnapshotRow(n, b"{}", None, None, None, None) for n in range(3)])
            with pytest.raises(SaveFailed, match="is not the one that was archived"):
                engine.seal(wrong, count)
            engine.rollback()
        engine.begin()
        engine.store_snapshot(5, [SnapshotRow(n, b"{}", None, None, None, None) for n in range(3)])
        engine.seal(seal_of_5, 3)
        engine.rollback()
    finally:
        engine.close()
