"""The account of a login: found in memory, or else in the tables, and always as it is now."""

from pathlib import Path

import pytest

from seatkeeper.ledger.door import Bounds
from seatkeeper.licensing.inventory_commands import DefineUser, DeleteUser, SetPassword
from seatkeeper.queries.reads import Reads
from seatkeeper.server.accounts import Accounts
from tests.ledger.world import WatchedLedger, all_of, inventory, running

pytestmark = pytest.mark.anyio


async def hash_of(accounts: Accounts, login: str) -> str | None:
    account = await accounts.by_login(login)
    return None if account is None else account.password_hash


async def test_whoever_asks_again_is_answered_from_memory_and_in_any_case(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(SetPassword(login="agent01", password_hash="first"))
    async with running(tmp_path) as ledger:  # which has nobody in memory
        accounts, reads = _accounts(ledger)
        assert await hash_of(accounts, "agent01") == "first"
        reads.close()  # from here on a read would fail
        assert [await hash_of(accounts, each) for each in ("agent01", "AGENT01", " agent01 ")] == ["first"] * 3


async def test_whoever_has_no_password_is_answered_from_memory_too(tmp_path: Path) -> None:
    """As who logs on by single sign-on, and sends his token with each call."""
    async with running(tmp_path) as ledger:
        await ledger.submit(DefineUser(login="agent01", display_name="agent01"))
        accounts, reads = _accounts(ledger)
        assert await accounts.by_login("agent01") is not None
        ledger.engine.statements.clear()
        reads.close()  # from here on a read would fail
        assert await hash_of(accounts, "agent01") is None
        assert await accounts.by_login("agent01") is not None
        assert ledger.engine.statements == []


async def test_a_change_is_seen_as_soon_as_it_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        accounts, reads = _accounts(ledger)
        assert await hash_of(accounts, "agent01") == "$hash$agent01"
        for each in ("first", "second"):
            await ledger.submit(SetPassword(login="agent01", password_hash=each))
            assert await hash_of(accounts, "agent01") == each
        await ledger.submit(DeleteUser(login="agent01"))
        assert await accounts.by_login("agent01") is None
        again = DefineUser(login="AGENT01", display_name="another", language="en", password_hash="third")
        await ledger.submit(again)
        account = await accounts.by_login("agent01")
        assert account is not None
        assert (account.user.display_name, account.password_hash) == ("another", "third")
        reads.close()


async def test_a_stranger_costs_the_writer_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory())
        accounts, reads = _accounts(ledger)
        ledger.engine.statements.clear()
        assert [await accounts.by_login(each) for each in ("nobody", "", "\x00", "x" * 5000)] == [None] * 4
        assert ledger.engine.statements == []
        reads.close()


async def test_whoever_is_put_out_of_memory_meanwhile_keeps_his_password(tmp_path: Path) -> None:
    users = 20
    async with running(tmp_path) as ledger:
        await ledger.submit(inventory(users=users))
        for number in range(1, users + 1):
            await ledger.submit(SetPassword(login=f"agent{number:02}", password_hash=f"of {number}"))
    async with running(tmp_path, bounds=Bounds(cached_users=2)) as ledger:
        accounts, reads = _accounts(ledger)
        numbers = [number for _ in range(10) for number in range(1, users + 1)]
        found = await all_of(hash_of(accounts, f"agent{number:02}") for number in numbers)
        assert found == [f"of {number}" for number in numbers]
        assert len(ledger.image.users) <= 2
        reads.close()


def _accounts(ledger: WatchedLedger) -> tuple[Accounts, Reads]:
    reads = Reads(ledger.database)
    return Accounts(ledger, reads), reads
