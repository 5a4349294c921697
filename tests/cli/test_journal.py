"""`seatkeeper journal` and `seatkeeper check` beside a server and without one."""

import asyncio
import json
import shutil
from pathlib import Path

import httpx
import pytest

from seatkeeper.licensing.inventory_commands import DefineUser, DeleteUser
from tests.cli.command import seatkeeper, sentence_of
from tests.ledger.world import Clock, connect, inventory, running
from tests.server_process import start_server

LONG_AGO = 1_600_000_000_000
"""September 2020: older than anything that is kept by default."""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which everything happened in 2020; two users of one login are deleted. Copied, never used."""
    data = tmp_path_factory.mktemp("old")

    async def make() -> None:
        async with running(data, clock=Clock(LONG_AGO)) as ledger:
            await ledger.submit(inventory())
            for _ in range(2):
                await ledger.submit(DefineUser(login="leaver01", display_name="Leaver"))
                await ledger.submit(DeleteUser(login="leaver01"))
            await ledger.submit(connect(2))
            await ledger.submit(DeleteUser(login="agent02"))

    asyncio.run(make())
    return data


@pytest.fixture
def data(old: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(old, tmp_path / "data"))


def test_without_a_server_what_is_old_is_sealed_and_checked(data: Path) -> None:
    before = seatkeeper("check", data=data)
    assert before.returncode == 0, before.stderr
    nothing = seatkeeper("journal", "seal", "--before", "2020-01-01", data=data)
    assert nothing.stdout == "Nothing was sealed: nothing is that old.\n", nothing.stderr
    sealed = seatkeeper("journal", "seal", data=data)
    [archive] = [path for path in (data / "archive").iterdir() if ".personal." not in path.name]
    assert sealed.stdout == f"{archive}: 23 events, up to number 23 of 2020-09-13.\n", sealed.stderr
    assert json.loads(seatkeeper("journal", "seal", "--json", data=data).stdout) is None

    checked = seatkeeper("check", data=data)
    assert "1 events and" in checked.stdout
    assert "Note: the archived events up to 23 were not looked at; --archive names" in checked.stdout
    whole = json.loads(seatkeeper("check", "--archive", archive.parent, "--json", data=data).stdout)
    assert (whole["clean"], whole["archived"], whole["events"], whole["notes"]) == (True, 23, 1, [])

    archive.write_bytes(archive.read_bytes()[:-1])
    tampered = seatkeeper("check", "--archive", archive.parent, data=data)
    assert tampered.returncode == 1
    assert f"the archive {archive.name} has been changed" in tampered.stdout


def test_an_archive_that_is_not_where_one_looks_is_no_difference_of_the_database(data: Path, tmp_path: Path) -> None:
    assert seatkeeper("journal", "seal", data=data).returncode == 0
    [archive] = [path for path in (data / "archive").iterdir() if ".personal." not in path.name]
    mistyped = seatkeeper("check", "--archive", tmp_path / "a", "--archive", tmp_path / "b", data=data)
    missing = f"the archive {archive.name} (events 1 to 23) is not in {tmp_path / 'a'} or {tmp_path / 'b'}"
    assert mistyped.returncode == 1
    assert mistyped.stdout == f"Not checked: {missing}.\n"
    assert mistyped.stderr == "seatkeeper: Not everything could be checked. What is there agrees.\n"
    told = json.loads(seatkeeper("check", "--archive", tmp_path / "a", "--json", data=data).stdout)
    assert (told["clean"], told["differences"]) == (False, [])
    assert told["unchecked"] == [missing.partition(" or ")[0]]

    found = seatkeeper("check", "--archive", tmp_path, "--archive", archive.parent, data=data)
    assert found.returncode == 0
    assert "23 archived and 1 events" in found.stdout


def test_beside_a_server_it_seals_and_forgets_and_the_server_goes_on(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with start_server(data) as server:
        sealed = seatkeeper("journal", "seal", "--archive", elsewhere, "--json", data=data)
        told = json.loads(sealed.stdout)
        assert (told["events"], told["position"], told["at"]) == (23, 23, "2020-09-13T12:26:40Z")
        assert Path(told["archive"]).parent == elsewhere

        lost = seatkeeper("journal", "forget", "--yes", "agent02", data=data)
        assert lost.returncode == 1
        assert "former-user-2 stands for the user now; replaced in 0 events." in lost.stdout
        assert "Not everywhere, though: the archive journal-" in lost.stderr
        again = seatkeeper("journal", "forget", "--yes", "2", "--archive", elsewhere, data=data)
        assert again.stdout == "former-user-2 stands for the user now; replaced in 2 events.\n", again.stderr

        which = sentence_of(seatkeeper("journal", "forget", "--yes", "LEAVER01", data=data), 1)
        assert "Several deleted users had the login LEAVER01. Name the one by the associate id: 5, 6." in which
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        users = json.loads(seatkeeper("user", "list", "--json", data=data).stdout)["users"]
        assert [user["login"] for user in users] == ["agent01", "agent03", "agent04"]
        assert "agent02" not in server.tail()
    assert seatkeeper("check", "--archive", elsewhere, data=data).returncode == 0


@pytest.mark.parametrize(
    ("args", "exit_code", "told"),
    [
        (("seal", "--before", "tomorrow"), 2, "--before: tomorrow is no date; write 2026-01-31, or with a"),
        (("seal", "--before", "18:00"), 2, "is no date; write 2026-01-31, or with a time 2026-01-31T18:00 (UTC) or"),
        (("seal", "--archive", "nowhere"), 1, "There is no directory "),
        (("forget", "--yes", "agent01"), 1, "agent01 is not deleted. Only a deleted user can be forgotten"),
        (("forget", "--yes", "nobody"), 1, "There is no deleted user nobody."),
        (("forget", "--yes", "9" * 30), 1, "There is no deleted user 999"),
        (("forget", "--yes", "\udc80"), 2, "is not UTF-8"),
        (("forget", "agent02"), 2, "There is no terminal to ask on, so nothing was changed; add --yes."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_changes_nothing(
    old: Path, args: tuple[str, ...], exit_code: int, told: str
) -> None:
    files = {path: path.read_bytes() for path in old.glob("seatkeeper.db")}
    assert told in sentence_of(seatkeeper("journal", *args, data=old), exit_code)
    assert {path: path.read_bytes() for path in old.glob("seatkeeper.db")} == files


def test_an_archive_that_cannot_be_written_changes_nothing(data: Path) -> None:
    (data / "archive").write_text("")
    assert "Not a directory" in sentence_of(seatkeeper("journal", "seal", data=data), 1)
    assert seatkeeper("check", data=data).returncode == 0
