"""Rule L11: a deleted user's name is replaced by a pseudonym, and the chain holds."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from seatkeeper.ledger import retention
from seatkeeper.ledger.backup import back_up
from seatkeeper.ledger.engines.engine import NoSpace
from seatkeeper.ledger.retention import Forgot
from seatkeeper.licensing.commands import SetStation
from seatkeeper.licensing.entities import StationSetting
from seatkeeper.licensing.inventory_commands import DefineUser, DeleteUser, ForgetUser
from seatkeeper.licensing.refusals import Code, Refusal
from tests.ledger.checking import check_file
from tests.ledger.keeping import (
    MINUTE,
    archive_of,
    archives,
    assert_clean_with,
    forget,
    lines,
    personal_of,
    seal,
    seal_all,
    worked,
)
from tests.ledger.watched import SECONDS
from tests.ledger.world import (
    Clock,
    WatchedLedger,
    acquire,
    assert_clean,
    connect,
    inventory,
    rows,
    running,
    tamper,
)

pytestmark = pytest.mark.anyio

LOGIN, NAME, MACHINE, NUMBER = "zwingli77", "Huldrych Z. Testname", "203.0.113.77", "+41 555 0177"
TRACES = tuple(each.casefold().encode() for each in (LOGIN, NAME, MACHINE, NUMBER))
PERSON = 5
"""His associate id, behind those of the inventory."""


async def live_and_leave(ledger: WatchedLedger, *, seal_midway: Clock | None = None) -> None:
    """Somebody comes, is described twice, works at a remote number, and is deleted."""
    await ledger.submit(inventory())
    await ledger.submit(DefineUser(login=LOGIN, display_name=NAME, password_hash="$hash$"))
    session_id = (await ledger.submit(connect(PERSON, MACHINE))).session_id
    await ledger.submit(SetStation(session_id=session_id, setting=StationSetting.REMOTE_NUMBER, remote_number=NUMBER))
    await ledger.submit(acquire(session_id, "Agent"))
    if seal_midway is not None:
        await seal_all(ledger, seal_midway)
    await ledger.submit(DefineUser(login=LOGIN, display_name=NAME.upper()))
    await ledger.submit(DeleteUser(login=LOGIN))
    await ledger.submit(connect(1))


def traces(folder: Path) -> dict[str, list[bytes]]:
    """What names him, by the file of this directory or of its archives in which it stands, unpacked where packed."""
    found = {}
    for file in [*folder.glob("seatkeeper.db*"), *folder.glob("archive/*")]:
        content = file.read_bytes()
        if file.suffix == ".gz":
            content = subprocess.run(["/usr/bin/env", "zcat", str(file)], capture_output=True, check=True).stdout
        if there := [each for each in TRACES if each in content.lower()]:
            found[file.name] = there
    return found


@pytest.mark.parametrize("sealed", [False, True])
async def test_l11_a_forgotten_user_goes_by_a_pseudonym_everywhere(tmp_path: Path, sealed: bool) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock if sealed else None)
        assert await asyncio.to_thread(traces, tmp_path) != {}
        before = rows(ledger.file, "SELECT seq, hash, personal_digest FROM journal")
        forgot = await forget(ledger, PERSON)
        assert forgot == Forgot(user_id=PERSON, pseudonym="former-user-5", events=4, unreached=())
        assert rows(ledger.file, "SELECT seq, hash, personal_digest FROM journal")[:-1] == before
        assert rows(ledger.file, "SELECT login, login_key, display_name, display_key FROM users WHERE id = 5") == [
            ("former-user-5",) * 4
        ]
        assert ledger.image.users[PERSON].login == "former-user-5"
        assert_clean_with(ledger.file, archive_of(ledger))
        assert await asyncio.to_thread(traces, tmp_path) == {}  # no page, free or not, and no log has it
        await ledger.submit(connect(2))
        if not sealed:
            await seal_all(ledger, clock)
    assert await asyncio.to_thread(traces, tmp_path) == {}
    assert_clean_with(ledger.file, archive_of(ledger))
    said = [each["personal"] for each in lines(personal_of(archives(archive_of(ledger))[0])) if each["salt"] is None]
    assert said[0] == {"login": "former-user-5", "display_name": "former-user-5"}
    assert {"machine": "former-user-5"} in said
    assert {"remote_number": "former-user-5"} in said


async def test_l11_the_event_says_who_was_forgotten_by_number_alone_and_forgetting_again_changes_nothing(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as ledger:
        await live_and_leave(ledger)
        await forget(ledger, PERSON)
        head = ledger.head
        assert (await forget(ledger, PERSON)).events == 0
        assert ledger.head == head
    [(data, personal)] = rows(ledger.file, "SELECT data, personal FROM journal WHERE kind = 'pseudonymised'")
    assert data == b'{"kind":"pseudonymised","user_id":5,"pseudonym":"former-user-5"}'
    assert personal is None
    assert_clean(ledger.file)


async def test_l11_forgetting_again_behind_a_seal_leaves_what_check_can_account_for_without_the_archive(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await live_and_leave(ledger)
        await forget(ledger, PERSON)
        await seal_all(ledger, clock)
        await forget(ledger, PERSON)
    assert_clean(ledger.file)
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_a_living_user_and_one_who_never_was_are_not_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        head = ledger.head
        for number, code, sentence in (
            (
                1,
                Code.USER_LIVES,
                "agent01 is not deleted. Only a deleted user can be forgotten; delete the user first.",
            ),
            (99, Code.UNKNOWN_USER, "There is no user with the associate id 99."),
        ):
            with pytest.raises(Refusal) as refused:
                await ledger.submit(ForgetUser(user_id=number))
            assert (refused.value.code, refused.value.sentence) == (code, sentence)
        assert ledger.head == head


async def test_l11_nobody_can_take_the_name_of_a_pseudonym(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        with pytest.raises(Refusal, match="such names stand for deleted users"):
            await ledger.submit(DefineUser(login=" Former-User-1", display_name=""))
        await ledger.submit(DefineUser(login="former-user", display_name=""))


async def test_l11_the_login_is_free_for_another_who_is_not_touched(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await live_and_leave(ledger)
        await ledger.submit(DefineUser(login=LOGIN, display_name="another"))
        await forget(ledger, PERSON)
        assert ledger.image.user_ids[LOGIN] == PERSON + 1
        await ledger.submit(connect(PERSON + 1))
    assert rows(ledger.file, "SELECT login FROM users WHERE id > 4 ORDER BY id") == [("former-user-5",), (LOGIN,)]
    assert_clean(ledger.file)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "UPDATE journal SET personal_salt = NULL WHERE kind = 'user_defined'",
            "it has neither a salt nor the pseudonym of its user",
        ),
        (
            (
                'UPDATE journal SET personal_salt = NULL, personal = CAST(\'{"login":"former-user-1",'
                '"display_name":"former-user-1"}\' AS blob) WHERE kind = \'user_defined\' AND'
                " CAST(data AS text) LIKE '%\"user_id\":1,%'"
            ),
            "has no salt, but no event says that user 1 was forgotten",
        ),
        (
            (
                "UPDATE journal SET personal = CAST(replace(CAST(personal AS text), 'former-user-5', 'former-user-6')"
                " AS blob) WHERE personal_salt IS NULL"
            ),
            "it has neither a salt nor the pseudonym of its user",
        ),
        ("UPDATE journal SET personal = '[]' WHERE personal_salt IS NULL AND personal IS NOT NULL", "cannot be read"),
        ("UPDATE journal SET personal = NULL WHERE personal_salt IS NOT NULL", "is missing"),
        ("UPDATE journal SET personal = '{}' WHERE kind = 'user_deleted'", "should not be there"),
        ("UPDATE journal SET personal_salt = x'00' WHERE personal_salt IS NULL AND personal IS NOT NULL", "digest"),
        ("DELETE FROM journal WHERE kind = 'pseudonymised'", "no event says that user 5 was forgotten"),
        ("UPDATE users SET login = 'zwingli77', login_key = 'zwingli77' WHERE id = 5", "users: the row of 5 has login"),
    ],
)
def test_l11_who_strips_salts_or_names_somebody_else_is_found(
    forgotten: Path, tmp_path: Path, change: str, told: str
) -> None:
    copy = Path(shutil.copy(forgotten, tmp_path / "copy.db"))
    assert_clean(copy)
    tamper(copy, change)
    differences = check_file(copy).differences
    assert any(told in difference for difference in differences), differences


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("forgotten")

    async def make() -> None:
        async with running(data) as ledger:
            await live_and_leave(ledger)
            await forget(ledger, PERSON)

    asyncio.run(make())
    return data / "seatkeeper.db"


async def test_l11_an_archive_that_is_not_there_is_named_and_forgotten_in_later(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock)
        [archive] = archives(archive_of(ledger))
        personal_of(archive).rename(tmp_path / "away")
        [why] = (await forget(ledger, PERSON)).unreached
        assert why == f"the archive {personal_of(archive).name} is not in {archive_of(ledger)}"
        (tmp_path / "away").rename(personal_of(archive))
        assert list(await asyncio.to_thread(traces, tmp_path)) == [personal_of(archive).name]
        assert_clean_with(ledger.file, archive_of(ledger))  # the chain allows either
        assert (await forget(ledger, PERSON)).events == 3
        assert await asyncio.to_thread(traces, tmp_path) == {}
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_a_server_that_stops_does_not_wait_for_the_end_of_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_LOOKED_AT_ONCE", 1)
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock)
        await ledger.submit(ForgetUser(user_id=PERSON))
        ledger.engine.at_begin.clear()
        ledger.engine.may_begin.clear()
        under_way = await ledger.retention.forget(PERSON, archive_of(ledger))
        assert await asyncio.to_thread(ledger.engine.at_begin.wait, SECONDS)
        stopping = asyncio.create_task(ledger.stop())
        await asyncio.sleep(0)  # it waits for what is under way
        ledger.go_on()
        await stopping
    assert under_way.failure == "The server is stopping; run the command again when it is back"
    assert under_way.done == 1  # event of the archive
    async with running(tmp_path, clock=clock) as ledger:
        await forget(ledger, PERSON)
        assert await asyncio.to_thread(traces, tmp_path) == {}
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_what_is_not_finished_is_told_by_check_and_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await live_and_leave(ledger)
        await ledger.submit(ForgetUser(user_id=PERSON))
        report = check_file(ledger.file)
        assert report.clean
        assert report.notes == ["user 5 is not forgotten in event 22 yet; 'seatkeeper journal forget 5' goes on"]
        await forget(ledger, PERSON)
        assert check_file(ledger.file).notes == []


@pytest.mark.parametrize("behind", [-1, 1], ids=["the snapshot before", "one of nothing sealed"])
async def test_l11_what_a_sealing_that_was_cut_off_left_behind_names_nobody_afterwards(
    tmp_path: Path, behind: int
) -> None:
    clock = Clock()
    async with running(tmp_path, clock=clock) as ledger:
        await live_and_leave(ledger, seal_midway=clock)
    columns = "number, data, user_id, personal, personal_salt, personal_digest"
    rows_again = f"SELECT position + ?, {columns} FROM snapshot_rows"  # noqa: S608 - own names
    tamper(ledger.file, f"INSERT INTO snapshot_rows {rows_again}", behind)
    async with running(tmp_path, clock=clock) as ledger:
        await forget(ledger, PERSON)
        assert await asyncio.to_thread(traces, tmp_path) == {}
    assert_clean_with(ledger.file, archive_of(ledger))


async def test_l11_without_room_to_write_the_database_anew_it_says_that_traces_may_be_left(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await live_and_leave(ledger)
        await ledger.submit(ForgetUser(user_id=PERSON))

        def full() -> None:
            raise NoSpace("the disk of the data directory is full")

        ledger.engine.rebuild = full  # type: ignore[method-assign]
        work = await worked(ledger, await ledger.retention.forget(PERSON, archive_of(ledger)))
        assert work.failure is not None
        assert "traces of it may be left" in work.failure
        assert_clean(ledger.file)


async def test_l11_a_backup_from_before_has_the_name_and_forgetting_there_again_takes_it_out(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path / "data", clock=clock) as ledger:
        await live_and_leave(ledger)
        (tmp_path / "restored").mkdir()
        back_up(ledger.file, tmp_path / "restored" / "seatkeeper.db")
        clock.now += MINUTE + 1
        await seal(ledger)
        await forget(ledger, PERSON)
    assert await asyncio.to_thread(traces, tmp_path / "restored") != {}
    async with running(tmp_path / "restored") as restored:
        await forget(restored, PERSON)
        assert await asyncio.to_thread(traces, tmp_path / "restored") == {}
    assert_clean(restored.file)
